"""From a page's characters to its lines in reading order.

Characters become *pieces* (runs without a gap as wide as the letters are high), pieces on one base line become lines, and
lines stand in *regions*: a column, or what goes across all columns. Columns are found by the white gutter between them, after
the idea of the recursive X-Y cut (Nagy and Seth 1984), but a gutter may be crossed by titles and figures, and a table's
gutters are none: its cells are short or stand in the file row by row. Within a region the file's own order holds as
long as it runs downwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from statistics import median

import numpy as np

from assistant.loaders.pdf_characters import SKEWED, PageCharacters
from assistant.loaders.pdf_lines import Blank, Line, Piece, gap
from assistant.loaders.pdf_tables import joined_rows

_BLANKS = frozenset(map(ord, " \t\r\n\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"))
ACCENTS = list(map(ord, "`´ˆ˜¯˘˙¨˚ˇ¸˝"))
"""Accents that stand by themselves, which old fonts print over a letter."""

_LINE_ENDS = (10, 13)
_PIECE_GAP = 0.9  # times the letters' height: wider gaps may lie between columns or cells
_RUN_GAP = 1.0
_SHARED_HEIGHT = 0.5  # of the lower of two pieces, to stand on one line
_TOUCHING_HEIGHT = 0.2  # for an index or a fraction's part
_COLUMN_LINES = 4
_COLUMN_LETTERS = 20
_SHORT_COLUMN_LETTERS = 8
_SIGN_LETTERS = 4
_TEXT_LETTERS = 15
_CELL_LETTERS = 15
_TABLE_ROWS = 3
_MOST_TABLE_ROWS = 80
_MOST_DEPTH = 6


def lines_of(page: PageCharacters) -> list[Line]:
    """Find a page's lines in reading order.

    :param page: its characters.
    :returns: lines; those of other directions (a turned table, a stamp in the margin) follow the direction of most.
    """
    found: list[Line] = []
    inked = _inked(page)
    for turns in _directions(page.turns[inked]):
        pieces = _pieces(page, inked[page.turns[inked] == turns], turns)
        regions = [_runs(pieces)] if turns == SKEWED else [_lines_in_order(part) for part in _regions(_runs(pieces))]
        for lines in regions:
            number = found[-1].region + 1 if found else 0
            found += [_described(page, line, number, turns) for line in lines]
    return found


def _described(page: PageCharacters, line: Line, region: int, turns: int) -> Line:
    members = [index for piece in line.pieces for index in piece.members]
    line.region, line.turns = region, turns
    line.bold, line.typewriter = bool(page.bold[members].mean() > 0.8), bool(page.typewriter[members].mean() > 0.8)
    return line


def _directions(turns: np.ndarray) -> list[int]:
    """List the directions that occur, that of most characters first, the skewed last."""
    counts = np.bincount(turns, minlength=SKEWED + 1)
    return sorted(map(int, np.flatnonzero(counts)), key=lambda turn: (turn == SKEWED, -counts[turn], turn))


def _inked(page: PageCharacters) -> np.ndarray:
    """Give the indices of characters that print something."""
    return np.array([i for i, code in enumerate(page.codes.tolist()) if prints(code)], dtype=int)


@cache
def prints(code: int) -> bool:
    """Tell whether a code point is to be stored and no blank; pdfium's marks for hyphens (2, U+FFFE) are."""
    if code in (2, 0xFFFE):
        return True
    if code in _BLANKS or code == 0 or code > 0x10FFFF or code in (0xFEFF, 0xFFFF):
        return False
    return unicodedata.category(chr(code)) not in ("Cc", "Cs", "Cf") or code == 0xAD


# ---- characters to pieces ----


