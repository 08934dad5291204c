"""Where each character of a stored text stands on its page, small enough to keep beside the text.

A page's boxes are written in tenths of a point, sorted by side, each as the difference to the one before, and deflated page by
page; so a mark on one page opens that page alone. Two and a half bytes a character are left.
The text's own positions are the only key: nothing is ever searched for.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_MAGIC = b"GLY1"
_HEAD = struct.Struct("<4sI")
_ENTRY = struct.Struct("<IIffI")  # number, start in the text, width, height, bytes
_COUNT = struct.Struct("<i")
_PER_POINT = 10.0
_MOST_STEPS = 10_000  # so that every difference on a page fits 16 bits
_MOST_CHARACTERS = 1 << 22  # of one page: what a damaged index may make us unpack
_DAMAGED_PAGE = "The positions kept for this page are damaged; run `assistant build`."


@dataclass(frozen=True, slots=True)
class PageBoxes:
    """A page as shown and the boxes of its characters, in points from the bottom left corner.

    ``number`` counts from 1 in the file; ``start`` is the first character's offset in the stored text. A box is left, bottom,
    right, top (*shape* ``(n, 4)``, float32), all NaN for a character that is printed nowhere, such as a blank.
    """

    number: int
    start: int
    width: float
    height: float
    boxes: np.ndarray


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle to draw on a page as shown: one for each line of marked words, from the bottom left corner, in points."""

    page: int
    left: float
    bottom: float
    right: float
    top: float
    page_width: float
    page_height: float


def pack(pages: Sequence[PageBoxes]) -> bytes:
    """Write the boxes of a document.

    :param pages: in the order of the text; pages without characters may be missing.
    :returns: bytes that `unpack` and `marks` read; the same for the same boxes.
    """
    bodies = [_deflated(page) for page in pages]
    entries = (
        _ENTRY.pack(page.number, page.start, page.width, page.height, len(body))
        for page, body in zip(pages, bodies, strict=True)
    )
    return b"".join([_HEAD.pack(_MAGIC, len(pages)), *entries, *bodies])


def unpack(packed: bytes, start: int = 0, end: int | None = None) -> Iterator[PageBoxes]:
    """Read the pages that hold a range of the text.

    :param packed: from `pack`; empty bytes hold no page.
    :param start: the first offset wanted.
    :param end: where to stop; None for the end of the text.
    :yields: pages in order.
    :raises ValueError: when the bytes are damaged.
    """
    if not packed:
        return
    entries, offset = _directory(packed)
    for at, (number, first, width, height, size) in enumerate(entries):
        following = entries[at + 1][1] if at + 1 < len(entries) else None
        wanted = (end is None or first < end) and (following is None or following > start)
        if wanted:
            yield PageBoxes(number, first, width, height, _inflated(packed[offset : offset + size], width, height))
        offset += size


def marks(packed: bytes, start: int, end: int) -> list[Mark]:
    """Find what to draw over a range of the stored text.

    :param packed: from `pack`.
    :param start: offset of the first character.
    :param end: offset after the last.
    :returns: a rectangle for each run of words on one line, in reading order; blanks alone give none.
    :raises ValueError: when the bytes are damaged.
    """
    found: list[Mark] = []
    for page in unpack(packed, start, end):
        boxes = page.boxes[max(0, start - page.start) : max(0, end - page.start)].astype(float)
        boxes = boxes[~np.isnan(boxes[:, 0])]
        for left, bottom, right, top in _runs(boxes):
            found.append(Mark(page.number, left, bottom, right, top, page.width, page.height))
    return found


def _runs(boxes: np.ndarray) -> Iterator[list[float]]:
    """Unite the boxes of neighbours that share a line, level or upright."""
    open_run: list[float] | None = None
    for box in boxes.tolist():
        if open_run is not None and _continues(open_run, box):
            open_run = [*map(min, open_run[:2], box[:2]), *map(max, open_run[2:], box[2:])]
        else:
            if open_run is not None:
                yield open_run
            open_run = box
    if open_run is not None:
        yield open_run


