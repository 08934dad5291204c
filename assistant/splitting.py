"""Cuts a document into passages on sentence boundaries; every passage and sentence is a span of the stored text.

Three steps, each narrowing ranges of the text: *blocks* (paragraphs and headings, by blank lines and by what the loader
marked), *sentences* (by sentencex, which knows abbreviations, initials and decimals, on the lines that belong together),
and *passages* (sentences packed to a size that the embedding model reads whole, never across a heading).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from sentencex import get_sentence_boundaries

from assistant.datamodel import Content, Passage, Span

MAX_PASSAGE_TOKENS = 220
"""Estimated tokens of a passage at most; all-MiniLM-L6-v2 reads 256, and estimates run up to a fifth short."""

MIN_PASSAGE_TOKENS = 30
"""A paragraph shorter than this shares its passage with the next one of its section."""

_FIRST_WIDE = "\u2e80"
"""From here on the scripts of Chinese, Japanese and Korean, whose signs are a word piece each."""

MAX_SENTENCE_CHARS = 700
"""Longer stretches without a sentence end (tables, lists, code) are cut at a blank."""

_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_NEXT_LINE = re.compile(r"\S[^\n]*")
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_MARKER = re.compile(r"\s*(?:[-*•◦▪‣–·]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxlc]{1,5})[.)])\s")
_ONLY_MARKER = re.compile(r"\s*(?:[-*•◦▪‣–·]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxlc]{1,5})[.)])\s*")
# sentencex ends a sentence after these when a capital follows; in running text none of them ends one.
_OPEN_ABBREVIATION = re.compile(
    r"(?:\b(?:i\.e|e\.g|cf|viz|vs?|approx|Nos?|[Ff]igs?|pp?|[Ss]ec|[Aa]rt|Spc|Pvt|Pfc|Cpl|Lt|Col|Capt|Cmdr|Adm)\.|[(\[])\s*$"
)
_TERMINAL = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*\s*$")


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph, list or heading with the heading it stands under."""

    span: Span
    heading: bool
    section: Span | None
    aside: bool


def split(content: Content) -> list[Passage]:
    """Cut a document's text into passages.

    Passages are in reading order and do not overlap; passages and the blanks between them rebuild the text.

    :param content: what the loader made of the file.
    :returns: the passages; none for a text of blanks.
    """
    passages: list[Passage] = []
    for group in _sections(_blocks(content)):
        passages += _pack(content.text, group)
    return passages


def estimated_tokens(text: str) -> int:
    """Estimate the word pieces of a text without a tokeniser: one for each six letters of a word, one for each sign.

    :param text: any text.
    :returns: the estimate; letters of scripts written without blanks count one each.
    """
    return sum(_pieces(word) for word in _WORD.findall(text))


def sentences(text: str, span: Span) -> list[Span]:
    """Find the sentences within a span of a text.

    :param text: the document's text.
    :param span: where to look.
    :returns: spans without blanks at their ends, in order; together they leave out only blanks.
    """
    found = [cut for line in _lines(text, span) for cut in _line_sentences(text, line)]
    return [piece for sentence in found for piece in _short_enough(text, sentence)]


def is_list_item(sentence: str) -> bool:
    """Tell whether a sentence begins with a list's marker: a bullet, a number, a letter."""
    return _MARKER.match(sentence) is not None


def leads_in(sentence: str) -> bool:
    """Tell whether a sentence announces what follows, such as a list."""
    return sentence.rstrip().endswith(":")


def _pieces(word: str) -> int:
    if word.isascii():
        return 1 + (len(word) - 1) // 6
    return len(word) if word[0] >= _FIRST_WIDE else 1 + (len(word) - 1) // 2


def _trimmed(text: str, span: Span) -> Span | None:
    """Take the blanks off both ends; None when nothing is left."""
    words = span.of(text)
    left = len(words) - len(words.lstrip())
    right = len(words.rstrip())
    return Span(span.start + left, span.start + right) if right > left else None


