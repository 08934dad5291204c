"""PDF: words and their places through pdfium, everything around them through pypdf.

Each page becomes a part with its number in the file and the label printed on it; pages without text keep their number
and are named. What one of the two libraries cannot open or read, the other is asked for. pypdf only logs some of what it
leaves out, so its log is read, too, and nothing is lost silently.

The way: `pdf_characters` → `pdf_layout` with `pdf_lines` and `pdf_tables` → `pdf_running` → `pdf_paragraphs` → here, with
`pdf_structure` and `pdf_glyphs`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from assistant.datamodel import Content, Part, Span
from assistant.errors import UnreadableFile
from assistant.loaders.base import has_words, one_line, stem_of
from assistant.loaders.pdf_characters import opened, parts_of, read_page
from assistant.loaders.pdf_glyphs import PageBoxes, pack
from assistant.loaders.pdf_layout import lines_of
from assistant.loaders.pdf_paragraphs import PageText, Vocabulary, WrittenLine, compose, plain, written
from assistant.loaders.pdf_running import PrintedLine, running_lines
from assistant.loaders.pdf_structure import (
    PASSWORD,
    draws_without_end,
    headings_of,
    labels_of,
    logged_losses,
    one_sentence,
    open_structure,
    outline_of,
    page_words,
    title_of,
)
from assistant.wording import enumerated, runs_of

_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024  # where the PDF specification's implementation notes let the header stand
_LONGEST_WARNINGS = 390
_MOST_PAGES = 100_000


class PdfLoader:
    """Reads PDF files, also those protected with an empty password."""

    suffixes = frozenset({".pdf"})
    media_type = "application/pdf"

    def claims(self, data: bytes) -> bool:
        """Tell whether a PDF header stands at the start, or near it in a file with PDF objects."""
        head = data[:_HEADER_WITHIN]
        return head.startswith(_HEADER) or (_HEADER in head and b" obj" in data and b"endobj" in data)

    def load(self, data: bytes, name: str) -> Content:
        """Read text, pages, labels and outline.

        :param data: the whole file.
        :param name: its name, for a title where the file has none.
        :returns: the pages' texts with a blank line between them.
        :raises UnreadableFile: when the file is damaged, protected, or holds no text.
        """
        content, glyphs = self.load_with_glyphs(data, name)
        return replace(content, glyphs=glyphs)

    def load_with_glyphs(self, data: bytes, name: str) -> tuple[Content, bytes]:
        """Read text, pages, labels, outline, and where each character is printed.

        :param data: the whole file.
        :param name: its name, for a title where the file has none.
        :returns: the content, and the positions for `pdf_glyphs.marks`.
        :raises UnreadableFile: when the file is damaged, protected, or holds no text.
        """
        with logged_losses() as losses, one_sentence():
            file = _read(data, losses)
            outline = outline_of(file.reader) if file.reader else []
            left_out = _leave_out_running_lines(file.pages, file.labels)
            texts = _texts(file.pages, outline)
            text, spans = _joined(["".join(page.parts) for page in texts])
            _require_text(file.pages, text)
            headings = headings_of(outline, text, spans)
            title = (title_of(file.reader) if file.reader else "") or stem_of(name)
        parts = zip(file.pages, file.labels, spans, strict=True)
        return Content(
            text=text,
            media_type=self.media_type,
            title=title,
            parts=tuple(Part("page", page.number, label, span) for page, label, span in parts),
            headings=tuple(headings),
            warnings=tuple(_warnings(file.pages, losses, left_out)),
            pages=len(file.pages),
            unsearchable_pages=tuple(page.number for page in file.pages if not page.has_text),
        ), pack(list(_page_boxes(file.pages, texts, spans)))


@dataclass(slots=True)
class _Page:
    """One page as read: lines with places from pdfium, or ``words`` without places from pypdf.

    ``failed``: neither could read it; ``partial``: pypdf says that it left something out. ``boxes`` frame the page's
    characters (*shape* ``(n, 4)``), which the lines' sources point to; ``turns`` are their directions.
    """

    number: int
    lines: list[WrittenLine] = field(default_factory=list)
    words: str = ""
    width: float = 0.0
    height: float = 0.0
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    turns: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int8))
    failed: bool = False
    partial: bool = False

    @property
    def has_text(self) -> bool:
        """Tell whether there is anything to search."""
        return bool(self.words) or any(has_words(line.words) for line in self.lines)


@dataclass(frozen=True, slots=True)
class _File:
    """All pages with their labels, and pypdf's reader where it could open the file."""

    pages: list[_Page]
    labels: list[str]
    reader: Any


