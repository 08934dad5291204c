"""Word documents (.docx), through python-docx.

It is the library made for the format: MIT licence, maintained, parses with entities switched off. It opens the package,
follows relationships and knows the properties; the body is walked as XML, because its ``text`` leaves out footnotes,
text boxes, inserted text and the order of paragraphs and tables. Stored is what a reader of the final document sees:
headings, paragraphs, lists with their numbers, tables row by row, notes at the end. Left out are deleted and hidden text
(both with a warning), comments (with a warning), and page headers and footers. ECMA-376: https://ecma-international.org/publications-and-standards/standards/ecma-376/
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any
from zipfile import ZipFile

from assistant.datamodel import Content, Span
from assistant.errors import UnreadableFile
from assistant.loaders.base import has_words, one_line, require_words, stem_of
from assistant.loaders.composing import Composer
from assistant.loaders.docx_numbering import BULLET, Numbering, W
from assistant.loaders.tabular import row_line
from assistant.loaders.zipped import damaged, media_type_of, opened

_NOUN = "Word document"
_TYPES = re.compile(
    r"application/(?:vnd\.openxmlformats-officedocument\.wordprocessingml|vnd\.ms-word)\.", re.IGNORECASE
)
_RELATIONS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/",  # the strict variant of the standard
)
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_LEFT_OUT = frozenset(
    {f"{W}del", f"{W}moveFrom", f"{W}pPr", f"{W}rPr", f"{W}instrText", f"{W}delText", f"{W}rt", f"{_MC}Fallback"}
)
_OFF = ("0", "false", "off")
_HEADING_STYLE = re.compile(r"heading ([1-9])", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc \d|table of (?:figures|authorities)", re.IGNORECASE)
# Markers that the splitter knows to begin a new sentence; others stand in blocks of their own.
_LIST_MARKER = re.compile(rf"{BULLET}|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivxlc]{{1,5}})[.)]")
_DEEPEST_STYLES = 20
_DEEPEST_INDENT = 8
_GREEK = dict(zip("abcdefghiklmnopqrstuwxyz", "αβχδεφγηικλμνοπθρστυωξψζ", strict=True))
_GREEK |= dict(zip("ABCDEFGHIKLMNOPQRSTUWXYZ", "ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖ", strict=True))


class DocxLoader:
    """Reads Word documents, templates and those with macros (which are never run)."""

    suffixes = frozenset({".docx", ".docm", ".dotx", ".dotm"})
    media_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def claims(self, data: bytes) -> bool:
        """Tell whether the archive says that it is a Word document."""
        return bool(_TYPES.match(media_type_of(data) or ""))

    def load(self, data: bytes, name: str) -> Content:
        """Read body and notes in document order.

        :param data: the whole file.
        :param name: its name, for a title where the document has none.
        :returns: the text with its headings; with a warning where something was left out.
        :raises UnreadableFile: when the file is damaged, protected, exceeds a limit, or holds no text.
        """
        opened(data, _NOUN)
        try:
            package = _Package(data)
            body = _Body(package)
            body.read()
        except UnreadableFile:
            raise
        except Exception:  # python-docx raises KeyError, ValueError and lxml's errors on damaged packages
            raise UnreadableFile(damaged(_NOUN)) from None
        text = body.composer.text
        require_words(text)
        headings = body.composer.headings
        first = headings[0].span.of(text) if headings else ""
        return Content(
            text=text,
            media_type=self.media_type,
            title=package.title or one_line(first) or stem_of(name),
            headings=tuple(headings),
            asides=tuple(body.asides),
            warnings=tuple(body.warnings()),
        )


class _Package:
    """The parts of the file, each parsed when asked for."""

    def __init__(self, data: bytes) -> None:
        from docx.opc.package import OpcPackage

        try:
            self._package = OpcPackage.open(io.BytesIO(data))
        except KeyError:  # python-docx stops at a relationship whose target is missing; Word does not
            self._package = OpcPackage.open(io.BytesIO(_without_broken_links(data)))
        self.main = next(
            rel.target_part for rel in self._package.rels.values() if _relation(rel.reltype) == "officeDocument"
        )
        self.root = _parsed(self.main)

    @property
    def title(self) -> str:
        """The title among the document's properties, empty where there is none."""
        for rel in self._package.rels.values():
            if rel.reltype.endswith("/core-properties") and not rel.is_external:
                title = one_line(str(getattr(rel.target_part.core_properties, "title", None) or ""))
                return title if has_words(title) else ""
        return ""

    def related(self, kind: str) -> Any:
        """Give the root of the part that the main part relates to as ``kind``, None where there is none."""
        for rel in self.main.rels.values():
            if _relation(rel.reltype) == kind and not rel.is_external:
                return _parsed(rel.target_part)
        return None


