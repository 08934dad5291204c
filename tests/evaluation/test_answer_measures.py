from dataclasses import replace

import pytest

from assistant.datamodel import Answer, Content, Document, Quote, Span
from assistant.evaluation.answer_measures import (
    exact_quotes,
    first_quote_holds_answer,
    holds_answer,
    normalised,
    token_f1,
)
from assistant.evaluation.corpus import PlacedPassage, Placement
from assistant.evaluation.questions import GivenQuestion

TEXT = "It began in 1973.\n\nIt ended in 1974."
DOCUMENT = Document("a.txt", "0" * 64, Content(TEXT, "text/plain", "a"))
PLACEMENT = Placement([PlacedPassage("a#0", "a.txt", Span(0, 17)), PlacedPassage("a#1", "a.txt", Span(19, 36))])
QUESTION = GivenQuestion("q", "When?", "a#0", ("1973", "in 1973"))


def answer(*quotes):
    return Answer("When?", "When?", bool(quotes), 0.5, quotes, (), "g1")


def test_holds_answer_worked_example():
    quoted = "It began in 1973."
    assert holds_answer(quoted, ["1973"]) and holds_answer(quoted, ["no", "3"])
    assert not any(holds_answer(quoted, [wrong]) for wrong in ("in  1973", "It Began"))
    assert not holds_answer(quoted, [])


@pytest.mark.parametrize(
    ("span", "question", "hit"),
    [
        (Span(0, 17), QUESTION, True),
        (Span(0, 9), QUESTION, False),
        (Span(19, 36), replace(QUESTION, answers=("It",)), False),
        (Span(0, 17), replace(QUESTION, answers=()), False),
        (Span(17, 19), replace(QUESTION, passage=None), False),
    ],
    ids=["right", "not the words", "wrong paragraph", "no answers", "no passage"],
)
def test_the_first_quote_must_be_in_place_and_hold_the_words(span, question, hit):
    assert first_quote_holds_answer(answer(Quote(DOCUMENT, span, 0.5)), question, PLACEMENT) is hit


def test_only_the_first_quote_counts_and_none_is_a_miss():
    right, wrong = Quote(DOCUMENT, Span(0, 17), 0.5), Quote(DOCUMENT, Span(19, 36), 0.5)
    assert not first_quote_holds_answer(answer(wrong, right), QUESTION, PLACEMENT)
    assert not first_quote_holds_answer(answer(), QUESTION, PLACEMENT)


def test_a_quote_from_another_document_is_a_miss():
    elsewhere = replace(DOCUMENT, source="b.txt")
    assert not first_quote_holds_answer(answer(Quote(elsewhere, Span(0, 17), 0.5)), QUESTION, PLACEMENT)


def test_fidelity_compares_with_the_text_read_anew():
    quotes = [Quote(DOCUMENT, Span(0, 17), 0.5), Quote(DOCUMENT, Span(19, 36), 0.5)]
    assert exact_quotes(quotes, lambda source: TEXT) == [True, True]
    assert exact_quotes(quotes, lambda source: TEXT.replace("1974", "1975")) == [True, False]


def test_token_f1_worked_example():
    assert token_f1("nearly $12 a barrel", ["nearly $12"]) == pytest.approx(0.8)
    assert token_f1("nearly $12 a barrel", ["nothing", "nearly $12"]) == pytest.approx(0.8)
    assert normalised("The U.S.") == ["us"]


@pytest.mark.parametrize(
    ("found", "answers", "score"),
    [("", [], 1.0), ("word", [], 0.0), ("", ["word"], 0.0), ("the", ["a"], 1.0)],
    ids=["rightly nothing", "wrongly something", "wrongly nothing", "articles only"],
)
def test_token_f1_of_nothing(found, answers, score):
    assert token_f1(found, answers) == score
