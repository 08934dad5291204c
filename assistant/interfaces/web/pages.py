"""Pictures of PDF pages: the file is compared with what was indexed, and drawn in the limited worker process."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from assistant.errors import UnreadableFile, UsageError
from assistant.interfaces.web.viewing import SourceChanged
from assistant.loaders.isolation import IsolatedReader, Limits
from assistant.settings import Settings
from assistant.sources_folder import read_bytes

WIDTHS = (400, 800, 1200, 1600, 2000, 2400)
"""Widths that are drawn, in pixels; others are rounded up, so that few pictures are kept."""
_KEPT_BYTES = 24_000_000
_SECONDS = 20

Key = tuple[str, int, int]


class PageImages:
    """Draws pages one at a time and keeps the latest pictures.

    :param settings: where the sources are, and what reading a file may take.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        limits = Limits(min(_SECONDS, settings.read_seconds), settings.read_memory_mb)
        self._reader = IsolatedReader(limits)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._kept_bytes = 0

    def picture(self, source: str, sha256: str, number: int, width: int) -> bytes:
        """Draw one page of a source.

        :param source: a source that is indexed; its path below the sources folder.
        :param sha256: hash of the bytes that were indexed.
        :param number: the page, from 1.
        :param width: of the picture, in pixels.
        :returns: a PNG file.
        :raises SourceChanged: when the file is no longer the one that was indexed.
        :raises UsageError: when the page cannot be drawn.
        """
        key = (sha256, number, next((drawn for drawn in WIDTHS if drawn >= width), WIDTHS[-1]))
        with self._lock:
            if key not in self._kept:
                self._remember(key, self._drawn(source, key))
            self._kept.move_to_end(key)
            return self._kept[key]

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._reader.close()

    def _drawn(self, source: str, key: Key) -> bytes:
        sha256, number, width = key
        try:
            return self._reader.draw_page(sha256, lambda: self._read(source, sha256), number, width)
        except UnreadableFile as error:
            raise UsageError(str(error)) from error

    def _read(self, source: str, sha256: str) -> bytes:
        """Read the file, which must be the very bytes that were indexed, wherever a link may lead."""
        try:
            data = read_bytes(self._settings.sources / source, self._settings.max_file_mb * 1_000_000)
        except UnreadableFile as error:
            raise SourceChanged("The file is no longer there, so its pages cannot be shown.") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise SourceChanged("The file has changed since it was indexed; rebuild to see its pages.")
        return data

    def _remember(self, key: Key, picture: bytes) -> None:
        self._kept[key] = picture
        self._kept_bytes += len(picture)
        while len(self._kept) > 1 and self._kept_bytes > _KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])
