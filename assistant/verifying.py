"""Re-checks saved answers against today's sources: does each quote still stand there, word for word?

Each source is read again as a build reads it, and the quoted words are compared with what now stands at their place: a file that
changed elsewhere keeps its quotes verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.datamodel import Document
from assistant.errors import UnreadableFile, UsageError
from assistant.loaders.isolation import IsolatedReader, Limits
from assistant.settings import Settings
from assistant.sources_folder import read_bytes, walk

State = Literal["verified", "changed", "missing"]
_FIELDS = {"source": str, "start": int, "end": int, "text": str, "sha256": str}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a saved quote still stands in its source: verified, changed (other words there), or missing (no such file)."""

    source: str
    start: int
    end: int
    state: State


def saved_quotes(path: Path) -> list[Mapping[str, Any]]:
    """Read the quotes out of saved answers.

    :param path: one ``ask --json`` object, or JSON lines of them.
    :returns: the quotes of all answers, or their closest passages where they abstained, in the file's order.
    :raises UsageError: when the file is neither.
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The file {path.name!r} cannot be read ({type(error).__name__}); give the output of `ask --json`."
        ) from error
    quotes = [
        quote for answer in _answers(content, path.name) for quote in [*answer["quotes"], *answer.get("closest", ())]
    ]
    for quote in quotes:
        if not isinstance(quote, dict) or any(type(quote.get(name)) is not kind for name, kind in _FIELDS.items()):
            raise UsageError(
                f"A quote in {path.name!r} lacks source, start, end, text or sha256; give the output of `ask --json`."
            )
    return quotes


def verify(settings: Settings, quotes: list[Mapping[str, Any]]) -> list[Verdict]:
    """Compare saved quotes with today's sources.

    :param settings: where the sources are.
    :param quotes: as `saved_quotes` gives them.
    :returns: one verdict a quote, in the same order.
    :raises UsageError: when there is no sources folder.
    """
    if not settings.sources.is_dir():
        raise UsageError(f"The sources folder {str(settings.sources)!r} does not exist; name another with --sources.")
    with IsolatedReader(Limits.from_settings(settings)) as reader:
        folder = _Sources(settings, reader)
        return [Verdict(q["source"], q["start"], q["end"], folder.state(q)) for q in quotes]


class _Sources:
    """Today's files, each read once."""

    def __init__(self, settings: Settings, reader: IsolatedReader) -> None:
        self._reader = reader
        self._max_bytes = settings.max_file_mb * 1_000_000
        files, _ = walk(settings.sources)
        self._paths = {file.source: file.path for file in files}
        self._documents: dict[str, Document | None] = {}

    def state(self, quote: Mapping[str, Any]) -> State:
        source = quote["source"]
        if source not in self._paths:
            return "missing"
        if source not in self._documents:
            self._documents[source] = self._read(source)
        document = self._documents[source]
        start, end, words = quote["start"], quote["end"], quote["text"]
        whole = start >= 0 and end - start == len(words)  # a slice also takes offsets from the end, or beyond it
        return "verified" if whole and document is not None and document.text.startswith(words, start) else "changed"

    def _read(self, source: str) -> Document | None:
        try:
            return self._reader.load_document(source, read_bytes(self._paths[source], self._max_bytes))
        except UnreadableFile:
            return None


def _answers(content: str, name: str) -> Iterator[Mapping[str, Any]]:
    """Take one JSON document, or one a line."""
    try:
        values = [json.loads(content)]
    except (ValueError, RecursionError):
        try:
            values = [json.loads(line) for line in content.split("\n") if line.strip()]
        except (ValueError, RecursionError):
            raise UsageError(f"The file {name!r} is not JSON; give the output of `ask --json`.") from None
    if not values:
        raise UsageError(f"The file {name!r} is empty; give the output of `ask --json`.")
    for value in values:
        if isinstance(value, dict) and "error" in value and "quotes" not in value:
            continue  # a line of a batch that could not be asked
        lists = [value.get("quotes"), value.get("closest", [])] if isinstance(value, dict) else [None]
        if not all(isinstance(each, list) for each in lists):
            raise UsageError(f"The file {name!r} holds something other than answers; give the output of `ask --json`.")
        yield value