def _read(data: bytes, losses: Sequence[str]) -> _File:
    """Read every page by whichever library can; one that fails is noted and the others go on.

    :param data: the whole file.
    :param losses: grows while pypdf reads, see `logged_losses`.
    :returns: one entry for each page, in order.
    :raises UnreadableFile: when neither library can open the file, or it claims absurdly many pages.
    """
    reader, refusal = _structure(data)
    with ExitStack() as stack:
        document = _pdfium(stack, data, refusal)
        count = max(len(reader.pages) if reader else 0, len(document) if document else 0)
        if not count:
            raise refusal or UnreadableFile("The PDF has no pages, so it holds no text.")
        if count > _MOST_PAGES:
            raise UnreadableFile(f"The PDF claims {count} pages; files above {_MOST_PAGES} pages are not read.")
        pages = [_read_page(document, reader, index, losses) for index in range(count)]
        return _File(pages, labels_of(reader, count) if reader else _pdfium_labels(document, count), reader)


def _structure(data: bytes) -> tuple[Any, UnreadableFile | None]:
    """Open the file with pypdf; None and the reason where it cannot."""
    try:
        return open_structure(data), None
    except UnreadableFile as refusal:
        return None, refusal


def _pdfium(stack: ExitStack, data: bytes, refusal: UnreadableFile | None) -> Any:
    """Open the file with pdfium.

    :param stack: closes it.
    :param data: the whole file.
    :param refusal: why pypdf could not, None when it could.
    :returns: the document, or None where only pypdf can open it.
    :raises UnreadableFile: when neither can.
    """
    from pypdfium2 import PdfiumError

    try:
        return stack.enter_context(opened(data))
    except PdfiumError as error:
        if refusal is None:
            return None
        raise UnreadableFile(PASSWORD) if "password" in str(error).lower() else refusal from None


def _pdfium_labels(document: Any, count: int) -> list[str]:
    labels = (one_line(document.get_page_label(index), 40) for index in range(count))
    return [label or str(number) for number, label in enumerate(labels, 1)]


def _read_page(document: Any, reader: Any, index: int, losses: Sequence[str]) -> _Page:
    """Read a page by pdfium; ask pypdf where pdfium finds nothing drawn, fails, or would draw for ever."""
    if document is not None and index < len(document) and not (reader and draws_without_end(reader, index)):
        try:
            page, draws = _page_with_places(document, index)
        except Exception:
            draws = False  # pypdf may know better
        else:
            if page.has_text or draws or reader is None:
                return page
    if reader is None or index >= len(reader.pages):
        return _Page(index + 1, failed=True)
    return _page_by_pypdf(reader, index, losses)


def _page_with_places(document: Any, index: int) -> tuple[_Page, bool]:
    """Read a page's lines and boxes, keeping only what is needed when all pages were seen."""
    characters, draws = read_page(document, index)
    lines = written(characters, lines_of(characters))
    for one in lines:
        one.line.pieces = []
    boxes = characters.boxes.astype(np.float32)
    page = _Page(index + 1, lines, "", characters.width, characters.height, boxes, characters.turns)
    if not page.has_text:
        page.lines = []
    return page, draws


def _page_by_pypdf(reader: Any, index: int, losses: Sequence[str]) -> _Page:
    known = len(losses)
    try:
        words = page_words(reader, index)
    except Exception:
        return _Page(index + 1, failed=True)
    return _Page(index + 1, words=words.strip() if has_words(words) else "", partial=len(losses) > known)


# ---- the document's text ----


def _leave_out_running_lines(pages: Sequence[_Page], labels: Sequence[str]) -> int:
    """Take running heads and page numbers off all pages; tell from how many."""
    printed = [
        [PrintedLine(one.line, one.words, page.number, label, page.height) for one in page.lines]
        for page, label in zip(pages, labels, strict=True)
    ]
    running = running_lines([page for page in printed if page])
    before = [len(page.lines) for page in pages]
    for page in pages:
        page.lines = [one for one in page.lines if id(one.line) not in running]
    return sum(len(page.lines) < count for page, count in zip(pages, before, strict=True))


