"""Rows of cells as text: one row per line, cells joined by " | ", the header row as the heading that rows stand under.

A row is one line, so that it can be quoted as a whole; line breaks inside a cell become blanks. Empty cells keep their
place between filled ones, so that columns can be counted. A header is only marked where the rows below leave little
doubt, since headings are not quoted as answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from assistant.datamodel import Rows
from assistant.loaders.composing import Composer

SEPARATOR = " | "

_MOST_BLANKS = 20  # more empty cells in a row are dropped: a cell at the far corner of a sheet has 16,383 before it
_LOOKED_AT = 12
_LONGEST_HEADER_CELL = 60
_VALUE = re.compile(
    r"[-+(]?[$€£]?\s?\d[\d.,\s'’]*%?\)?|\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}|true|false|n/?a|-",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_.-]*")
_ENDS_A_SENTENCE = re.compile(r"[.!?;]$")


def row_line(cells: Sequence[str]) -> str:
    """Join the cells of one row.

    :param cells: their texts, empty ones included.
    :returns: one line; empty when no cell has text.
    """
    kept: list[str] = []
    blanks = 0
    for cell in (" ".join(cell.split()) for cell in cells):
        if not cell:
            blanks += 1
            continue
        kept += [""] * blanks if kept and blanks <= _MOST_BLANKS else []
        kept.append(cell)
        blanks = 0
    return " ".join(SEPARATOR.join(kept).split())


def add_rows(
    composer: Composer, rows: Iterable[tuple[int, Sequence[str]]], header_level: int | None = None
) -> list[Rows]:
    """Append a table: rows that follow each other as one block, a row with a single cell as a block of its own.

    :param composer: what to append to.
    :param rows: each row with its number; one without text ends a block, and numbers leap only there.
    :param header_level: level for the header row's heading; None marks no header.
    :returns: which lines are which rows.
    """
    stream = iter(rows)
    head = list(islice(stream, _LOOKED_AT))
    header = _header_index([row for _, row in head]) if header_level is not None else None
    table = _Table(composer)
    for index, (number, row) in enumerate(chain(head, stream)):
        line = row_line(row)
        if index == header or SEPARATOR not in line:
            table.end()
            table.add(number, [line], header_level if index == header else None)
        else:
            table.append(number, line)
    table.end()
    return table.rows


class _Table:
    """Gathers lines into blocks and notes where each block's rows lie."""

    def __init__(self, composer: Composer) -> None:
        self.rows: list[Rows] = []
        self._composer = composer
        self._lines: list[str] = []
        self._first = 0

    def append(self, number: int, line: str) -> None:
        """Add a line to the open block."""
        self._first = self._first if self._lines else number
        self._lines.append(line)

    def end(self) -> None:
        """Close the open block."""
        self.add(self._first, self._lines)
        self._lines = []

    def add(self, number: int, lines: list[str], level: int | None = None) -> None:
        """Add lines as a block of its own."""
        span = self._composer.add("\n".join(lines), level)
        if span is not None:
            self.rows.append(Rows(span, number))


def _header_index(rows: Sequence[Sequence[str]]) -> int | None:
    """Find the header: the first row with several cells, if it names columns and the rows below hold values."""
    for index, row in enumerate(rows):
        if len(_filled(row)) > 1:
            below = [other for other in rows[index + 1 :] if len(_filled(other)) > 1]
            return index if below and _is_header(row, below) else None
    return None


def _is_header(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    cells = _filled(row)
    named = all(
        len(cell) <= _LONGEST_HEADER_CELL and not _VALUE.fullmatch(cell) and not _ENDS_A_SENTENCE.search(cell)
        for cell in cells
    )
    return named and len(set(cells)) == len(cells) and _differs(cells, list(_columns(row, below)))


def _differs(cells: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Tell whether columns differ from their names: values under words, much longer texts, words under identifiers."""
    if any(column and all(map(_VALUE.fullmatch, column)) for column in columns):
        return True
    texts = [cell for column in columns for cell in column]
    if all(map(_IDENTIFIER.fullmatch, cells)) and not all(map(_IDENTIFIER.fullmatch, texts)):
        return True
    return sum(map(len, texts)) * len(cells) > 2 * sum(map(len, cells)) * len(texts)


def _columns(row: Sequence[str], below: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """Yield the filled cells under each filled cell of a row."""
    for position, name in enumerate(row):
        if name.strip():
            yield _filled([other[position] for other in below if position < len(other)])


def _filled(row: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in row if cell.strip()]
