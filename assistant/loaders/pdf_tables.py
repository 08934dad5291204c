"""Tables whose cells have several lines: such a cell's lines, and the cells of a row, are joined to one line of the page.

The file mostly holds such a table cell by cell. Lines that follow each other downwards at one edge, each because the next
word had no room on the one before, are a *cell*; cells that follow each other to the right, at one height, are a row; and rows
that follow each other downwards with cells below cells are a table. What is written column by column, or line by line across
the cells, is not joined here, and neither are numbered paragraphs, which look like rows of two cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np

from assistant.loaders.pdf_lines import Blank, Line, Piece, gap

# All but the last three are times the letters' height.
_STEP = 1.7
"""From line to line within a cell at most."""
_SAME_PLACE = 0.5
"""Edges, or middles, of a cell's lines and of a column's cells are at most so far apart."""
_AT_AN_EDGE = 0.3
_WIDE = 0.4
"""A blank within running text is narrower, mostly even where lines are set to one width."""
_BETWEEN_COLUMNS = 1.0
"""From a full line of a cell to the next column at least."""
_BLANK = 0.25
_LIKE_HEIGHT = 1.17
_MARKER_LETTERS = 12
"""A list's marker or a paragraph's number has no more, and no blank."""
_MOST_LETTERS = 600
"""A row with more is no row but text in columns."""

_Cell = list[Line]
_Row = list[_Cell]


def joined_rows(runs: Sequence[Line]) -> list[Line]:
    """Join the lines of each row of a table in which cells have several lines.

    :param runs: what stands together on the page without a wide gap, in file order.
    :returns: the same, with one line for each row of such tables.
    """
    edges = _edges(runs)
    parts = [_parted(run, edges) for run in runs]
    whole = {id(part): run for run, some in zip(runs, parts, strict=True) for part in some}
    tables = list(_tables(list(_rows(_cells(list(chain.from_iterable(parts)))))))
    joined = {id(whole[id(line)]) for table in tables if len(table) > 1 for line in _lines(table)}
    found: dict[int, Line] = {}
    for table in tables:
        if len(table) > 1:
            found |= {id(row): _joined(row) for row in table}
        else:  # a run that was cut for nothing comes back whole
            lines = (line if id(whole[id(line)]) in joined else whole[id(line)] for line in _lines(table))
            found |= {id(line): line for line in lines}
    return list(found.values())


def is_table(rows: Sequence[Line]) -> bool:
    """Tell whether rows with cells below each other are enough for a table: three, or two with three cells."""
    return len(rows) >= 3 or (len(rows) == 2 and min(len(row.cells) for row in rows) >= 3)


def is_below(one: Line, two: Line) -> bool:
    """Tell whether two cells or more of a row share an edge or their middle with cells of the row above.

    :param one: the upper row.
    :param two: the lower one.
    :returns: whether both may be rows of one table.
    """
    near = _SAME_PLACE * max(one.size, two.size)
    edges = _extents(one)
    shared = 0
    for left, right in _extents(two):
        shared += any(min(abs(left - a), abs(right - b), abs(left + right - a - b) / 2) < near for a, b in edges)
    return shared >= 2


def _extents(row: Line) -> list[tuple[float, float]]:
    """Give the left and right edges of each cell."""
    found: list[tuple[float, float]] = []
    starts = {id(cell) for cell in row.cells}
    for piece in row.pieces:
        left, right = (piece.left, piece.right) if id(piece) in starts else found.pop()
        found.append((min(left, piece.left), max(right, piece.right)))
    return found


# ---- cells that nearly touch ----


def _edges(runs: Sequence[Line]) -> list[float]:
    """List where columns may begin: where two runs do that stand to the right of another."""
    places = np.array([(run.left, run.right, run.baseline, run.size) for run in runs]).reshape(-1, 4)
    lefts, rights, levels, sizes = places.T
    level = np.abs(levels[:, None] - levels) < _AT_AN_EDGE * sizes
    inner = np.sort(lefts[(level & (rights <= lefts[:, None])).any(axis=1)])
    near = np.diff(inner) < _AT_AN_EDGE * (np.median(sizes) if len(sizes) else 0)
    return sorted(set(inner[:-1][near].round(1).tolist()))


def _parted(run: Line, edges: Sequence[float]) -> list[Line]:
    """Cut a run where, after more white than words have between them, it goes on at the edge of a column."""
    for number, piece in enumerate(run.pieces):
        before, rest = run.pieces[:number], run.pieces[number:]
        if before and _is_at_edge(piece, Blank(gap(before[-1], piece), piece.left), edges):
            return [Line(before).measure(), *_parted(Line(rest).measure(), edges)]
        for at, blank in piece.blanks.items():
            if _is_at_edge(piece, blank, edges):
                head, tail = _cut(piece, at, blank)
                return [Line([*before, head]).measure(), *_parted(Line([tail, *rest[1:]]).measure(), edges)]
    return [run]


def _is_at_edge(piece: Piece, blank: Blank, edges: Sequence[float]) -> bool:
    near = _AT_AN_EDGE * piece.size
    return blank.width > _WIDE * piece.size and any(abs(blank.end - edge) < near for edge in edges)


def _cut(piece: Piece, at: int, blank: Blank) -> tuple[Piece, Piece]:
    before = {place: each for place, each in piece.blanks.items() if place < at}
    after = {place - at: each for place, each in piece.blanks.items() if place > at}
    head = replace(piece, members=piece.members[:at], blanks=before, right=blank.end - blank.width)
    return head, replace(piece, members=piece.members[at:], blanks=after, left=blank.end, led=True)


# ---- cells, rows and tables ----


def _cells(runs: Sequence[Line]) -> Iterator[_Cell]:
    """Gather lines that follow each other downwards at one edge, or about one middle."""
    cell: _Cell = []
    for run in runs:
        if cell and not _goes_on(cell, run):
            yield from _wrapped(cell)
            cell = []
        cell.append(run)
    if cell:
        yield from _wrapped(cell)


def _goes_on(cell: _Cell, run: Line) -> bool:
    """Tell whether a line may be a cell's next: of the same letters, one step below, and words where the first one is."""
    last = cell[-1]
    size = max(last.size, run.size)
    apart = (last.left - run.left, last.right - run.right, (last.left + last.right - run.left - run.right) / 2)
    below = 0 < last.baseline - run.baseline < _STEP * size and min(map(abs, apart)) < _SAME_PLACE * size
    return below and size < _LIKE_HEIGHT * min(last.size, run.size) and cell[0].pieces[0].is_words


