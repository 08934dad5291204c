"""Follows the sources folder with watchfiles, which asks the operating system and polls where that does not work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, watch

from assistant.sources_folder import is_hidden

_QUIET_MS = 800
"""A copy of many files is one change once nothing has moved for so long."""


def changes(folder: Path, stop: threading.Event | None = None) -> Iterator[int]:
    """Wait for changes in a folder, again and again.

    :param folder: the sources folder, which exists.
    :param stop: set by another thread to end it; Ctrl+C ends it too.
    :yields: how many files changed since the last time; hidden ones, which are no sources, do not count.
    """
    for found in watch(folder, watch_filter=_is_source, step=_QUIET_MS, stop_event=stop, raise_interrupt=False):
        yield len(found)


def _is_source(_: Change, path: str) -> bool:
    return not is_hidden(Path(path).name)
