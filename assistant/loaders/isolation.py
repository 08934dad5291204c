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
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from assistant.content_json import content_from_json
from assistant.datamodel import Content, Document
from assistant.errors import UnreadableFile
from assistant.loaders.worker import send
from assistant.settings import Settings

FILES_EACH = 100
LARGEST_ANSWER_BYTES = 100_000_000
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
        if self._worker is None or self._files >= FILES_EACH:
            self.close()
            self._start()
        self._files += 1
        try:
            return Document(source, hashlib.sha256(data).hexdigest(), self._asked(source, data))
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
        self._files = 0
        self._worker = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**_inherited(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )

    def _asked(self, source: str, data: bytes) -> Content:
        assert self._worker and self._worker.stdin and self._worker.stdout
        deadline = time.monotonic() + self._limits.seconds
        send(self._worker.stdin, {"source": source}, data)
        head, data = _answer(self._worker.stdout.fileno(), deadline)
        if "reason" in head:
            raise UnreadableFile(_one_line(head["reason"]))
        text, glyphs = data[: head["text_bytes"]], data[head["text_bytes"] :]
        return content_from_json(head["about"], text.decode("utf-8"), glyphs)


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