def _pieces(page: PageCharacters, members: np.ndarray, turns: int) -> list[Piece]:
    """Cut the characters of one direction, in file order, into pieces."""
    if not len(members):
        return []
    cells, boxes, (across, along) = _levelled(page, members, turns)
    sizes = cells[:, 3] - cells[:, 1]
    backward = np.array([_runs_backward(code) for code in page.codes[members].tolist()], bool)
    ahead = cells[1:, 0] - cells[:-1, 2]
    gaps = np.where(backward[1:] & backward[:-1], cells[:-1, 0] - cells[1:, 2], ahead)
    high = np.maximum(sizes[1:], sizes[:-1])
    accent = np.isin(page.codes[members], ACCENTS)
    accented = accent[1:] | accent[:-1]  # an accent is printed over its letter, and may be raised to it
    back, rise = np.where(accented, -1.5, -0.5), np.where(accented, 0.4, 0.2)
    apart = (gaps > _PIECE_GAP * high) | (gaps < back * high) | (np.abs(np.diff(along)) > rise * high)
    blank, ended = _between(page.codes, members)
    # pdfium also ends lines at exponents, so its line ends alone part nothing
    breaks = np.flatnonzero(ended if turns == SKEWED else apart) + 1
    spaced = blank | (ended & (gaps > 0.1 * high)) | (backward[1:] & backward[:-1] & (gaps > 0.3 * high))
    letters = _are_letters(page.codes[members])
    return [
        _piece(members, spaced, boxes, cells, along, sizes, backward, letters, start, end)
        for start, end in pairwise([0, *breaks.tolist(), len(members)])
    ]


def _piece(
    members: np.ndarray,
    spaced: np.ndarray,
    boxes: np.ndarray,
    cells: np.ndarray,
    along: np.ndarray,
    sizes: np.ndarray,
    backward: np.ndarray,
    letters: np.ndarray,
    start: int,
    end: int,
) -> Piece:
    cut = slice(start, end)
    size = _middle(sizes[cut])
    return Piece(
        members=members[cut].tolist(),
        blanks={
            at + 1: Blank(float(cells[start + at + 1, 0] - cells[start + at, 2]), float(cells[start + at + 1, 0]))
            for at in np.flatnonzero(spaced[start : end - 1]).tolist()
        },
        left=float(cells[cut, 0].min()),
        bottom=min(float(boxes[cut, 1].min()), _middle(cells[cut, 1])),
        right=float(cells[cut, 2].max()),
        top=_middle(cells[cut, 3]),
        baseline=_middle(along[cut]),
        size=max(size, 0.1),
        backward=bool(backward[cut].mean() > 0.5),
        led=start == 0 or bool(spaced[start - 1]),
        is_words=bool(letters[cut].mean() >= 0.5),
    )


def _are_letters(codes: np.ndarray) -> np.ndarray:
    """Tell letters, roughly: what is neither digit nor sign of ASCII."""
    return np.asarray((codes >= 0x80) | ((codes | 0x20) >= ord("a")) & ((codes | 0x20) <= ord("z")))


