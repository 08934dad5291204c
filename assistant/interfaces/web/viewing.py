"""A window on a document's stored text with a span marked, as data: the page builds text nodes from it, never HTML.

Pieces are ``{"text"}``, ``{"part", "at"}`` (a divider, which adds no characters) and ``{"mark": pieces}``. The texts of all
pieces in a row are exactly ``text[from:to]``; those inside the mark are exactly ``text[start:end]``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from assistant.datamodel import Document, Part, Span
from assistant.errors import UsageError
from assistant.interfaces.render import visible
from assistant.loaders.pdf_glyphs import Mark, marks

WINDOW_CHARS = 40_000
"""Characters sent at once; more are fetched when the reader asks for them."""
FOUND_AT_MOST = 1000
_THINNEST = 2.0
_LONGEST_SEARCH = 200


class SourceChanged(UsageError):
    """The source is no longer the one that was quoted."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A source as it is indexed: the document, and where its characters stand on its pages (`Content.glyphs`)."""

    document: Document
    glyphs: bytes = b""


def view(stored: Stored, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Answer a request of the source panel.

    :param stored: the source as indexed now.
    :param wanted: ``sha256`` of the source that was quoted; ``start`` and ``end`` of what to mark, or ``from`` and
        ``to`` of a further window, or ``part`` or ``page`` to open there, or nothing for the beginning.
    :returns: the document's name and length, the window and its pieces, the part and page, and the boxes of the mark.
    :raises SourceChanged: when the source was changed and indexed again since.
    :raises UsageError: for positions outside of the text.
    """
    document = stored.document
    check_same(document, wanted)
    mark = _span(document, wanted, "start", "end")
    place = mark.start if mark else _start_of(document, wanted)
    window = _span(document, wanted, "from", "to") or _window_around(mark, place, len(document.text))
    longest = max(WINDOW_CHARS, mark.end - mark.start if mark else 0)
    window = Span(window.start, min(window.end, window.start + longest))
    return {
        "source": urlencode({"source": document.source}, errors="surrogateescape"),
        "name": visible(document.source),
        "sha256": document.sha256,
        "title": visible(document.title) or visible(document.source),
        "window_chars": WINDOW_CHARS,
        "length": len(document.text),
        "from": window.start,
        "to": window.end,
        "pieces": pieces(document, window, mark),
        **_whereabouts(document, wanted, place),
        "boxes": _boxes(stored, mark) if mark else [],
    }


def check_same(document: Document, wanted: Mapping[str, str]) -> None:
    """Make sure that a request is about the source as it is indexed now.

    :param document: the source.
    :param wanted: the request; without ``sha256`` it is about any state.
    :raises SourceChanged: when it is about another state.
    """
    if wanted.get("sha256") not in ("", None, document.sha256):
        raise SourceChanged("This source has changed since it was quoted; ask again to see today's words.")


def find(document: Document, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Find words in a document, capitals or not, whatever blanks are between them.

    :param document: the source.
    :param wanted: ``words`` to find, and ``sha256`` as in `view`.
    :returns: the places, at most `FOUND_AT_MOST`, and whether there are more.
    :raises SourceChanged: as `view`.
    """
    check_same(document, wanted)
    words = wanted.get("words", "")[:_LONGEST_SEARCH].split()
    if not words:
        return {"places": [], "more": False}
    matches = re.finditer(r"\s+".join(map(re.escape, words)), document.text, re.IGNORECASE)
    places = [match.span() for match in islice(matches, FOUND_AT_MOST + 1)]
    return {"places": places[:FOUND_AT_MOST], "more": len(places) > FOUND_AT_MOST}


def pages_shown(document: Document) -> int:
    """Count the pages that there are pictures of; 0 for other formats than PDF."""
    return (document.content.pages or 0) if document.content.media_type == "application/pdf" else 0


def _start_of(document: Document, wanted: Mapping[str, str]) -> int:
    """Find where a part begins that is asked for by its place in the row, or as a page by its number in the file."""
    parts = document.content.parts
    if "page" in wanted:
        number = whole_number(wanted, "page", 1)
        return next((part.span.start for part in parts if part.number >= number), len(document.text))
    at = whole_number(wanted, "part", 0)
    return parts[at].span.start if at < len(parts) else 0


def _whereabouts(document: Document, wanted: Mapping[str, str], place: int) -> dict[str, Any]:
    """Say which part and page a place is in; a page that is asked for may hold no text and so no part."""
    parts, pages = document.content.parts, pages_shown(document)
    at = max(0, bisect_right(parts, place, key=lambda part: part.span.start) - 1)
    part = parts[at] if parts else None
    page = whole_number(wanted, "page", 1) if "page" in wanted else part.number if part else 1
    without_text = pages > 0 and (part is None or part.number != page)
    label = f"Page {page}" if without_text else part_label(part) if part else ""
    about = {"part": {"at": at, "count": len(parts), "label": label}, "without_text": without_text}
    return {**about, "page": min(page, pages) if pages else None, "pages": pages}


def _boxes(stored: Stored, mark: Span) -> list[dict[str, float]]:
    """Say where to draw a mark: a rectangle a line, as shares of the page's width and height from its top left corner."""
    try:
        found = marks(stored.glyphs, mark.start, mark.end)
    except ValueError:  # damaged positions: the text is still right, and its mark
        return []
    return [share for box in found if (share := _share(box)) is not None]


def _share(mark: Mark) -> dict[str, float] | None:
    """Give the part of a mark that lies on the page, None for what is printed outside of it."""
    left, right = max(0.0, mark.left / mark.page_width), min(1.0, mark.right / mark.page_width)
    highest = max(mark.top, mark.bottom + _THINNEST)  # some fonts say that their signs have no height
    top, bottom = max(0.0, 1 - highest / mark.page_height), min(1.0, 1 - mark.bottom / mark.page_height)
    if left >= right or top >= bottom:
        return None
    return {"page": mark.page, "left": left, "top": top, "width": right - left, "height": bottom - top}


def whole_number(wanted: Mapping[str, str], name: str, otherwise: int) -> int:
    """Read a number from a request, where nothing can be trusted.

    :param wanted: the request.
    :param name: of the number.
    :param otherwise: what to take when the request has none.
    :returns: a number of at least 0.
    :raises UsageError: when it is something else.
    """
    value = wanted.get(name, str(otherwise))
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        raise UsageError(f"The {name} must be a number, not {value[:12]!r}.")
    return int(value)


def _span(document: Document, wanted: Mapping[str, str], first: str, last: str) -> Span | None:
    """Read a span from a request, where nothing can be trusted."""
    if first not in wanted and last not in wanted:
        return None
    given = wanted.get(first, ""), wanted.get(last, "")
    numbers = [int(value) for value in given if value.isascii() and value.isdigit() and len(value) < 12]
    if len(numbers) != 2 or not numbers[0] < numbers[1] <= len(document.text):
        raise UsageError(f"There are no characters {given[0][:12]!r} to {given[1][:12]!r} in this source.")
    return Span(*numbers)


def _window_around(mark: Span | None, place: int, length: int) -> Span:
    """Choose the characters around a mark, or a few before a place and those that follow."""
    if mark is None:
        start = max(0, place - WINDOW_CHARS // 8)
        return Span(start, min(start + WINDOW_CHARS, length))
    margin = max(0, WINDOW_CHARS - (mark.end - mark.start)) // 2
    return Span(max(0, mark.start - margin), min(length, mark.end + margin))


def pieces(document: Document, window: Span, mark: Span | None) -> list[dict[str, Any]]:
    """Cut a window into texts, dividers and the mark."""
    if mark is None or not mark.overlap(window):
        return _texts(document, window)
    return [
        *_texts(document, Span(window.start, mark.start)),
        {"mark": _texts(document, mark)},
        *_texts(document, Span(mark.end, window.end)),
    ]


def _texts(document: Document, span: Span) -> list[dict[str, Any]]:
    """Cut a span where the parts of the document begin, and put a divider there."""
    found: list[dict[str, Any]] = []
    position = span.start
    parts = document.content.parts
    first = bisect_left(parts, span.start, key=lambda part: part.span.start)
    for at, part in enumerate(parts[first:], first):
        if part.span.start >= span.end:
            break
        if span.contains(part.span.start):
            found += [{"text": document.text[position : part.span.start]}, {"part": part_label(part), "at": at}]
            position = part.span.start
    found.append({"text": document.text[position : span.end]})
    return [piece for piece in found if piece.get("text") != ""]


def part_label(part: Part) -> str:
    """Name a part as people do: its printed label, and its number in the file where that differs."""
    kind = part.kind.capitalize()
    if part.label in ("", str(part.number)):
        return f"{kind} {part.number}"
    return f"{kind} {part.label} ({part.number} of the file)" if part.kind == "page" else f"{kind} {part.label}"