def _texts(pages: Sequence[_Page], outline: Sequence[tuple[int, str, int]]) -> list[PageText]:
    """Compose every page's text."""
    vocabulary = Vocabulary.of(one.words for page in pages for one in page.lines)
    titles: dict[int, set[str]] = defaultdict(set)
    for _, title, index in outline:
        titles[index].add(plain(title))
    return [_text(page, vocabulary, frozenset(titles[page.number - 1])) for page in pages]


def _text(page: _Page, vocabulary: Vocabulary, titles: frozenset[str]) -> PageText:
    if page.lines:
        return compose(page.lines, vocabulary, titles)
    text = PageText()
    text.add(page.words, [-1] * len(page.words))
    return text


def _joined(texts: Sequence[str]) -> tuple[str, list[Span]]:
    """Join pages by blank lines; the spans leave no gap, and a page without text has an empty one."""
    whole = "\n\n".join(filter(None, texts))
    starts, length = [], 0
    for text in texts:
        starts.append(min(length, len(whole)))
        length += len(text) + 2 if text else 0
    return whole, [Span(start, end) for start, end in zip(starts, [*starts[1:], len(whole)], strict=True)]


def _page_boxes(pages: Sequence[_Page], texts: Sequence[PageText], spans: Sequence[Span]) -> Iterator[PageBoxes]:
    """Yield the boxes of each page's stored characters."""
    for page, text, span in zip(pages, texts, spans, strict=True):
        if page.lines:
            sources = np.array(text.sources, dtype=np.int64)
            boxes = page.boxes[np.maximum(sources, 0)].astype(np.float32)
            boxes[sources < 0] = np.nan
            for start, end in _repeated(sources):
                boxes[start:end] = parts_of(boxes[start], end - start, int(page.turns[sources[start]]))
            yield PageBoxes(page.number, span.start, page.width, page.height, boxes)


def _repeated(sources: np.ndarray) -> list[tuple[int, int]]:
    """Find runs of letters that came from one ligature."""
    same = (sources[1:] == sources[:-1]) & (sources[1:] >= 0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    return [(start, end + 1) for start, end in edges.reshape(-1, 2).tolist()]


# ---- what must be said ----


def _require_text(pages: Sequence[_Page], text: str) -> None:
    """Refuse a PDF of which nothing can be searched.

    :param pages: all its pages.
    :param text: what was found on them.
    :raises UnreadableFile: when no page has a word.
    """
    if has_words(text):
        return
    several = len(pages) > 1
    if all(page.failed for page in pages):
        subject = f"None of its {len(pages)} pages can" if several else "Its only page cannot"
        raise UnreadableFile(f"{subject} be read: the PDF is damaged; save a copy with another program.")
    subject = f"None of its {len(pages)} pages has a" if several else "Its only page has no"
    raise UnreadableFile(f"{subject} text layer, so the PDF holds no text; scans need OCR first.")


def _warnings(pages: Sequence[_Page], losses: Sequence[str], left_out: int) -> Iterator[str]:
    """Yield what the user must know, all together below the limit for one file."""
    left = _LONGEST_WARNINGS
    for line in _warning_lines(pages, losses, left_out):
        left -= len(line) + 2
        if left < 0:
            return
        yield line


def _warning_lines(pages: Sequence[_Page], losses: Sequence[str], left_out: int) -> Iterator[str]:
    """Yield a line for each kind of loss, the worst first."""
    if failed := [page.number for page in pages if page.failed]:
        yield f"{_ranges(failed)} could not be read"
    if empty := [page.number for page in pages if not page.has_text and not page.failed]:
        yield f"{_ranges(empty)} {'has' if len(empty) == 1 else 'have'} no text layer and cannot be searched"
    if partial := [page.number for page in pages if page.partial]:
        yield f"{_ranges(partial)} may be incomplete: something could not be decoded or exceeds the reader's limits"
    elif losses:
        yield f"the PDF reader says: {losses[0]}"
    if left_out:
        yield f"left out running heads and page numbers on {left_out} {'page' if left_out == 1 else 'pages'}"


def _ranges(numbers: Sequence[int], longest: int = 110) -> str:
    """Write page numbers compactly: "pages 3–17 and 40"; long lists end in a count."""
    shown = runs_of(numbers)
    noun = "page" if len(numbers) == 1 else "pages"
    words = enumerated(shown)
    if len(words) <= longest:
        return f"{noun} {words}"
    return f"{len(numbers)} pages ({', '.join(shown[:8])} …)"
