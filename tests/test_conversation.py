"""Follow-ups get the words they lean on, in brackets; questions that stand alone stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.conversation import leans, resolve, topic_words
from assistant.datamodel import Turn


def turns(*asked):
    """User turns, each answered by words that must never be taken for the topic."""
    return [
        turn for question in asked for turn in (Turn("user", question), Turn("assistant", "Zanzibar exports cloves."))
    ]


@pytest.mark.parametrize(
    "history, question, resolved",
    [
        ((), "Where is it?", "Where is it?"),
        (("What is the Jordan exercise called?",), "Where was Eager Lion held?", "Where was Eager Lion held?"),
        (("What is Eager Lion?",), "Where was it held?", "Where was it held? (Eager Lion)"),
        (("What is Eager Lion?",), "And when?", "And when? (Eager Lion)"),
        (("What is Eager Lion?",), "Why?", "Why? (Eager Lion)"),
        (("What is Eager Lion?",), "What about Jordan?", "What about Jordan? (Eager Lion)"),
        (
            ("Who are the allies of Japan?",),
            "How many of them are there?",
            "How many of them are there? (allies Japan)",
        ),
        (("What is Eager Lion?", "Where was it held?"), "And how often?", "And how often? (Eager Lion held)"),
        (("What is Eager Lion?", "Who pays for NATO?"), "Why does it?", "Why does it? (pays NATO)"),
        (("What is Eager Lion?",), "Is it the largest lion?", "Is it the largest lion? (Eager)"),
        (("What is a hive?",), "How many bees are there?", "How many bees are there?"),
        (("What is a hive?",), "Which one?", "Which one? (hive)"),
        (("it?",), "And that?", "And that?"),
    ],
)
def test_a_follow_up_is_completed(history, question, resolved):
    assert resolve(question, turns(*history)) == resolved


@pytest.mark.parametrize(
    "question",
    [
        "Is it?",
        "And the army?",
        "Why not?",
        "What about them?",
        "Tell me more",
        "Who else?",
        "What did he say about this?",
    ],
)
def test_what_leans(question):
    assert leans(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is a treaty alliance?", "Where was Eager Lion held?", "Is there a queen in the hive?", "Are there allies in Asia?",
        "Which alliances have more than two members?", "Which countries that have treaties trade?", "What is NATO?",
    ],
)  # fmt: skip
def test_what_stands_alone(question):
    assert not leans(question)


def test_topic_words_go_back_to_the_last_question_that_stood_alone():
    assert topic_words(["What is wax?", "Where does the queen live?", "And her eggs?"]) == ["queen", "live", "eggs"]


def test_what_the_assistant_said_is_no_topic():
    assert "Zanzibar" not in resolve("Where is it?", turns("What is Eager Lion?"))
    assert resolve("Where is it?", [Turn("assistant", "Zanzibar exports cloves.")]) == "Where is it?"


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=4))
def test_the_question_stays_word_for_word(question, asked):
    resolved = resolve(question, turns(*asked))
    assert resolved == question or resolved.startswith(f"{question.strip()} (") and resolved.endswith(")")
    assert resolve(question, ()) == question
