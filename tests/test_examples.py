"""Example questions come from headings and definitions, from many documents in turn."""

import pytest

from assistant.datamodel import Content, Document, Heading, Span
from assistant.examples import example_questions


def document(text, *headings):
    spans = [Span(text.index(words), text.index(words) + len(words)) for words in headings]
    return Document("a.md", "", Content(text, "", "", headings=tuple(Heading(1, span) for span in spans)))


@pytest.mark.parametrize(
    "text, question",
    [
        ("A hive is a home for bees.", "What is a hive?"),
        ("The Northern Hive is the mother of all.", "What is the Northern Hive?"),
        ("Treaty allies are the closest ones.", "What are Treaty allies?"),
        ("Allies are the closest ones, and allies help.", "What are allies?"),
        ("Pauly is a cannoneer.", "What is Pauly?"),
        ("NATO is an alliance.", "What is NATO?"),
        ("Something first. A swarm is a group.", "What is a swarm?"),
    ],
)
def test_a_definition_gives_its_question(text, question):
    assert example_questions([document(text)], 4) == [question]


@pytest.mark.parametrize(
    "text",
    [
        "It is a hive.",
        "This hive is a home.",
        "What is a hive?",
        "Bees fly.",
        "There are the bees.",
        "",
        "The queen is the mother.",
    ],
)
def test_what_defines_nothing_gives_none(text):
    assert example_questions([document(text)], 4) == []


def test_headings_that_ask_are_taken_as_they_stand():
    text = "Guide\n\nHow do bees\nfind a home?\n\nThey dance.\n\nWax and honey\n\nBoth are made at home."
    found = example_questions([document(text, "Guide", "How do bees\nfind a home?", "Wax and honey")], 4)
    assert found == ["How do bees find a home?", "What do the sources say about “Wax and honey”?"]


def test_the_head_of_a_table_is_no_subject():
    text = "Budget\n\nItem | Year\n\nDredging | 2021\n\nWax and honey\n\nBoth are made at home."
    found = example_questions([document(text, "Budget", "Item | Year", "Wax and honey")], 4)
    assert found == ["What do the sources say about “Wax and honey”?"]


def test_documents_take_turns_and_nothing_is_asked_twice():
    one = document("A hive is a home. A drone is a male.")
    two = document("A comb is a grid. A hive is a home.")
    assert example_questions([one, two], 2) == ["What is a hive?", "What is a comb?"]
    assert example_questions([one, two], 9) == ["What is a hive?", "What is a comb?", "What is a drone?"]
    assert example_questions([], 4) == []
