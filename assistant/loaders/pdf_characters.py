"""Every character of a PDF page with where it stands, through pdfium (https://pdfium.googlesource.com/pdfium).

Positions are in PDF points on the page *as it is shown*: cropped and turned, from the bottom left corner. So layout, marks
on a picture of the page, and other readers' boxes all speak of the same place, whatever a page's own axes are.
pdfium is not thread-safe; whoever calls this holds `LOCK`.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

LOCK = threading.RLock()
"""Held around every use of pdfium."""

SKEWED = 4
"""The `turns` of a character whose base line is neither level nor upright."""

_FULL_TURN = 4
_BLANK = 32
_LEVEL_ENOUGH = 0.12  # radians, 7 degrees: scans are often turned by 1 or 2
_BOLD = re.compile(rb"bold|black|heavy|demi|cmbx|sfbx", re.IGNORECASE)
_TYPEWRITER = re.compile(rb"mono|courier|consol|typewriter|cmtt|sftt|menlo", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageCharacters:
    """A page's characters in the order of its content stream, blanks and line ends guessed by pdfium included.

    ``codes`` are code points; ``boxes`` frame the ink and ``cells`` the room that the font gives a character, as left,
    bottom, right, top (*shape* ``(n, 4)``); ``baselines`` are points, x and y. ``turns`` counts quarter turns against the
    clock, or is `SKEWED`. ``bold`` and ``typewriter`` tell the font's kind by its name.
    """

    width: float
    height: float
    codes: np.ndarray
    boxes: np.ndarray
    cells: np.ndarray
    baselines: np.ndarray
    turns: np.ndarray
    bold: np.ndarray
    typewriter: np.ndarray


@contextmanager
def opened(data: bytes) -> Iterator[Any]:
    """Open a file with pdfium, holding the lock; everything is closed in the end.

    :param data: the whole file.
    :yields: pypdfium2's document.
    """
    import pypdfium2

    with LOCK:
        document = pypdfium2.PdfDocument(data)
        try:
            yield document
        finally:
            document.close()


def read_page(document: Any, index: int) -> tuple[PageCharacters, bool]:
    """Read one page.

    :param document: from `opened`.
    :param index: the page, from 0.
    :returns: its characters, and whether anything at all is drawn on it.
    """
    page = document[index]
    try:
        text = page.get_textpage()
        try:
            return _characters(page, text), _draws(page)
        finally:
            text.close()
    finally:
        page.close()


def _draws(page: Any) -> bool:
    import pypdfium2.raw as pdfium

    return bool(pdfium.FPDFPage_CountObjects(page) > 0)


def _characters(page: Any, text: Any) -> PageCharacters:
    """Ask pdfium for all there is to know of each character."""
    count = max(0, text.count_chars())
    handle = ctypes.cast(text.raw, ctypes.c_void_p).value
    codes = _codes(text, handle, count)
    boxes, cells, drawn = _places(handle, count)
    fonts = _fonts(text, drawn)
    shown = _Shown.of(page)
    turns = _turns(fonts.angles, shown.quarters)
    shared = _shared(boxes, cells, codes)
    # within a drawn string the base line moves as the letters' room does, which is to say not at all, or down a column
    origins = fonts.origins + (cells[:, :2] - cells[fonts.firsts, :2])
    return PageCharacters(
        shown.width,
        shown.height,
        codes,
        _dealt_out(shown.boxes(boxes), shared, turns),
        _dealt_out(shown.boxes(cells), shared, turns),
        shown.points(origins),
        turns,
        fonts.bold,
        fonts.typewriter,
    )


def _codes(text: Any, handle: int | None, count: int) -> np.ndarray:
    """Read the code points: all at once where pdfium's text has one sign for each character, otherwise one by one."""
    words = text.get_text_range() if count else ""
    if len(words) == count and (not words or max(words) <= "\uffff"):
        return np.array(list(map(ord, words)), np.uint32)
    code = _calls().code
    return np.fromiter((code(handle, i) for i in range(count)), np.uint32, count)


