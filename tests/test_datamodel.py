"""The records: spans that cannot be wrong way round, parts that are found by position, quotes that are slices."""

import dataclasses

import pytest

from assistant import datamodel
from assistant.datamodel import Answer, Content, Document, IndexStatus, Part, Quote, SourceStatus, Span, Turn, turns_of

TEXT = "Front.\n\nFirst page here.\n\nSecond page."
PARTS = (Part("page", 1, "iv", Span(8, 26)), Part("page", 2, "1", Span(26, 38)))
DOCUMENT = Document("a.pdf", "5a" * 32, Content(TEXT, "application/pdf", "A title", parts=PARTS))


@pytest.mark.parametrize("start, end", [(-1, 2), (3, 2), (-5, -2)])
def test_a_span_cannot_be_the_wrong_way_round(start, end):
    with pytest.raises(ValueError, match=rf"needs 0 <= start <= end, not \({start}, {end}\)"):
        Span(start, end)


def test_spans_are_half_open():
    span = Span(2, 5)
    assert span.of("abcdefg") == "cde"
    assert [position for position in range(8) if span.contains(position)] == [2, 3, 4]
    assert not Span(3, 3).contains(3)


@pytest.mark.parametrize(
    "other, common",
    [(Span(0, 2), 0), (Span(0, 3), 1), (Span(3, 4), 1), (Span(0, 9), 3), (Span(5, 9), 0), (Span(4, 9), 1)],
)
def test_overlap_counts_common_characters(other, common):
    assert Span(2, 5).overlap(other) == other.overlap(Span(2, 5)) == common


@pytest.mark.parametrize("position, number", [(0, None), (7, None), (8, 1), (25, 1), (26, 2), (37, 2)])
def test_the_part_is_where_a_position_lies(position, number):
    part = DOCUMENT.part_at(position)
    assert (part and part.number) == number


def test_a_quote_is_its_slice_and_cites_where_it_starts():
    quote = Quote(DOCUMENT, Span(20, 33), 0.5, section=Span(0, 6))
    assert quote.text == TEXT[20:33]
    citation = quote.citation
    assert (citation.source, citation.sha256, citation.title, citation.section) == (
        "a.pdf",
        "5a" * 32,
        "A title",
        "Front.",
    )
    assert (citation.page, citation.page_label, citation.part) == (1, "iv", PARTS[0])


def test_only_pages_are_pages():
    slide = Document("a.pptx", "", Content(TEXT, "", "", parts=(Part("slide", 3, "Intro", Span(0, 38)),)))
    citation = Quote(slide, Span(0, 6), 1.0).citation
    assert (citation.page, citation.page_label, citation.part.number) == (None, None, 3)
    assert Quote(DOCUMENT, Span(0, 6), 1.0).citation.part is None


def test_every_record_is_frozen():
    records = [each for each in vars(datamodel).values() if dataclasses.is_dataclass(each)]
    assert {Answer, Quote, Span, Turn} <= set(records)
    assert [record.__name__ for record in records if not record.__dataclass_params__.frozen] == []


def test_a_quote_has_no_field_for_words():
    assert {field.type for field in dataclasses.fields(Quote)}.isdisjoint({"str", "str | None"})


def test_the_status_counts_what_was_rejected():
    rows = (SourceStatus("a", "indexed"), SourceStatus("b", "rejected", "no"), SourceStatus("c", "partial"))
    status = IndexStatus("gen", "", "", 0, rows)
    assert status.rejected == rows[1:2] and list(status) == list(rows)


def test_a_history_may_be_turns_or_mappings():
    turns = (Turn("user", "Hello?"), Turn("assistant", ""))
    assert (
        turns_of(turns)
        == turns_of([{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": ""}])
        == turns
    )
    assert turns_of([]) == ()


@pytest.mark.parametrize("history", [None, 5, "text", {"role": "user", "content": "x"}])
def test_a_history_is_a_list(history):
    with pytest.raises(ValueError, match="A history is a list of turns, not"):
        turns_of(history)


@pytest.mark.parametrize(
    "turn",
    [
        "x",
        5,
        None,
        [],
        {},
        {"role": "user"},
        {"content": "x"},
        {"role": "system", "content": "x"},
        {"role": "user", "content": 5},
        {"role": ["user"], "content": "x"},
    ],
)
def test_a_turn_needs_role_and_content(turn):
    with pytest.raises(ValueError, match=r'A turn needs "role" \(user or assistant\) and "content" \(text\), not'):
        turns_of([turn])