def _without_broken_links(data: bytes) -> bytes:
    """Copy the archive without the relationships that lead to members it does not hold."""
    copy = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(copy, "w") as new:
        names = set(old.namelist())
        for name in sorted(names):
            member = old.read(name)
            new.writestr(name, _kept_links(name, member, names) if name.endswith(".rels") else member)
    return copy.getvalue()


def _kept_links(name: str, member: bytes, names: set[str]) -> bytes:
    """Give a member of relationships without the broken ones."""
    from docx.oxml.parser import parse_xml
    from lxml import etree

    root = parse_xml(member)
    folder = posixpath.dirname(posixpath.dirname(name))
    for link in list(root):
        target = posixpath.normpath(posixpath.join("/", folder, link.get("Target") or "")).lstrip("/")
        if link.get("TargetMode") != "External" and target not in names:
            root.remove(link)
    return bytes(etree.tostring(root))


def _relation(kind: str) -> str:
    return next((kind.removeprefix(prefix) for prefix in _RELATIONS if kind.startswith(prefix)), "")


def _parsed(part: Any) -> Any:
    """Parse a part by python-docx's own parser, names of the strict variant turned into the usual ones."""
    from docx.oxml.parser import parse_xml

    blob = part.blob
    return parse_xml(blob.replace(_STRICT, W[1:-1].encode()) if _STRICT in blob else blob)


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style says about its paragraphs or runs; None where it says nothing and the one it builds on decides."""

    name: str = ""
    level: int | None = None
    hidden: bool | None = None
    list_id: str | None = None
    list_level: int | None = None


class _Styles:
    """The style sheet, with what each style inherits."""

    def __init__(self, root: Any) -> None:
        elements = list(root.iter(f"{W}style")) if root is not None else []
        self._elements = {each.get(f"{W}styleId"): each for each in elements}
        self._found: dict[str | None, _Style] = {}
        self._defaults = {
            each.get(f"{W}type"): each.get(f"{W}styleId") for each in elements if _is_on(each.get(f"{W}default") or "0")
        }

    def of(self, style_id: str | None, kind: str) -> _Style:
        """Give a style by its id, the default of its kind where none is named."""
        return self._style(style_id or self._defaults.get(kind), _DEEPEST_STYLES)

    def _style(self, style_id: str | None, depth: int) -> _Style:
        element = self._elements.get(style_id)
        if element is None or not depth:
            return _Style()
        if style_id not in self._found:
            self._found[style_id] = self._read(element, depth)
        return self._found[style_id]

    def _read(self, element: Any, depth: int) -> _Style:
        base = self._style(_value(element, "basedOn"), depth - 1)
        name = _value(element, "name") or ""
        properties = element.find(f"{W}pPr")
        list_id, list_level = _list_of(properties)
        level = _level_named(name)
        outline = _outline(properties)
        return _Style(
            name,
            level if level is not None else outline if outline is not None else base.level,
            _or(_hidden(element.find(f"{W}rPr")), base.hidden),
            _or(list_id, base.list_id),
            _or(list_level, base.list_level),
        )


def _or(first: Any, second: Any) -> Any:
    return second if first is None else first


def _level_named(name: str) -> int | None:
    """Give the heading level of Word's own styles, whose names are the same in every language."""
    if name.lower() == "title":
        return 1
    found = _HEADING_STYLE.fullmatch(name)
    return int(found[1]) if found else None


def _outline(properties: Any) -> int | None:
    """Give the level that a paragraph has in the outline; 0 says that it is body text."""
    value = _value(properties, "outlineLvl")
    return (int(value) + 1) % 10 if value and value in "0123456789" else None


def _list_of(properties: Any) -> tuple[str | None, int | None]:
    numbered = properties.find(f"{W}numPr") if properties is not None else None
    level = _value(numbered, "ilvl")
    return _value(numbered, "numId"), int(level) if level and level in "012345678" else None


def _hidden(properties: Any) -> bool | None:
    vanish = properties.find(f"{W}vanish") if properties is not None else None
    return None if vanish is None else _is_on(vanish.get(f"{W}val") or "1")


