"""Walks the sources folder and opens its files, so that nothing outside it is ever read and nothing blocks.

Links are not followed, only regular files are opened, and a file's size is checked before its first byte is read.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import UnreadableFile

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """One regular file: its path below the folder with ``/`` between names (the identity), where it lies, how big it
    is in bytes, and when it was last changed, in nanoseconds.
    """

    source: str
    path: Path
    size: int
    modified_ns: int


def walk(folder: Path) -> tuple[list[SourceFile], list[tuple[str, str]]]:
    """List the files of a folder and what lies there but is not read.

    Hidden files and folders (names with one leading dot) are left out silently.

    :param folder: the sources folder; it may itself be a link.
    :returns: files, and pairs of source and reason for everything else; both sorted by source.
    :raises NotADirectoryError: when ``folder`` is a file.
    :raises FileNotFoundError: when it does not exist.
    """
    files: list[SourceFile] = []
    refused: list[tuple[str, str]] = []
    waiting = [(folder, "")]
    while waiting:
        place, prefix = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError:
            if not prefix:
                raise
            refused.append((prefix.rstrip("/"), "The folder cannot be opened; check its permissions."))
            continue
        for entry in entries:
            _sort_out(entry, prefix, files, refused, waiting)
    return sorted(files), sorted(refused)


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Read a whole regular file that is not too large.

    :param path: the file; its last part must not be a link.
    :param max_bytes: the largest size that is read.
    :returns: the bytes.
    :raises UnreadableFile: for links, devices, files that are too large, unreadable or gone.
    """
    try:
        before = os.lstat(path)
        # O_NONBLOCK: opening a FIFO that took the file's place must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"The file cannot be opened: {_why(error)}.") from None
    try:
        _check(os.fstat(descriptor), before, max_bytes)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    except (OSError, MemoryError) as error:
        raise UnreadableFile(f"The file cannot be read: {_why(error)}.") from None
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise UnreadableFile(_too_large(len(data), max_bytes))
    return data


def _sort_out(
    entry: os.DirEntry[str],
    prefix: str,
    files: list[SourceFile],
    refused: list[tuple[str, str]],
    waiting: list[tuple[Path, str]],
) -> None:
    """Put one directory entry where it belongs."""
    if is_hidden(entry.name):
        return
    source = prefix + entry.name
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as error:
        refused.append((source, f"The file cannot be looked at: {_why(error)}."))
        return
    if stat.S_ISDIR(found.st_mode):
        waiting.append((Path(entry.path), source + "/"))
    elif reason := _refusal(entry.name, found.st_mode):
        refused.append((source, reason))
    else:
        files.append(SourceFile(source, Path(entry.path), found.st_size, found.st_mtime_ns))


def is_hidden(name: str) -> bool:
    """Tell names with one leading dot; several dots are an odd name, not a hidden one."""
    return name.startswith(".") and not name.startswith("..")


def _refusal(name: str, mode: int) -> str | None:
    """Say why an entry that is no folder is not read."""
    if stat.S_ISLNK(mode):
        return "A link is not followed; copy the file into the sources folder."
    if not stat.S_ISREG(mode):
        return f"Only regular files are read, and this is {_kind(mode)}."
    if name.startswith("~$"):
        return "A lock file of an office program is not a document."
    return None


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a named pipe"
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _check(found: os.stat_result, before: os.stat_result, max_bytes: int) -> None:
    """Refuse what is no regular file, was exchanged while opening, or is too large.

    :param found: the opened file.
    :param before: what stood at its path just before.
    :param max_bytes: the largest size that is read.
    :raises UnreadableFile: with the reason.
    """
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFile(f"Only regular files are read, and this is {_kind(found.st_mode)}.")
    if (found.st_dev, found.st_ino) != (before.st_dev, before.st_ino):
        raise UnreadableFile("The file was exchanged while it was being opened; build again.")
    if found.st_size > max_bytes:
        raise UnreadableFile(_too_large(found.st_size, max_bytes))


def _too_large(size: int, max_bytes: int) -> str:
    """Name the size, rounded up so that it never equals the limit, and the setting."""
    limit = f"{max_bytes / MEGABYTE:g}"
    return f"The file is {-(-size // MEGABYTE)} MB; files above {limit} MB are not read; raise max_file_mb."


def _why(error: Exception) -> str:
    """Give the system's words for an error, without the path."""
    return (getattr(error, "strerror", None) or "the system refused it").lower()
