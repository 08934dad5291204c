"""Plain text: unchanged words, careful titles and headings."""

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders.plain_text import PlainTextLoader

PROSE = "The river rose by two metres in the night. Nobody was hurt by it."


def load(text, name="notes/my_old-notes.txt"):
    return PlainTextLoader().load(text.encode(), name)


def headings(content):
    return [(heading.level, heading.span.of(content.text)) for heading in content.headings]


def test_the_text_is_the_file():
    assert load("a  b\r\n\r\n  c\t1\n").text == "a  b\n\n  c\t1\n"


def test_a_short_first_line_is_the_title():
    content = load(f"The Flood of 1910\n\n{PROSE}\n")
    assert content.title == "The Flood of 1910"
    assert headings(content) == [(1, "The Flood of 1910")]


def test_prose_gives_no_title_and_the_name_serves():
    content = load(PROSE)
    assert (content.title, content.headings) == ("my old-notes", ())


def test_dates_and_bylines_are_passed_over_for_the_title():
    assert load(f"February 15, 2023\n\nBy Ada Miller\n\nThe Flood\n\n{PROSE}").title == "The Flood"


def test_headings_by_underline_capitals_numbers_and_title_case():
    text = (
        f"Report\n======\n\n{PROSE}\n\nCauses\n------\n{PROSE}\n\nWHAT WAS LOST\n\n{PROSE}\n\n"
        f"2.1 The Mills\n\n{PROSE}\n\nThe Long Way Home\n\n{PROSE}\n\nSection 4. Dues\n\n{PROSE}"
    )
    assert headings(load(text)) == [
        (1, "Report"),
        (2, "Causes"),
        (2, "WHAT WAS LOST"),
        (3, "2.1 The Mills"),
        (2, "The Long Way Home"),
        (2, "Section 4. Dues"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "1. Buy milk\n\n2. Buy eggs",
        "He said no.",
        "only small words here",
        "- An Item",
        "By Ada Miller",
        "May 3, 2020",
        "A, B,",
    ],
)
def test_other_lines_are_no_headings(line):
    assert headings(load(f"{PROSE}\n\n{line}\n\n{PROSE}")) == []


@pytest.mark.parametrize("text", ["   \n\n", "\ufeff", "--- *** ---"])
def test_a_text_without_words_is_refused(text):
    with pytest.raises(UnreadableFile, match="holds no text"):
        load(text)
