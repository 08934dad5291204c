"""EPUB, through zipfile, lxml and the HTML renderer.

The one library made for EPUB, ebooklib, is under the AGPL; an EPUB is a ZIP of XHTML in an order that a small XML file
gives, which is read here with lxml (BSD licence, maintained, DTDs and entities switched off). A chapter begins where the
table of contents says, also within a file; without one, each file of the reading order is a chapter, named by its first
heading. EPUB 3.3: https://www.w3.org/TR/epub-33/, EPUB 2's contents (NCX): https://idpf.org/epub/20/spec/OPF_2.0.1_draft.htm
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from assistant.datamodel import Content
from assistant.errors import UnreadableFile
from assistant.loaders.base import one_line, require_words, stem_of
from assistant.loaders.decoding import clean
from assistant.loaders.markup import blocks_of, page_of
from assistant.loaders.parting import PartedComposer, listed
from assistant.loaders.zipped import damaged, media_type_of, opened

_NOUN = "EPUB"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document")
_DEEPEST_ENTRY = 2  # chapters, or chapters within parts; what lies deeper are sections
_MOST_ENTRIES = 5_000
_CHAPTER_LEVEL = 2
# Noncharacters that no text holds stand in the pages for places of the table of contents, until they are rendered.
_OPEN, _CLOSE, _DIGITS = "\ufdd0", "\ufdd1", "\ufdd2\ufdd3"
_PLACE = re.compile(f"{_OPEN}([{_DIGITS}]*){_CLOSE}")
_RESERVED = re.compile("[\ufdd0-\ufdd3]")


class EpubLoader:
    """Reads EPUB books without copy protection."""

    suffixes = frozenset({".epub"})
    media_type = "application/epub+zip"

    def claims(self, data: bytes) -> bool:
        """Tell whether the archive says that it is an EPUB."""
        return media_type_of(data) == self.media_type

    def load(self, data: bytes, name: str) -> Content:
        """Read the pages in reading order and cut them into chapters.

        :param data: the whole file.
        :param name: its name, for a title where the book has none.
        :returns: the chapters; with a warning naming pages that could not be read.
        :raises UnreadableFile: when the book is damaged, protected, exceeds a limit, or holds no text.
        """
        book = _Book(opened(data, _NOUN, refuse_dtds=False))
        composer = PartedComposer()
        chapters = _Chapters(composer, book.title or stem_of(name), bool(book.contents))
        for path in book.pages:
            chapters.add(book.blocks(path), book.places.get(path, []))
        require_words(composer.text)
        lost = f"pages that could not be read: {listed(book.lost)}"
        return Content(
            text=composer.text,
            media_type=self.media_type,
            title=book.title or stem_of(name),
            parts=composer.parts,
            headings=tuple(composer.headings),
            warnings=(lost,) if book.lost else (),
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the table of contents: its words, the page it leads to, and the place on it (empty: the beginning)."""

    label: str
    path: str
    fragment: str


