"""A folder of files that were made from a model and can be made again: written whole or not at all, checked when read."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)


def default_cache() -> Path:
    """Name the user's own cache folder for this program, which need not exist.

    :returns: below ``$XDG_CACHE_HOME``, or below ``~/.cache`` where that is not set.
    """
    set_by_user = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    caches = Path(set_by_user) if os.path.isabs(set_by_user) else Path(os.path.expanduser("~/.cache"))
    return caches / "quoting-assistant"


def cached(folder: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """Give a file's bytes from the cache, or make and keep them where they are missing or damaged.

    Where the folder cannot be written to, the bytes are only given, and made again next time.

    :param folder: the cache folder, made when missing.
    :param name: the file's name; its SHA-256 stands beside it.
    :param make: makes the bytes.
    :returns: the bytes.
    """
    path, proof = folder / name, folder / f"{name}.sha256"
    with suppress(OSError):
        held = path.read_bytes()
        if proof.read_bytes() == _hash(held):
            return held
    made = make()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _put(path, made)
        _put(proof, _hash(made))
    except OSError as error:
        log.warning("%s could not be kept in %s (%s); it is made again next time.", name, folder, error.strerror)
    return made


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode("ascii")


def _put(path: Path, data: bytes) -> None:
    """Write a file under another name and rename it, so that nobody ever reads half of it."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
