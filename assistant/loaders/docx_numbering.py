"""The numbers and bullets that Word writes before list items and headings; the file holds only counting rules.

A paragraph names a list and a level; the list's definition gives each level's form ("%1.%2", lower roman, from 3).
Lawyers cite by these numbers, so they are part of the stored text. ECMA-376 part 1, 17.9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BULLET = "-"

_HIGHEST = 10_000
_MOST_LEVELS = 9
_ROMAN = [(1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")]
_ROMAN += [(10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")]


def roman(number: int) -> str:
    """Write a number from 1 in lower-case roman digits."""
    words = ""
    for value, digits in _ROMAN:
        words += digits * (number // value)
        number %= value
    return words


def letters(number: int) -> str:
    """Write a number from 1 as Word does with letters: a … z, aa, bb, …, zz, aaa."""
    return chr(ord("a") + (number - 1) % 26) * (1 + (number - 1) // 26)


_FORMS: dict[str, Callable[[int], str]] = {
    "lowerLetter": letters,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": lambda number: f"{number:02}",
    "none": lambda number: "",
}


@dataclass(frozen=True, slots=True)
class _Level:
    form: str
    pattern: str
    start: int


class Numbering:
    """Counts the paragraphs of every list; ask it once for each numbered paragraph, in document order.

    :param root: the numbering part's root element, None in a document without lists.
    """

    def __init__(self, root: Any) -> None:
        self._lists: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if root is not None:
            self._read(root)

    def marker(self, list_id: str, level: int) -> str:
        """Count one paragraph and give what stands before it.

        :param list_id: the list's id as the paragraph names it.
        :param level: its level from 0.
        :returns: "-", "3.", "(a)", "2.1"; empty for a list that is not numbered or unknown.
        """
        found = self._lists.get(list_id)
        form = found[1].get(level) if found else None
        if found is None or form is None:
            return ""
        if form.form == "bullet":
            return BULLET
        counts = self._counts.setdefault(found[0], {})
        counts[level] = min(counts.get(level, form.start - 1) + 1, _HIGHEST)
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        return self._written(form, found[1], counts)

    def _written(self, form: _Level, levels: dict[int, _Level], counts: dict[int, int]) -> str:
        words = form.pattern
        for level in range(_MOST_LEVELS):
            if (place := f"%{level + 1}") in words and level in levels:
                number = counts.get(level, levels[level].start)
                words = words.replace(place, _FORMS.get(levels[level].form, str)(number) if number > 0 else str(number))
        return " ".join(words.split())

    def _read(self, root: Any) -> None:
        """Read the definitions, and the lists that use them with their own starts."""
        abstract = {each.get(f"{W}abstractNumId"): _levels(each) for each in root.iter(f"{W}abstractNum")}
        for each in root.iter(f"{W}num"):
            list_id, used = each.get(f"{W}numId") or "", each.find(f"{W}abstractNumId")
            definition = used.get(f"{W}val") if used is not None else ""
            levels = dict(abstract.get(definition, {}))
            overrides = {_number(one.get(f"{W}ilvl")): one for one in each.iter(f"{W}lvlOverride")}
            for level, override in overrides.items():
                if level in levels:
                    levels[level] = _overridden(levels[level], override)
            # Lists of one definition go on counting where another stopped, unless they start anew.
            counter = f"list {list_id}" if overrides else f"definition {definition}"
            self._lists[list_id] = (counter, levels)


def _levels(definition: Any) -> dict[int, _Level]:
    return {_number(level.get(f"{W}ilvl")): _level(level) for level in definition.iter(f"{W}lvl")}


def _level(element: Any) -> _Level:
    start = element.find(f"{W}start")
    return _Level(
        _value(element, "numFmt") or "decimal",
        _value(element, "lvlText") or "",
        _number(start.get(f"{W}val"), 1) if start is not None else 1,
    )


def _overridden(level: _Level, override: Any) -> _Level:
    inner = override.find(f"{W}lvl")
    level = _level(inner) if inner is not None else level
    start = _value(override, "startOverride")
    return _Level(level.form, level.pattern, _number(start, level.start))


def _value(element: Any, name: str) -> str | None:
    found = element.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val")


def _number(words: str | None, default: int = 0) -> int:
    return int(words) if words and words.isascii() and words.isdigit() and len(words) < 6 else default