class _Book:
    """The package: title, pages in reading order, table of contents. Only members of the archive are opened."""

    def __init__(self, archive: Any) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self.lost: list[str] = []
        self._package = self._package_path()
        package = self._xml(self._package)
        if package is None:
            raise UnreadableFile(damaged(_NOUN))
        self.title = one_line(clean(_words(next(package.iter("{*}title"), None))))
        items = {item.get("id"): item for item in package.iter("{*}item") if item.get("href")}
        self.pages = list(self._spine(package, items))
        self._require_unlocked()
        self.contents = self._contents(package, items)
        self.places: dict[str, list[_Entry]] = {}
        for entry in self.contents:
            self.places.setdefault(entry.path, []).append(entry)

    def blocks(self, path: str) -> list[tuple[str, int | None]]:
        """Render one page; the places that contents lead to are marked in it by their position among its entries."""
        try:
            page = page_of(self._archive.read(path))
            if page is not None:
                _mark(page, self.places.get(path, []))
            return list(blocks_of(page))
        except (UnreadableFile, KeyError):
            self.lost.append(path)
            return []

    def _xml(self, path: str) -> Any:
        """Parse a member, DTDs and entities switched off; None when it is missing or broken."""
        from lxml import etree

        if path not in self._names:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True
        )
        try:
            return etree.fromstring(self._archive.read(path), parser)
        except (etree.LxmlError, ValueError):
            return None

    def _package_path(self) -> str:
        container = self._xml(_CONTAINER)
        roots = container.iter("{*}rootfile") if container is not None else ()
        found = next((root.get("full-path") for root in roots if root.get("full-path")), None)
        return found or next((name for name in sorted(self._names) if name.endswith(".opf")), "")

    def _resolved(self, base: str, href: str) -> tuple[str, str]:
        """Give path and fragment of a link; the path as the archive names it."""
        link, _, fragment = href.partition("#")
        folder = posixpath.dirname(base)
        plain, decoded = (posixpath.normpath(posixpath.join(folder, each)) for each in (link, unquote(link)))
        return (plain if plain in self._names else decoded) if link else base, unquote(fragment)

    def _spine(self, package: Any, items: dict[str, Any]) -> Iterator[str]:
        """Yield the pages in reading order, each once; the table of contents itself only where it is the only page."""
        pages = []
        for reference in package.iter("{*}itemref"):
            item = items.get(reference.get("idref"))
            if item is not None and (item.get("media-type") or _PAGES[0]) in _PAGES:
                pages.append((self._resolved(self._package, item.get("href"))[0], item))
        kept = [path for path, item in pages if not _is_navigation(item)] or [path for path, _ in pages]
        for path in dict.fromkeys(kept):
            if path in self._names:
                yield path
            else:
                self.lost.append(path)

    def _require_unlocked(self) -> None:
        """Refuse books whose pages are encrypted; fonts often are, which does no harm.

        :raises UnreadableFile: when a page is named as encrypted.
        """
        encryption = self._xml(_ENCRYPTION)
        references = encryption.iter("{*}CipherReference") if encryption is not None else ()
        locked = {unquote(reference.get("URI") or "").lstrip("/") for reference in references}
        if locked & set(self.pages):
            raise UnreadableFile("The EPUB is copy-protected (encrypted), so its text cannot be read.")

    def _contents(self, package: Any, items: dict[str, Any]) -> list[_Entry]:
        """Read the table of contents: EPUB 3's page, else EPUB 2's file; the upper levels alone."""
        for item in items.values():
            if _is_navigation(item):
                path = self._resolved(self._package, item.get("href"))[0]
                if found := list(self._navigation(path)):
                    return found[:_MOST_ENTRIES]
        spine = next(package.iter("{*}spine"), None)
        item = items.get(spine.get("toc")) if spine is not None else None
        path = self._resolved(self._package, item.get("href"))[0] if item is not None else ""
        return list(self._ncx(path))[:_MOST_ENTRIES]

    def _navigation(self, path: str) -> Iterator[_Entry]:
        """Yield the entries of EPUB 3's table of contents."""
        page = self._xml(path)
        for nav in page.iter("{*}nav") if page is not None else ():
            kinds = next((value for name, value in nav.attrib.items() if name.endswith("}type")), "toc")
            if "toc" in kinds.split():
                for link in nav.iter("{*}a"):
                    depth = sum(1 for _ in link.iterancestors("{*}ol"))
                    yield from self._entry(path, _words(link), link.get("href"), depth)
                return

    def _ncx(self, path: str) -> Iterator[_Entry]:
        """Yield the entries of EPUB 2's table of contents."""
        ncx = self._xml(path)
        for point in ncx.iter("{*}navPoint") if ncx is not None else ():
            depth = 1 + sum(1 for _ in point.iterancestors("{*}navPoint"))
            target = point.find("{*}content")
            label = _words(point.find("{*}navLabel"))
            yield from self._entry(path, label, target.get("src") if target is not None else None, depth)

    def _entry(self, base: str, label: str, href: str | None, depth: int) -> Iterator[_Entry]:
        label = one_line(clean(label))
        if href and label and depth <= _DEEPEST_ENTRY:
            yield _Entry(label, *self._resolved(base, href))


@dataclass(slots=True)
class _Chapters:
    """Adds pages to a composer, beginning a chapter wherever the contents, or else the files, say so."""

    composer: PartedComposer
    title: str
    listed: bool
    _number: int = 0
    _waiting: list[str] = field(default_factory=list)

    def add(self, blocks: Sequence[tuple[str, int | None]], entries: Sequence[_Entry]) -> None:
        """Add one page with the table's entries that lead to it."""
        first = True
        for words, level in blocks:
            places = [_number_of(mark) for mark in _PLACE.findall(words)]
            self._waiting += [entries[place].label for place in places if place < len(entries)]
            words = _PLACE.sub("", words)
            if not words.strip():
                continue
            if self._waiting or (first and self._begins_unlisted(level)):
                self._begin(self._waiting[-1] if self._waiting else self._own_label(words, level))
            self.composer.add(words, level)
            first = False

    def _begins_unlisted(self, level: int | None) -> bool:
        """Tell whether a page that the contents do not name begins a chapter: without contents, or by its heading."""
        return not self.listed or not self._number or (level is not None and level <= _CHAPTER_LEVEL)

    def _own_label(self, words: str, level: int | None) -> str:
        if level is not None:
            return words
        return self.title if self.listed and not self._number else ""

    def _begin(self, label: str) -> None:
        self._number += 1
        self.composer.begin("chapter", self._number, label)
        self._waiting = []


def _is_navigation(item: Any) -> bool:
    return "nav" in (item.get("properties") or "").split()


def _words(element: Any) -> str:
    return "".join(element.itertext()) if element is not None else ""


def _mark(page: Any, entries: Sequence[_Entry]) -> None:
    """Put a sign at the beginning of each element that an entry leads to; of the page where there is no such element."""
    named: dict[str, Any] = {}
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for key in (element.get("id"), element.get("name")):
            named.setdefault(key or "", element)
        if element.text and _RESERVED.search(element.text):
            element.text = _RESERVED.sub("", element.text)
        if element.tail and _RESERVED.search(element.tail):
            element.tail = _RESERVED.sub("", element.tail)
    body = next(page.iter("body"), page)
    for place, entry in reversed(list(enumerate(entries))):
        element = named.get(entry.fragment, body) if entry.fragment else body
        element.text = _sign(place) + (element.text or "")


def _sign(place: int) -> str:
    return _OPEN + "".join(_DIGITS[int(bit)] for bit in f"{place:b}") + _CLOSE


def _number_of(mark: str) -> int:
    return int("".join("1" if digit == _DIGITS[1] else "0" for digit in mark) or "0", 2)
