"""Tables whose cells have several lines: such a cell's lines, and the cells of a row, are joined to one line of the page.

The file mostly holds such a table cell by cell. So lines that follow each other downwards at one edge are a *cell*; cells that
follow each other to the right, beside each other, are a row; and rows that follow each other downwards with cells below
cells are a table. Paragraphs of running text never are: their rows have one cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from assistant.loaders.pdf_lines import Blank, Line, Piece

_STEP = 1.7  # times the letters' height: from line to line within a cell
_AT_ONE_EDGE = 0.5
_SAME_EDGE = 0.3
_WIDE = 0.4
_SHORT = 0.6
_MARKER_LETTERS = 4
_LONG_WORDS = 3
"""Letters of a word in running text, at least."""
_MOST_LETTERS = 600
"""A row with more is no row but text in columns."""

_Cell = list[Line]


def joined_rows(runs: Sequence[Line]) -> list[Line]:
    """Join the lines of each row of a table in which cells have several lines.

    :param runs: what stands together on the page without a wide gap, in file order.
    :returns: the same, with one line for each row of such tables.
    """
    found: list[Line] = []
    edges = _edges(runs)
    for table in _tables(list(_rows(_cells([part for run in runs for part in _parted(run, edges)])))):
        cells = [cell for row in table for cell in row]
        if len(table) > 1 and any(map(_is_wrapped_text, cells)):
            found += [_joined(row) for row in table]
        else:
            found += [line for cell in cells for line in cell]
    return found


def is_table(rows: Sequence[Line]) -> bool:
    """Tell whether rows with cells below each other are enough for a table: three, or two with three cells."""
    return len(rows) >= 3 or (len(rows) == 2 and min(len(row.cells) for row in rows) >= 3)


def is_below(one: Line, two: Line) -> bool:
    """Tell whether two cells or more of a row share an edge or their middle with cells of the row above.

    :param one: the upper row.
    :param two: the lower one.
    :returns: whether both may be rows of one table.
    """
    near = 0.5 * max(one.size, two.size)
    edges = [(cell.left, cell.right) for cell in _whole_cells(one)]
    shared = 0
    for left, right in ((cell.left, cell.right) for cell in _whole_cells(two)):
        shared += any(min(abs(left - a), abs(right - b), abs(left + right - a - b) / 2) < near for a, b in edges)
    return shared >= 2


def _whole_cells(line: Line) -> list[Piece]:
    """Unite the pieces of each cell."""
    cells: list[Piece] = []
    starts = {id(cell) for cell in line.cells}
    for piece in line.pieces:
        if id(piece) in starts:
            cells.append(Piece(piece.members, piece.blanks, piece.left, 0.0, piece.right, 0.0, 0.0, piece.size))
        else:
            cells[-1].right = max(cells[-1].right, piece.right)
    return cells


def _edges(runs: Sequence[Line]) -> list[float]:
    """List where columns may begin: where two runs do that stand to the right of another."""
    outermost: dict[int, float] = {}
    for run in runs:
        outermost[round(run.baseline)] = min(run.left, outermost.get(round(run.baseline), run.left))
    lefts = sorted(run.left for run in runs if run.left > outermost[round(run.baseline)])
    return [one for one, two in pairwise(lefts) if two - one < _SAME_EDGE * runs[0].size]


def _parted(run: Line, edges: Sequence[float]) -> list[Line]:
    """Cut a run where, after more white than words have between them, it goes on at the edge of a column."""
    for number, piece in enumerate(run.pieces):
        for at, blank in piece.blanks.items():
            is_wide = blank.width > _WIDE * piece.size
            if is_wide and any(abs(blank.end - edge) < _SAME_EDGE * piece.size for edge in edges):
                head, tail = _cut(piece, at, blank)
                one, two = Line([*run.pieces[:number], head]), Line([tail, *run.pieces[number + 1 :]])
                return [one.measure(), *_parted(two.measure(), edges)]
    return [run]


def _cut(piece: Piece, at: int, blank: Blank) -> tuple[Piece, Piece]:
    before = {place: each for place, each in piece.blanks.items() if place < at}
    after = {place - at: each for place, each in piece.blanks.items() if place > at}
    head = replace(piece, members=piece.members[:at], blanks=before, right=blank.end - blank.width)
    return head, replace(piece, members=piece.members[at:], blanks=after, left=blank.end, led=True)


def _cells(runs: Sequence[Line]) -> Iterator[_Cell]:
    """Gather lines that follow each other downwards at one edge, or about one middle."""
    cell: _Cell = []
    for run in runs:
        if cell and not _goes_on(cell[-1], run):
            yield cell
            cell = []
        cell.append(run)
    if cell:
        yield cell


def _goes_on(one: Line, two: Line) -> bool:
    size = max(one.size, two.size)
    apart = (one.left - two.left, one.right - two.right, (one.left + one.right - two.left - two.right) / 2)
    return 0 < one.baseline - two.baseline < _STEP * size and min(map(abs, apart)) < _AT_ONE_EDGE * size


def _rows(cells: Iterator[_Cell]) -> Iterator[list[_Cell]]:
    """Gather cells that follow each other to the right, at one height."""
    row: list[_Cell] = []
    for cell in cells:
        if row and not (_left(cell) > _right(row[-1]) and all(_are_beside(cell, other) for other in row)):
            yield row
            row = []
        if len(row) == 1 and _is_headed(row[0], cell):
            yield [row[0][:1]]
            row = [row[0][1:]]
        row.append(cell)
    if row:
        yield row


def _is_headed(cell: _Cell, following: _Cell) -> bool:
    """Tell whether a cell's first line is a short one above the row, such as the table's heading."""
    if len(cell) == 1 or following[0].top > cell[0].bottom:
        return False
    return cell[0].right - cell[0].left < _SHORT * (cell[1].right - cell[1].left)


def _is_wrapped_text(cell: _Cell) -> bool:
    """Tell a cell of several lines of words from a formula's parts and from a table of contents with its dots."""
    pieces = [piece for line in cell for piece in line.pieces]
    words = sum(len(piece.blanks) + 1 for piece in pieces)
    return len(cell) > 1 and sum(len(piece.members) for piece in pieces) >= _LONG_WORDS * words


