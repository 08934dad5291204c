"""The process that reads files and draws pages: ``python -m assistant.loaders.worker MEGABYTES CHARACTERS``.

It is started fresh, holds no model, and can hurt nobody: its memory and the files it may open are limited before the
first byte of a source is looked at, it may not write files, start programs or reach the network, and its parent
(`assistant.loaders.isolation`) ends it when it is late. A message is two lengths (8 bytes each, big-endian), JSON, raw bytes.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from typing import IO, Any

_FORBIDDEN = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "ftplib.",
    "urllib.",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_OPEN_FILES = 64


def main() -> None:
    """Read files until the parent closes the pipe."""
    megabytes, characters = int(sys.argv[1]), int(sys.argv[2])
    source, answer = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not look like an answer
    sys.dont_write_bytecode = True
    _limit(megabytes)
    import assistant.loaders  # before the door closes: importing opens files
    from assistant.loaders.pdf_page import PagePainter

    sys.addaudithook(_refuse)
    painter = PagePainter()
    while (message := receive(source)) is not None:
        wanted, data = message
        if "page" in wanted:
            send(answer, *_draw(painter, wanted, data))
        else:
            send(answer, *_read(assistant.loaders, wanted["source"], data, characters))


def send(stream: IO[bytes], head: dict[str, Any], data: bytes = b"") -> None:
    """Write one message: what it is about as JSON, and raw bytes.

    :param stream: a pipe.
    :param head: anything JSON can hold.
    :param data: bytes that follow it.
    """
    text = json.dumps(head).encode("ascii")
    stream.write(struct.pack(">QQ", len(text), len(data)) + text)
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one message, None at the end of the stream."""
    lengths = stream.read(16)
    if len(lengths) < 16:
        return None
    head, data = struct.unpack(">QQ", lengths)
    return json.loads(stream.read(head)), stream.read(data)


def _limit(megabytes: int) -> None:
    """Limit what this process can take from the machine; the parent, who knows when a file began, watches the time."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000, megabytes * 1_000_000))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    sys.setrecursionlimit(1000)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Stop what no loader has to do: reaching the network, starting programs, writing files."""
    writes = event == "open" and len(arguments) == 3 and isinstance(arguments[2], int) and arguments[2] & _WRITING
    if writes or event.startswith(_FORBIDDEN):
        raise PermissionError(f"a source tried to {event}")


def _read(loaders: Any, source: str, data: bytes, characters: int) -> tuple[dict[str, Any], bytes]:
    """Read one file: what is known of its text and the text, or the reason why there is none."""
    from assistant.content_json import content_json
    from assistant.errors import UnreadableFile

    try:
        content = loaders.load_document(source, data).content
        if len(content.text) > characters:
            raise UnreadableFile(
                f"The file holds {len(content.text):,} characters and {characters:,} are allowed; raise max_characters."
            )
        text = content.text.encode("utf-8")
        return {"about": content_json(content), "text_bytes": len(text)}, text + content.glyphs
    except UnreadableFile as error:
        return {"reason": str(error)}, b""
    except MemoryError:
        return {
            "reason": "Reading the file takes more memory than is allowed; raise read_memory_mb if you trust it."
        }, b""
    except Exception as error:  # a library gave up on the file in a way nobody foresaw
        return {"reason": f"The file could not be read ({type(error).__name__}); it may be damaged."}, b""


def _draw(painter: Any, wanted: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Draw one page: its picture, or the reason why there is none."""
    from assistant.errors import UnreadableFile

    try:
        return {}, painter.draw(data, wanted["page"], wanted["width"])
    except UnreadableFile as error:
        return {"reason": str(error)}, b""
    except MemoryError:
        return {"reason": "Drawing the page takes more memory than is allowed."}, b""
    except Exception as error:  # pdfium gave up on the page
        return {"reason": f"The page could not be drawn ({type(error).__name__}); the file may be damaged."}, b""


if __name__ == "__main__":
    main()