def _places(handle: int | None, count: int) -> tuple[np.ndarray, np.ndarray, list[int | None]]:
    """Read boxes and cells as left, bottom, right, top, and which drawn string each character belongs to."""
    calls = _calls()
    boxes, cells = np.zeros((count, 4)), np.zeros((count, 4), np.float32)
    drawn: list[int | None] = []
    for i, box, cell in zip(range(count), _rows(boxes), _rows(cells), strict=True):
        calls.box(handle, i, box, box + 8, box + 16, box + 24)
        calls.cell(handle, i, cell)
        drawn.append(calls.drawn(handle, i))
    # pdfium writes left, right, bottom, top of a box, and left, top, right, bottom of a cell
    return boxes[:, [0, 2, 1, 3]], cells[:, [0, 3, 2, 1]].astype(float), drawn


def _shared(boxes: np.ndarray, cells: np.ndarray, codes: np.ndarray) -> list[tuple[int, int]]:
    """Find runs of letters in one box, as pdfium gives the letters of a ligature."""
    same = (
        (boxes[1:] == boxes[:-1]).all(1)
        & (cells[1:] == cells[:-1]).all(1)
        & (codes[1:] > _BLANK)
        & (codes[:-1] > _BLANK)
    )
    same &= (boxes[1:, 2] > boxes[1:, 0]) | (cells[1:, 2] > cells[1:, 0])
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    return [(start, end + 1) for start, end in edges.reshape(-1, 2).tolist()]


def _dealt_out(boxes: np.ndarray, shared: list[tuple[int, int]], turns: np.ndarray) -> np.ndarray:
    """Give each letter of a ligature its part of the box, in reading direction."""
    for start, end in shared:
        boxes[start:end] = parts_of(boxes[start], end - start, int(turns[start]))
    return boxes


def parts_of(box: np.ndarray, count: int, turns: int) -> np.ndarray:
    """Divide a box evenly among letters.

    :param box: left, bottom, right, top.
    :param count: how many letters share it.
    :param turns: their direction.
    :returns: a box for each letter in reading order. *Shape:* ``(count, 4)``.
    """
    parts = np.tile(box, (count, 1))
    axis = 1 if turns in (1, 3) else 0
    edges = np.linspace(box[axis], box[axis + 2], count + 1)
    parts[:, axis], parts[:, axis + 2] = edges[:-1], edges[1:]
    return parts[::-1] if turns in (2, 3) else parts


def _rows(array: np.ndarray) -> range:
    """Give the address of each row, for pdfium to write to."""
    step = array.strides[0]
    return range(array.ctypes.data, array.ctypes.data + step * len(array), step)


@dataclass(frozen=True, slots=True)
class _Fonts:
    """What all characters of a drawn string share, for each character; ``firsts`` is the string's first one."""

    angles: np.ndarray
    origins: np.ndarray
    firsts: np.ndarray
    bold: np.ndarray
    typewriter: np.ndarray


def _fonts(text: Any, drawn: Sequence[int | None]) -> _Fonts:
    """Ask once for each drawn string; blanks that pdfium put in belong to the string before them."""
    count = len(drawn)
    starts = [i for i in range(count) if drawn[i] is not None and (i == 0 or drawn[i] != drawn[i - 1])] or [0][:count]
    lengths = np.diff([0, *starts[1:], count]) if starts else np.zeros(0, int)
    asked = [_font(text, start) for start in starts]
    angles, across, along, bold, typewriter = zip(*asked, strict=True) if asked else ((), (), (), (), ())
    return _Fonts(
        angles=np.repeat(np.array(angles, float), lengths),
        origins=np.repeat(np.stack([np.array(across, float), np.array(along, float)], axis=1), lengths, axis=0),
        firsts=np.repeat(np.array(starts, int), lengths),
        bold=np.repeat(np.array(bold, bool), lengths),
        typewriter=np.repeat(np.array(typewriter, bool), lengths),
    )


