"""The records that travel between the stages, all frozen.

A stage passes these on and nothing else. Offsets are half-open and count Unicode code points of the document's
stored text; a quote holds the document and a span, never words of its own, so a wrong quotation cannot be represented.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

PartKind = Literal["page", "slide", "sheet", "section", "chapter", "message"]
SourceState = Literal["indexed", "rejected", "partial"]
Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters, ``start`` included and ``end`` not."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"A span needs 0 <= start <= end, not ({self.start}, {self.end}).")

    def of(self, text: str) -> str:
        """Slice ``text``."""
        return text[self.start : self.end]

    def contains(self, position: int) -> bool:
        """Tell whether the character at ``position`` lies inside."""
        return self.start <= position < self.end

    def overlap(self, other: Span) -> int:
        """Count the characters that both spans cover."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Part:
    """A labelled piece of a document: a page, slide, sheet, section, chapter or message.

    ``number`` counts from 1 in the file, parts without text included; ``label`` is what is printed on it.
    """

    kind: PartKind
    number: int
    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's own words in the text; ``level`` 1 is the highest."""

    level: int
    span: Span


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines of the text that are rows of a table following each other; the first is row ``first`` of its sheet, from 1."""

    span: Span
    first: int


@dataclass(frozen=True, slots=True)
class Content:
    """What a loader makes of one file: the text, which nothing edits afterwards, and what is known about its ranges.

    ``parts`` and ``headings`` are in reading order. ``asides`` are ranges that belong to the page around an article
    (banners, cookie lines, lists of other stories): quotable, but ranked behind everything else.
    ``rows`` tell which lines are which rows of a spreadsheet, in reading order. ``glyphs`` are the positions of a PDF's
    characters on its pages, packed (`assistant.loaders.pdf_glyphs`); they are stored apart and left out of what is read
    for answering.
    ``unsearchable_pages`` are the numbers of pages without any text. ``warnings`` are single clean lines.
    """

    text: str
    media_type: str
    title: str
    parts: tuple[Part, ...] = ()
    headings: tuple[Heading, ...] = ()
    asides: tuple[Span, ...] = ()
    warnings: tuple[str, ...] = ()
    pages: int | None = None
    unsearchable_pages: tuple[int, ...] = ()
    rows: tuple[Rows, ...] = ()
    glyphs: bytes = b""


@dataclass(frozen=True)
class Document:
    """One source as it was indexed: its identity (path below the sources folder), its bytes' hash and its content."""

    source: str
    sha256: str
    content: Content

    @property
    def text(self) -> str:
        """The stored text, which every span of this document points into."""
        return self.content.text

    @property
    def title(self) -> str:
        """What the document calls itself, or its file name."""
        return self.content.title

    @cached_property
    def _part_starts(self) -> list[int]:
        return [part.span.start for part in self.content.parts]

    def part_at(self, position: int) -> Part | None:
        """Find the part that holds the character at ``position``; the last that starts before it, or None."""
        found = bisect_right(self._part_starts, position) - 1
        return self.content.parts[found] if found >= 0 else None

    @cached_property
    def _row_starts(self) -> list[int]:
        return [rows.span.start for rows in self.content.rows]

    def row_at(self, position: int) -> int | None:
        """Give the number, in its sheet, of the row that holds the character at ``position``; None outside tables."""
        found = bisect_right(self._row_starts, position) - 1
        if found < 0 or not self.content.rows[found].span.contains(position):
            return None
        rows = self.content.rows[found]
        return rows.first + self.text.count("\n", rows.span.start, position)


@dataclass(frozen=True, slots=True)
class Passage:
    """A span cut on sentence boundaries: what is embedded and retrieved.

    ``sentences`` lie inside ``span``, in order, and leave out only blanks. ``section`` is the span of the heading the
    passage stands under, None where there is none. ``aside`` passages consist of page furniture (see `Content`).
    """

    span: Span
    sentences: tuple[Span, ...]
    section: Span | None = None
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question that stands alone, with the source globs it is limited to (empty: all sources)."""

    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signals:
    """Why a passage was found.

    :param dense: cosine similarity of question and passage, in [-1, 1].
    :param lexical: BM25 divided by the best BM25 for this question, in [0, 1].
    :param best_sentence: highest cosine similarity of question and one sentence of the passage, in [-1, 1].
    :param dense_rank: rank by ``dense`` from 1, None when not among those looked at.
    :param lexical_rank: rank by BM25 from 1, None when no word matched well enough.
    :param coverage: how much of the question's telling words the passage has, rare ones counting more, in [0, 1].
    :param phrases: how many of the question's pairs of neighbouring words it has, in [0, 1].
    :param named: how much of the question's other words its document's title or its heading has, in [0, 1].
    """

    dense: float
    lexical: float
    best_sentence: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    coverage: float = 0.0
    phrases: float = 0.0
    named: float = 0.0


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A retrieved passage in its document; ``score`` is the fused score, higher is better, comparable in one list only.

    ``sentence_similarities`` are the cosine similarities of the question and each of the passage's sentences; ``before``
    and ``after`` are the sentences around the passage, None at an end of the document.
    """

    document: Document
    passage: Passage
    score: float
    signals: Signals
    sentence_similarities: tuple[float, ...] = ()
    before: Span | None = None
    after: Span | None = None

    @property
    def text(self) -> str:
        """The passage's words, sliced from the stored text."""
        return self.passage.span.of(self.document.text)


