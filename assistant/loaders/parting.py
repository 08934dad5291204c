"""Builds a stored text of labelled parts: a composer that also notes where each slide, sheet, chapter or message begins.

The parts leave no gap and keep the order in which they were begun; one without text has an empty range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.datamodel import Part, PartKind, Span
from assistant.loaders.base import one_line
from assistant.loaders.composing import Composer
from assistant.wording import enumerated, runs_of

_LONGEST_LABEL = 120


@dataclass(slots=True)
class _Begun:
    kind: PartKind
    number: int
    label: str
    start: int | None = None


class PartedComposer(Composer):
    """A composer whose blocks belong to the part begun last."""

    def __init__(self) -> None:
        super().__init__()
        self._begun: list[_Begun] = []

    def begin(self, kind: PartKind, number: int, label: str) -> None:
        """Begin a part; what is added from now on belongs to it. An empty label becomes the number."""
        self._begun.append(_Begun(kind, number, one_line(label, _LONGEST_LABEL) or str(number)))

    def add(self, words: str, level: int | None = None) -> Span | None:
        """Append one block to the part begun last; see `Composer.add`."""
        span = super().add(words, level)
        if span is not None and self._begun and self._begun[-1].start is None:
            self._begun[-1].start = span.start
        return span

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts so far; together they are the whole text."""
        starts, following = [], self._length
        for begun in reversed(self._begun):
            following = following if begun.start is None else begun.start
            starts.append(following)
        edges = [*reversed(starts), self._length]
        edges[0] = 0
        return tuple(
            Part(begun.kind, begun.number, begun.label, Span(a, b))
            for begun, (a, b) in zip(self._begun, pairwise(edges), strict=True)
        )

    @property
    def empty_numbers(self) -> list[int]:
        """The numbers of the parts without text."""
        return [begun.number for begun in self._begun if begun.start is None]


def numbered(noun: str, numbers: Sequence[int], most: int = 12) -> str:
    """Write numbers compactly: "slides 3–17 and 40"; long lists end in a count.

    :param noun: what is numbered, in the singular.
    :param numbers: in ascending order, at least one.
    :param most: runs shown at most.
    :returns: the words.
    """
    shown = runs_of(numbers)
    if len(shown) > most:
        return f"{len(numbers)} {noun}s ({', '.join(shown[:most])} …)"
    return f"{noun}{'s' if len(numbers) > 1 else ''} {enumerated(shown)}"


def listed(names: Sequence[str], longest: int = 200) -> str:
    """Write names after each other, as many as fit, then how many more there are.

    :param names: at least one; each is brought onto one line.
    :param longest: characters at most, about.
    :returns: the words.
    """
    shown: list[str] = []
    for name in names:
        shown.append(one_line(name, 60) or "without a name")
        if len(", ".join(shown)) > longest:
            shown.pop()
            break
    left = len(names) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")
