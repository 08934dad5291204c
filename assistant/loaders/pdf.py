"""PDF, page by page, through pypdf.

Each page becomes a part with its number in the file and the label printed on it; pages without text keep their number
and are named. pypdf only logs some of what it leaves out, so its log is read, too, and nothing is lost silently.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assistant.datamodel import Content, Heading, Part, Span
from assistant.errors import UnreadableFile
from assistant.loaders.base import has_words, one_line, stem_of
from assistant.loaders.decoding import clean

_HEADER = b"%PDF-"
_HEADER_WITHIN = 1024  # where the PDF specification's implementation notes let the header stand
_SKIPPED = re.compile(r"skip|exceed|limit|truncat|could not|cannot|unable|too many|some data might", re.IGNORECASE)
_NO_LOSS = re.compile(r"cyclic form|EOF marker|xref|trailer", re.IGNORECASE)  # repaired, or nothing lay there
_NEEDS_AES = "The PDF is encrypted with AES, which needs the package cryptography; save a copy without encryption."
_LONGEST_WARNINGS = 390
_MOST_OUTLINE_ENTRIES = 5000
_MOST_PAGES = 100_000
_MOST_LOSSES = 10_000
_DEEPEST_OUTLINE = 20
_OFFICE_MARK = re.compile(
    r"^(?:Microsoft (?:Word|PowerPoint|Excel) - )|\.(?:docx?|pptx?|xlsx?|pdf|tex|dvi|indd|qxd|rtf|odt)$", re.IGNORECASE
)
_NO_TITLE = re.compile(r"(?:untitled|title|document|slide|powerpoint presentation).{0,4}", re.IGNORECASE)


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
        with _logged_losses() as losses, _one_sentence():
            reader = _opened(data)
            pages = _read_pages(reader, losses)
            labels = _labels(reader, len(pages))
            text, spans = _joined([page.text for page in pages])
            headings = _outline_headings(reader, text, spans)
            title = _title(reader) or stem_of(name)
        _require_text(pages)
        empty = tuple(page.number for page in pages if not page.text)
        parts = zip(pages, labels, spans, strict=True)
        return Content(
            text=text,
            media_type=self.media_type,
            title=title,
            parts=tuple(Part("page", page.number, label, span) for page, label, span in parts),
            headings=tuple(headings),
            warnings=tuple(_warnings(pages, losses)),
            pages=len(pages),
            unsearchable_pages=empty,
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """One page's cleaned text; ``failed``: pypdf could not read it, ``partial``: it says that it left something out."""

    number: int
    text: str
    failed: bool = False
    partial: bool = False


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turn whatever pypdf raises into one sentence. It raises many types on damaged files, some of them bare."""
    try:
        yield
    except UnreadableFile:
        raise
    except (RecursionError, MemoryError):
        raise UnreadableFile("The PDF is nested too deeply or too large; save a copy with another program.") from None
    except Exception as error:
        if _lacks_decryption(error):
            raise UnreadableFile(_NEEDS_AES) from None
        raise UnreadableFile("The PDF is damaged and cannot be read; save a copy with another program.") from None


def _lacks_decryption(error: Exception) -> bool:
    """Tell pypdf's complaint about the missing package for decryption; those about picture formats concern one page."""
    from pypdf.errors import DependencyError

    return isinstance(error, DependencyError) and "AES" in str(error)


@contextmanager
def _logged_losses() -> Iterator[list[str]]:
    """Keep pypdf's log lines from the terminal and collect those that tell of something left out."""
    losses: list[str] = []
    logger = logging.getLogger("pypdf")
    handler = _Collector(losses)
    before = logger.propagate, logger.level
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    try:
        yield losses
    finally:
        logger.removeHandler(handler)
        logger.propagate = before[0]
        logger.setLevel(before[1])


