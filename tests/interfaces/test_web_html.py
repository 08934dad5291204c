"""Records as HTML: everything from outside is shown as text, on one line, and buttons carry what they open."""

import html as standard_html
import re
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.datamodel import Answer, Content, Document, IndexStatus, Part, Progress, Quote, SourceStatus, Span
from assistant.interfaces.web import html

TEXT = "Allies\n\nAn ally is bound by treaty. A partner is not, as <b>all</b> know. The end."
ATTACKS = [
    "<script>window.xssRan7731=1</script>",
    "<img src=x onerror=window.xssRan7731=1>.txt",
    '"><svg onload=window.xssRan7731=1>',
    "'; window.xssRan7731=1; '",
    "</blockquote>\n\n<iframe srcdoc=x>",
    "**bold** $x$ [a](javascript:window.xssRan7731=1)",
]


def document(text=TEXT, source="reports/a.pdf", title="On allies"):
    return Document(
        source, "ab" * 32, Content(text, "application/pdf", title, (Part("page", 4, "iv", Span(0, len(text))),))
    )


def quote(words, of=None, **more):
    of = of or document()
    start = of.text.index(words)
    return Quote(of, Span(start, start + len(words)), 0.9, **more)


def answer(*quotes, closest=(), resolved=None, question="What is an ally?"):
    return Answer(question, resolved or question, bool(quotes), 0.9, quotes, closest, "gen-1")


def text_of(markup):
    return standard_html.unescape(re.sub(r"<[^>]*>", "", markup))


def shown_words(markup):
    return [text_of(words) for words in re.findall(r'<blockquote class="qa-words"[^>]*>(.*?)</blockquote>', markup)]


# The loaders keep other control signs out of the stored text.
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t\r")))
def test_any_text_survives_as_text_on_one_line(text):
    escaped = html.literal(text)
    assert not set(escaped) & set("<>\"'\n\r\t")
    assert standard_html.unescape(escaped) == text


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_markup_of_a_document_its_name_or_its_title_survives(attack):
    attacked = document(f"Before. {attack} After.", source=attack, title=attack)
    shown = html.answer_html(answer(quote(f"{attack} After.", attacked), resolved=attack))
    assert "<script" not in shown and "<img" not in shown and "<svg" not in shown and "<iframe" not in shown
    assert "\n" not in shown
    assert shown_words(shown) == [f"{attack} After."]


def test_a_quote_shows_exactly_its_words_with_the_key_emphasised():
    key = quote("treaty").span
    shown = html.answer_html(answer(quote("An ally is bound by treaty.", key=key)))
    assert shown_words(shown) == ["An ally is bound by treaty."]
    assert "<strong>treaty</strong>" in shown


def test_a_key_outside_of_the_quote_is_not_emphasised():
    shown = html.answer_html(answer(quote("An ally is bound by treaty.", key=quote("The end").span)))
    assert "<strong>" not in shown


def test_the_citation_names_its_place_and_carries_stored_offsets():
    cited = quote("An ally is bound by treaty.")
    shown = html.answer_html(answer(cited))
    assert "On allies" in shown and "reports/a.pdf, page iv (4 of the file)" in shown
    value = standard_html.unescape(re.search(r'class="qa-cite" value="([^"]*)"', shown)[1])
    wanted = {
        "source": ["reports/a.pdf"],
        "sha256": ["ab" * 32],
        "start": [str(cited.span.start)],
        "end": [str(cited.span.end)],
    }
    assert parse_qs(value) == wanted


def test_a_follow_up_says_how_it_was_understood():
    assert "Understood as" not in html.answer_html(answer(quote("The end.")))
    assert "What is a partner of the US?" in html.answer_html(
        answer(quote("The end."), resolved="What is a partner of the US?")
    )


def test_an_abstention_says_so_and_labels_what_comes_closest():
    shown = html.answer_html(answer(closest=(quote("The end."),)), coverage="3 of 9 pages were not searchable")
    assert "Your sources don’t say." in shown
    assert "The closest passages – not an answer" in shown
    assert "3 of 9 pages were not searchable." in shown
    assert "qa-best" not in shown and "qa-confidence" not in shown


def test_sources_with_problems_come_first_and_give_their_reason():
    good = SourceStatus("a.md", "indexed", sha256="00", characters=1200, passages=1)
    partial = SourceStatus(
        "b.pdf", "partial", sha256="01", pages=9, unsearchable_pages=(3, 4, 5, 8), characters=9, passages=2
    )
    bad = SourceStatus("z<b>.pdf", "rejected", reason="It is encrypted.", bytes=48211)
    shown = html.sources_html(IndexStatus("g", "2026-01-31T12:00:00Z", "m", 3, (good, partial, bad)))
    assert shown.index("z&lt;b&gt;.pdf") < shown.index("b.pdf") < shown.index("a.md")
    assert "It is encrypted." in shown and "4 pages without text: 3–5, 8" in shown
    assert "1,200 characters · 1 passage<" in shown
    assert shown.count("<button") == 2, "what was rejected cannot be opened"


def test_direction_signs_in_names_are_made_visible():
    row = SourceStatus("invoice\u202efdp.exe", "rejected", reason="It is a program.")
    shown = html.sources_html(IndexStatus("g", "", "m", 0, (row,)))
    assert "\u202e" not in shown and "\\u202e" in shown


def test_progress_names_stage_count_speed_and_time_left():
    shown = text_of(html.progress_html(Progress("embed", 120, 480, "a.pdf", 41.7, 90)))
    assert "Indexing 120 of 480 passages · 42 a second · 2 min left" in shown


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (61, "1 min"), (7200, "2.0 h")])
def test_times_are_as_exact_as_an_estimate(seconds, words):
    assert html.duration(seconds) == words


def test_a_build_names_what_it_could_not_read():
    rows = (SourceStatus("a.md", "indexed"), SourceStatus("b.bin", "rejected", reason="It is not a document."))
    status = IndexStatus("g", "", "m", 1, rows)
    assert html.build_lines(status) == [
        "Up to date: 1 source searchable.",
        "Not readable: b.bin – It is not a document.",
    ]
    assert html.build_lines(replace(status, sources=rows[:1])) == ["Up to date: 1 source searchable."]
