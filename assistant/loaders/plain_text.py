"""Plain text, and every other file that is text of an unknown kind.

The stored text is the decoded file itself. Headings are only marked where the layout leaves little doubt, since a wrong
heading would be shown as a quote's section.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence

from assistant.datamodel import Content, Heading, Span
from assistant.loaders.base import one_line, require_words, stem_of
from assistant.loaders.boilerplate import BYLINE, DATE, Block, blocks_of, find_asides, is_furniture
from assistant.loaders.decoding import decode

_UNDERLINE = re.compile(r"(=|-|~){3,}")
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})\.?[ \t]+[A-Z“\"‘(]\S*(?: \S+){0,11}")
_NAMED = re.compile(
    r"(?:chapter|section|article|part|appendix|annex|title) (?:\d+|[IVXLC]+|[A-Z])\b[.:]?(?: [-–—]?.{0,80})?",
    re.IGNORECASE,
)
_SMALL = frozenset("a an and as at but by for from in into nor of on or over per the to up vs vs. via with".split())
_NO_HEADING = re.compile(r"[-*•>|#<{\[]")
_ENDS_A_SENTENCE = re.compile(r"[.!?,;:…][\"”’')\]]*$")
_LONGEST_HEADING = 90


class PlainTextLoader:
    """Reads text files; the loader for every file that is text and that no other loader knows."""

    suffixes = frozenset({".txt", ".text"})
    media_type = "text/plain"

    def claims(self, data: bytes) -> bool:
        """No: text has no signature."""
        return False

    def load(self, data: bytes, name: str) -> Content:
        """Decode the file and mark title, headings and page furniture.

        :param data: the whole file.
        :param name: its name, for a title where the text has none.
        :returns: the decoded text, otherwise unchanged.
        :raises UnreadableFile: when the file is binary or holds no word.
        """
        decoded = decode(data)
        require_words(decoded.text)
        asides = find_asides(decoded.text)
        blocks = list(_outside(asides, blocks_of(decoded.text)))
        title = _title_of(blocks)
        headings = _headings_of(blocks, title)
        return Content(
            text=decoded.text,
            media_type=self.media_type,
            title=one_line(title.of(decoded.text)) if title else stem_of(name),
            headings=tuple(headings),
            asides=asides,
            warnings=decoded.warnings,
        )


def _outside(asides: Sequence[Span], blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks that hold no page furniture."""
    waiting = deque(asides)
    for block in blocks:
        while waiting and waiting[0].end <= block.span.start:
            waiting.popleft()
        if not waiting or waiting[0].start >= block.span.end:
            yield block


def _title_of(blocks: list[Block]) -> Span | None:
    """Find a title among the first lines: short, alone or underlined, no sentence, no date, no byline."""
    for block in blocks[:4]:
        words = block.words[0]
        if DATE.fullmatch(words) or BYLINE.fullmatch(words) or is_furniture(words):
            continue
        alone = len(block.words) == 1 or bool(_UNDERLINE.fullmatch(block.words[1]))
        return block.lines[0] if alone and len(blocks) > 1 and _looks_like_title(words) else None
    return None


def _looks_like_title(words: str) -> bool:
    if not 2 <= len(words) <= 120 or len(words.split()) > 16 or words[0].islower() or _NO_HEADING.match(words):
        return False
    return bool(re.search(r"[^\W\d_]{2}", words)) and not re.search(r"[.,;:…][\"”’')\]]*$", words)


def _headings_of(blocks: list[Block], title: Span | None) -> list[Heading]:
    """List headings in reading order, the title among them as level 1."""
    headings = []
    for index, block in enumerate(blocks):
        before = blocks[index - 1] if index else None
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if title is not None and block.lines[0] == title:
            headings.append(Heading(1, title))
        elif (level := _level_of(block, before, following)) is not None:
            headings.append(Heading(level, block.lines[0]))
    return headings


def _level_of(block: Block, before: Block | None, following: Block | None) -> int | None:
    """Give a block's level when its first line is a heading: underlined, or alone with prose or a subheading below."""
    words = block.words[0]
    if len(words) > _LONGEST_HEADING or not re.search(r"[^\W\d_]{2}", words):
        return None
    if len(block.words) >= 2 and (mark := _UNDERLINE.fullmatch(block.words[1])):
        return (1 if mark[1] == "=" else 2) if len(block.words[1]) >= len(words) // 2 else None
    if len(block.words) > 1 or following is None or is_furniture(words) or _is_banal(words):
        return None
    listed = _is_list_item(following) or (before is not None and _is_list_item(before))
    if (number := _NUMBERED.fullmatch(words)) and not listed:
        return number[1].count(".") + 2
    if _NAMED.fullmatch(words) or (words.isupper() and len(words.split()) <= 12):
        return 2
    return 2 if _is_title_case(words) and _is_prose(following) else None


def _is_banal(words: str) -> bool:
    """Tell lines that stand alone but head nothing: sentences, dates, bylines, list items."""
    signed = DATE.fullmatch(words) or BYLINE.fullmatch(words)
    return bool(signed or _ENDS_A_SENTENCE.search(words) or _NO_HEADING.match(words))


def _is_list_item(block: Block) -> bool:
    """Tell whether a neighbour is numbered with one number, so that this may be a list; subheadings have two."""
    return bool(re.match(r"\d{1,2}\.?[ \t)]", block.words[0]))


def _is_title_case(words: str) -> bool:
    """Tell whether two to twelve words all begin with a capital, small words apart."""
    parts = words.split()
    if not 2 <= len(parts) <= 12 or parts[0] in _SMALL:
        return False
    return all(part in _SMALL or not part[0].islower() for part in parts)


def _is_prose(block: Block) -> bool:
    """Tell whether a block is a paragraph: long enough, with a sentence that ends."""
    length = block.span.end - block.span.start
    return length >= 60 and bool(re.search(r"[.!?:][\"”’')\]]*(?:\s|$)", "\n".join(block.words)))
