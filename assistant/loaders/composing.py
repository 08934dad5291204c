"""Builds a stored text block by block, noting where each heading lies, so that no loader has to search for it again."""

from __future__ import annotations

import re

from assistant.datamodel import Heading, Span
from assistant.loaders.decoding import clean


class Composer:
    """Collects blocks in reading order; `text` joins them by a blank line."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._length = 0
        self.headings: list[Heading] = []

    def add(self, words: str, level: int | None = None) -> Span | None:
        """Append one block, cleaned and without blank edges.

        :param words: its text, lines separated by newlines.
        :param level: the level when the block is a heading (it then becomes one line).
        :returns: where the block lies in the text, None when nothing is left of it.
        """
        words = clean(words if level is None else " ".join(words.split()))
        words = re.sub(r"\A(?:[ \t]*\n)+", "", words.rstrip())
        if not words.strip():
            return None
        start = self._length + (2 if self._blocks else 0)
        span = Span(start, start + len(words))
        self._blocks.append(words)
        self._length = span.end
        if level is not None:
            lead = len(words) - len(words.lstrip())
            self.headings.append(Heading(level, Span(start + lead, span.end)))
        return span

    @property
    def text(self) -> str:
        """Everything added so far, blocks separated by one blank line."""
        return "\n\n".join(self._blocks)
