"""What the network's logits become: spans and sentence evidence, by hand, and the shipped network on one passage."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.datamodel import Content, Document, Passage, ScoredPassage, Signals, Span
from assistant.readers.network import FILE, LONGEST_KEY, ReaderNetwork, _sentence_view, likely_span
from assistant.splitting import sentences

TEXT = "The harbour of Lund opened in 1874. It closed in 1931 after a flood. Fish was sold there."


def test_a_clear_span_has_its_end_behind_its_start():
    assert likely_span(np.array([2.0, 0.0, 5.0]), np.array([0.0, 3.0, 1.0])) == (2, 2, 6.0)
    assert likely_span(np.array([2.0, 0.0, 1.0]), np.array([9.0, 3.0, 1.0])) == (0, 0, 11.0)


def test_of_three_spans_as_likely_the_middle_one_is_taken():
    # It starts at the first token. Overlap with all three: 1 + 2/3 + 2/4 for the shortest, 2/3 + 1 + 4/5 for the next,
    # 2/4 + 4/5 + 1 for the longest.
    first, last, greatest = likely_span(np.array([9.0, -9.0, -9.0]), np.array([2.1, 2.0, 2.1]))
    assert (first, last) == (0, 1) and greatest == pytest.approx(11.1)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=60), st.data())
def test_no_allowed_span_scores_more_and_a_sure_one_is_taken(logits, data):
    starts, ends = np.array(logits).T
    first, last, score = likely_span(starts, ends)
    allowed = [(a, b) for a in range(len(starts)) for b in range(a, min(len(ends), a + LONGEST_KEY))]
    assert score == pytest.approx(max(starts[a] + ends[b] for a, b in allowed)) and (first, last) in allowed
    sure = data.draw(st.sampled_from(allowed))
    starts[sure[0]] += 40
    ends[sure[1]] += 40
    assert likely_span(starts, ends)[:2] == sure


def test_a_sentence_is_the_mean_of_its_own_tokens():
    # Tokens "ab", "cd", "ef"; the sentence is the last two.
    logits = np.array([[9.0, 9.0, 9.0], [1.0, 0.0, 2.0], [0.0, 4.0, 4.0]])
    view = _sentence_view(logits, np.array([[0, 2], [3, 5], [6, 8]]), Span(3, 8))
    assert view == (3.0, 5.0, Span(3, 8))


def test_a_sentence_that_was_not_read_has_no_key_and_little_evidence():
    view = _sentence_view(np.zeros((1, 3)), np.array([[0, 2]]), Span(5, 9))
    assert view.key is None and view.evidence < -10


def scored(text, start=0):
    document = Document("a.txt", "", Content("x" * start + text, "", ""))
    spans = tuple(sentences(document.text, Span(start, start + len(text))))
    return ScoredPassage(
        document, Passage(Span(start, start + len(text)), spans), 1.0, Signals(0, 0, 0), (0.0,) * len(spans)
    )


@pytest.fixture(scope="module")
def network():
    return ReaderNetwork(threads=2)


@pytest.mark.model
def test_it_points_at_the_answer(network):
    (view,) = network.read("When did the harbour close?", [scored(TEXT)])
    best = max(view.sentences, key=lambda each: each.evidence)
    assert view.sentences.index(best) == 1 and "1931" in best.key.of(TEXT)


@pytest.mark.model
def test_a_passage_on_something_else_answers_less(network):
    close, far = network.read("When did the harbour close?", [scored(TEXT), scored("Bees eat honey. They can fly.")])
    assert close.answers > far.answers + 1


@pytest.mark.model
def test_a_reading_depends_on_nothing_beside_it(network):
    passages = [scored(TEXT), scored("Bees eat honey. They can fly.")]
    together = network.read("What do bees eat?", passages)
    assert [ReaderNetwork().read("What do bees eat?", [each])[0] for each in passages] == together


@pytest.mark.model
def test_keys_are_in_document_offsets(network):
    (here,), (there,) = (network.read("When did it close?", [scored(TEXT, start)]) for start in (0, 7))
    assert [Span(each.key.start + 7, each.key.end + 7) for each in here.sentences] == [
        each.key for each in there.sentences
    ]


@pytest.mark.model
@pytest.mark.parametrize("question", ["", " ", "\ud800", "word " * 3000, "日本?", "\x00"])
def test_odd_questions_are_read(network, question):
    (view,) = network.read(question, [scored(TEXT)])
    assert len(view.sentences) == 3 and np.isfinite(view.answers)


@pytest.mark.model
def test_a_passage_longer_than_the_window_is_read_to_there(network):
    (view,) = network.read("What is said?", [scored("Words are said here. " * 200)])
    assert view.sentences[0].key is not None and view.sentences[-1].key is None


def test_weights_and_network_belong_together():
    held = json.loads(FILE.with_name("weights.json").read_text("ascii"))
    assert held["network"] == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert FILE.stat().st_size <= 30_000_000
