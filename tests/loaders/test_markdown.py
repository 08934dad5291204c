"""Markdown: what stays of the markup, and where headings are."""

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders.markdown import MarkdownLoader


def load(text):
    return MarkdownLoader().load(text.encode(), "docs/read_me.md")


def headings(content):
    return [(heading.level, heading.span.of(content.text)) for heading in content.headings]


@pytest.mark.parametrize(
    ("source", "stored"),
    [
        ("Some *soft*\nwrapped **line** with `code`.", "Some soft wrapped line with code."),
        ("See [the plan](http://example.org/x) ![a map](m.png)", "See the plan a map"),
        ("One.\n\nTwo.", "One.\n\nTwo."),
        ("hard\\\nbreak", "hard\nbreak"),
        ("- one\n  more\n- two\n  1. inner\n  2. last", "- one more\n- two\n  1. inner\n  2. last"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("> quoted\n> words", "quoted words"),
        ("|Year|Rain|\n|--|--:|\n|*1990*|33 &amp; more|", "Year | Rain\n1990 | 33 & more"),
        ("```py\n# a comment\nx  =  1\n```", "# a comment\nx  =  1"),
        ("a <!-- gone --> b <b>c</b>", "a b c"),
        ("x <script>alert(1)</script> y", "x y"),
        ("<!--\ngone\n-->\n\n<div>Seen <script>no()</script></div>\n\nEnd", "Seen\n\nEnd"),
        ("<script>\nno()\n\nno()\n</script>\n\nEnd", "End"),
        ("Line &copy; 2020 \\*not em\\*", "Line © 2020 *not em*"),
    ],
)
def test_what_is_stored(source, stored):
    assert load(source).text == stored


def test_headings_are_found_outside_code_only():
    content = load("# Rain *in* `May`\n\nText\n\nCauses\n------\n\n```\n# no heading\n```\n\n### Deep ###\n")
    assert headings(content) == [(1, "Rain in May"), (2, "Causes"), (3, "Deep")]
    assert content.title == "Rain in May"


def test_front_matter_keeps_its_lines_and_gives_the_title():
    content = load('---\ntitle: "The Flood"\nauthor: Ada\n---\n# Causes\n\nRain.\n')
    assert content.title == "The Flood"
    assert content.text == 'title: "The Flood"\nauthor: Ada\n\nCauses\n\nRain.'


def test_a_rule_at_the_start_is_no_front_matter():
    assert load("---\n\nSome words here.\n\n---\n\nMore.").text == "Some words here.\n\nMore."


def test_without_heading_the_name_is_the_title():
    assert load("Only words.").title == "read me"


def test_absurd_nesting_keeps_every_word():
    content = load("Before.\n\n" + ">" * 20_000 + " deep words\n")
    assert "Before." in content.text and "deep words" in content.text
    assert content.warnings == ("nested too deeply to be read as Markdown; kept with its marks",)


@pytest.mark.parametrize("source", ["---\n\n***\n", "<!-- only a comment -->", "![](x.png)"])
def test_markup_without_words_is_refused(source):
    with pytest.raises(UnreadableFile, match="holds no text"):
        load(source)
