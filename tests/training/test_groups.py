"""Where answers stand and which sentences hold them, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.training.groups import Group, TaughtPassage, _right, occurrences, read_groups, write_groups
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