def _tables(rows: Sequence[list[_Cell]]) -> Iterator[list[list[_Cell]]]:
    """Gather rows that make a table; every other row comes by itself."""
    run: list[list[_Cell]] = []
    for row in rows:
        if not (run and _is_next_row(run[-1], row)):
            yield from _checked(run)
            run = []
        run.append(row)
    yield from _checked(run)


def _is_next_row(upper: list[_Cell], lower: list[_Cell]) -> bool:
    if _is_item(upper) or _is_item(lower) or min(_bottom(cell) for cell in upper) < max(_top(cell) for cell in lower):
        return False
    return is_below(_joined(upper), _joined(lower))


def _is_item(row: list[_Cell]) -> bool:
    """Tell text, and an item of a list with its marker, from a row."""
    return len(row) == 1 or (len(row) == 2 and sum(len(piece.members) for piece in row[0][0].pieces) <= _MARKER_LETTERS)


def _checked(rows: list[list[_Cell]]) -> Iterator[list[list[_Cell]]]:
    short = all(
        sum(len(piece.members) for cell in row for line in cell for piece in line.pieces) <= _MOST_LETTERS
        for row in rows
    )
    if len(rows) > 1 and short and is_table([_joined(row) for row in rows]):
        yield rows
    else:
        yield from ([row] for row in rows)


def _joined(row: list[_Cell]) -> Line:
    """Make one line of a row, cell by cell."""
    pieces: list[Piece] = []
    for cell in row:
        first, *others = [piece for line in cell for piece in line.pieces]
        pieces += [replace(first, begins_cell=True), *others]
    return Line(pieces).measure()


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