def _blocks(content: Content) -> Iterator[_Block]:
    """Walk over the blocks, carrying along the heading that each stands under."""
    headings = {heading.span for heading in content.headings}
    section: Span | None = None
    for span in _block_spans(content):
        section = span if span in headings else section
        yield _Block(span, span in headings, section, _is_aside(span, content.asides))


def _is_aside(span: Span, asides: tuple[Span, ...]) -> bool:
    covered = sum(span.overlap(aside) for aside in asides)
    return 2 * covered > span.end - span.start


def _block_spans(content: Content) -> list[Span]:
    """Cut at blank lines, around headings and around asides; join a sentence that a page break interrupts."""
    text = content.text
    edges = {0, len(text)}
    for fixed in [heading.span for heading in content.headings] + list(content.asides):
        edges |= {fixed.start, fixed.end}
    page_starts = {part.span.start for part in content.parts}
    for gap in _BLANK_LINES.finditer(text):
        if not (page_starts.intersection(range(gap.start(), gap.end() + 1)) and _runs_on(text, gap.start(), gap.end())):
            edges.add(gap.end())
    spans = (_trimmed(text, Span(a, b)) for a, b in pairwise(sorted(edges)))
    return [span for span in spans if span]


def _runs_on(text: str, before: int, after: int) -> bool:
    """Tell whether a sentence goes on over a page break: no end before it, a small letter after it."""
    return not _TERMINAL.search(text, max(0, before - 20), before) and text[after : after + 1].islower()


def _sections(blocks: Iterable[_Block]) -> Iterator[list[_Block]]:
    """Group blocks that may share a passage: headings with what follows them, never furniture with article."""
    group: list[_Block] = []
    for block in blocks:
        after_body = bool(group) and block.heading and not group[-1].heading
        if group and (after_body or block.aside != group[-1].aside):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _pack(text: str, group: list[_Block]) -> Iterator[Passage]:
    """Fill passages from the blocks of one section."""
    held: list[Span] = []
    for block in group:
        cut = [block.span] if block.heading else sentences(text, block.span)
        for piece in _evenly(text, held, cut):
            if held and _size(text, held) + _size(text, piece) > MAX_PASSAGE_TOKENS and not _only_headings(held, group):
                yield _passage(held, block)
                held = []
            held = held + piece
            if not block.heading and not _wants_more(text, piece) and _size(text, held) >= MIN_PASSAGE_TOKENS:
                yield _passage(held, block)
                held = []
    if held:
        yield _passage(held, group[-1])


def _only_headings(held: list[Span], group: list[_Block]) -> bool:
    headings = {block.span for block in group if block.heading}
    return all(span in headings for span in held)


def _passage(held: list[Span], block: _Block) -> Passage:
    return Passage(Span(held[0].start, held[-1].end), tuple(held), block.section, block.aside)


def _wants_more(text: str, spans: list[Span]) -> bool:
    """Tell what says nothing without what follows: a ruled line, such as below a heading, and words that lead in a list.

    A sentence by itself may lead in anything. A paragraph of several stands alone where no list or table follows: what it leads in
    may be long or, like a set-off quotation that was left out, not there at all.
    """
    if not any(sign.isalnum() for span in spans for sign in span.of(text)):
        return True
    return leads_in(spans[-1].of(text)) and (len(spans) == 1 or _is_listed_behind(text, spans[-1].end))


def _is_listed_behind(text: str, place: int) -> bool:
    """Tell whether the next line behind a place is of a list or a table."""
    line = _NEXT_LINE.search(text, place)
    return line is not None and (is_list_item(line.group()) or _is_row(line.group()))


def _size(text: str, spans: list[Span]) -> int:
    return sum(estimated_tokens(span.of(text)) for span in spans)