def _middle(values: np.ndarray) -> float:
    """Give a median, without the care that makes NumPy's own ten times slower."""
    return float(np.sort(values)[len(values) // 2])


def _levelled(
    page: PageCharacters, members: np.ndarray, turns: int
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Turn cells, boxes and base lines so that the words run level; cells that a font measures absurdly become the ink's."""
    boxes, cells = _turned(page.boxes[members], turns), _turned(page.cells[members], turns)
    points = _turned(np.tile(page.baselines[members], 2), turns)
    high, ink = cells[:, 3] - cells[:, 1], boxes[:, 3] - boxes[:, 1]
    codes = page.codes[members]
    telling = (ink > 0) & ((codes >= 0xC0) | ((codes >= 48) & (codes < 123)))  # letters, no dots
    usual = float(np.median(ink[telling])) if telling.any() else 5.0
    absurd = (high <= 0.1) | (high > np.maximum(5 * ink, 4 * usual)) | (cells[:, 2] <= cells[:, 0])
    cells[absurd] = boxes[absurd]
    flat = cells[:, 3] - cells[:, 1] < 0.1
    cells[flat, 3] = cells[flat, 1] + usual
    return cells, boxes, (points[:, 0], points[:, 1])


def _turned(boxes: np.ndarray, turns: int) -> np.ndarray:
    """Turn boxes back by ``turns`` quarters against the clock, about the origin."""
    left, bottom, right, top = boxes.T
    sides = [(left, bottom, right, top), (bottom, -right, top, -left), (-right, -top, -left, -bottom)]
    sides.append((-top, left, -bottom, right))
    return np.stack(sides[turns % 4], axis=1)


def _between(codes: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell for neighbouring members whether the file, or pdfium, has a blank or a line end between them."""
    is_blank = np.isin(codes, [code for code in _BLANKS if code not in _LINE_ENDS])
    is_end = np.isin(codes, _LINE_ENDS)
    blanks, ends = np.concatenate([[0], np.cumsum(is_blank)]), np.concatenate([[0], np.cumsum(is_end)])
    one, two = members[:-1], members[1:]
    return blanks[two] > blanks[one + 1], ends[two] > ends[one + 1]


@cache
def _runs_backward(code: int) -> bool:
    return code < 0x110000 and unicodedata.bidirectional(chr(code)) in ("R", "AL")


# ---- pieces to lines ----


def _runs(pieces: Iterable[Piece]) -> list[Line]:
    """Join pieces that follow each other in the file along one line, exponents and fractions included.

    The file's order is kept within a run: a formula's parts stand above and below each other, and only the file knows
    how they are read.
    """
    runs: list[list[Piece]] = []
    main: Piece | None = None
    for piece in pieces:
        if main is not None and _follows(runs[-1], main, piece):
            runs[-1].append(piece)
            main = max(main, piece, key=lambda one: len(one.members))
        else:
            runs.append([piece])
            main = piece
    return [Line(run).measure() for run in runs]


def _follows(run: Sequence[Piece], main: Piece, piece: Piece) -> bool:
    """Tell whether a piece goes on with a run: beside its end, or as a fraction's lower part within it."""
    last, size = run[-1], max(main.size, piece.size)
    beside = gap(last, piece) > -0.6 * size and (piece.left >= last.left or piece.backward)
    if beside and _shared(last, piece) >= _SHARED_HEIGHT and abs(last.baseline - piece.baseline) < 0.55 * size:
        return gap(last, piece) <= _RUN_GAP * size
    if _shared(main, piece) < _TOUCHING_HEIGHT or abs(main.baseline - piece.baseline) > size:
        return False
    if beside:
        return gap(last, piece) <= _RUN_GAP * size
    left, right = min(one.left for one in run), max(one.right for one in run)
    return left + 0.5 * size < piece.left < right and abs(last.baseline - piece.baseline) > 0.35 * size


def _shared(one: Piece, two: Piece) -> float:
    """Give the height two pieces share, as a ratio of the lower one's."""
    shared = min(one.top, two.top) - max(one.bottom, two.bottom)
    return shared / max(0.1, min(one.top - one.bottom, two.top - two.bottom))


def _rows(runs: Iterable[Line]) -> list[Line]:
    """Join runs that stand on one base line beside each other, such as the cells of a table.

    :param runs: in file order.
    :returns: lines in the order of their first run.
    """
    rows: list[list[Line]] = []
    for run in runs:
        if rows and all(_level_with(run, other) for other in rows[-1]):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [_across(row) for row in _beside_each_other(rows)]


def _beside_each_other(rows: list[list[Line]]) -> list[list[Line]]:
    """Join columns of short lines that the file holds one after the other, line for line: a table written by columns."""
    joined: list[list[Line]] = []
    at = 0
    while at < len(rows):
        partner = _partner(rows[at], joined)
        count = 0
        while partner is not None and partner + count < len(joined) and at + count < len(rows):
            if not _are_cells_of_one_row(joined[partner + count], rows[at + count]):
                break
            count += 1
        if partner is not None and count >= _TABLE_ROWS:
            for step in range(count):
                joined[partner + step] += rows[at + step]
        else:
            count = 1
            joined.append(rows[at])
        at += count
    return joined


def _partner(row: Sequence[Line], rows: Sequence[Sequence[Line]]) -> int | None:
    """Find the latest earlier row on the same base line."""
    if not _are_cells_of_one_row(row, ()):
        return None
    reach = range(len(rows) - 1, max(-1, len(rows) - _MOST_TABLE_ROWS), -1)
    return next((at for at in reach if _are_cells_of_one_row(rows[at], row)), None)


def _are_cells_of_one_row(one: Sequence[Line], two: Sequence[Line]) -> bool:
    short = all(_letters(run) <= _CELL_LETTERS for run in (*one, *two))
    return short and all(_level_with(a, b) for a in one for b in two)


def _level_with(one: Line, two: Line) -> bool:
    small, large = sorted((one.size, two.size))
    apart = max(one.left - two.right, two.left - one.right)
    return abs(one.baseline - two.baseline) < 0.25 * small and small > 0.7 * large and apart > -0.3 * small


def _across(row: list[Line]) -> Line:
    """Order a row from left to right, or from right to left when its script runs so."""
    pieces = [piece for run in row for piece in run.pieces]
    letters = sum(len(piece.members) for piece in pieces)
    backward = 2 * sum(len(piece.members) for piece in pieces if piece.backward) > letters
    ordered = sorted(row, key=lambda run: (-run.right if backward else run.left, run.order))
    return Line([piece for run in ordered for piece in run.pieces]).measure()


# ---- columns ----


def _regions(runs: Sequence[Line], depth: int = 0) -> Iterator[list[Line]]:
    """Yield columns, and what goes across them, in reading order."""
    gutter = _gutter(runs) if depth < _MOST_DEPTH else None
    if gutter is None:
        if runs:
            yield list(runs)
        return
    for column in _banded(runs, gutter):
        yield from _regions(sorted(column, key=lambda run: run.order), depth + 1)


def _banded(runs: Sequence[Line], gutter: float) -> Iterator[list[Line]]:
    """Cut runs into bands between those that cross the gutter; each band is read column by column."""
    crossing = sorted((run for run in runs if run.left < gutter < run.right), key=lambda run: -run.baseline)
    rest = sorted((run for run in runs if not run.left < gutter < run.right), key=lambda run: -run.baseline)
    waiting: list[Line] = []
    for run in [*crossing, None]:
        above = [other for other in rest if run is None or other.baseline > run.baseline]
        rest = rest[len(above) :]
        if above:
            if waiting:
                yield waiting
                waiting = []
            yield from filter(None, _sides(above, gutter))
        if run is not None:
            waiting.append(run)
    if waiting:
        yield waiting


def _sides(runs: Iterable[Line], gutter: float) -> tuple[list[Line], list[Line]]:
    left: list[Line] = []
    right: list[Line] = []
    for run in runs:
        (left if run.right <= gutter else right).append(run)
    return left, right


def _gutter(runs: Sequence[Line]) -> float | None:
    """Find where most lines lie on either side and few across, if both sides read like columns."""
    if len(runs) < 2 * _COLUMN_LINES:
        return None
    best, place = 0.0, None
    lefts, rights = np.array([run.left for run in runs]), np.array([run.right for run in runs])
    letters = np.array([_letters(run) for run in runs], float)
    for x in np.unique(np.round(rights + 0.5)):
        before, after = letters[rights <= x].sum(), letters[lefts >= x].sum()
        crossing = letters.sum() - before - after
        score = min(before, after) - crossing
        if score > best:
            best, place = score, float(x)
    if place is None:
        return None
    left, right = _sides([run for run in runs if not run.left < place < run.right], place)
    if not _are_columns(left, right, runs):
        return None
    inner, outer = _edges(left, right)
    return (inner + outer) / 2


def _edges(left: Sequence[Line], right: Sequence[Line]) -> tuple[float, float]:
    """Give the gutter's edges; a page number or sign standing in it does not count."""
    inner = max((run.right for run in left if _letters(run) > _SIGN_LETTERS), default=0.0)
    return inner, min((run.left for run in right if _letters(run) > _SIGN_LETTERS), default=0.0)


def _are_columns(left: Sequence[Line], right: Sequence[Line], runs: Sequence[Line]) -> bool:
    """Tell columns from a table's: long lines that fill their width, or a file that holds one side after the other."""
    if min(len(left), len(right)) < _COLUMN_LINES:
        return False
    size = median(run.size for run in runs)
    inner, outer = _edges(left, right)
    if outer - inner < 0.4 * size:
        return False
    if all(_is_prose(side, _COLUMN_LETTERS) and _is_filled(side) for side in (left, right)):
        return True
    in_file = sorted([(run.order, False) for run in left] + [(run.order, True) for run in right])
    changes = sum(one[1] != two[1] for one, two in pairwise(in_file))
    few = changes <= 1 + min(len(left), len(right)) // 4
    return few and all(_is_prose(side, _SHORT_COLUMN_LETTERS) for side in (left, right)) and not _aligned(left, right)


def _letters(run: Line) -> int:
    return sum(len(piece.members) for piece in run.pieces)


def _is_prose(side: Sequence[Line], letters: int) -> bool:
    """Tell whether most of the letters stand in lines at least so long; a table within a column has many short ones."""
    long = [run for run in side if _letters(run) >= letters]
    return len(long) >= _COLUMN_LINES and 2 * sum(map(_letters, long)) >= sum(map(_letters, side))


def _is_filled(side: Sequence[Line]) -> bool:
    """Tell whether a third of the long lines or more end near the right margin, as in running text."""
    ends = sorted(run.right for run in side if _letters(run) >= _COLUMN_LETTERS)
    left, edge = min(run.left for run in side), ends[int(0.9 * (len(ends) - 1))]
    return sum(end > edge - 0.1 * (edge - left) for end in ends) >= len(ends) / 3


def _aligned(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Tell whether most of the shorter side's lines have a partner on the same base line, as the rows of a table do."""
    few, many = sorted((left, right), key=len)
    levels = sorted(run.baseline for run in many)
    places = np.searchsorted(levels, [run.baseline for run in few])
    near = sum(
        min(abs(levels[i] - run.baseline) for i in (max(0, p - 1), min(p, len(levels) - 1))) < 0.1 * run.size
        for run, p in zip(few, places.tolist(), strict=True)
    )
    return bool(near > 0.7 * len(few))


# ---- the order within a region ----


def _lines_in_order(runs: Sequence[Line]) -> list[Line]:
    """Keep the file's order where its text runs downwards; otherwise go from top to bottom."""
    lines = sorted(_rows(joined_rows(runs)), key=lambda line: line.order)
    chunks = list(_downward(lines))
    if len(chunks) == 1:
        return lines
    chunks.sort(key=lambda chunk: (-max(line.top for line in chunk), chunk[0].order))
    if any(_interleave(one, two) for one, two in pairwise(chunks)):
        return sorted(lines, key=lambda line: (-line.baseline, line.left))
    return [line for chunk in chunks for line in chunk]


def _downward(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Cut where a line of text stands above the one before, and not beside it; labels and formulas may jump."""
    textual = [line for line in lines if _letters(line) >= _TEXT_LETTERS]
    telling = {id(line) for line in (textual if len(textual) >= 3 else lines)}
    chunk: list[Line] = []
    before: Line | None = None
    for line in lines:
        if id(line) in telling:
            if before is not None and _above(line, before):
                yield chunk
                chunk = []
            before = line
        chunk.append(line)
    yield chunk


def _above(line: Line, before: Line) -> bool:
    higher = line.baseline > before.baseline + 0.5 * max(line.size, before.size)
    return higher and min(line.right, before.right) > max(line.left, before.left)


def _interleave(upper: Sequence[Line], lower: Sequence[Line]) -> bool:
    """Tell whether two chunks share height and width."""
    if min(line.baseline for line in upper) >= max(line.baseline for line in lower):
        return False
    right = min(max(line.right for line in upper), max(line.right for line in lower))
    return right > max(min(line.left for line in upper), min(line.left for line in lower))
