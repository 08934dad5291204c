"""HTML: the words a browser would show, reduced to the page's main content.

One renderer turns the visible page into pieces (paragraphs, list items, table rows, headings). trafilatura then says
which text is the main content, and the pieces that agree are kept, so that headings and structure stay known. Where
that would leave less than half of the visible words, everything is kept: manuals and statutes are not blog posts.
Scripts, styles, comments, deleted and hidden elements are never stored; nothing is fetched, and no entity is resolved
beyond HTML's own names.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.datamodel import Content, Span
from assistant.errors import UnreadableFile
from assistant.loaders.base import one_line, require_words, stem_of
from assistant.loaders.boilerplate import BYLINE, DATE, find_asides
from assistant.loaders.composing import Composer
from assistant.loaders.decoding import decode, utf16_without_mark

WHOLE_PAGE = "kept the whole page: its main content could not be told apart"

_START = re.compile(
    r"\s*(?:<\?xml\b[^>]*>\s*)?(?:<!--(?:(?!-->).){0,1000}-->\s*)*<(?:!doctype\s+html|html)[\s>]",
    re.DOTALL | re.IGNORECASE,
)
_DECLARED = (
    re.compile(rb"<\?xml\b[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE),
    re.compile(rb"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE),
)
_UNSEEN = frozenset(
    "script style noscript template head title iframe object embed svg canvas audio video select datalist textarea"
    " button input del rp annotation annotation-xml frameset area map".split()
)
_BLOCKS = frozenset(
    "html body address article aside blockquote caption center dd details dialog div dl dt fieldset figcaption figure"
    " footer form header hr legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul"
    " h1 h2 h3 h4 h5 h6".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FORMATTING = "b|i|u|s|em|strong|font|span|small|big|tt|sub|sup|mark|code"
_FORMATTING_TAGS = re.compile(rf"</?(?:{_FORMATTING})(?:\s[^<>]*)?>", re.IGNORECASE)
_BODY = re.compile(r"<body[\s>]", re.IGNORECASE)
_BEGINS_BODY = re.compile(r"<(?:main|article|section|nav|header|footer|aside|figure)[\s>]", re.IGNORECASE)
_TOO_DEEP = "The HTML is nested too deeply to be read; save the page as text or PDF."
_BREAK = "\x0b"  # stands for <br> until blanks are collapsed
_DEEPEST_FOR_EXTRACTION = 250
_MOSTLY = 0.6
_SILENT = logging.NullHandler()


class HtmlLoader:
    """Reads HTML and XHTML files."""

    suffixes = frozenset({".html", ".htm", ".xhtml"})
    media_type = "text/html"

    def claims(self, data: bytes) -> bool:
        """Tell whether the file begins as HTML documents do."""
        codec = utf16_without_mark(data) or ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
        return bool(_START.match(data[:4096].decode(codec, "ignore").lstrip("\ufeffï»¿")))

    def load(self, data: bytes, name: str) -> Content:
        """Decode, parse, choose the main content and render it.

        :param data: the whole file.
        :param name: its name, for a title where the page has none.
        :returns: the words with headings; with a warning when the whole page was kept.
        :raises UnreadableFile: when nothing of the page is visible, or it cannot be parsed.
        """
        decoded = decode(data, declared_charset(data))
        try:
            markup = _with_body(decoded.text)
            page = parsed(markup)
            pieces = Renderer().render(page) if page is not None else []
            require_words(" ".join(piece.text for piece in pieces))
            main = _main_pieces(markup, page, pieces)
            content = _compose(pieces if main is None else main)
            title = _title_of(page, content) or stem_of(name)
        except RecursionError:
            raise UnreadableFile(_TOO_DEEP) from None
        whole = (WHOLE_PAGE,) if main is None else ()
        text = content.text
        return Content(
            text=text,
            media_type=self.media_type,
            title=title,
            headings=tuple(content.headings),
            asides=_united(content.asides, find_asides(text)),
            warnings=decoded.warnings + whole,
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """One rendered paragraph, heading, list item or table row.

    ``group`` is equal for the items of one list and the rows of one table; ``linked`` is the ratio of its characters
    that are link text; ``furniture`` tells that it stands in the page's navigation or footer.
    """

    text: str
    group: int
    level: int | None = None
    linked: float = 0.0
    furniture: bool = False


def visible_text(markup: str) -> str:
    """Give the words a browser would show of a fragment of HTML.

    :param markup: any fragment, also an unfinished one.
    :returns: blocks separated by newlines; empty when nothing is visible.
    """
    page = parsed(markup)
    return "\n".join(piece.text for piece in Renderer().render(page)) if page is not None else ""


def declared_charset(data: bytes) -> str | None:
    """Find the charset that a page declares near its beginning, None when it declares none."""
    for pattern in _DECLARED:
        if match := pattern.search(data[:4096]):
            return match[1].decode("ascii", "ignore")
    return None


def parsed(markup: str) -> Any:
    """Parse leniently, offline and without DTDs.

    :param markup: a page or fragment.
    :returns: its root, None when there is no element at all.
    :raises UnreadableFile: when the page is nested more deeply than the parser follows, also without formatting tags.
    """
    for source in (markup, _FORMATTING_TAGS.sub("", markup)):
        page, complete = _parsed_once(source)
        if complete:
            return page
    raise UnreadableFile(_TOO_DEEP)


def _with_body(markup: str) -> str:
    """Write out a body tag that a page leaves out: without it libxml2 takes elements younger than itself for its head's."""
    first = _BEGINS_BODY.search(markup)
    return f"{markup[: first.start()]}<body>{markup[first.start() :]}" if first and not _BODY.search(markup) else markup