def _evenly(text: str, held: list[Span], cut: list[Span]) -> Iterator[list[Span]]:
    """Deal a paragraph's sentences into as few pieces of about equal size as the limit allows."""
    sizes = [estimated_tokens(span.of(text)) for span in cut]
    room = MAX_PASSAGE_TOKENS - min(_size(text, held), MAX_PASSAGE_TOKENS // 2)
    pieces = -(-sum(sizes) // room)
    target = sum(sizes) / max(1, pieces)
    piece: list[Span] = []
    filled, dealt, number = 0, 0, 1
    for span, size in zip(cut, sizes, strict=True):
        if piece and (dealt + size / 2 > target * number or filled + size > MAX_PASSAGE_TOKENS):
            yield piece
            piece, filled, number = [], 0, number + 1
        piece.append(span)
        filled += size
        dealt += size
    if piece:
        yield piece


def _lines(text: str, span: Span) -> Iterator[Span]:
    """Cut a block where a line break is more than a wrapped line: before a list marker, after a line that ends early."""
    starts = [span.start] + [m.end() for m in re.finditer("\n", span.of(text))]
    starts = [span.start] + [span.start + start for start in starts[1:]]
    lines = [Span(a, b) for a, b in pairwise([*starts, span.end])]
    width = max(line.end - line.start for line in lines)
    begin = span.start
    for line, following in pairwise(lines):
        if _breaks(line.of(text), following.of(text), width):
            yield Span(begin, line.end)
            begin = following.start
    yield Span(begin, span.end)


def _breaks(line: str, following: str, width: int) -> bool:
    if line.isspace() or following.isspace():
        return False  # a block holds a blank line only where a sentence runs on over a page break
    if is_list_item(following) or "\t" in line or " | " in line:
        return True
    ends_early = len(line) < 0.7 * width or len(line) < 40
    begins_anew = not following.lstrip()[:1].islower()
    return ends_early and begins_anew and not line.rstrip().endswith((",", "-", "–"))


def _is_row(line: str) -> bool:
    """Tell whether a text is a table's row: one line, its cells parted by bars or tabs; one tab alone may stand in a sentence."""
    return (" | " in line or line.count("\t") > 1) and "\n" not in line


def _line_sentences(text: str, line: Span) -> list[Span]:
    """Let sentencex cut a run of text, then rejoin what it parts wrongly: list markers and open abbreviations.

    sentencex keeps a bulleted line whole, so a marker is set apart first and joined to its first sentence afterwards. A table's
    row is one sentence: a cell says nothing without the others.
    """
    words = line.of(text)
    marker = _MARKER.match(words)
    body = marker.end() if marker else 0
    if _is_row(words[body:].strip()) and (row := _trimmed(text, line)):
        return [row]
    running = _BLANK_LINES.sub(
        lambda gap: " " * len(gap.group()), words[body:]
    )  # sentencex ends sentences at a blank line
    bounds = [(body + b["start_index"], body + b["end_index"]) for b in get_sentence_boundaries("en", running)]
    found: list[Span] = []
    joins = False
    for start, end in [(0, body), *bounds]:
        span = _trimmed(words, Span(start, end))
        if span is None:
            continue
        if joins and found:
            span = Span(found.pop().start, span.end)
        found.append(span)
        joins = bool(_ONLY_MARKER.fullmatch(span.of(words)) or _OPEN_ABBREVIATION.search(span.of(words)))
    return [Span(line.start + span.start, line.start + span.end) for span in found]


def _short_enough(text: str, span: Span) -> Iterator[Span]:
    """Cut what no sentence end divides at the last blank before the limit."""
    while span.end - span.start > MAX_SENTENCE_CHARS:
        limit = span.start + MAX_SENTENCE_CHARS
        at = max(text.rfind(" ", span.start + 1, limit), text.rfind("\n", span.start + 1, limit))
        head = _trimmed(text, Span(span.start, at if at > 0 else limit))
        tail = _trimmed(text, Span(at if at > 0 else limit, span.end))
        if head:
            yield head
        if tail is None:
            return
        span = tail
    yield span
