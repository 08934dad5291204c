"""A window on a document's stored text with a span marked, as data: the page builds text nodes from it, never HTML.

Pieces are ``{"text"}``, ``{"part"}`` (a divider, which adds no characters) and ``{"mark": pieces}``. The texts of all
pieces in a row are exactly ``text[from:to]``; those inside the mark are exactly ``text[start:end]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from assistant.datamodel import Document, Part, Span
from assistant.errors import UsageError
from assistant.interfaces.render import visible

WINDOW_CHARS = 40_000
"""Characters sent at once; more are fetched when the reader asks for them."""


class SourceChanged(UsageError):
    """The source is no longer the one that was quoted."""


def view(document: Document, wanted: Mapping[str, str]) -> dict[str, Any]:
    """Answer a request of the source panel.

    :param document: the source as indexed now.
    :param wanted: ``sha256`` of the source that was quoted; ``start`` and ``end`` of what to mark, or ``from`` and
        ``to`` of a further window, or neither for the beginning.
    :returns: the document's name and length, the window and its pieces.
    :raises SourceChanged: when the source was changed and indexed again since.
    :raises UsageError: for positions outside of the text.
    """
    if wanted.get("sha256") not in ("", None, document.sha256):
        raise SourceChanged("This source has changed since it was quoted; ask again to see today's words.")
    mark = _span(document, wanted, "start", "end")
    window = _span(document, wanted, "from", "to") or _window_around(mark, len(document.text))
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
    }


def _span(document: Document, wanted: Mapping[str, str], first: str, last: str) -> Span | None:
    """Read a span from a request, where nothing can be trusted."""
    if first not in wanted and last not in wanted:
        return None
    given = wanted.get(first, ""), wanted.get(last, "")
    numbers = [int(value) for value in given if value.isascii() and value.isdigit() and len(value) < 12]
    if len(numbers) != 2 or not numbers[0] < numbers[1] <= len(document.text):
        raise UsageError(f"There are no characters {given[0][:12]!r} to {given[1][:12]!r} in this source.")
    return Span(*numbers)


def _window_around(mark: Span | None, length: int) -> Span:
    """Choose the characters around a mark, or the first ones."""
    if mark is None:
        return Span(0, min(WINDOW_CHARS, length))
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
    for part in document.content.parts:
        if span.contains(part.span.start):
            found += [{"text": document.text[position : part.span.start]}, {"part": part_label(part)}]
            position = part.span.start
    found.append({"text": document.text[position : span.end]})
    return [piece for piece in found if piece.get("text") != ""]


def part_label(part: Part) -> str:
    """Name a part as people do: its printed label, and its number in the file where that differs."""
    kind = part.kind.capitalize()
    if part.label in ("", str(part.number)):
        return f"{kind} {part.number}"
    return f"{kind} {part.label} ({part.number} of the file)" if part.kind == "page" else f"{kind} {part.label}"
