"""The source panel's data: the pieces of a window are exactly the stored text, the mark exactly the quoted span."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.datamodel import Content, Document, Part, Span
from assistant.errors import UsageError
from assistant.interfaces.web import viewing
from assistant.interfaces.web.viewing import Stored
from assistant.loaders.pdf_glyphs import PageBoxes, pack


def document(text, cuts=()):
    edges = [0, *sorted(cuts), len(text)]
    spans = [Span(*pair) for pair in zip(edges, edges[1:], strict=False)]
    parts = tuple(Part("page", number, str(number), span) for number, span in enumerate(spans, 1))
    return Document("a.pdf", "ab", Content(text, "application/pdf", "A", parts))


def words(pieces):
    return "".join(piece.get("text", "") + words(piece.get("mark", [])) for piece in pieces)


def marked(pieces):
    return [words(piece["mark"]) for piece in pieces if "mark" in piece]


@st.composite
def views(draw):
    text = draw(st.text(min_size=1, max_size=60))
    place = st.integers(0, len(text))
    cuts = draw(st.lists(place, max_size=4))
    start = draw(st.integers(0, len(text) - 1))
    return document(text, cuts), start, draw(st.integers(start + 1, len(text)))


@given(views())
def test_the_mark_is_exactly_the_span_and_all_pieces_the_window(view):
    shown, start, end = view
    answer = viewing.view(Stored(shown), {"start": str(start), "end": str(end)})
    assert marked(answer["pieces"]) == [shown.text[start:end]]
    assert words(answer["pieces"]) == shown.text[answer["from"] : answer["to"]]


def test_dividers_stand_where_pages_begin_and_add_no_characters():
    assert viewing.pieces(document("abcdef", [3]), Span(0, 6), Span(2, 4)) == [
        {"part": "Page 1", "at": 0},
        {"text": "ab"},
        {"mark": [{"text": "c"}, {"part": "Page 2", "at": 1}, {"text": "d"}]},
        {"text": "ef"},
    ]


def test_a_long_document_is_sent_in_windows_that_meet():
    long = document("x" * 100_000)
    middle = viewing.view(Stored(long), {"start": "50000", "end": "50010"})
    assert middle["to"] - middle["from"] == viewing.WINDOW_CHARS
    assert middle["from"] < 50_000 < middle["to"]
    after = viewing.view(Stored(long), {"from": str(middle["to"]), "to": "100000"})
    assert (after["from"], marked(after["pieces"])) == (middle["to"], [])
    assert viewing.view(Stored(long), {})["from"] == 0


def test_no_request_gets_more_than_a_window():
    shown = viewing.view(Stored(document("x" * 100_000)), {"from": "0", "to": "100000"})
    assert shown["to"] == viewing.WINDOW_CHARS


@pytest.mark.parametrize("wanted", [
    {"start": "0", "end": "7"}, {"start": "3", "end": "3"}, {"start": "-1", "end": "2"}, {"start": "1"},
    {"start": "x", "end": "2"}, {"start": "٣", "end": "5"}, {"from": "9" * 40, "to": "9" * 41},
])  # fmt: skip
def test_positions_outside_of_the_text_are_refused(wanted):
    with pytest.raises(UsageError, match="There are no characters"):
        viewing.view(Stored(document("abcdef")), wanted)


def test_a_source_that_changed_is_not_marked():
    with pytest.raises(viewing.SourceChanged, match="has changed since"):
        viewing.view(Stored(document("abcdef")), {"sha256": "other", "start": "1", "end": "2"})


@pytest.mark.parametrize(("part", "label"), [
    (Part("page", 4, "iv", Span(0, 1)), "Page iv (4 of the file)"),
    (Part("page", 4, "4", Span(0, 1)), "Page 4"),
    (Part("sheet", 2, "Costs", Span(0, 1)), "Sheet Costs"),
])  # fmt: skip
def test_parts_are_named_as_people_do(part, label):
    assert viewing.part_label(part) == label


def test_a_part_or_page_opens_where_it_begins():
    shown = document("x" * 30_000 + "y" * 30_000, [30_000])
    assert viewing.view(Stored(shown), {"part": "1"})["part"] == {"at": 1, "count": 2, "label": "Page 2"}
    second = viewing.view(Stored(shown), {"page": "2"})
    assert (second["page"], second["from"] < 30_000 < second["to"]) == (None, True), (
        "this PDF does not say how many pages"
    )
    assert viewing.view(Stored(shown), {"part": "99"})["from"] == 0


def test_a_page_without_text_has_its_picture_and_says_so():
    parts = (Part("page", 1, "1", Span(0, 3)), Part("page", 3, "iii", Span(3, 6)))
    shown = Document("a.pdf", "ab", Content("abcdef", "application/pdf", "A", parts, pages=3))
    empty = viewing.view(Stored(shown), {"page": "2"})
    assert (empty["page"], empty["pages"], empty["without_text"], empty["part"]["label"]) == (2, 3, True, "Page 2")
    third = viewing.view(Stored(shown), {"start": "3", "end": "4"})
    assert (third["page"], third["without_text"], third["part"]["label"]) == (3, False, "Page iii (3 of the file)")


def test_boxes_are_shares_of_the_page_from_its_top_left_corner():
    boxes = np.array([[10, 80, 20, 90], [20, 80, 30, 90], [10, 60, 20, 70]], np.float32)
    stored = Stored(document("abc"), pack([PageBoxes(1, 0, 100, 100, boxes)]))
    answer = viewing.view(stored, {"start": "0", "end": "3"})
    assert [{name: round(value, 2) for name, value in box.items()} for box in answer["boxes"]] == [
        {"page": 1, "left": 0.1, "top": 0.1, "width": 0.2, "height": 0.1},
        {"page": 1, "left": 0.1, "top": 0.3, "width": 0.1, "height": 0.1},
    ]
    assert viewing.view(Stored(document("abc"), b"damaged"), {"start": "0", "end": "3"})["boxes"] == []


@pytest.mark.parametrize(("words", "places"), [
    ("a+b", [(0, 3)]), ("STRASSE", [(4, 11)]), ("two  words", [(12, 21)]), ("", []), ("  ", []), ("nothing", []),
])  # fmt: skip
def test_words_are_found_whatever_their_capitals_and_blanks(words, places):
    assert viewing.find(document("a+b Strasse two\nwords"), {"words": words}) == {"places": places, "more": False}


def test_no_more_places_are_told_than_anybody_looks_at(monkeypatch):
    monkeypatch.setattr(viewing, "FOUND_AT_MOST", 3)
    found = viewing.find(document("a" * 9), {"words": "a"})
    assert (len(found["places"]), found["more"]) == (3, True)
