"""Writes the given passages as ordinary source files and finds them again in what the build stored.

Passages of one title become one plain text file, a blank line between them. The stored text is compared with what was
written by its visible characters, so a loader may treat blanks as it likes; any other difference stops the evaluation,
because a passage that is not where we think would silently count as a miss.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.datamodel import Span
from assistant.errors import AssistantError, UsageError
from assistant.evaluation.questions import GivenPassage

Layout = Mapping[str, tuple[GivenPassage, ...]]
"""The passages of each source, in the order they stand in it."""

_LONGEST_STEM_BYTES = 120
_SAFE_IN_NAMES = " -_,()&'"


@dataclass(frozen=True, slots=True)
class PlacedPassage:
    """Where a given passage stands in the stored text of its source."""

    id: str
    source: str
    span: Span


class Placement:
    """Answers which given passage a span of a source counts for: the one that it overlaps most."""

    def __init__(self, placed: Iterable[PlacedPassage]) -> None:
        self._placed: dict[str, list[PlacedPassage]] = defaultdict(list)
        for passage in sorted(placed, key=lambda passage: passage.span):
            self._placed[passage.source].append(passage)
        self._starts = {source: [item.span.start for item in row] for source, row in self._placed.items()}
        self._by_id = {item.id: item for row in self._placed.values() for item in row}

    def place_of(self, passage: str) -> PlacedPassage:
        """Say where a given passage stands.

        :param passage: its id.
        :returns: its source and span.
        """
        return self._by_id[passage]

    def passage_at(self, source: str, span: Span) -> str | None:
        """Find the given passage that the span overlaps most.

        :param source: the document's identity.
        :param span: a range of its stored text.
        :returns: the passage's id, the earlier one at a tie; None when the span touches none.
        """
        row, starts = self._placed.get(source, []), self._starts.get(source, [])
        touched = row[max(0, bisect_right(starts, span.start) - 1) : bisect_right(starts, span.end)]
        best = max(touched, key=lambda passage: passage.span.overlap(span), default=None)
        return best.id if best and best.span.overlap(span) else None


def lay_out(passages: Iterable[GivenPassage]) -> Layout:
    """Group the passages by title and give each title a file name that is safe and its own, whatever the file system.

    :param passages: in the order they shall stand in.
    :returns: the passages of each file name.
    """
    by_title: dict[str, list[GivenPassage]] = defaultdict(list)
    for passage in passages:
        by_title[passage.title].append(passage)
    names = _file_names(list(by_title))
    return {name: tuple(group) for name, group in zip(names, by_title.values(), strict=True)}


def write_sources(layout: Layout, folder: Path) -> None:
    """Write the sources; a file that already says the same stays untouched, so a kept folder is not read anew.

    :param layout: the passages of each file name.
    :param folder: made if missing.
    :raises UsageError: when the folder holds anything else, which would be searched too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if foreign := sorted(entry.name for entry in folder.iterdir() if entry.name not in layout):
        raise UsageError(f"{folder} holds {foreign[0]!r}, which is no part of these passages; choose an empty folder.")
    for name, passages in layout.items():
        content = "\n\n".join(passage.text for passage in passages).encode() + b"\n"
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def place(layout: Layout, stored: Mapping[str, str]) -> list[PlacedPassage]:
    """Find every given passage in the stored texts.

    :param layout: the passages of each source as written.
    :param stored: the stored text of each source.
    :returns: each passage with its span.
    :raises AssistantError: when a passage's words are not in the stored text, in order.
    """
    return [
        PlacedPassage(passage.id, source, span)
        for source, passages in layout.items()
        for passage, span in zip(passages, _spans(source, passages, stored[source]), strict=True)
    ]


def find_words(words: str, text: str, within: Span | None = None) -> Span | None:
    """Find words in a text by their visible characters, so that another line break does not hide them.

    :param words: what to look for.
    :param text: where to look.
    :param within: only in this range of it, everywhere when None.
    :returns: the first place, from the first to behind the last visible character; None when there is none.
    """
    within = within or Span(0, len(text))
    characters, positions = _visible(within.of(text))
    wanted, _ = _visible(words)
    start = characters.find(wanted)
    if start < 0 or not wanted:
        return None
    first, last = positions[start], positions[start + len(wanted) - 1]
    return Span(within.start + first, within.start + last + 1)


def _spans(source: str, passages: Sequence[GivenPassage], stored: str) -> list[Span]:
    """Locate the passages one behind the other by their visible characters."""
    characters, positions = _visible(stored)
    spans, cursor = [], 0
    for passage in passages:
        wanted, _ = _visible(passage.text)
        start = characters.find(wanted, cursor)
        if start < 0 or not wanted:
            raise AssistantError(
                f"The stored text of {source!r} does not hold passage {passage.id!r} as it was written; "
                "nothing can be measured until the loader keeps its words."
            )
        cursor = start + len(wanted)
        spans.append(Span(positions[start], positions[cursor - 1] + 1))
    return spans


def _visible(text: str) -> tuple[str, list[int]]:
    """Leave out blanks, control and format characters; say where each remaining one stood."""
    kept = [(at, character) for at, character in enumerate(text) if unicodedata.category(character)[0] not in "ZC"]
    return "".join(character for _, character in kept), [at for at, _ in kept]


def _file_names(titles: Sequence[str]) -> list[str]:
    """Name one file per title; titles that differ only by case or by unsafe characters get a number."""
    names: list[str] = []
    taken: set[str] = set()
    for title in titles:
        stem, number = _safe_stem(title), 1
        name = f"{stem}.txt"
        while name.casefold() in taken:
            number += 1
            name = f"{stem} ({number}).txt"
        taken.add(name.casefold())
        names.append(name)
    return names


def _safe_stem(title: str) -> str:
    """Keep letters, marks, digits and harmless punctuation; no hidden, empty or overlong name."""
    characters = unicodedata.normalize("NFC", title)
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" or c in _SAFE_IN_NAMES else "_" for c in characters)
    short = kept.encode()[:_LONGEST_STEM_BYTES].decode(errors="ignore")
    return short.strip(" _-") or "untitled"
