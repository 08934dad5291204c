"""A page's *pieces*, characters without a wide gap between them, and the lines that they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

_CELL_GAP = 1.3


class Blank(NamedTuple):
    """White between two words of a piece: its width, and where the second begins."""

    width: float
    end: float


@dataclass(slots=True)
class Piece:
    """Characters that follow each other without a wide gap; ``members`` index the page's characters.

    ``blanks`` gives the blank before a position within ``members``; ``led`` tells whether the file has one, or pdfium
    ended a line, before the first; ``is_words`` whether most of it are letters; ``begins_cell`` whether a table's cell is
    known to begin here. Left, bottom, right and top are turned so that the words run level.
    """

    members: list[int]
    blanks: dict[int, Blank]
    left: float
    bottom: float
    right: float
    top: float
    baseline: float
    size: float
    backward: bool = False
    led: bool = False
    is_words: bool = True
    begins_cell: bool = False

    @property
    def order(self) -> int:
        """The place in the content stream."""
        return self.members[0]


@dataclass(slots=True)
class Line:
    """Pieces on one base line, in the order they are read. ``region`` counts the regions of a page."""

    pieces: list[Piece]
    region: int = 0
    turns: int = 0
    bold: bool = False
    typewriter: bool = False
    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0
    baseline: float = 0.0
    size: float = 0.0
    order: int = field(default=0)

    def measure(self) -> Line:
        """Take position and size from the pieces, those of the most letters counting most."""
        main = max(self.pieces, key=lambda piece: len(piece.members))
        self.left = min(piece.left for piece in self.pieces)
        self.right = max(piece.right for piece in self.pieces)
        self.bottom, self.top = main.bottom, main.top
        self.baseline, self.size = main.baseline, main.size
        self.order = min(piece.order for piece in self.pieces)
        return self

    @property
    def cells(self) -> list[Piece]:
        """The pieces that begin a cell: the first, and those that a wide gap precedes or that are known to."""
        following = (two for one, two in pairwise(self.pieces) if parts_cells(one, two, self.size))
        return [self.pieces[0], *following]


def gap(one: Piece, two: Piece) -> float:
    """Measure the white between two neighbours on a line, in whichever direction they run."""
    return max(two.left - one.right, one.left - two.right)


def parts_cells(one: Piece, two: Piece, size: float) -> bool:
    """Tell whether neighbours on a line are of two cells."""
    return two.begins_cell or gap(one, two) > _CELL_GAP * size
