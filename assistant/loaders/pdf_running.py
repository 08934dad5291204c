"""Finds what is printed on page after page around the text: running heads, feet and page numbers.

They would stand in the middle of sentences that go on over a page, and every search for a chapter's words would find them.
A line is one when its words return near the same edge of three pages or more with no number in them changing but as pages or
chapters count, or when it is the page's number alone; and so is every line in a place that mostly holds such lines.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from assistant.loaders.pdf_lines import Line

_EDGE = 0.15  # of the page's height
_ROWS = 2
_PAGES = 3
_LONGEST_HEAD = 160
_LARGER = 1.12  # times the usual size: a chapter's title, not a running head
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p|s|pp|pg|página|pagina)\b\W*)?(?P<value>\d{1,5}|[ivxlc]{1,8})(?:\s*(?:of|von|de|/|\|)\s*\d{1,5})?\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line with its words and where it stands on a page as shown."""

    line: Line
    words: str
    page: int
    label: str
    height: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    printed: PrintedLine
    edge: str

    @property
    def slot(self) -> tuple[str, int, int]:
        """The place: edge, base line and size in points."""
        line = self.printed.line
        return self.edge, round(line.baseline / 2), round(line.size)

    @property
    def key(self) -> tuple[str, str]:
        """The words without their numbers."""
        return self.edge, _NUMBER.sub("#", self.printed.words.casefold())


def running_lines(pages: Sequence[Sequence[PrintedLine]]) -> set[int]:
    """Find running heads, feet and page numbers.

    :param pages: every page's lines.
    :returns: the `id` of each such `Line`; never all lines of a page.
    """
    usual = _usual_size(pages)
    candidates = [candidate for page in pages for candidate in _candidates(page, usual)]
    known = _repeated(candidates) | _page_numbers(candidates)
    known |= _in_such_places(candidates, known)
    found = {id(candidate.printed.line) for candidate in candidates if id(candidate.printed.line) in known}
    for page in pages:
        if all(id(printed.line) in found for printed in page):
            found -= {id(printed.line) for printed in page}
    return found


def _usual_size(pages: Sequence[Sequence[PrintedLine]]) -> float:
    return median([printed.line.size for page in pages for printed in page] or [10.0])


def _candidates(page: Sequence[PrintedLine], usual: float) -> Iterable[_Candidate]:
    """Yield the outermost lines near the upper and lower edge."""
    level = [printed for printed in page if printed.line.turns == 0]
    rows = sorted({round(printed.line.baseline) for printed in level})
    for edge, outermost in (("top", rows[-_ROWS:]), ("bottom", rows[:_ROWS])):
        for printed in level:
            base, height = printed.line.baseline, printed.height
            near = base > (1 - _EDGE) * height if edge == "top" else base < _EDGE * height
            modest = printed.line.size <= _LARGER * usual and len(printed.words) <= _LONGEST_HEAD
            if near and modest and round(base) in outermost:
                yield _Candidate(printed, edge)


def _repeated(candidates: Sequence[_Candidate]) -> set[int]:
    """Find words that return on several pages at about the same height."""
    groups: dict[tuple[str, str, int], list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        line = candidate.printed.line
        for height in {round(line.baseline / 12), round(line.baseline / 12 + 0.5)}:
            groups[*candidate.key, height].append(candidate)
    found = set()
    for group in groups.values():
        if len({candidate.printed.page for candidate in group}) >= _PAGES and _numbers_follow_pages(group):
            found |= {id(candidate.printed.line) for candidate in group}
    return found


def _numbers_follow_pages(group: Sequence[_Candidate]) -> bool:
    """Tell whether each number in these words stays the same, or grows with the pages as theirs or a chapter's does."""
    rows = sorted((one.printed.page, [int(n[:9]) for n in _NUMBER.findall(one.printed.words)]) for one in group)
    for column in range(len(rows[0][1])):
        numbers = [values[column] for _, values in rows]
        same = Counter(numbers).most_common(1)[0][1]
        grows = all(0 <= two[1][column] - one[1][column] <= two[0] - one[0] for one, two in pairwise(rows))
        if same < 0.7 * len(rows) and not grows:
            return False
    return True


def _page_numbers(candidates: Sequence[_Candidate]) -> set[int]:
    """Find lines that are a page's number alone: its label, its place in the file, or one that counts with the pages."""
    alone = [(one, match["value"]) for one in candidates if (match := _PAGE_NUMBER.fullmatch(one.printed.words))]
    steps = Counter(int(value) - one.printed.page for one, value in alone if value.isdecimal())
    return {
        id(one.printed.line)
        for one, value in alone
        if value.casefold() == one.printed.label.casefold()
        or value == str(one.printed.page)
        or (value.isdecimal() and steps[int(value) - one.printed.page] >= _PAGES)
    }


def _in_such_places(candidates: Sequence[_Candidate], known: set[int]) -> set[int]:
    """Find the lines of places that mostly hold running lines: heads that name a short section stand on one page alone."""
    places: dict[tuple[str, int, int], list[_Candidate]] = defaultdict(list)
    for candidate in candidates:
        places[candidate.slot].append(candidate)
    found = set()
    for group in places.values():
        running = sum(id(candidate.printed.line) in known for candidate in group)
        if running >= _PAGES and running >= 0.6 * len(group):
            found |= {id(one.printed.line) for one in group if not one.printed.words.endswith((".", ",", ";", ":"))}
    return found