def _parsed_once(markup: str) -> tuple[Any, bool]:
    """Parse; the second value is False when libxml2 gave up on the depth and dropped the rest of the page."""
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    try:
        page = etree.fromstring(markup.encode("utf-8"), parser)
    except (etree.LxmlError, ValueError):
        page = None
    return page, not any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)


class Renderer:
    """Walks a parsed page once, without recursion, and collects its visible pieces."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._words: list[str] = []
        self._cells: list[str] = []
        self._linked = 0
        self._flat: Any = None  # the heading or table cell whose inner blocks are only blanks
        self._open = {"a": 0, "pre": 0, "nav": 0, "article": 0, "list": 0}
        self._numbers: list[int | None] = []
        self._mark = ""
        self._group = 0
        self._data_tables: list[bool] = []

    def render(self, page: Any) -> list[Piece]:
        """Collect the pieces in reading order."""
        from lxml import etree

        walk = etree.iterwalk(page, events=("start", "end"))
        for event, element in walk:
            tag = element.tag if isinstance(element.tag, str) else ""
            if _is_unseen(element, tag):
                if event == "start":
                    walk.skip_subtree()
                else:
                    self._say(element.tail)
            elif event == "start":
                self._enter(element, tag)
                self._say(element.text)
            else:
                self._leave(element, tag)
                if element is not page:
                    self._say(element.tail)
        self._flush()
        return self._pieces

    def _say(self, words: str | None) -> None:
        if words:
            self._words.append(words if self._open["pre"] else re.sub(r"[ \t\n]+", " ", words))
            self._linked += len(words.strip()) if self._open["a"] else 0

    def _enter(self, element: Any, tag: str) -> None:
        self._count(element, tag, 1)
        if tag == "br":
            self._words.append(" " if self._flat is not None else _BREAK)
        elif tag not in _BLOCKS:
            return
        elif self._flat is not None:
            self._words.append(" ")
        else:
            self._flush()
            self._begin(element, tag)

    def _begin(self, element: Any, tag: str) -> None:
        """Note what a block changes: numbering, table or list membership, flat content."""
        if tag in ("ul", "ol", "menu"):
            if not self._numbers:
                self._group += 1
            self._numbers.append(_first_number(element) if tag == "ol" else None)
        elif tag == "li":
            self._mark = self._next_mark()
        elif tag == "table":
            self._group += 1
            self._data_tables.append(_is_data_table(element))
        elif tag in _HEADINGS or (tag in ("td", "th") and self._in_data_table):
            self._flat = element

    def _leave(self, element: Any, tag: str) -> None:
        if element is self._flat:
            self._flat = None
            if tag in _HEADINGS:
                self._flush(_HEADINGS[tag])
            else:
                self._cells.append(self._taken())
        elif self._flat is not None:
            self._words.append(" " if tag in _BLOCKS else "")
        elif tag in _BLOCKS:
            self._end(tag)
        self._count(element, tag, -1)

    def _end(self, tag: str) -> None:
        self._flush()
        if tag == "tr" and self._cells:
            self._emit(" | ".join(self._cells), grouped=True)
            self._cells = []
        elif tag in ("ul", "ol", "menu") and self._numbers:
            self._numbers.pop()
        elif tag == "li":
            self._mark = ""
        elif tag == "table" and self._data_tables:
            self._data_tables.pop()
        if tag in ("table", "ul", "ol", "menu") and not self._numbers:
            self._group += 1

    def _count(self, element: Any, tag: str, step: int) -> None:
        if tag in ("a", "pre", "article"):
            self._open[tag] += step
        elif tag in ("main", "blockquote"):
            self._open["article"] += step
        of_page = tag == "footer" and not self._open["article"]
        if tag == "nav" or of_page or element.get("role") in ("navigation", "contentinfo", "search"):
            self._open["nav"] += step

    @property
    def _in_data_table(self) -> bool:
        return bool(self._data_tables) and self._data_tables[-1]

    def _next_mark(self) -> str:
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "- "
        self._numbers[-1] = number + 1
        return f"{number}. "

    def _taken(self) -> str:
        """Take the words collected so far, blanks collapsed, line breaks kept."""
        words, self._words = "".join(self._words), []
        if not self._open["pre"]:
            words = re.sub(r"[ \t\n]+", " ", words)
            words = re.sub(rf" ?{_BREAK}[ {_BREAK}]*", "\n", words).strip()
        return words.replace(_BREAK, "\n").rstrip()

    def _flush(self, level: int | None = None) -> None:
        words = self._taken().strip("\n")
        if not words.strip():
            return
        if self._numbers and level is None:
            words = "  " * (len(self._numbers) - 1) + (self._mark or "  ") + words
            self._mark = ""
            self._emit(words, grouped=True)
        else:
            self._emit(words, level=level)

    def _emit(self, words: str, grouped: bool = False, level: int | None = None) -> None:
        if not grouped:
            self._group += 1
        linked = min(1.0, self._linked / max(1, len(words)))
        self._pieces.append(Piece(words, self._group, level, linked, self._open["nav"] > 0))
        self._linked = 0


def _is_unseen(element: Any, tag: str) -> bool:
    """Tell elements that a browser does not show, or that were struck out as deleted."""
    if tag in _UNSEEN or element.get("hidden") is not None or (tag == "dialog" and element.get("open") is None):
        return True
    return bool(_INVISIBLE.search(element.get("style") or ""))


def _is_data_table(table: Any) -> bool:
    """Tell tables of data from tables that lay out a page: those hold headings, lists, tables, or one cell a row."""
    if next(table.iterdescendants("table", "h1", "h2", "h3", "h4", "ul", "ol", "pre"), None) is not None:
        return False
    return any(len(row) > 1 for row in table.iter("tr"))


def _first_number(element: Any) -> int:
    start = element.get("start") or "1"
    return int(start) if re.fullmatch(r"\d{1,6}", start) else 1


def _main_pieces(markup: str, page: Any, pieces: Sequence[Piece]) -> list[Piece] | None:
    """Choose the pieces that are the page's main content.

    :param markup: the decoded page.
    :param page: the same, parsed.
    :param pieces: everything visible on it.
    :returns: the main pieces in order; None when they hold less than half of the visible words.
    """
    agreed = _agreeing(pieces, _extracted(markup, page))
    if not any(agreed):
        return None
    first, last = agreed.index(True), len(agreed) - 1 - agreed[::-1].index(True)
    first = _with_masthead(pieces, first)
    while last + 1 < len(pieces) and pieces[last + 1].group == pieces[last].group:
        last += 1  # the rest of a list or table whose beginning is main content
    main = [piece for i, piece in enumerate(pieces) if agreed[i] or (first <= i <= last and _may_fill(piece))]
    visible = sum(len(_keyed(piece.text)) for piece in pieces)
    return main if 2 * sum(len(_keyed(piece.text)) for piece in main) >= visible else None


def _extracted(markup: str, page: Any) -> str:
    """Ask trafilatura for the main content; empty where it finds none or the page is too deep for it."""
    import trafilatura
    from lxml import etree

    if _depth(page) > _DEEPEST_FOR_EXTRACTION:
        return ""
    logging.getLogger("trafilatura").propagate = False  # it logs an error for each page without an article
    logging.getLogger("trafilatura").addHandler(_SILENT)
    try:
        return trafilatura.extract(markup, fast=True, include_comments=False, include_tables=True) or ""
    except (etree.LxmlError, ValueError, TypeError, AttributeError, IndexError, KeyError):
        return ""  # what its heuristics stumble over is no reason to lose the page


def _depth(page: Any) -> int:
    from lxml import etree

    depth = deepest = 0
    for event, _ in etree.iterwalk(page, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _agreeing(pieces: Sequence[Piece], extracted: str) -> list[bool]:
    """Tell for each piece whether the extracted text has its words; short ones must be a line of their own there."""
    lines = {" ".join(_keyed(line)) for line in extracted.split("\n")}
    flow, position, agreed = f" {' '.join(_keyed(extracted))} ", 0, []
    for piece in pieces:
        words = _keyed(piece.text)
        key = f" {' '.join(words)} "
        if len(words) < 4:
            agreed.append(bool(words) and key.strip() in lines)
            continue
        found = flow.find(key, position)
        found = flow.find(key) if found < 0 else found
        position = max(found, 0) or position
        agreed.append(found >= 0)
    return agreed


def _keyed(words: str) -> list[str]:
    """Reduce a text to its words for comparing; how blanks and marks were rendered does not matter."""
    return re.findall(r"[^\W_]+", words.lower())


def _with_masthead(pieces: Sequence[Piece], first: int) -> int:
    """Move the beginning up to the page's main heading, or to the date and author above the first piece."""
    for index in range(first - 1, max(-1, first - 15), -1):
        if pieces[index].level == 1:
            return index
    while first and (DATE.fullmatch(pieces[first - 1].text) or BYLINE.fullmatch(pieces[first - 1].text)):
        first -= 1
    return first