def _font(text: Any, index: int) -> tuple[float, float, float, bool, bool]:
    """Give angle, origin, and what the font's name says of its face."""
    import pypdfium2.raw as pdfium

    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    length = pdfium.FPDFText_GetFontInfo(text, index, name, 128, flags)
    font = name.raw[: max(0, min(int(length), 128))]
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, index, x, y)
    angle = float(pdfium.FPDFText_GetCharAngle(text, index))
    return angle, x.value, y.value, bool(_BOLD.search(font)), bool(_TYPEWRITER.search(font))


def _turns(angles: np.ndarray, page_quarters: int) -> np.ndarray:
    """Round angles in the page's own axes to quarter turns as shown."""
    quarters = np.where(np.isfinite(angles), angles, 0.0) / (np.pi / 2)
    nearest = np.rint(quarters)
    level = np.abs(quarters - nearest) * (np.pi / 2) <= _LEVEL_ENOUGH
    # pdfium measures with the clock, as pages are turned
    return np.where(level, (-nearest.astype(int) - page_quarters) % _FULL_TURN, SKEWED).astype(np.int8)


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a page's own axes become those of the page as shown: its box, quarter turns with the clock, and scale."""

    left: float
    bottom: float
    right: float
    top: float
    quarters: int
    width: float
    height: float

    @classmethod
    def of(cls, page: Any) -> _Shown:
        """Measure a page."""
        import pypdfium2.raw as pdfium

        box = pdfium.FS_RECTF()
        width, height = page.get_size()
        quarters = max(0, pdfium.FPDFPage_GetRotation(page)) % _FULL_TURN
        if not pdfium.FPDF_GetPageBoundingBox(page, box) or box.right <= box.left or box.top <= box.bottom:
            return cls(0.0, 0.0, *((width, height) if quarters % 2 == 0 else (height, width)), quarters, width, height)
        return cls(box.left, box.bottom, box.right, box.top, quarters, width, height)

    def points(self, points: np.ndarray) -> np.ndarray:
        """Move points, *shape* ``(n, 2)``."""
        x, y = points[:, 0] - self.left, points[:, 1] - self.bottom
        wide, high = self.right - self.left, self.top - self.bottom
        moved = [(x, y), (y, wide - x), (wide - x, high - y), (high - y, x)][self.quarters]
        across, along = (wide, high) if self.quarters % 2 == 0 else (high, wide)
        return np.nan_to_num(np.stack(moved, axis=1) * [self.width / across, self.height / along])

    def boxes(self, boxes: np.ndarray) -> np.ndarray:
        """Move boxes, *shape* ``(n, 4)``."""
        one, other = self.points(boxes[:, :2]), self.points(boxes[:, 2:])
        return np.concatenate([np.minimum(one, other), np.maximum(one, other)], axis=1)


@dataclass(frozen=True, slots=True)
class _Calls:
    """pdfium's functions taking plain addresses: some microseconds less for each character, of which there are millions."""

    code: Callable[..., int]
    box: Callable[..., int]
    cell: Callable[..., int]
    drawn: Callable[..., int | None]


@cache
def _calls() -> _Calls:
    import pypdfium2.raw as pdfium

    def bind(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
        address = ctypes.cast(function, ctypes.c_void_p).value or 0
        bound: Callable[..., Any] = ctypes.CFUNCTYPE(result, *arguments)(address)
        return bound

    pointer, number = ctypes.c_void_p, ctypes.c_int
    return _Calls(
        code=bind(pdfium.FPDFText_GetUnicode, ctypes.c_uint, pointer, number),
        box=bind(pdfium.FPDFText_GetCharBox, number, pointer, number, *[pointer] * 4),
        cell=bind(pdfium.FPDFText_GetLooseCharBox, number, pointer, number, pointer),
        drawn=bind(pdfium.FPDFText_GetTextObject, pointer, pointer, number),
    )
