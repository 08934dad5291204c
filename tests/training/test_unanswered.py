"""Questions changed by one word: by hand where a sort of word is at stake, by laws where chance decides."""

import random

import pytest

from assistant.training.groups import Group, TaughtPassage
from assistant.training.unanswered import Changes

TEXT = "In 1931 Anna Rossi founded a school for 40 weavers in Turin."
PASSAGE = TaughtPassage(TEXT, "Rossi", [(0, len(TEXT))], [(54, 59)], [0])


def group(question, positive=PASSAGE, negatives=()):
    return Group("1", "squad", question, "Rossi", positive, list(negatives), [], {"school": ["college"]})


def changed(question, other):
    return Changes([group(other)]).unanswered(group(question), random.Random(0))


@pytest.mark.parametrize(
    ("question", "other", "expected"),
    [
        ("Where did Anna Rossi live?", "When did Carl Benz die?", "Where did Carl Benz live?"),
        ("Where did she live in 1931?", "Who won in 2016?", "Where did she live in 2016?"),
        ("How many weavers came?", "how many goals fell?", "How many goals came?"),
        ("What school is in Turin?", "Which river is long?", "What river is in Turin?"),
        ("What was founded?", "What was painted?", "What was painted?"),
    ],
)
def test_a_word_gives_way_to_another_of_its_sort(question, other, expected):
    found = changed(question, other)
    assert found.question == expected
    assert found.positive is None and found.rewordings == ({} if "school" in question else {"school": ["college"]})
    assert [(each.text, each.spans, each.right) for each in found.negatives] == [(TEXT, [], [])]


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("Where did Carl Benz live?", "When did Ada Lovelace die?"),  # the passage has no Carl Benz: no matter who asks
        ("What was founded?", "What was founding?"),
        ("How many weavers came?", "How many weaver came?"),
        ("Where did Anna Rossi live?", "When did Turin fall?"),  # Turin is in the passage: it may be an answer
        ("Why?", "When did Carl Benz die?"),
        ("What school is in Turin?", "Which college is old?"),  # another word for the same
        ("What happened in Turin?", "Which river is long?"),
    ],
)
def test_a_question_that_may_still_be_answered_is_not_made(question, other):
    assert changed(question, other) is None


def test_a_name_may_come_from_a_look_alike():
    other = TaughtPassage("There was also Carl Benz.", "", [(0, 25)], [], [])
    changes, asked = Changes([group("When did Ada die?")]), group("Where did Anna Rossi live?", negatives=[other])
    found = {changes.unanswered(asked, random.Random(seed)).question for seed in range(20)}
    assert found == {"Where did Ada live?", "Where did Carl Benz live?"}


def test_a_name_replaced_in_question_and_passage_keeps_the_answer():
    found = Changes([group("When did Carl Benz die?")]).renamed(group("Where did Anna Rossi teach?"), random.Random(0))
    assert found.question == "Where did Carl Benz teach?"
    assert found.positive.text == TEXT.replace("Anna Rossi", "Carl Benz")
    assert [found.positive.text[start:end] for start, end in found.positive.spans] == ["Turin"]


def test_look_alikes_get_the_new_name_too_and_longer_words_keep_theirs():
    other = TaughtPassage("Anna Rossi came.", "", [(0, 16)], [], [])
    asked = group("Where did Anna Rossi meet Anna Rossini?", negatives=[other])
    found = Changes([group("When did Carl Benz die?")]).renamed(asked, random.Random(1))
    assert found.question == "Where did Carl Benz meet Anna Rossini?"
    assert [each.text for each in found.negatives] == ["Carl Benz came."]


def test_without_any_name_among_the_questions_none_is_replaced():
    asked = group("Where did Anna Rossi teach?")
    assert Changes([group("how many weavers?")]).renamed(asked, random.Random(0)) is asked


@pytest.mark.parametrize("question", ["Where did she teach?", "Who is in Turin?", "Where did Ada teach?"])
def test_without_a_name_in_both_or_with_the_answer_s_it_stays(question):
    asked = group(question)
    assert Changes([group("When did Carl Benz die?")]).renamed(asked, random.Random(0)) is asked
