"""Tells whether a text looks like English, which the default model and reader know; anything else is found less well."""

from __future__ import annotations

import re

NOT_ENGLISH = "does not look like English, which the default model knows; its text will be found less well"

_WORD = re.compile(r"[^\W\d_]+")
_FUNCTION_WORDS = frozenset(
    "the of and to in a is that for it as was with be by on not are this or from at an which have has had were but they".split()
)
_SAMPLE_CHARS = 20_000
_FEWEST_WORDS = 40
_LEAST_SHARE = 0.12
"""English prose holds 25 to 45 % of these words, lists of names and numbers about 15 %, other languages under 8 %."""


def looks_english(text: str) -> bool:
    """Tell whether a text's first pages look like English, by its share of function words.

    :param text: any text.
    :returns: True for English, and for texts with too few words to tell.
    """
    words = [word.lower() for word in _WORD.findall(text[:_SAMPLE_CHARS])]
    if sum(map(len, words)) * 2 < len("".join(text[:_SAMPLE_CHARS].split())):
        return True  # mostly numbers and signs
    if len(words) < _FEWEST_WORDS and sum(map(len, words)) < 200:
        return True
    return sum(word in _FUNCTION_WORDS for word in words) >= _LEAST_SHARE * len(words)
