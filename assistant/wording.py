"""Small pieces of English that messages of several stages share."""

from __future__ import annotations

from collections.abc import Sequence


def count_of(number: int, noun: str) -> str:
    """Write a number with its noun: "1 page", "1,200 pages"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def runs_of(numbers: Sequence[int]) -> list[str]:
    """Write ascending numbers as runs: 3, 4, 5 and 9 become "3–5" and "9"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [f"{first}–{last}" if last > first else str(first) for first, last in runs]


def enumerated(words: Sequence[str]) -> str:
    """Join at least one word as in a sentence: "a, b and c"."""
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]
