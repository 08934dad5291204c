"""Answers as words and as JSON: exactly the fields of the contract, and nothing that acts on a terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.datamodel import Answer, Citation, Content, Document, IndexStatus, Part, Quote, SourceStatus, Span
from assistant.interfaces import render

TEXT = "2 Methods\n\nBefore it. We kept\nbees. After it."
PAGE = Part("page", 4, "iv", Span(0, 46))
DOCUMENT = Document("reports/a.pdf", "5a" * 32, Content(TEXT, "application/pdf", "A", parts=(PAGE,), pages=9))
QUOTE = Quote(
    DOCUMENT, Span(22, 35), 0.91234, key=Span(30, 34), before=Span(11, 21), after=Span(36, 45), section=Span(0, 9)
)
BARE = Quote(Document("b.txt", "00" * 32, Content("Only this.", "text/plain", "b")), Span(0, 10), 0.5)


def answer(**changes):
    held = dict(
        question="Who?",
        resolved_question="Who?",
        answered=True,
        confidence=0.93,
        quotes=(QUOTE,),
        closest=(),
        index="gen-1",
    )
    return Answer(**{**held, **changes})


def test_a_quote_has_exactly_the_fields_of_the_contract():
    assert render.quote_json(QUOTE) == {
        "text": "We kept\nbees.", "source": "reports/a.pdf", "sha256": "5a" * 32, "start": 22, "end": 35, "key": [30, 34],
        "page": 4, "page_label": "iv", "part": {"kind": "page", "number": 4, "label": "iv"}, "section": "2 Methods",
        "score": 0.9123, "before": "Before it.", "after": "After it.",
    }  # fmt: skip


def test_what_is_not_known_is_null():
    held = render.quote_json(BARE)
    assert [name for name, value in held.items() if value is None] == [
        "key",
        "page",
        "page_label",
        "part",
        "section",
        "before",
        "after",
    ]


def test_an_answer_has_exactly_the_fields_of_the_contract():
    held = render.answer_json(answer(timings_ms={"total": 1.5}))
    assert list(held) == [
        "question",
        "resolved_question",
        "answered",
        "confidence",
        "quotes",
        "closest",
        "index",
        "timings_ms",
    ]
    assert held["quotes"] == [render.quote_json(QUOTE)] and held["timings_ms"] == {"total": 1.5}


def test_a_status_has_exactly_the_fields_of_the_contract():
    row = SourceStatus("a.pdf", "partial", None, "5a", 1, 12, (3,), 40211, 63, ("page 3 has no text",), 0.42)
    assert render.status_json(IndexStatus("gen-1", "2026-01-31T12:00:00Z", "m", 812, (row,))) == {
        "index": "gen-1", "built": "2026-01-31T12:00:00Z", "model": "m", "passages": 812,
        "sources": [
            {"source": "a.pdf", "state": "partial", "reason": None, "sha256": "5a", "bytes": 1, "pages": 12,
             "unsearchable_pages": [3],
             "characters": 40211, "passages": 63, "warnings": ["page 3 has no text"], "seconds": 0.42},
        ],
    }  # fmt: skip


def test_a_document_has_exactly_the_fields_of_the_contract():
    assert render.document_json(DOCUMENT) == {
        "source": "reports/a.pdf", "sha256": "5a" * 32, "text": TEXT,
        "parts": [{"kind": "page", "number": 4, "label": "iv", "start": 0, "end": 46}],
    }  # fmt: skip


@given(st.text() | st.text().map(lambda text: text + "\udcff"))
def test_json_is_ascii_and_changes_nothing(text):
    written = render.to_json({text: [text]})
    assert written.isascii() and json.loads(written) == {text: [text]}
    assert "\n" not in render.to_json({text: [text]}, indent=None)


@pytest.mark.parametrize(
    "text, shown",
    [
        ("plain é 条約 €", "plain é 条約 €"),
        ("two\n lines\tand  blanks", "two lines and blanks"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("fdp\u202etxt", "fdp\\u202etxt"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("caf\udce9", "caf\\udce9"),
        ("\U000e0041", "\\U000e0041"),
        ("nul\x00", "nul\\x00"),
        ("a\u00a0b", "a b"),
    ],
)
def test_what_could_act_on_a_terminal_is_made_visible(text, shown):
    assert render.visible(text) == shown


@given(st.text(alphabet=st.characters(), max_size=50))
def test_shown_text_is_one_line_of_printable_signs(text):
    assert render.visible(text).isprintable()


@pytest.mark.parametrize(
    "part, section, label",
    [
        (None, None, "a.txt"),
        (Part("page", 4, "4", Span(0, 1)), None, "a.txt, page 4"),
        (Part("page", 4, "iv", Span(0, 1)), "2 Methods", "a.txt, page iv (4 of the file), section 2 Methods"),
        (Part("slide", 3, "Intro", Span(0, 1)), None, "a.txt, slide Intro"),
        (Part("slide", 3, "Intro", Span(0, 1)), "Intro", "a.txt, slide Intro"),
        (Part("sheet", 2, "", Span(0, 1)), None, "a.txt, sheet 2"),
        (None, "Wax\x1b\nand honey", "a.txt, section Wax\\x1b and honey"),
    ],
)
def test_a_citation_says_where(part, section, label):
    assert render.citation_label(Citation("a.txt", "", "A", part, section)) == label


def test_a_row_is_cited_with_the_names_of_its_columns():
    sheet = Part("sheet", 1, "Budget", Span(0, 1))
    label = render.citation_label(Citation("a.xlsx", "", "A", sheet, "Item | Year", 2))
    assert label == "a.xlsx, sheet Budget, row 2, columns Item | Year"


def test_a_citation_shows_hostile_names_escaped():
    assert (
        render.citation_label(Citation("caf\udce9\x1b]0;x\x07.txt", "", "", None, None))
        == "caf\\udce9\\x1b]0;x\\x07.txt"
    )


def test_an_answer_in_words():
    assert render.answer_text(answer(quotes=(QUOTE, BARE))).splitlines() == [
        "[1] “We kept bees.”",
        "    reports/a.pdf, page iv (4 of the file), section 2 Methods",
        "",
        "[2] “Only this.”",
        "    b.txt",
        "",
        "Confidence 0.93: the first quote very likely answers the question.",
    ]


def test_a_completed_question_is_shown():
    assert render.answer_text(answer(resolved_question="Who? (bees)")).startswith("Understood as: Who? (bees)\n\n[1]")
    assert "Understood" not in render.answer_text(answer(question=" Who? "))


STATUS = IndexStatus(
    "", "", "", 0,
    (SourceStatus("a.pdf", "partial", pages=12, unsearchable_pages=(3, 4)),
     SourceStatus("b", "rejected"), SourceStatus("c.txt", "indexed")),
)  # fmt: skip


def test_an_abstention_says_so_and_what_could_not_be_searched():
    words = render.answer_text(answer(answered=False, confidence=0.1, quotes=(), closest=(BARE,)), STATUS)
    assert words.splitlines() == [
        "Your sources don't say (confidence 0.10). What comes closest, though it is no answer:",
        "",
        "[1] “Only this.”",
        "    b.txt",
        "",
        "Note: 2 of 12 pages were not searchable and 1 of 3 files could not be read.",
    ]


def test_a_whole_index_needs_no_note():
    assert render.coverage_line(IndexStatus("", "", "", 0, STATUS.sources[2:])) is None
    assert render.coverage_line(IndexStatus("", "", "", 0, STATUS.sources[:1])) == "2 of 12 pages were not searchable"


@pytest.mark.parametrize(
    "confidence, words", [(1, "very likely answers"), (0.85, "very likely answers"),
                          (0.84, "likely answers"), (0.6, "likely answers"),
                          (0.35, "may answer"), (0.34, "probably does not answer"), (0.0, "probably does not answer")],
)  # fmt: skip
def test_confidence_has_words(confidence, words):
    assert render.confidence_words(confidence) == words