def _continues(run: Sequence[float], box: Sequence[float]) -> bool:
    """Tell whether a box stands beside a run: sharing height with a step to the side, or sharing width with one along."""
    high, wide = max(run[3] - run[1], box[3] - box[1]), max(run[2] - run[0], box[2] - box[0])
    aside = max(box[0] - run[2], run[0] - box[2])
    along = max(box[1] - run[3], run[1] - box[3])
    level = along < 0.15 * high and aside < 1.5 * high and wide >= box[2] - box[0]
    upright = run[3] - run[1] > 1.5 * (run[2] - run[0]) and aside < 0 and along < 1.5 * (box[2] - box[0])
    return level or upright


def _unit(width: float, height: float) -> float:
    """Give the steps in a point: ten, fewer only on pages that 15 bits could not hold."""
    return min(_PER_POINT, _MOST_STEPS / max(width, height, 1.0))


def _deflated(page: PageBoxes) -> bytes:
    printed = ~np.isnan(page.boxes[:, 0])
    room = [page.width, page.height] * 2
    boxes = np.clip(page.boxes[printed], -np.array(room, np.float32), 2 * np.array(room, np.float32))
    left, bottom, right, top = np.rint(boxes * _unit(page.width, page.height)).astype(np.int32).T
    # letters follow each other closely, so the step from the last one's right side is small
    columns = [left - _before(right), right - left, bottom - _before(bottom), top - bottom]
    halves = np.stack(columns).astype("<i4").astype("<i2").view(np.uint8).reshape(4, -1, 2)
    head = _COUNT.pack(len(printed)) + np.packbits(printed).tobytes()
    return zlib.compress(head + halves.transpose(0, 2, 1).tobytes(), 9)


def _before(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], values[:-1]]) if len(values) else values


def _inflated(body: bytes, width: float, height: float) -> np.ndarray:
    """Read one page's boxes.

    :param body: from `_deflated`.
    :param width: of the page.
    :param height: of the page.
    :returns: boxes as in `PageBoxes`.
    :raises ValueError: when the bytes are damaged.
    """
    raw = _within_limit(body)
    count = _COUNT.unpack_from(raw)[0] if len(raw) >= _COUNT.size else -1
    start = _COUNT.size + (count + 7) // 8
    printed = np.unpackbits(np.frombuffer(raw[_COUNT.size : start], np.uint8))[: max(0, count)].astype(bool)
    if len(printed) != count or len(raw) != start + 8 * int(printed.sum()):
        raise ValueError(_DAMAGED_PAGE)
    halves = np.frombuffer(raw[start:], np.uint8).reshape(4, 2, -1).transpose(0, 2, 1)
    step, wide, climb, high = np.ascontiguousarray(halves).view("<i2")[:, :, 0].astype(np.int32)
    right = np.cumsum(step + wide)
    bottom = np.cumsum(climb)
    boxes = np.full((count, 4), np.nan, np.float32)
    boxes[printed] = np.stack([right - wide, bottom, right, bottom + high], axis=1) / _unit(width, height)
    return boxes


def _within_limit(body: bytes) -> bytes:
    """Inflate a page's positions, up to what a page can hold.

    :param body: deflated bytes.
    :returns: the bytes.
    :raises ValueError: when they are damaged or too many.
    """
    engine = zlib.decompressobj()
    try:
        raw = engine.decompress(body, 10 * _MOST_CHARACTERS)
    except zlib.error:
        raise ValueError(_DAMAGED_PAGE) from None
    if not engine.eof:
        raise ValueError(_DAMAGED_PAGE)
    return raw


def _directory(packed: bytes) -> tuple[list[tuple[int, int, float, float, int]], int]:
    """Read the table of pages.

    :param packed: from `pack`.
    :returns: number, start, width, height and size of each page, and where the first page's bytes begin.
    :raises ValueError: when it is damaged.
    """
    try:
        magic, count = _HEAD.unpack_from(packed)
        begin = _HEAD.size + count * _ENTRY.size
        entries = list(_ENTRY.iter_unpack(packed[_HEAD.size : begin]))
    except struct.error:
        magic, count, begin, entries = b"", 0, 0, []
    if magic != _MAGIC or len(entries) != count or begin + sum(entry[4] for entry in entries) != len(packed):
        raise ValueError("The positions kept for this document are damaged; run `assistant build`.")
    return entries, begin
