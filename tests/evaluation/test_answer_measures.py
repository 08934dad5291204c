from dataclasses import replace

import pytest

from assistant.datamodel import Content, Document, Quote, Span
from assistant.evaluation.answer_measures import (
    characters_f1,
    exact_quotes,
    first_quote_holds_answer,
    holds_answer,
    is_chosen,
    key_f1,
    normalised,
    token_f1,
)
from assistant.evaluation.corpus import PlacedPassage, Placement
from assistant.evaluation.questions import GivenQuestion

TEXT = "It began in 1973.\n\nIt ended in 1974."
DOCUMENT = Document("a.txt", "0" * 64, Content(TEXT, "text/plain", "a"))
PLACEMENT = Placement([PlacedPassage("a#0", "a.txt", Span(0, 17)), PlacedPassage("a#1", "a.txt", Span(19, 36))])
QUESTION = GivenQuestion("q", "When?", "a#0", ("1973", "in 1973"))


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
    assert first_quote_holds_answer([Quote(DOCUMENT, span, 0.5)], question, PLACEMENT) is hit


def test_only_the_first_quote_counts_and_none_is_a_miss():
    right, wrong = Quote(DOCUMENT, Span(0, 17), 0.5), Quote(DOCUMENT, Span(19, 36), 0.5)
    assert not first_quote_holds_answer([wrong, right], QUESTION, PLACEMENT)
    assert not first_quote_holds_answer([], QUESTION, PLACEMENT)


def test_a_quote_from_another_document_is_a_miss():
    elsewhere = replace(DOCUMENT, source="b.txt")
    assert not first_quote_holds_answer([Quote(elsewhere, Span(0, 17), 0.5)], QUESTION, PLACEMENT)


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


def test_key_f1_worked_example():
    whole = Quote(DOCUMENT, Span(0, 17), 0.5)
    assert key_f1([replace(whole, key=Span(12, 16))], ["October 1973"]) == pytest.approx(2 / 3)
    assert key_f1([whole], ["October 1973"]) == pytest.approx(1 / 3)
    assert key_f1([], ["October 1973"]) == 0.0


def test_characters_f1_worked_example():
    quoted = [Span(0, 10), Span(5, 20)]
    assert characters_f1(quoted, [[Span(10, 30)]]) == 0.5
    assert characters_f1(quoted, [[Span(10, 30)], [Span(0, 20)]]) == 1.0, "the best person counts"
    assert characters_f1([], [[Span(0, 20)]]) == characters_f1([], [[]]) == 0.0


def test_is_chosen_worked_example():
    assert is_chosen("It rained.", ["It rained ."]) and is_chosen("rained", ["It rained ."])
    assert is_chosen("It rained. It poured.", ["It rained ."])
    assert not is_chosen("It snowed.", ["It rained ."]) and not is_chosen("It rained.", [])


def test_a_picked_sentence_is_a_hit_in_its_paragraph():
    picked = replace(QUESTION, answers=(), chosen=(("It began in 1973 .",), ("Another.",)))
    assert first_quote_holds_answer([Quote(DOCUMENT, Span(0, 17), 0.5)], picked, PLACEMENT)
    assert not first_quote_holds_answer([Quote(DOCUMENT, Span(19, 36), 0.5)], picked, PLACEMENT)
