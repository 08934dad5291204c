"""Where characters are printed: as drawn, after turning and cropping, and after packing."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import RectangleObject
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from assistant.loaders.pdf import PdfLoader
from assistant.loaders.pdf_glyphs import Mark, PageBoxes, marks, pack, unpack

WORDS = "HEAD of the second line"


def page(rotation=0, crop=None):
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.setFont("Helvetica", 20)
    canvas.drawString(100, 700, "An opening line")
    canvas.drawString(100, 500, WORDS)
    canvas.showPage()
    canvas.save()
    writer = PdfWriter(clone_from=PdfReader(file))
    writer.pages[0].rotate(rotation)
    if crop:
        writer.pages[0].cropbox = RectangleObject(crop)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def load(data):
    return PdfLoader().load_with_glyphs(data, "a.pdf")


def test_each_character_lies_where_it_was_drawn():
    content, glyphs = load(page())
    (found,) = unpack(glyphs)
    assert (found.number, found.start, round(found.width), round(found.height)) == (1, 0, 595, 842)
    assert len(found.boxes) == len(content.text)
    start = content.text.index(WORDS)
    for at, sign in enumerate(WORDS):
        left, bottom, right, top = found.boxes[start + at]
        if sign == " ":
            assert np.isnan(left)
            continue
        origin = 100 + stringWidth(WORDS[:at], "Helvetica", 20)
        advance = stringWidth(sign, "Helvetica", 20)
        assert origin - 1 <= left < right <= origin + advance + 1
        assert bottom == pytest.approx(500, abs=1)
        assert top == pytest.approx(500 + 20 * (0.72 if sign in "HEADdhtlfi" else 0.53), abs=1)


@pytest.mark.parametrize(
    ("rotation", "left", "bottom"),
    [(0, 100 - 50, 500 - 60), (90, 500 - 60, 500 - 100), (180, 500 - 100, 800 - 500), (270, 800 - 500, 100 - 50)],
)
def test_boxes_speak_of_the_page_as_it_is_shown(rotation, left, bottom):
    """The crop box is (50, 60, 500, 800), and the H stands with its foot at (100, 500)."""
    content, glyphs = load(page(rotation, (50, 60, 500, 800)))
    (found,) = unpack(glyphs)
    assert (found.width, found.height) == ((450, 740) if rotation % 180 == 0 else (740, 450))
    box = found.boxes[content.text.index("HEAD")]
    wide, high = 0.72 * 20, 0.73 * 20
    begins = {
        0: (left, bottom),
        90: (left, bottom - wide),
        180: (left - wide, bottom - high),
        270: (left - high, bottom),
    }
    assert box[:2] == pytest.approx(begins[rotation], abs=2)


def test_a_mark_covers_the_words_and_no_other_line():
    content, glyphs = load(page())
    start = content.text.index("second")
    (mark,) = marks(glyphs, start, start + len("second line"))
    assert mark.page == 1 and 498 < mark.bottom < 500.5 and 513 < mark.top < 516
    assert mark.left == pytest.approx(100 + stringWidth("HEAD of the ", "Helvetica", 20), abs=1.5)
    whole = marks(glyphs, 0, len(content.text))
    assert [round(one.bottom / 100) for one in whole] == [7, 5]


def test_each_page_has_its_own_boxes():
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for words in ("First page", "", "Third page"):
        canvas.drawString(72, 700, words)
        canvas.showPage()
    canvas.save()
    content, glyphs = load(file.getvalue())
    start = content.text.index("Third")
    assert [mark.page for mark in marks(glyphs, 0, len(content.text))] == [1, 3]
    assert [mark.page for mark in marks(glyphs, start, start + 5)] == [3]
    assert [found.start for found in unpack(glyphs)] == [0, start]


def test_a_word_divided_at_a_line_end_has_a_mark_on_both_lines():
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for row, line in enumerate(["The committee met in the early sum-", "mer of that year and heard the report."]):
        canvas.drawString(72, 700 - 14 * row, line)
    canvas.showPage()
    canvas.save()
    content, glyphs = load(file.getvalue())
    start = content.text.index("summer")
    assert [round(mark.bottom) for mark in marks(glyphs, start, start + 6)] == [700, 686]


BOX = st.tuples(*[st.floats(0, 590, width=32)] * 2, *[st.floats(0, 30, width=32)] * 2)


@given(boxes=st.lists(st.none() | BOX, max_size=40), start=st.integers(0, 10**6))
def test_packing_keeps_boxes_within_a_twentieth_of_a_point(boxes, start):
    rows = [(np.nan,) * 4 if box is None else (box[0], box[1], box[0] + box[2], box[1] + box[3]) for box in boxes]
    given_boxes = np.array(rows, np.float32).reshape(-1, 4)
    (found,) = unpack(pack([PageBoxes(7, start, 600.0, 800.0, given_boxes)]))
    assert (found.number, found.start, found.width, found.height) == (7, start, 600.0, 800.0)
    np.testing.assert_allclose(found.boxes, given_boxes, atol=0.051)


def test_boxes_far_off_the_page_and_of_huge_pages_pack():
    boxes = np.array([[-1e9, -5, 1e9, 5], [14000, 14000, 14400, 14400]], np.float32)
    (found,) = unpack(pack([PageBoxes(1, 0, 14400.0, 14400.0, boxes)]))
    assert np.isfinite(found.boxes).all()
    np.testing.assert_allclose(found.boxes[1], boxes[1], atol=2)


def test_no_positions_give_no_marks():
    assert marks(b"", 0, 100) == [] and marks(pack([]), 0, 100) == []


@given(at=st.integers(0, 120), value=st.integers(0, 255))
def test_damage_is_told(at, value):
    packed = bytearray(pack([PageBoxes(1, 0, 600.0, 800.0, np.full((9, 4), 5, np.float32))]))
    packed[at % len(packed)] = value
    try:
        found = list(unpack(bytes(packed)))
    except ValueError as error:
        assert str(error).endswith("run `assistant build`.")
    else:
        assert len(found) == 1


def test_a_mark_says_how_large_its_page_is():
    assert marks(pack([PageBoxes(3, 10, 600.0, 800.0, np.array([[1, 2, 3, 4]], np.float32))]), 0, 99) == [
        Mark(3, pytest.approx(1), pytest.approx(2), pytest.approx(3), pytest.approx(4), 600.0, 800.0)
    ]
