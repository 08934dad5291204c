"""Pictures of pages: drawn in the worker, of the size asked for, and no page takes more than its limits."""

import io
import struct

import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from assistant.errors import UnreadableFile
from assistant.loaders.isolation import PNG_SIGNATURE, IsolatedReader
from assistant.loaders.pdf_page import MOST_PIXELS, PagePainter, png


def pdf(size=(200, 300), pages=2, red=False):
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=size, invariant=1)
    for _ in range(pages):
        canvas.setFillColorRGB(1 if red else 0, 0, 0)
        canvas.rect(0, 0, size[0] / 2, size[1] / 2, fill=1, stroke=0)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def size_of(picture):
    assert picture.startswith(PNG_SIGNATURE)
    return struct.unpack(">II", picture[16:24])


def test_a_page_has_the_width_asked_for():
    assert size_of(PagePainter().draw(pdf(), 1, 400)) == (400, 600)


@pytest.mark.parametrize("red", [False, True], ids=["grey", "colour"])
def test_the_picture_shows_what_is_printed(red):
    import PIL.Image

    drawn = np.asarray(PIL.Image.open(io.BytesIO(PagePainter().draw(pdf(red=red), 1, 200))).convert("RGB"))
    assert drawn[290, 10].tolist() == [255 if red else 0, 0, 0] and drawn[10, 190].tolist() == [255, 255, 255]


def test_any_picture_survives_as_png():
    import PIL.Image

    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert (np.asarray(PIL.Image.open(io.BytesIO(png(pixels)))) == pixels).all()


@pytest.mark.parametrize("size", [(1, 200_000), (200_000, 200_000), (10, 10)], ids=["thin", "huge", "tiny"])
def test_no_picture_is_larger_than_allowed(size):
    width, height = size_of(PagePainter().draw(pdf(size), 1, 2400))
    assert width * height <= 1.01 * MOST_PIXELS and width <= 2400


@pytest.mark.parametrize("number", [0, 3])
def test_a_page_that_is_not_there_is_refused(number):
    with pytest.raises(UnreadableFile, match=f"The file has no page {number}."):
        PagePainter().draw(pdf(), number, 400)


def test_the_worker_keeps_the_file_open_and_goes_on_after_a_bad_one():
    sent = []

    def read():
        sent.append(1)
        return pdf()

    with IsolatedReader() as reader:
        assert size_of(reader.draw_page("a", read, 1, 400)) == size_of(reader.draw_page("a", read, 2, 400))
        assert len(sent) == 1
        with pytest.raises(UnreadableFile, match="could not be drawn"):
            reader.draw_page("b", lambda: b"%PDF-1.4 damaged", 1, 400)
        reader.draw_page("a", read, 1, 400)
        assert len(sent) == 2


def test_a_picture_of_another_form_is_not_believed(monkeypatch):
    with IsolatedReader() as reader:
        monkeypatch.setattr(reader, "_asked", lambda wanted, data: ({}, b"<html>"))
        with pytest.raises(UnreadableFile, match="made its reader fail"):
            reader.draw_page("a", pdf, 1, 400)
