"""The picture of one PDF page, drawn by pdfium inside the limited worker process (`worker`), never in the server's.

The document that was drawn from last stays open, so that turning a page does not send the file again.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pypdfium2

from assistant.errors import UnreadableFile

NARROWEST, WIDEST = 100, 2400
MOST_PIXELS, HIGHEST = 8_000_000, 12_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class PagePainter:
    """Draws pages of the PDF file that it was given last."""

    def __init__(self) -> None:
        self._document: pypdfium2.PdfDocument | None = None

    def draw(self, data: bytes, number: int, width: int) -> bytes:
        """Draw one page as it is shown: cropped, turned, on white.

        :param data: the whole file, or nothing for the file given before.
        :param number: the page, from 1.
        :param width: of the picture in pixels; less when the page is so long that the picture would be huge.
        :returns: a PNG file.
        :raises UnreadableFile: when there is no such page.
        """
        if data:
            self._open(data)
        if self._document is None or not 1 <= number <= len(self._document):
            raise UnreadableFile(f"The file has no page {number}.")
        page = self._document[number - 1]
        try:
            bitmap = page.render(scale=_scale(page.get_width(), page.get_height(), width), rev_byteorder=True)
            return png(bitmap.to_numpy()[:, :, :3])
        finally:
            page.close()

    def _open(self, data: bytes) -> None:
        if self._document is not None:
            self._document.close()
            self._document = None
        document = pypdfium2.PdfDocument(data)
        document.init_forms()  # what was typed into a form's fields is drawn too
        self._document = document


def _scale(page_width: float, page_height: float, width: int) -> float:
    """Choose pixels a point, so that neither side nor the area passes its limit."""
    wide, high = max(page_width, 1.0), max(page_height, 1.0)
    wanted = min(max(width, NARROWEST), WIDEST) / wide
    return min(wanted, HIGHEST / high, float((MOST_PIXELS / (wide * high)) ** 0.5))


def png(pixels: np.ndarray) -> bytes:
    """Write a picture as PNG (https://www.w3.org/TR/png-3/), in grey where it has no colours.

    :param pixels: red, green, blue. *Shape:* ``(height, width, 3)``, uint8.
    :returns: the file.
    """
    grey = bool((pixels == pixels[:, :, :1]).all())
    rows = pixels[:, :, 0] if grey else pixels.reshape(len(pixels), -1)
    lines = np.zeros((len(rows), 1 + rows.shape[1]), np.uint8)  # each opens with its filter: 0, none
    lines[:, 1:] = rows
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0 if grey else 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 1)), (b"IEND", b""))
    return PNG_SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
