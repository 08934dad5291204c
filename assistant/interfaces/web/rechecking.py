"""Whether the sources of a kept conversation still say what was quoted: verified, changed or missing (`verifying`).

A source that is indexed from the very bytes it has now need not be read again: its stored text is compared. Others are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.kept_conversations import KeptTurn
from assistant.sources_folder import read_bytes, walk
from assistant.verifying import verify

if TYPE_CHECKING:
    from assistant.answering import Assistant


def recheck(assistant: Assistant, turns: Sequence[KeptTurn]) -> dict[str, list[str]]:
    """Compare every quote with today's sources.

    :param assistant: knows the sources.
    :param turns: kept answers.
    :returns: for each turn's id a state for each of its quotes, or of its closest passages.
    """
    quotes = {str(turn.id): [*turn.answer["quotes"], *turn.answer["closest"]] for turn in turns}
    texts = _texts_as_indexed(assistant, {quote["source"] for each in quotes.values() for quote in each})
    unread = [quote for each in quotes.values() for quote in each if quote["source"] not in texts]
    verdicts = iter(verify(assistant.settings, unread)) if unread else iter(())
    return {
        turn: [
            _state(texts[quote["source"]], quote) if quote["source"] in texts else next(verdicts).state
            for quote in each
        ]
        for turn, each in quotes.items()
    }


def _texts_as_indexed(assistant: Assistant, sources: set[str]) -> dict[str, str]:
    """Fetch the stored texts of those sources whose files are still the ones that were indexed."""
    files, _ = walk(assistant.settings.sources)
    paths = {file.source: file.path for file in files}
    texts = {}
    for source in sources & set(paths):
        try:
            document = assistant.document(source)
            now = hashlib.sha256(read_bytes(paths[source], assistant.settings.max_file_mb * 1_000_000)).hexdigest()
        except AssistantError:
            continue
        if now == document.sha256:
            texts[source] = document.text
    return texts


def _state(text: str, quote: Mapping[str, Any]) -> str:
    whole = quote["start"] >= 0 and quote["end"] - quote["start"] == len(quote["text"])
    return "verified" if whole and text.startswith(quote["text"], quote["start"]) else "changed"
