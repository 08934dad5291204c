"""Asks a question in other styles: without its mark, in lower case, with a typing mistake, as keywords, as a sentence.

Used in training, so that no style says by itself whether a question has an answer, and in evaluation, for robustness.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_FUNCTION_WORDS = frozenset(
    "a an the is are was were be been am do does did has have had of in on at to for from by with and or as that this it its "
    "what which who whom whose when where why how can could will would should there their his her he she they you i we".split()
)
_LONG_WORD = re.compile(r"[A-Za-z]{4,}")


def plain(text: str, _: random.Random) -> str:
    """Leave the question as it is."""
    return text


def unmarked(text: str, _: random.Random) -> str:
    """Take the question mark off."""
    return text.rstrip("? ")


def lowered(text: str, _: random.Random) -> str:
    """Write it in lower case."""
    return text.lower()


def searched(text: str, _: random.Random) -> str:
    """Write it as people type into a search box: lower case, no mark."""
    return text.lower().rstrip("? ")


def mistyped(text: str, chance: random.Random) -> str:
    """Swap, drop or double one letter inside one longer word."""
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return text
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)
    changed = chance.choice((text[at + 1] + text[at], text[at + 1], text[at] * 2 + text[at + 1]))
    return text[:at] + changed + text[at + 2 :]


def keywords(text: str, _: random.Random) -> str:
    """Keep only the words that carry a meaning, without a mark; all of them if that leaves fewer than two."""
    words = text.rstrip("? ").split()
    kept = [word for word in words if word.lower().strip(",.'\"") not in _FUNCTION_WORDS]
    return " ".join(kept if len(kept) > 1 else words)


def written(text: str, _: random.Random) -> str:
    """Begin with a capital and end with a question mark."""
    return text[:1].upper() + text[1:].rstrip("? ") + "?"


Style = Callable[[str, random.Random], str]
PLAIN = plain.__name__
"""The style of a question as it was given."""
STYLES: dict[str, Style] = {style.__name__: style for style in (plain, unmarked, lowered, mistyped, keywords)}
"""Those whose effect on answers is evaluated."""
_TRAINED: tuple[tuple[Style, float], ...] = (
    (plain, 0.5), (written, 0.1), (unmarked, 0.07), (lowered, 0.05), (searched, 0.08), (mistyped, 0.1), (keywords, 0.1)
)  # fmt: skip


def any_style(text: str, chance: random.Random) -> str:
    """Ask in a style drawn at random, as it is half of the time."""
    styles, shares = zip(*_TRAINED, strict=True)
    style: Style = chance.choices(styles, shares)[0]
    return style(text, chance)
