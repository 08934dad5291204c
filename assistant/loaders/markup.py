"""HTML inside other formats (EPUB chapters, mail): every visible block, with nothing taken for page furniture.

It is rendered by the HTML loader's own renderer, so that lists, tables and headings look the same everywhere. XHTML is
parsed as XML first, since an HTML parser takes ``<a id="x"/>`` for an opening tag; no DTD is loaded, no entity resolved
beyond HTML's own names, nothing fetched.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from typing import Any

from assistant.errors import UnreadableFile
from assistant.loaders.decoding import decode
from assistant.loaders.html import Piece, Renderer, declared_charset, parsed

_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,40};)")
_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")
_SELF_CLOSED = re.compile(r"<(title|script|style|iframe|textarea|noscript|a|div|span|p|i|b)((?:\s[^<>]*)?)/>", re.I)


def page_of(data: bytes, charset: str | None = None) -> Any:
    """Parse a page.

    :param data: its bytes.
    :param charset: what the container says about its encoding; the page's own declaration comes first.
    :returns: its root as an lxml element, None when there is no element at all.
    :raises UnreadableFile: when it is binary or nested too deeply.
    """
    text = decode(data, declared_charset(data) or charset).text
    page = _parsed_as_xml(text)
    return page if page is not None else parsed(_SELF_CLOSED.sub(r"<\1\2></\1>", text))


def blocks_of(page: Any) -> Iterator[tuple[str, int | None]]:
    """Yield each visible block of a page with its level if it is a heading; a list or table is one block.

    :param page: what `page_of` gives.
    :yields: words and level.
    :raises UnreadableFile: when it is nested too deeply.
    """
    if page is None:
        return
    try:
        pieces = Renderer().render(page)
    except RecursionError:
        raise UnreadableFile("The page is nested too deeply to be read.") from None
    group: list[Piece] = []
    for piece in pieces:
        if group and piece.group != group[0].group:
            yield "\n".join(each.text for each in group), group[0].level
            group = []
        group.append(piece)
    if group:
        yield "\n".join(piece.text for piece in group), group[0].level


def _parsed_as_xml(text: str) -> Any:
    """Parse XHTML strictly; None where it is not well-formed. Names lose their namespace."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False
    )
    text = _NAMED.sub(lambda match: html.entities.html5.get(match[1], match[0]), _DECLARATION.sub("", text))
    try:
        page = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.LxmlError, ValueError):
        return None
    if next(page.iter(etree.Entity), None) is not None:
        return None  # declared by the page itself: the HTML parser leaves them as they are written
    for element in page.iter("{*}*"):
        element.tag = etree.QName(element).localname
    return page if page.tag == "html" else None
