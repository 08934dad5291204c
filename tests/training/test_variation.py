"""What is made out of passages: by hand where chance has no say, by laws where it has."""

import random

import pytest

from assistant.training.groups import Group, TaughtPassage, occurrences
from assistant.training.variation import Answers, _replaced, made_up, without_answer

TEXT = "Anna Maria Rossi was born in Turin. In 1931 she moved to Paris. Rossi never went back to Turin again."
SENTENCES = [(0, 35), (36, 63), (64, 101)]
YEAR = TaughtPassage(TEXT, "Rossi", SENTENCES, [(39, 43)], [1])
OTHER = TaughtPassage("The town had 4,000 inhabitants in 1931, most of them weavers.", "", [(0, 61)], [], [])


def group(question, positive, negatives=(OTHER,)):
    return Group("1", "squad", question, "Rossi", positive, list(negatives), [])


def test_without_its_answer_a_passage_is_a_look_alike():
    rest = without_answer(YEAR)
    assert rest.text == "Anna Maria Rossi was born in Turin. Rossi never went back to Turin again."
    assert rest.sentences == [(0, 35), (36, 73)] and rest.right == rest.spans == []


def test_a_passage_that_says_it_twice_or_nothing_else_gives_no_look_alike():
    born = TaughtPassage(TEXT, "Rossi", SENTENCES, [(29, 34)], [0])
    assert without_answer(born) is None, "Turin is in the last sentence too"
    assert without_answer(TaughtPassage("Yes.", "", [(0, 4)], [(0, 3)], [0])) is None


def test_replaced_words_move_what_stands_behind_them():
    moved = _replaced(TaughtPassage(TEXT, "Rossi", SENTENCES, [(29, 34)], [0]), "Turin", "Rome")
    assert moved.text == TEXT.replace("Turin", "Rome")
    assert moved.sentences == [(0, 34), (35, 62), (63, 99)]
    assert [moved.text[start:end] for start, end in moved.spans] == ["Rome", "Rome"]


def test_a_number_is_swapped_for_one_of_as_many_digits():
    swapped = Answers([]).swapped(group("When did she move?", YEAR), random.Random(1)).positive
    start, end = swapped.spans[0]
    assert swapped.text[start] == "1" and swapped.text[start:end].isdigit() and end - start == 4
    assert swapped.text[start:end] != "1931" and occurrences("1931", swapped.text) == []


def test_a_name_is_swapped_for_one_that_answers_the_same_question_word():
    who = TaughtPassage(TEXT, "Rossi", SENTENCES, [(0, 16)], [0])
    where = TaughtPassage("It is in Berlin.", "", [(0, 16)], [(9, 15)], [0])
    names = Answers([group("Where is it?", where), group("Who wrote it?", _replaced(who, "Anna Maria Rossi", "Ada"))])
    assert names.swapped(group("Who was born in Turin?", who), random.Random(0)).positive.text.startswith(
        "Ada was born"
    )


@pytest.mark.parametrize("question", ["What happened in 1931?", "Who?"])
def test_an_answer_in_the_question_or_of_no_sort_stays(question):
    same = group(question, YEAR if "1931" in question else TaughtPassage(TEXT, "", SENTENCES, [(53, 62)], [1]))
    assert Answers([]).swapped(same, random.Random(0)) is same


@pytest.mark.parametrize("seed", range(20))
def test_a_made_up_question_asks_for_words_of_one_sentence_that_no_other_passage_holds(seed):
    for new in made_up([group("?", YEAR)], 5, random.Random(seed)):
        (start, end), (right,) = new.positive.spans[0], new.positive.right
        first, last = new.positive.sentences[right]
        assert first <= start < end <= last
        answer = new.positive.text[start:end]
        assert all(not occurrences(answer, wrong.text) and not wrong.right for wrong in new.negatives)
        assert new.question.endswith("?") and (answer == "1931") <= (new.negatives == [])


def test_as_many_questions_are_made_up_as_are_wanted():
    assert len(made_up([group("?", YEAR)], 7, random.Random(0))) == 7