def _wrapped(cell: _Cell, limit: float | None = None) -> Iterator[_Cell]:
    """Cut a cell after lines that had room for the next one's first word: there a new one was meant to begin.

    :param cell: lines below each other.
    :param limit: how far to the right they may reach; as far as the longest of them where that is not known.
    :yields: cells.
    """
    limit = max(line.right for line in cell) if limit is None else limit
    begun = 0
    for at, (one, two) in enumerate(pairwise(cell), start=1):
        centred = max(0.0, one.left - min(line.left for line in cell))
        if one.right + centred + _BLANK * one.size + _first_word(two) < limit:
            yield cell[begun:at]
            begun = at
    yield cell[begun:]


def _first_word(line: Line) -> float:
    """Measure a line's first word."""
    first = line.pieces[0]
    blank = next(iter(first.blanks.values()), None)
    return (blank.end - blank.width if blank else first.right) - first.left


def _rows(cells: Iterator[_Cell]) -> Iterator[_Row]:
    """Gather cells that follow each other to the right, at one height."""
    row: _Row = []
    for cell in cells:
        if row and not (_left(cell) > _right(row[-1]) and all(_are_beside(cell, other) for other in row)):
            yield row
            row = []
        if row:
            *above, last = _wrapped(row[-1], _left(cell) - _BETWEEN_COLUMNS * cell[0].size)
            if above:  # a line above the row, such as the table's heading; otherwise no row
                yield from ([each] for each in (*row[:-1], *above))
                if len(row) > 1 or not _are_beside(cell, last):
                    yield [last]
                    row = []
                else:
                    row = [last]
        row.append(cell)
    if row:
        yield row


def _tables(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Gather rows that make a table with a cell of several lines; every other row comes by itself."""
    run: list[_Row] = []
    for row in rows:
        if not (run and _is_next_row(run[-1], row)):
            yield from _checked(run)
            run = []
        run.append(row)
    yield from _checked(run)


def _is_next_row(upper: _Row, lower: _Row) -> bool:
    if min(len(upper), len(lower)) < 2 or min(_bottom(cell) for cell in upper) < max(_top(cell) for cell in lower):
        return False
    return is_below(_joined(upper), _joined(lower))


def _checked(rows: list[_Row]) -> Iterator[list[_Row]]:
    if len(rows) > 1 and any(map(_is_wrapped_text, chain.from_iterable(rows))) and not _are_items(rows):
        short = all(sum(map(_letters, row)) <= _MOST_LETTERS for row in rows)
        if short and is_table([_joined(row) for row in rows]):
            yield rows
            return
    yield from ([row] for row in rows)


def _are_items(rows: Sequence[_Row]) -> bool:
    """Tell numbered paragraphs and items of a list: two cells each, of which the first is one short word."""
    return all(
        len(row) == 2
        and len(row[0]) == 1
        and not any(piece.blanks for piece in row[0][0].pieces)
        and _letters(row[0]) <= _MARKER_LETTERS
        for row in rows
    )


def _is_wrapped_text(cell: _Cell) -> bool:
    """Tell a cell of several lines of words from a formula's parts and from a table of contents with its dots."""
    words = sum(len(piece.blanks) + 1 for line in cell for piece in line.pieces)
    return len(cell) > 1 and _letters(cell) >= 3 * words


def _joined(row: _Row) -> Line:
    """Make one line of a row, cell by cell."""
    pieces: list[Piece] = []
    for cell in row:
        first, *others = [piece for line in cell for piece in line.pieces]
        pieces += [replace(first, begins_cell=True), *others]
    return Line(pieces).measure()


def _lines(rows: Sequence[_Row]) -> Iterator[Line]:
    return (line for row in rows for cell in row for line in cell)


def _letters(cell: _Cell) -> int:
    return sum(len(piece.members) for line in cell for piece in line.pieces)


def _are_beside(one: _Cell, two: _Cell) -> bool:
    return min(_top(one), _top(two)) > max(_bottom(one), _bottom(two))


def _left(cell: _Cell) -> float:
    return min(line.left for line in cell)


def _right(cell: _Cell) -> float:
    return max(line.right for line in cell)


def _top(cell: _Cell) -> float:
    return cell[0].top


def _bottom(cell: _Cell) -> float:
    return cell[-1].bottom