class _Collector(logging.Handler):
    """Appends messages about a loss to a list, up to a limit."""

    def __init__(self, losses: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._losses = losses

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message that tells of something skipped."""
        try:
            message = one_line(record.getMessage(), 120)
        except Exception:
            return  # a log line that cannot be formatted must not cost the document
        if _SKIPPED.search(message) and not _NO_LOSS.search(message) and len(self._losses) < _MOST_LOSSES:
            self._losses.append(message)


def _opened(data: bytes) -> Any:
    """Open the file, trying the empty password.

    :param data: the whole file.
    :returns: pypdf's reader, decrypted, with at least one page.
    :raises UnreadableFile: when a password is needed or there is no page.
    """
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableFile("The PDF is protected by a password; save a copy without one.")
    if not len(reader.pages):
        raise UnreadableFile("The PDF has no pages, so it holds no text.")
    return reader


def _read_pages(reader: Any, losses: Sequence[str]) -> list[_Page]:
    """Read every page; one that raises is noted and the others go on.

    :param reader: the open file.
    :param losses: grows while pages are read, see `_logged_losses`.
    :returns: one entry for each page, in order.
    :raises UnreadableFile: when there are absurdly many.
    """
    count = len(reader.pages)
    if count > _MOST_PAGES:
        raise UnreadableFile(f"The PDF claims {count} pages; files above {_MOST_PAGES} pages are not read.")
    pages = []
    for number in range(1, count + 1):
        known = len(losses)
        try:
            text = clean(reader.pages[number - 1].extract_text())
            pages.append(_Page(number, text.strip() if has_words(text) else "", partial=len(losses) > known))
        except Exception as error:
            if _lacks_decryption(error):
                raise  # concerns the whole file
            pages.append(_Page(number, "", failed=True))
    return pages


def _labels(reader: Any, count: int) -> list[str]:
    """Read the printed page labels; the plain numbers where they are missing or broken."""
    numbers = [str(number) for number in range(1, count + 1)]
    try:
        labels = [one_line(str(label), 40) for label in reader.page_labels]
    except Exception:
        return numbers
    return [label or number for label, number in zip(labels, numbers, strict=True)] if len(labels) == count else numbers


def _joined(texts: Sequence[str]) -> tuple[str, list[Span]]:
    """Join pages by blank lines; the spans leave no gap, and a page without text has an empty one."""
    whole = "\n\n".join(filter(None, texts))
    starts, length = [], 0
    for text in texts:
        starts.append(min(length, len(whole)))
        length += len(text) + 2 if text else 0
    return whole, [Span(start, end) for start, end in zip(starts, [*starts[1:], len(whole)], strict=True)]


def _outline_headings(reader: Any, text: str, spans: Sequence[Span]) -> list[Heading]:
    """Place outline entries whose title stands at the beginning of a line of their page.

    :param reader: the open file.
    :param text: the stored text.
    :param spans: each page's span in it.
    :returns: headings in reading order, without overlaps. A broken outline gives none.
    """
    try:
        entries = list(islice(_outline_entries(reader), _MOST_OUTLINE_ENTRIES))
    except Exception:
        return []
    found = [Heading(level, span) for level, title, page in entries if (span := _placed(text, title, spans[page]))]
    headings: list[Heading] = []
    for heading in sorted(found, key=lambda item: (item.span.start, item.level)):
        if not headings or heading.span.start >= headings[-1].span.end:
            headings.append(heading)
    return headings


def _outline_entries(reader: Any) -> Iterator[tuple[int, str, int]]:
    """Yield level from 1, title and page index of each outline entry that leads to a page."""
    page_count = len(reader.pages)
    stack = [(1, iter(reader.outline))]
    while stack:
        level, entries = stack[-1]
        entry = next(entries, None)
        if entry is None:
            stack.pop()
        elif isinstance(entry, list):
            if len(stack) < _DEEPEST_OUTLINE:
                stack.append((level + 1, iter(entry)))
        else:
            page = reader.get_destination_page_number(entry)
            if entry.title and page is not None and 0 <= page < page_count:
                yield level, str(entry.title), page


def _placed(text: str, title: str, page: Span) -> Span | None:
    """Find an outline title at the start of a line of its page, with the number printed before it, if any."""
    words = clean(title).split()
    if not words or len(words) > 40:
        return None
    number = r"(?:[A-Z]?\d*(?:\.\d+)*\.?[ \t]+)?"
    spaced = r"\s+".join(map(re.escape, words))
    pattern = re.compile(rf"^[ \t]*({number}{spaced})(?!\w)", re.MULTILINE | re.IGNORECASE)
    match = pattern.search(text, page.start, page.end)
    return Span(*match.span(1)) if match else None


def _title(reader: Any) -> str:
    """Give the title from the file's metadata where it says something."""
    try:
        title = one_line(str(reader.metadata.title or "")) if reader.metadata else ""
    except Exception:
        return ""
    title = _OFFICE_MARK.sub("", title).strip()
    sane = re.search(r"[^\W\d_]{3}", title) and not _NO_TITLE.fullmatch(title)
    return title if sane and "\ufffd" not in title else ""


def _require_text(pages: Sequence[_Page]) -> None:
    """Refuse a PDF of which nothing can be searched.

    :param pages: all its pages.
    :raises UnreadableFile: when no page has a word.
    """
    if any(page.text for page in pages):
        return
    several = len(pages) > 1
    if all(page.failed for page in pages):
        subject = f"None of its {len(pages)} pages can" if several else "Its only page cannot"
        raise UnreadableFile(f"{subject} be read: the PDF is damaged; save a copy with another program.")
    subject = f"None of its {len(pages)} pages has a" if several else "Its only page has no"
    raise UnreadableFile(f"{subject} text layer, so the PDF holds no text; scans need OCR first.")


def _warnings(pages: Sequence[_Page], losses: Sequence[str]) -> Iterator[str]:
    """Yield what the user must know, all together below the limit for one file."""
    left = _LONGEST_WARNINGS
    for line in _warning_lines(pages, losses):
        left -= len(line) + 2
        if left < 0:
            return
        yield line


def _warning_lines(pages: Sequence[_Page], losses: Sequence[str]) -> Iterator[str]:
    """Yield a line for each kind of loss, the worst first."""
    if failed := [page.number for page in pages if page.failed]:
        yield f"{_ranges(failed)} could not be read"
    if empty := [page.number for page in pages if not page.text and not page.failed]:
        yield f"{_ranges(empty)} {'has' if len(empty) == 1 else 'have'} no text layer and cannot be searched"
    if partial := [page.number for page in pages if page.partial]:
        yield f"{_ranges(partial)} may be incomplete: something could not be decoded or exceeds the reader's limits"
    elif losses:
        yield f"the PDF reader says: {losses[0]}"


def _ranges(numbers: Sequence[int], longest: int = 110) -> str:
    """Write page numbers compactly: "pages 3–17 and 40"; long lists end in a count."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = [f"{first}–{last}" if last > first else str(first) for first, last in runs]
    noun = "page" if len(numbers) == 1 else "pages"
    words = ", ".join(shown[:-1]) + (" and " if len(shown) > 1 else "") + shown[-1]
    if len(words) <= longest:
        return f"{noun} {words}"
    return f"{len(numbers)} pages ({', '.join(shown[:8])} …)"
