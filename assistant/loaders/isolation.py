"""Reads files in a process of their own, so that no file can stop, hang or exhaust the build (`worker` is that process).

One worker reads many files, since its start costs more than most files do, and is replaced after a failure, after a limit,
or after `FILES_EACH` files. It is a fresh process in a group of its own, not a fork of one that holds a model; the whole group
is killed when a file takes longer than allowed. What it answers is counted while it arrives and checked before it is believed.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from assistant.content_json import content_from_json
from assistant.datamodel import Document
from assistant.errors import UnreadableFile
from assistant.loaders.worker import send
from assistant.settings import Settings

FILES_EACH = 100
LARGEST_ANSWER_BYTES = 100_000_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"  # as in `pdf_page`, which is not imported here: it needs pdfium
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take: wall-clock seconds, megabytes of the worker's memory, characters of text."""

    seconds: float = 60
    megabytes: int = 1024
    characters: int = 20_000_000

    @classmethod
    def from_settings(cls, settings: Settings) -> Limits:
        """Take the limits that a user set."""
        return cls(settings.read_seconds, settings.read_memory_mb, settings.max_characters)

    def words(self) -> list[str]:
        """Give what the worker is told when it is started."""
        return [str(self.megabytes), str(self.characters)]


class IsolatedReader:
    """Turns bytes into documents in a worker process; use as a context manager.

    :param limits: what one file may take.
    :param command: how the worker is started, for tests.
    """

    def __init__(self, limits: Limits | None = None, command: list[str] | None = None) -> None:
        self._limits = limits or Limits()
        self._command = command or [sys.executable, "-m", "assistant.loaders.worker", *self._limits.words()]
        self._worker: subprocess.Popen[bytes] | None = None
        self._files = 0
        self._drawn_from = ""

    def __enter__(self) -> IsolatedReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        if self._worker is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._worker.pid, signal.SIGKILL)
        for pipe in (self._worker.stdin, self._worker.stdout):
            with suppress(OSError):
                pipe.close() if pipe else None
        self._worker.wait()
        self._worker = None

    def load_document(self, source: str, data: bytes) -> Document:
        """Read one source in the worker.

        :param source: its path below the sources folder.
        :param data: the whole file.
        :returns: the document.
        :raises UnreadableFile: when it cannot become a document, or not within the limits.
        """
        with self._watched():
            head, body = self._asked({"source": source}, data)
            text, glyphs = body[: head["text_bytes"]], body[head["text_bytes"] :]
            content = content_from_json(head["about"], text.decode("utf-8"), glyphs)
            return Document(source, hashlib.sha256(data).hexdigest(), content)

    def draw_page(self, sha256: str, read: Callable[[], bytes], number: int, width: int) -> bytes:
        """Draw one page of a PDF file in the worker.

        :param sha256: hash of the file's bytes; the same as the last time means that the worker still has it.
        :param read: gives the whole file, when it has to be sent.
        :param number: the page, from 1.
        :param width: of the picture, in pixels.
        :returns: a PNG file.
        :raises UnreadableFile: when there is no such page, or it cannot be drawn within the limits.
        """
        with self._watched():
            data = b"" if self._drawn_from == sha256 else read()
            self._drawn_from = ""
            _, picture = self._asked({"page": number, "width": width}, data)
            if not picture.startswith(PNG_SIGNATURE):
                raise ValueError("an answer that is no picture")
            self._drawn_from = sha256
            return picture

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Have a worker ready for one file, and end it when it fails or is late."""
        if self._worker is None or self._files >= FILES_EACH:
            self.close()
            self._start()
        self._files += 1
        try:
            yield
        except UnreadableFile:
            raise
        except TimeoutError:
            self.close()
            raise UnreadableFile(
                f"Reading the file took longer than the {self._limits.seconds:g} seconds allowed; raise read_seconds to wait."
            ) from None
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:  # it died, or answered something else
            self.close()
            raise UnreadableFile("The file made its reader fail or use up its memory; it may be damaged.") from error
        except BaseException:  # an answer that nobody waits for must not become the next file's
            self.close()
            raise

    def _start(self) -> None:
        self._files, self._drawn_from = 0, ""
        self._worker = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**_inherited(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def _asked(self, wanted: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        assert self._worker and self._worker.stdin and self._worker.stdout
        deadline = time.monotonic() + self._limits.seconds
        send(self._worker.stdin, wanted, data)
        head, body = _answer(self._worker.stdout.fileno(), deadline)
        if "reason" in head:
            raise UnreadableFile(_one_line(head["reason"]))
        return head, body


def _answer(pipe: int, deadline: float) -> tuple[dict[str, Any], bytes]:
    lengths = struct.unpack(">QQ", _exactly(pipe, 16, deadline))
    if max(lengths) > LARGEST_ANSWER_BYTES:
        raise ValueError("an answer longer than any file may give")
    head = json.loads(_exactly(pipe, lengths[0], deadline))
    if not isinstance(head, dict):
        raise TypeError("an answer of another form")
    return head, _exactly(pipe, lengths[1], deadline)


def _exactly(pipe: int, count: int, deadline: float) -> bytes:
    """Read so many bytes, and wait no longer than the deadline."""
    pieces: list[bytes] = []
    while count:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        piece = os.read(pipe, min(count, _PIECE))
        if not piece:
            raise EOFError
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())[:400]


def _inherited() -> dict[str, str]:
    """Hand on what Python needs to find itself, and nothing else."""
    wanted = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "PYTHONHASHSEED")
    return {name: os.environ[name] for name in wanted if name in os.environ}
