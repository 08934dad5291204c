"""What pypdf knows of a PDF besides its words: labels, outline, title, decryption, and what it says it had to leave out."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from assistant.datamodel import Heading, Span
from assistant.errors import UnreadableFile
from assistant.loaders.base import one_line
from assistant.loaders.decoding import clean

PASSWORD = "The PDF is protected by a password; save a copy without one."
NO_PAGES = "The PDF has no pages, so it holds no text."

_SKIPPED = re.compile(r"skip|exceed|limit|truncat|could not|cannot|unable|too many|some data might", re.IGNORECASE)
_NO_LOSS = re.compile(r"cyclic form|EOF marker|xref|trailer", re.IGNORECASE)  # repaired, or nothing lay there
_NEEDS_AES = "The PDF is encrypted with AES, which needs the package cryptography; save a copy without encryption."
_MOST_OUTLINE_ENTRIES = 5000
_MOST_LOSSES = 10_000
_DEEPEST_OUTLINE = 20
_MOST_DRAWINGS = 50_000
_DEEPEST_FORM = 30
_DRAWS = re.compile(rb"/([^\s/<>\[\]()]+)\s+Do\b")
_OFFICE_MARK = re.compile(
    r"^(?:Microsoft (?:Word|PowerPoint|Excel) - )|\.(?:docx?|pptx?|xlsx?|pdf|tex|dvi|indd|qxd|rtf|odt)$", re.IGNORECASE
)
_NO_TITLE = re.compile(r"(?:untitled|title|document|slide|powerpoint presentation).{0,4}", re.IGNORECASE)


@contextmanager
def one_sentence() -> Iterator[None]:
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
def logged_losses() -> Iterator[list[str]]:
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


def open_structure(data: bytes) -> Any:
    """Open the file, trying the empty password.

    :param data: the whole file.
    :returns: pypdf's reader, decrypted, with at least one page.
    :raises UnreadableFile: when a password is needed, there is no page, or pypdf cannot make sense of the file.
    """
    from pypdf import PdfReader

    with one_sentence():
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableFile(PASSWORD)
        if not len(reader.pages):
            raise UnreadableFile(NO_PAGES)
    return reader


def draws_without_end(reader: Any, index: int) -> bool:
    """Tell whether a page's forms draw each other so often that pdfium would never come back; pypdf stops by itself.

    :param reader: the open file.
    :param index: the page, from 0.
    :returns: True above tens of thousands of drawings.
    """
    try:
        page = reader.pages[index]
        forms = _forms(page)
        if not any(_forms(form) for form in forms.values()):
            return False
        return _drawings(page.get_contents(), forms, {}, 0) > _MOST_DRAWINGS
    except Exception:
        return False


def _forms(holder: Any) -> dict[str, Any]:
    """List the forms among the resources of a page or form."""
    named = _resolved(_resolved(holder.get("/Resources", {})).get("/XObject", {}))
    drawn = {str(name)[1:]: _resolved(entry) for name, entry in named.items()}
    return {name: entry for name, entry in drawn.items() if entry.get("/Subtype") == "/Form"}


def _resolved(entry: Any) -> Any:
    return entry.get_object() if hasattr(entry, "get_object") else entry


def _drawings(stream: Any, forms: dict[str, Any], known: dict[int, int], depth: int) -> int:
    """Count how many forms are drawn in the end, each form's own count being reckoned once."""
    total = 0
    for name, times in Counter(_DRAWS.findall(stream.get_data() if stream is not None else b"")).items():
        form = forms.get(name.decode("latin-1"))
        if form is None or depth > _DEEPEST_FORM:
            continue
        if id(form) not in known:
            known[id(form)] = 0  # a form that draws itself is drawn once
            known[id(form)] = _drawings(form, _forms(form), known, depth + 1)
        total += times * (1 + known[id(form)])
    return total


def page_words(reader: Any, index: int) -> str:
    """Read a page's text by pypdf, where pdfium gives none.

    :param reader: the open file.
    :param index: the page, from 0.
    :returns: clean text.
    """
    return clean(reader.pages[index].extract_text())


def labels_of(reader: Any, count: int) -> list[str]:
    """Read the printed page labels; the plain numbers where they are missing or broken."""
    numbers = [str(number) for number in range(1, count + 1)]
    try:
        labels = [one_line(str(label), 40) for label in reader.page_labels]
    except Exception:
        return numbers
    return [label or number for label, number in zip(labels, numbers, strict=True)] if len(labels) == count else numbers


def outline_of(reader: Any) -> list[tuple[int, str, int]]:
    """Read the outline.

    :param reader: the open file.
    :returns: level from 1, title and page index of each entry that leads to a page. A broken outline gives none.
    """
    try:
        return list(islice(_outline_entries(reader), _MOST_OUTLINE_ENTRIES))
    except Exception:
        return []


def headings_of(outline: Sequence[tuple[int, str, int]], text: str, spans: Sequence[Span]) -> list[Heading]:
    """Place outline entries whose title stands at the beginning of a line of their page.

    :param outline: from `outline_of`.
    :param text: the stored text.
    :param spans: each page's span in it.
    :returns: headings in reading order, without overlaps.
    """
    found = [Heading(level, span) for level, title, page in outline if (span := _placed(text, title, spans[page]))]
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


def title_of(reader: Any) -> str:
    """Give the title from the file's metadata where it says something."""
    try:
        title = one_line(str(reader.metadata.title or "")) if reader.metadata else ""
    except Exception:
        return ""
    title = _OFFICE_MARK.sub("", title).strip()
    sane = re.search(r"[^\W\d_]{3}", title) and not _NO_TITLE.fullmatch(title)
    return title if sane and "\ufffd" not in title else ""
