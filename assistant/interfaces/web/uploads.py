"""Files that a person drops on the page or removes: safe names, moved into the sources folder, never over another file.

What is removed goes to the hidden folder ``.removed`` beside the sources, so that a slip can be mended.
"""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import UsageError
from assistant.interfaces.render import visible_name
from assistant.sources_folder import walk

MAX_FILES = 200
"""Most files of one upload (security.md, W9)."""
MAX_BATCH_BYTES = 500_000_000
"""Most bytes of one upload."""
REMOVED = ".removed"
_DEEPEST = 8
_MAX_NAME_BYTES = 180
_STAGING_PREFIX = ".uploading-"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that arrived: where it lies for now, and the name that the browser gave it, with the folders it came in."""

    path: Path
    given_name: str


def take_in(upload: Upload, folder: Path, max_file_mb: int) -> str:
    """Move one upload into the sources folder.

    :param upload: the file that arrived; it is gone from its place afterwards, whatever happened.
    :param folder: the sources folder.
    :param max_file_mb: size limit, megabytes.
    :returns: one sentence that says under which name it is kept.
    :raises UsageError: when it is too large.
    """
    name = safe_path(upload.given_name)
    try:
        if upload.path.stat().st_size > max_file_mb * 1_000_000:
            raise UsageError(f"{name} is larger than {max_file_mb} MB and was not added.")
        return _keep(upload.path, folder, name)
    finally:
        upload.path.unlink(missing_ok=True)


def _keep(arrived: Path, folder: Path, name: str) -> str:
    """Give the file the first free name; a hard link never replaces a file that is there, even in a race."""
    if not (folder / name).parent.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{name} was not added, because a folder of that name is a link that leads elsewhere.")
    with _staged(arrived, folder) as staged:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        for candidate in _candidates(name):
            target = folder / candidate
            if target.is_file() and not target.is_symlink() and filecmp.cmp(staged, target, shallow=False):
                return f"{candidate} is already among the sources."
            with contextlib.suppress(FileExistsError):
                os.link(staged, target)
                return _added(candidate, name)
    raise AssertionError("candidates never end")


def _added(candidate: str, name: str) -> str:
    renamed = f"Another {name} is there already, so this one was added as {candidate}."
    return f"Added {name}." if candidate == name else renamed


@contextlib.contextmanager
def _staged(arrived: Path, folder: Path) -> Iterator[Path]:
    """Copy the file, with its date, onto the disk of the sources under a hidden name, complete before it becomes visible."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, staged = tempfile.mkstemp(prefix=_STAGING_PREFIX, dir=folder)
    try:
        with os.fdopen(handle, "wb") as target, arrived.open("rb") as source:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        found = arrived.stat()
        os.utime(staged, ns=(found.st_atime_ns, found.st_mtime_ns))
        Path(staged).chmod(0o644)
        yield Path(staged)
    finally:
        Path(staged).unlink(missing_ok=True)


def _candidates(name: str) -> Iterator[str]:
    """Number a name before its suffix: ``a.pdf``, ``a (2).pdf``, ``a (3).pdf`` …."""
    yield name
    stem, suffix = os.path.splitext(name)
    number = 2
    while True:
        yield f"{stem} ({number}){suffix}"
        number += 1


def safe_path(given: str) -> str:
    """Reduce a path from outside to plain, visible folder names and a file name.

    :param given: anything, ``/`` between names.
    :returns: a relative path with ``/`` between names, at most eight of them: the last ones.
    """
    names = [part for part in given.replace("\\", "/").split("/") if part.strip(". ")]
    return "/".join(map(safe_name, names[-_DEEPEST:])) or "upload"


def remove(source: str, folder: Path) -> str:
    """Take a source away from the sources.

    :param source: its path below the sources folder.
    :param folder: the sources folder.
    :returns: one sentence that says where it is now.
    :raises UsageError: when there is no such file.
    """
    files, _ = walk(folder)
    path = next((file.path for file in files if file.source == source), None)
    if path is None:
        raise UsageError(
            f"There is no file {visible_name(source)} among the sources any more; rebuild to bring the list up to date."
        )
    kept = folder / REMOVED
    kept.mkdir(exist_ok=True)
    for candidate in _candidates(path.name):
        with contextlib.suppress(FileExistsError):
            os.link(path, kept / candidate, follow_symlinks=False)
            path.unlink()
            return f"Removed {visible_name(source)}; it is kept in the folder {REMOVED} of your sources."
    raise AssertionError("candidates never end")


def safe_name(given: str) -> str:
    """Reduce a name from outside to a plain, visible file name.

    :param given: anything.
    :returns: one path component without control, direction or unassigned signs, not hidden, of at most 180 bytes.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    stem, suffix = os.path.splitext(" ".join(kept.split()).lstrip(". "))
    suffix = suffix if len(suffix.encode()) <= 20 else ""
    short = stem.encode()[: _MAX_NAME_BYTES - len(suffix.encode())].decode(errors="ignore").rstrip()
    return f"{short or 'upload'}{suffix}"
