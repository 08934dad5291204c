"""Where answers stand and which sentences hold them, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.questions import GivenPassage
from assistant.training.groups import Group, TaughtPassage, _right, gather, occurrences, read_groups, write_groups
from assistant.training.sets import TaughtQuestion


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("in 1931", "It closed in 1931. Born in\n1931.", [(10, 17), (24, 31)]),
        ("93", "1931 and 93", [(9, 11)]),
        ("a ( b )", "see a (b) there", [(4, 9)]),
        ("gone", "nothing here", []),
        ("", "nothing here", []),
    ],
)
def test_words_are_found_whatever_blanks_stand_between_them(words, text, found):
    assert occurrences(words, text) == found


@given(st.text("ab .\n", max_size=30), st.integers(0, 29), st.integers(1, 8))
def test_what_is_found_has_the_same_visible_characters(text, at, length):
    words = text[at : at + length]
    assert all("".join(text[a:b].split()) == "".join(words.split()) for a, b in occurrences(words, text))


SENTENCES = [(0, 9), (10, 19), (20, 29)]


def test_the_sentence_with_most_wordings_of_the_answer_is_right():
    text = "In 1 May. On 1 May, 5. 5 it was."
    sentences = [(0, 9), (10, 22), (23, 32)]
    assert _right(sentences, [(3, 8)], [], text, ("1 May", "5")) == [1]
    assert _right(sentences, [], [], text, ("1 May",)) == []


def test_sentences_that_a_person_chose_are_right_when_half_of_them_is():
    assert _right(SENTENCES, [], [(5, 25)], "x" * 30, ()) == [1, 2]


def test_groups_come_back_as_they_were_kept(tmp_path):
    passage = TaughtPassage("It is so.", "Title", [(0, 9)], [(6, 8)], [0])
    groups = [Group("1", "squad", "How?", "Title", passage, [passage], []), Group("2", "qed", "Ö?", "T", None, [], [])]
    write_groups(iter(groups), tmp_path / "groups.jsonl")
    assert read_groups(tmp_path / "groups.jsonl") == groups


def test_a_question_without_answers_and_choices_has_none():
    assert not TaughtQuestion("1", "squad", "How?", "p", "a").answerable
    assert TaughtQuestion("1", "squad", "How?", "p", "a", chosen=("It is so.",)).answerable


def page(*subjects):
    """A text with a paragraph a subject, each about as long as a passage."""
    told = ("The {0} was rebuilt in its {1}th year.", "Its keeper of that time wrote {1} letters about the {0}.")
    return "\n\n".join(
        " ".join(told[at % 2].format(subject, at + 2) for at in range(14)) + f" The {subject} fell in 1{number}00."
        for number, subject in enumerate(subjects, start=5)
    )


@pytest.mark.model
@pytest.mark.parametrize("answers", [("1600",), ()], ids=["answered", "unanswered"])
def test_the_other_passages_of_a_long_page_are_look_alikes(tmp_path, answers):
    text = page("tower", "bridge", "harbour")
    asked = "When did the bridge fall?" if answers else "Why did the bridge fall?"
    chosen = ("The bridge fell in 1600.",) if answers else ()
    question = TaughtQuestion("1", "written", asked, "own p", "Ruins", answers, chosen)
    (group,) = gather([GivenPassage("own p", "Ruins", text)], [question], tmp_path, 1)
    assert (group.positive is not None) == bool(answers)
    if group.positive:
        (span,) = group.positive.spans
        assert group.positive.text[slice(*span)] == "1600"
    assert all("1600" not in each.text for each in group.negatives) == bool(answers)
    assert any("tower" in each.text for each in group.negatives), "a cut of the same page"
    assert not any(each.right or each.spans for each in group.negatives)