def _may_fill(piece: Piece) -> bool:
    """Tell whether a piece between main ones belongs to them, though the extraction left it out."""
    return not piece.furniture and (piece.level is not None or piece.linked < _MOSTLY)


class _Composition(Composer):
    """A composer that also notes the blocks from a page's navigation and footer."""

    def __init__(self) -> None:
        super().__init__()
        self.asides: list[Span] = []


def _compose(pieces: Sequence[Piece]) -> _Composition:
    """Put pieces together: those of one list or table on lines below each other, others with a blank line between."""
    composition, index = _Composition(), 0
    while index < len(pieces):
        end = index + 1
        while end < len(pieces) and pieces[end].group == pieces[index].group:
            end += 1
        lines = [piece.text for piece in pieces[index:end]]
        span = composition.add("\n".join(lines), pieces[index].level)
        if span and all(piece.furniture for piece in pieces[index:end]):
            composition.asides.append(span)
        index = end
    return composition


def _title_of(page: Any, content: _Composition) -> str:
    """Choose the page's title: its main heading where the title only adds the site's name, else the title given."""
    head = page.find(".//head/title")
    og = page.find(".//meta[@property='og:title']")
    given = one_line("".join(head.itertext())) if head is not None else ""
    given = given or (one_line(og.get("content") or "") if og is not None else "")
    heading = next((one_line(item.span.of(content.text)) for item in content.headings if item.level == 1), "")
    return heading if heading and (not given or heading.lower() in given.lower()) else given


def _united(first: Sequence[Span], second: Sequence[Span]) -> tuple[Span, ...]:
    """Merge two lists of spans into one that is sorted and disjoint."""
    united: list[Span] = []
    for span in sorted([*first, *second]):
        if united and span.start <= united[-1].end:
            united[-1] = Span(united[-1].start, max(united[-1].end, span.end))
        else:
            united.append(span)
    return tuple(united)
