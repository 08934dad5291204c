"""Which sentences are quoted, in which order, and how sure the reader is: by hand, with one signal weighed at a time."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from assistant import reader as module
from assistant.datamodel import Content, Document, Heading, Passage, Query, ScoredPassage, Signals, Span
from assistant.reader import CONFIDENCE_SIGNALS, QUOTES_AT_MOST, SENTENCE_SIGNALS, ReaderWeights, SentenceReader
from assistant.splitting import sentences


class Words:
    """Every word is its own term; the rare ones are as telling as they are long."""

    def terms(self, text):
        return [word.strip(".,?!").lower() for word in text.split()]

    def rarity(self, term):
        return float(len(term))


def weighed(**chosen):
    """Weights of 1 for the chosen sentence signals; even odds for the subject, three to one for the sentence."""
    sentence = np.array([chosen.get(name, 0.0) for name in SENTENCE_SIGNALS])
    nothing = [0.0] * len(CONFIDENCE_SIGNALS)
    return ReaderWeights(sentence, np.array([*nothing, 0.0]), np.array([*nothing, math.log(3)]), np.array([0.0, -60.0]))


def scored(text, similarities, source="a.txt", aside=False, headings=(), before=None, after=None):
    spans = tuple(sentences(text, Span(0, len(text))))
    marked = tuple(Heading(1, span) for span in spans if span.of(text) in headings)
    document = Document(source, "", Content(text, "", "", headings=marked))
    signals = Signals(0.0, 0.0, max(similarities))
    assert len(spans) == len(similarities)
    return ScoredPassage(
        document, Passage(Span(0, len(text)), spans, None, aside), 1.0, signals, similarities, before, after
    )


def read(*passages, question="Bees eat?", weights=None):
    return SentenceReader(Words(), weights or weighed(similarity=1.0)).read(Query(question), passages)


def texts(reading):
    return [quote.text for quote in reading.quotes]


def test_without_passages_nothing_is_read():
    reading = read()
    assert (reading.quotes, reading.closest, reading.confidence) == ((), (), 0.0)


def test_the_best_sentence_comes_first_and_near_ones_follow():
    # e^-0.5 = .61 is enough for a further quote (.45), e^-0.9 = .41 is not.
    reading = read(scored("Low one. Good one. Best one.", (0.1, 0.5, 1.0)))
    assert texts(reading) == ["Best one.", "Good one."]
    assert reading.confidence == pytest.approx(0.5 * 0.75)
    assert [quote.score for quote in reading.quotes] == pytest.approx([0.375, 0.375 * math.exp(-0.5)])


def test_at_most_three_quotes_the_others_in_reading_order():
    assert QUOTES_AT_MOST == 3
    later = scored("B first. B second.", (0.98, 0.9), "b.txt")
    earlier = scored("A first. A second. A third.", (0.95, 1.0, 0.7), "a.txt")
    assert texts(read(later, earlier)) == ["A second.", "A first.", "B first."]


def test_the_same_words_are_quoted_once():
    copies = [
        scored("Bees eat   honey.", (1.0,), "a.txt"),
        scored("BEES eat\nhoney.", (0.99,), "b.txt"),
        scored("They do.", (0.9,), "c.txt"),
    ]
    assert texts(read(*copies)) == ["Bees eat   honey.", "They do."]


def test_equals_keep_the_order_of_retrieval():
    assert (
        texts(read(scored("Second by name.", (1.0,), "b.txt"), scored("First by name.", (1.0,), "a.txt")))[0]
        == "Second by name."
    )


def test_neighbours_come_from_the_passage_and_at_its_ends_from_beside_it():
    text = "Far before. Before. Best one. After."
    outside = (Span(0, 11), Span(12, 19))
    held = scored(text, (0.0, 0.0, 9.0, 0.0), before=outside[0], after=outside[1])
    quote = read(held).quotes[0]
    assert (quote.before.of(text), quote.after.of(text)) == ("Before.", "After.")
    alone = read(scored("Best one.", (1.0,), before=outside[0], after=outside[1])).quotes[0]
    assert (alone.before, alone.after) == outside
    alone = read(scored("Best one.", (1.0,))).quotes[0]
    assert (alone.before, alone.after) == (None, None)


@pytest.mark.parametrize(
    "better",
    [
        scored("Bees and honey. Bees eat honey.", (1.5, 1.0), headings=("Bees and honey.",)),
        scored("Do bees eat honey? Bees eat honey.", (1.5, 1.0)),
        scored("This chapter explains what bees eat. Bees eat honey.", (1.5, 1.0)),
    ],
    ids=["heading", "question", "announcement"],
)
def test_what_says_nothing_gives_way_to_a_statement(better):
    assert texts(read(better))[0] == "Bees eat honey."


def test_asides_give_way_to_the_article():
    assert texts(
        read(scored("Read what bees eat.", (2.0,), aside=True), scored("Bees eat honey.", (1.0,), "b.txt"))
    ) == ["Bees eat honey."]


def test_a_quote_that_says_nothing_lowers_the_confidence():
    statement, heading = read(scored("Bees eat.", (1.0,))), read(scored("Bees eat.", (1.0,), headings=("Bees eat.",)))
    assert heading.confidence < statement.confidence / 5


def test_coverage_is_the_share_of_telling_words():
    # Of the question's words "bees", "eat" and "honey" tell anything, and weigh 4, 3 and 5.
    passage = scored("Bees fly. Honey they eat.", (0.0, 0.0))
    found = SentenceReader(Words(), weighed()).candidates(Query("What do bees eat? Honey"), [passage])
    coverage = [candidate.signals[SENTENCE_SIGNALS.index("coverage")] for candidate in found]
    nearby = [candidate.signals[SENTENCE_SIGNALS.index("nearby")] for candidate in found]
    assert coverage == pytest.approx([4 / 12, 8 / 12])
    assert nearby == pytest.approx([0.0, 4 / 12]), "what the sentence before says and this one does not"


def test_the_closest_are_whole_passages_in_retrieved_order():
    passages = [scored(f"Some words {number}. More.", (0.5, number / 10), f"{number}.txt") for number in range(5)]
    reading = read(*passages)
    assert [(quote.document.source, quote.text) for quote in reading.closest] == [
        (f"{n}.txt", f"Some words {n}. More.") for n in range(3)
    ]
    assert [quote.score for quote in reading.closest] == pytest.approx([reading.confidence] * 3)


def test_only_the_first_six_passages_are_read():
    passages = [scored("Filler.", (0.0,), f"{number}.txt") for number in range(6)] + [
        scored("Best one.", (9.0,), "x.txt")
    ]
    assert texts(read(*passages)) == ["Filler."]


@pytest.mark.parametrize("extreme", [-1e6, 1e6])
def test_confidence_stays_a_probability(extreme):
    weights = weighed(similarity=1.0)
    weights.subject[-1] = weights.right[-1] = extreme
    assert 0 <= read(scored("Bees eat.", (1.0,)), weights=weights).confidence <= 1


def test_the_shipped_weights_name_the_signals_in_their_order():
    held = json.loads(Path(module.__file__).with_name("reader_weights.json").read_text())
    assert tuple(held["sentence"]) == SENTENCE_SIGNALS
    assert tuple(held["subject"]) == tuple(held["right"]) == (*CONFIDENCE_SIGNALS, "bias")
    assert ReaderWeights.shipped().sentence.shape == (len(SENTENCE_SIGNALS),)


def test_with_the_shipped_weights_the_answer_wins():
    text = "Bees fly far. Bees eat honey in winter. The weather is cold."
    reading = SentenceReader(Words()).read(Query("What do bees eat in winter?"), [scored(text, (0.4, 0.8, 0.1))])
    assert texts(reading)[0] == "Bees eat honey in winter."
    unrelated = SentenceReader(Words()).read(Query("Who won the football cup?"), [scored(text, (0.05, 0.02, 0.03))])
    assert unrelated.confidence < 0.2 < reading.confidence
