"""Questions written from reading the sources, before anything was asked, over the starter sources and the seed pages.

``own_questions.jsonl`` marks the sentences that answer: in words for our own sources, by place and hash for the pages in
``../shared``, which are not ours to copy. An empty ``right`` means that the folder does not answer.

A question is right when the assistant, at its default strictness, quotes a marked sentence first; or quotes first from
the paragraph of a marked sentence and that sentence among the others. A quote is a marked sentence when it holds at
least half of its characters. A question without a marked sentence is right when it is refused.
"""

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from assistant import Settings, build_index, open_assistant
from assistant.datamodel import Span

QUESTIONS = [
    json.loads(line) for line in Path(__file__).with_name("own_questions.jsonl").read_text("ascii").splitlines()
]
RIGHT_AT_LEAST = {"sources": 34, "seeds": 24}
"""Of 43 and 33 questions; as many were right when it was set. Raise it with the reader."""
WANTED_SHARE = 57 / 60


@pytest.fixture(scope="module", params=["sources", "seeds"])
def asked(request, tmp_path_factory):
    """The questions over one folder with the assistant that answers from it."""
    own = Path(__file__).parents[1] / "sources"
    folder = own if request.param == "sources" else request.getfixturevalue("shared") / "seeds"
    settings = Settings(sources=folder, index=tmp_path_factory.mktemp(request.param) / "index")
    build_index(settings=settings)
    assistant = open_assistant(settings=settings)
    yield request.param, assistant, [row for row in QUESTIONS if row["folder"] == request.param]
    assistant.close()


def test_there_are_enough_questions_of_every_kind():
    kinds = Counter(row["kind"] for row in QUESTIONS)
    assert len(QUESTIONS) >= 60 and len({row["id"] for row in QUESTIONS}) == len(QUESTIONS)
    assert sum(not row["right"] for row in QUESTIONS) >= 15 and kinds["look-alike"] >= 10
    assert {"how", "why", "list", "yes-no", "number", "definition", "difference", "table"} <= set(kinds)


def test_no_words_of_the_pages_in_shared_are_kept_here():
    assert all("text" not in mark for row in QUESTIONS if row["folder"] == "seeds" for mark in row["right"])


@pytest.mark.model
def test_the_marked_sentences_stand_in_the_sources(asked):
    _, assistant, questions = asked
    for row in questions:
        for mark in row["right"]:
            assert places(mark, assistant.document(mark["source"]).text), row["id"]


@pytest.mark.model
def test_most_of_our_own_questions_are_answered_right(asked):
    folder, assistant, questions = asked
    answers = {row["id"]: assistant.ask(row["question"]) for row in questions}
    wrong = {row["question"]: _shown(answers[row["id"]]) for row in questions if not is_right(answers[row["id"]], row)}
    assert len(questions) - len(wrong) >= RIGHT_AT_LEAST[folder], json.dumps(wrong, indent=1)


def places(mark, text):
    """Find a marked sentence in the stored text, whatever stands for its blanks: all places of it, or none."""
    if "text" not in mark:
        span = Span(mark["start"], mark["end"])
        return [span] if hashlib.sha256(span.of(text).encode()).hexdigest() == mark["sha256"] else []
    pattern = r"\s+".join(map(re.escape, mark["text"].split()))
    return [Span(*found.span()) for found in re.finditer(pattern, text)]


def is_right(answer, row):
    """Hold an answer to the rule at the top."""
    if not row["right"] or not answer.answered:
        return not row["right"] and not answer.answered
    marked = [(mark["source"], mark) for mark in row["right"]]
    quoted = [any(_is(quote, source, mark) for source, mark in marked) for quote in answer.quotes]
    near = any(_same_paragraph(answer.quotes[0], source, mark) for source, mark in marked)
    return quoted[0] or (near and any(quoted))


def _is(quote, source, mark):
    spans = places(mark, quote.document.text) if quote.document.source == source else []
    return any(2 * span.overlap(quote.span) >= span.end - span.start for span in spans)


def _same_paragraph(quote, source, mark):
    text = quote.document.text
    spans = places(mark, text) if quote.document.source == source else []
    return any("\n\n" not in text[min(s.start, quote.span.start) : max(s.end, quote.span.end)] for s in spans)


def _shown(answer):
    return [f"{answer.confidence:.2f} {answer.answered}", *(quote.text for quote in (*answer.quotes, *answer.closest))]