@dataclass(frozen=True, slots=True)
class Citation:
    """What a person needs to find a quote again. ``page`` counts from 1 in the file; ``page_label`` is printed on it.
    ``row`` counts from 1 in a spreadsheet, None elsewhere.
    """

    source: str
    sha256: str
    title: str
    part: Part | None
    section: str | None
    row: int | None = None

    @property
    def page(self) -> int | None:
        """The page's number in the file, None where the format has no pages."""
        return self.part.number if self.part and self.part.kind == "page" else None

    @property
    def page_label(self) -> str | None:
        """What is printed on the page, None where the format has no pages."""
        return self.part.label if self.part and self.part.kind == "page" else None


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of a document. Its words, and those around it, are sliced from the stored text whenever they are asked for.

    ``score`` lies in [0, 1]; ``key`` is the span of the answer inside the quote, in document offsets, or None;
    ``before`` and ``after`` are the neighbouring sentences; ``section`` is the heading's own span.
    """

    document: Document
    span: Span
    score: float
    key: Span | None = None
    before: Span | None = None
    after: Span | None = None
    section: Span | None = None
    signals: Signals | None = None

    @property
    def text(self) -> str:
        """The quoted words."""
        return self.span.of(self.document.text)

    @property
    def citation(self) -> Citation:
        """Where the quoted words stand."""
        section = self.section.of(self.document.text) if self.section else None
        document = self.document
        part, row = document.part_at(self.span.start), document.row_at(self.span.start)
        return Citation(document.source, document.sha256, document.title, part, section, row)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader made of the retrieved passages: quotes, best first then in reading order, and how sure it is.

    ``confidence`` is the probability, 0 to 1, that the first quote answers the question. ``closest`` are up to three
    passages as quotes, best first, for when the confidence is too low to answer. ``passages`` are all that were retrieved,
    in the order that reading them gave.
    """

    quotes: tuple[Quote, ...]
    closest: tuple[Quote, ...]
    confidence: float
    passages: tuple[ScoredPassage, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading of a vague question: a document, and the section in it, under a ``label`` a person can choose by."""

    label: str
    source: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Quotes with citations and a confidence, or an abstention (no quotes) with the closest passages.

    ``index`` is the generation that was asked; ``timings_ms`` gives milliseconds for each stage. ``talk`` names what was
    typed where it was no question (`assistant.talk.TalkKind`), and ``reply`` is the sentence to say then, before any quotes.
    ``sources`` are the globs that the answer was limited to. ``choices`` are the readings of a question that has several.
    """

    question: str
    resolved_question: str
    answered: bool
    confidence: float
    quotes: tuple[Quote, ...]
    closest: tuple[Quote, ...]
    index: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    reply: str | None = None
    talk: str | None = None
    sources: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What became of one file of the sources folder; ``reason`` says why it was rejected, None otherwise."""

    source: str
    state: SourceState
    reason: str | None = None
    sha256: str | None = None
    bytes: int = 0
    pages: int | None = None
    unsearchable_pages: tuple[int, ...] = ()
    characters: int = 0
    passages: int = 0
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The state of an index: its generation, when it was built (UTC, ISO 8601), the model, and every source."""

    index: str
    built: str
    model: str
    passages: int
    sources: tuple[SourceStatus, ...]

    def __iter__(self) -> Iterator[SourceStatus]:
        return iter(self.sources)

    @property
    def rejected(self) -> tuple[SourceStatus, ...]:
        """The sources that could not be indexed."""
        return tuple(row for row in self.sources if row.state == "rejected")


def turns_of(history: Iterable[Turn | Mapping[str, str]]) -> tuple[Turn, ...]:
    """Take a history as turns or as ``{"role", "content"}`` mappings.

    :param history: the turns before the question, oldest first.
    :returns: the same as records.
    :raises ValueError: when a role is neither user nor assistant, or a turn lacks a field.
    """
    if not isinstance(history, Iterable) or isinstance(history, (str, Mapping)):
        raise ValueError(f"A history is a list of turns, not {history!r}.")
    turns = []
    for turn in history:
        if not isinstance(turn, (Turn, Mapping)):
            raise ValueError(f'A turn needs "role" (user or assistant) and "content" (text), not {turn!r}.')
        role = turn.role if isinstance(turn, Turn) else turn.get("role")
        content = turn.content if isinstance(turn, Turn) else turn.get("content")
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise ValueError(f'A turn needs "role" (user or assistant) and "content" (text), not {turn!r}.')
        turns.append(Turn("user" if role == "user" else "assistant", content))
    return tuple(turns)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is. ``stage`` is read, embed or write; ``done`` and ``total`` count files while reading and
    passages while embedding; ``detail`` names what is being worked on; times are seconds, None while unknown.
    """

    stage: Literal["read", "embed", "write"]
    done: int
    total: int
    detail: str = ""
    per_second: float | None = None
    seconds_left: float | None = None