def _value(element: Any, name: str) -> str | None:
    found = element.find(f"{W}{name}") if element is not None else None
    return None if found is None else found.get(f"{W}val")


def _is_on(value: str) -> bool:
    return value.lower() not in _OFF


@dataclass(slots=True)
class _Paragraph:
    """The words of one paragraph while they are collected, and what hangs on it: text boxes, notes."""

    style: _Style
    words: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)


class _Body:
    """Walks the document once and fills a composer."""

    def __init__(self, package: _Package) -> None:
        self.composer = Composer()
        self.asides: list[Span] = []
        self._package = package
        self._styles = _Styles(package.related("styles"))
        self._numbering = Numbering(package.related("numbering"))
        self._items: list[str] = []
        self._notes: list[tuple[str, str]] = []
        self._deleted = self._hidden = 0

    def read(self) -> None:
        """Add the body, then the notes it refers to, numbered in the order of reference."""
        for body in self._package.root.iter(f"{W}body"):
            self._blocks(body)
            break
        self._flush()
        notes = {kind: self._package.related(f"{kind}s") for kind in ("footnote", "endnote")}
        for number, (kind, note_id) in enumerate(list(self._notes), start=1):
            for note in notes[kind].iter(f"{W}{kind}") if notes[kind] is not None else ():
                if note.get(f"{W}id") == note_id:
                    self.composer.add(f"[{number}] {self._flat(note)}")
                    break

    def warnings(self) -> Iterator[str]:
        """Yield what was left out."""
        comments = self._package.related("comments")
        count = sum(1 for _ in comments.iter(f"{W}comment")) if comments is not None else 0
        if self._deleted:
            yield "text deleted in tracked changes was left out"
        if self._hidden:
            yield "hidden text was left out"
        if count:
            yield f"{count} comment{'s were' if count > 1 else ' was'} left out"

    def _blocks(self, container: Any) -> None:
        """Add the paragraphs and tables of the body, a cell or a text box."""
        for element in container:
            if element.tag == f"{W}p":
                self._paragraph(element)
            elif element.tag == f"{W}tbl":
                self._table(element)
            elif isinstance(element.tag, str) and element.tag not in _LEFT_OUT:
                self._blocks(element)  # content controls, custom XML, moved and inserted blocks

    def _paragraph(self, element: Any) -> None:
        properties = element.find(f"{W}pPr")
        paragraph = self._collected(element)
        words = "".join(paragraph.words).strip()
        style = paragraph.style
        marker, depth = self._marker(properties, style)  # empty paragraphs count, too
        if words:
            level = _or(_outline(properties), style.level) or None
            self._add(words, level, marker, depth, contents=bool(_CONTENTS_STYLE.match(style.name)))
        for box in paragraph.boxes:
            self._blocks(box)

    def _marker(self, properties: Any, style: _Style) -> tuple[str, int]:
        """Count a paragraph in its list; give what stands before it, and how deep it lies."""
        list_id, level = _list_of(properties)
        level = level if level is not None else style.list_level or 0
        list_id = _or(list_id, style.list_id)
        return (self._numbering.marker(list_id, level), level) if list_id and list_id != "0" else ("", 0)

    def _add(self, words: str, level: int | None, marker: str, depth: int, contents: bool) -> None:
        """Add a paragraph: a heading, an item of the list that is being collected, or a block."""
        marked = f"{marker} {words}" if marker else words
        if level is None and _LIST_MARKER.fullmatch(marker):
            indent = "  " * min(depth, _DEEPEST_INDENT)
            self._items += [indent + line for line in marked.split("\n")]
            return
        self._flush()
        span = self.composer.add(marked, None if contents else level)
        if contents and span:
            joined = self.asides and self.asides[-1].end + 2 == span.start
            start = self.asides.pop().start if joined else span.start
            self.asides.append(Span(start, span.end))

    def _flush(self) -> None:
        items, self._items = self._items, []
        self.composer.add("\n".join(items))

    def _table(self, table: Any) -> None:
        """Add a table: a line for each row; one that only lays out the page as the blocks in its cells."""
        rows = [row for row in _within(table, f"{W}tr") if not self._is_deleted(row)]
        cells = [list(_within(row, f"{W}tc")) for row in rows]
        holds_tables = len(list(islice(table.iter(f"{W}tbl"), 2))) > 1
        if holds_tables or all(len(row) < 2 for row in cells):
            for row in cells:
                for cell in row:
                    self._blocks(cell)
            return
        self._flush()
        lines = [row_line([self._cell(cell) for cell in row]) for row in cells]
        self.composer.add("\n".join(filter(None, lines)))

    def _is_deleted(self, row: Any) -> bool:
        properties = row.find(f"{W}trPr")
        deleted = properties is not None and properties.find(f"{W}del") is not None
        self._deleted += deleted
        return deleted

    def _cell(self, cell: Any) -> str:
        """Give a cell's words; what is merged into the cell above has none."""
        merged = cell.find(f"{W}tcPr/{W}vMerge")
        if merged is not None and (merged.get(f"{W}val") or "continue") == "continue":
            return ""
        return self._flat(cell)

    def _flat(self, container: Any) -> str:
        """Give the words of all paragraphs inside, on one line, with the markers of list items."""
        words = []
        for element in container.iter(f"{W}p"):
            between = takewhile(lambda each: each is not container, element.iterancestors())
            if not any(each.tag in _LEFT_OUT or each.tag == f"{W}txbxContent" for each in between):
                paragraph = self._collected(element)
                marker, _ = self._marker(element.find(f"{W}pPr"), paragraph.style)
                words += [marker, "".join(paragraph.words)]
                words += [self._flat(box) for box in paragraph.boxes]
        return " ".join(" ".join(words).split())

    def _collected(self, element: Any) -> _Paragraph:
        """Collect the words of a paragraph's runs."""
        paragraph = _Paragraph(self._styles.of(_value(element.find(f"{W}pPr"), "pStyle"), "paragraph"))
        waiting = list(reversed(element))
        while waiting:
            inner = waiting.pop()
            if inner.tag in (f"{W}del", f"{W}moveFrom"):
                self._deleted += 1
            elif inner.tag == f"{W}txbxContent":
                paragraph.boxes.append(inner)
            elif inner.tag == f"{W}r" and self._is_hidden(inner, paragraph.style):
                self._hidden += any(has_words(each.text or "") for each in inner.iter(f"{W}t"))
            elif inner.tag in _TEXT:
                paragraph.words.append(self._text(inner))
            elif isinstance(inner.tag, str) and inner.tag not in _LEFT_OUT:
                self._refer(inner)
                waiting += reversed(inner)
        return paragraph

    def _is_hidden(self, run: Any, style: _Style) -> bool:
        properties = run.find(f"{W}rPr")
        named = _value(properties, "rStyle")
        of_style = self._styles.of(named, "character").hidden if named else None
        return bool(_or(_or(_hidden(properties), of_style), style.hidden))

    def _refer(self, element: Any) -> None:
        """Note a reference to a footnote or endnote."""
        for kind in ("footnote", "endnote"):
            if element.tag == f"{W}{kind}Reference":
                self._notes.append((kind, element.get(f"{W}id") or ""))

    def _text(self, element: Any) -> str:
        match element.tag.rpartition("}")[2]:
            case "t":
                return element.text or ""
            case "tab":
                return "\t"
            case "br":
                return " " if element.get(f"{W}type") in ("page", "column") else "\n"
            case "cr":
                return "\n"
            case "noBreakHyphen":
                return "-"
            case _:
                return _symbol(element)


_TEXT = frozenset(
    {f"{W}{name}" for name in ("t", "tab", "br", "cr", "noBreakHyphen", "sym")} | {f"{_M}t"}
)  # not softHyphen: it is only seen at line ends


def _symbol(element: Any) -> str:
    """Give the character of a symbol; of those in private fonts only the Greek letters of Symbol are known."""
    try:
        code = int(element.get(f"{W}char") or "", 16)
    except ValueError:
        return ""
    if 0xF020 <= code <= 0xF0FF:
        letter = chr(code - 0xF000)
        return _GREEK.get(letter, letter if letter.isdigit() else "") if element.get(f"{W}font") == "Symbol" else ""
    return chr(code) if 0x20 <= code < 0x110000 else ""


def _within(container: Any, tag: str) -> Iterator[Any]:
    """Yield the rows of a table or cells of a row, also inside content controls, not those of tables inside it."""
    for element in container:
        if element.tag == tag:
            yield element
        elif element.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins", f"{W}moveTo"):
            yield from _within(element, tag)
