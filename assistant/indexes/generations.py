"""Generations: whole indexes in folders of their own, made aside and swapped in by one rename.

Layout of ``index/``: ``CURRENT`` (one line: the generation's id and its manifest's SHA-256), ``lock``, and
``gen-<time>-<random>/`` with ``manifest.json``, ``vectors.faiss``, ``sentences.codes`` and ``sentences.scales``,
``passages.sqlite``, ``lexical/`` and ``files.json``. Before the rename of ``CURRENT`` the old index is in use, after it the
new one, whatever happens in between; a file that is not what the manifest says is refused by name. A reader holds a shared
lock on the manifest it opened, so that no build removes a generation that still answers.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import mmap
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from assistant.datamodel import Document, IndexStatus, Passage, SourceStatus
from assistant.errors import BuildFailed, IndexBusy, IndexDamaged, IndexForeign, IndexMissing
from assistant.indexes.faiss import FaissIndex
from assistant.indexes.lexical import TantivyIndex
from assistant.indexes.sentence_vectors import SentenceVectors
from assistant.indexes.store import Store, StoreWriter
from assistant.indexes.workbench import status_from_json

FORMAT = 1
"""Raise whenever an older program could not read what is written."""

_ATTEMPTS = 3
_REBUILD = "run `assistant build` to make it anew"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds: versions that decide whether it can be used, counts, and every file's size and hash."""

    format: int
    generation: str
    built: str
    model: str
    dimension: int
    reading: str
    documents: int
    passages: int
    sentences: int
    files: dict[str, list[Any]]

    def status(self, statuses: Sequence[SourceStatus]) -> IndexStatus:
        """Tell what people want to know of the generation, with what became of each source."""
        return IndexStatus(self.generation, self.built, self.model, self.passages, tuple(statuses))


class Generation:
    """A finished index, opened for reading after every file was compared with its manifest.

    :param index: the index folder.
    :raises IndexMissing: when nothing was built there.
    :raises IndexDamaged: when a file is missing or is not what was written.
    :raises IndexForeign: when it was made by another version.
    """

    def __init__(self, index: Path) -> None:
        name, manifest_hash, held = _hold_current(index)
        self.folder = index / name
        self._hold: int | None = held
        try:
            self.manifest = _read_manifest(self.folder, manifest_hash)
            contents = {file: _verified(self.folder, file, *about) for file, about in self.manifest.files.items()}
            self.statuses = tuple(status_from_json(row) for row in json.loads(bytes(contents["files.json"])))
            self.vectors = FaissIndex.from_bytes(
                contents["vectors.faiss"], self.manifest.dimension, self.manifest.passages
            )
            self.sentences = _sentence_vectors(contents, self.manifest)
            self.lexical = TantivyIndex(self.folder / "lexical")
            self.store = Store(self.folder / "passages.sqlite")
            if not len(self.vectors) == len(self.lexical) == self.store.passages == self.manifest.passages:
                raise IndexDamaged(f"The index's parts do not belong together; {_REBUILD}.")
        except (
            AttributeError,
            KeyError,
            OverflowError,
            TypeError,
            ValueError,
        ) as error:  # the hashes agree: not our writing
            self.close()
            raise IndexForeign(f"The index was written by another program; {_REBUILD}.") from error
        except BaseException:
            self.close()
            raise

    @property
    def id(self) -> str:
        """The generation's name."""
        return self.manifest.generation

    @property
    def status(self) -> IndexStatus:
        """When and with what it was built, and every source."""
        return self.manifest.status(self.statuses)

    def close(self) -> None:
        """Let the files go, so that a build may remove the generation."""
        if store := getattr(self, "store", None):
            store.close()
        held, self._hold = self._hold, None
        if held is not None:  # closing a number twice could close somebody else's file
            os.close(held)


class GenerationWriter:
    """Makes a new generation aside; nothing of it can be seen before `commit`.

    :param index: the index folder, whose lock the caller holds.
    :param model: the embedder's identity.
    :param dimension: length of the vectors.
    :param reading: version of loading and splitting.
    """

    def __init__(self, index: Path, model: str, dimension: int, reading: str) -> None:
        self._index, self._model, self._reading = index, model, reading
        self.id = f"gen-{datetime.now(UTC):%Y%m%d%H%M%S%f}-{secrets.token_hex(4)}"
        self.folder = index / self.id
        self.folder.mkdir(mode=0o700)
        self._store = StoreWriter(self.folder / "passages.sqlite")
        self._vectors = FaissIndex.empty(dimension)
        self._codes = (self.folder / "sentences.codes").open("xb")
        self._scales = (self.folder / "sentences.scales").open("xb")

    def add(self, document: Document, passages: list[Passage], vectors: np.ndarray, sentences: SentenceVectors) -> None:
        """Take in a document.

        :param document: the document.
        :param passages: its passages, in reading order.
        :param vectors: one unit vector a passage. *Shape:* ``(n_passages, dim)``, float32.
        :param sentences: one vector a sentence, in reading order.
        """
        self._store.add(document, passages)
        if passages:
            self._vectors.add(vectors)
        self._codes.write(np.ascontiguousarray(sentences.codes, dtype=np.int8).tobytes())
        self._scales.write(np.ascontiguousarray(sentences.scales, dtype="<f4").tobytes())

    def commit(self, statuses: Sequence[SourceStatus]) -> IndexStatus:
        """Write everything, read it back, and put the generation in use.

        :param statuses: what became of each file of the sources folder.
        :returns: the state of the index that is now in use.
        :raises BuildFailed: when the disk does not hold what was written to it.
        """
        self._store.close()
        self._codes.close()
        self._scales.close()
        _write(self.folder / "vectors.faiss", self._vectors.to_bytes())
        _write(self.folder / "files.json", json.dumps([asdict(status) for status in statuses]).encode("ascii"))
        self._write_words()
        manifest = self._manifest()
        data = json.dumps(asdict(manifest), indent=1).encode("ascii")
        _write(self.folder / "manifest.json", data)
        _sync_folder(self.folder)
        _sync_folder(self._index)
        self._read_back(hashlib.sha256(data).hexdigest())
        return manifest.status(statuses)

    def discard(self) -> None:
        """Remove what was made; for a build that failed or was cancelled."""
        for file in (self._codes, self._scales, self._store):
            with suppress(Exception):  # a full disk makes closing fail too
                file.close()
        if current_id(self._index) != self.id:  # an error after the rename must not take away what is in use
            shutil.rmtree(self.folder, ignore_errors=True)

    def _write_words(self) -> None:
        folder = self.folder / "lexical"
        folder.mkdir(mode=0o700)
        store = Store(self.folder / "passages.sqlite")
        try:
            passages = map(store.passage, range(store.passages))
            TantivyIndex.write(folder, (lexical_text(store.document(p.source), p.passage) for p in passages))
        except ValueError as error:  # all that tantivy says of a disk that fails it
            raise OSError(0, f"the word index: {error}") from error
        finally:
            store.close()

    def _manifest(self) -> Manifest:
        names = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        kept = [name for name in names if not name.endswith(".lock")]
        files = {name: list(_synced_hash(self.folder / name)) for name in kept}
        counts = (self._store.documents, self._store.passages, self._store.sentences)
        built = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Manifest(FORMAT, self.id, built, self._model, self._vectors.dimension, self._reading, *counts, files)

    def _read_back(self, manifest_hash: str) -> None:
        """Open the generation as a reader would, and only then make it the current one."""
        pending = self._index / "CURRENT.tmp"
        _write(pending, f"{self.id} {manifest_hash}\n".encode("ascii"), replace=True)
        try:
            _check(self.folder, manifest_hash)
        except (IndexDamaged, IndexForeign) as error:
            pending.unlink()
            raise BuildFailed(
                "The disk did not keep what was written to it; free some space and build again."
            ) from error
        pending.rename(self._index / "CURRENT")
        _sync_folder(self._index)


def current_id(index: Path) -> str | None:
    """Name the generation in use, None where there is none."""
    try:
        return _read_current(index)[0]
    except IndexMissing:
        return None


def require_index(index: Path) -> None:
    """Make sure that there is an index in use.

    :param index: the index folder.
    :raises IndexMissing: when nothing was built there.
    :raises IndexDamaged: when its file ``CURRENT`` cannot be read.
    """
    _read_current(index)


def lexical_text(document: Document, passage: Passage) -> str:
    """Give the words a passage is found by: its own, and those it stands under."""
    return f"{names_of(document, passage)}\n{passage.span.of(document.text)}"


def names_of(document: Document, passage: Passage) -> str:
    """Give the words a passage stands under: its document's title and its section's heading."""
    section = passage.section.of(document.text) if passage.section else ""
    return f"{document.title}\n{section}"


@contextmanager
def build_lock(index: Path) -> Iterator[None]:
    """Hold the right to build on an index folder, which is made when it is missing.

    :param index: the index folder.
    :raises IndexBusy: when another build holds it.
    :raises BuildFailed: when the folder cannot be written to.
    """
    try:
        index.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(index / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BuildFailed(
            f"The index folder cannot be written to ({error.strerror}); choose another with --index."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode("ascii", "replace").strip()
            raise IndexBusy(
                f"Another build is running on this index ({holder or 'just started'}); wait for it to end."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(
            descriptor, f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode("ascii"), 0
        )
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(index: Path) -> None:
    """Delete generations that were never finished and those no longer needed; the caller holds the lock.

    The current generation stays, the newest finished one before it stays as a spare, and so does any that is being read.

    :param index: the index folder.
    """
    try:
        current = current_id(index)
    except IndexDamaged:  # the build that is about to start puts it right
        current = None
    others = sorted((path for path in index.glob("gen-*") if path.name != current), reverse=True)
    finished = [path for path in others if (path / "manifest.json").exists()]
    for path in others:
        if path not in finished[:1] and not _is_read(path):
            shutil.rmtree(path, ignore_errors=True)
    (index / "CURRENT.tmp").unlink(missing_ok=True)


def _is_read(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / "manifest.json", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _read_current(index: Path) -> tuple[str, str]:
    try:
        name, manifest_hash = (index / "CURRENT").read_text("ascii").split()
    except FileNotFoundError:
        raise IndexMissing("There is no index yet; run `assistant build` first.") from None
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"The index's file CURRENT cannot be read; {_REBUILD}.") from error
    if not name.startswith("gen-") or "/" in name:
        raise IndexDamaged(f"The index's file CURRENT names no generation; {_REBUILD}.")
    return name, manifest_hash


def _hold_current(index: Path) -> tuple[str, str, int]:
    """Hold the generation in use, and start again when builds put another in its place and removed it meanwhile."""
    for _ in range(_ATTEMPTS):
        name, manifest_hash = _read_current(index)
        with suppress(IndexDamaged):
            return name, manifest_hash, _hold(index / name / "manifest.json")
    raise IndexDamaged(f"The index's file manifest.json is missing; {_REBUILD}.")


def _hold(manifest: Path) -> int:
    """Take a shared lock on a generation, which keeps builds from removing it."""
    try:
        descriptor = os.open(manifest, os.O_RDONLY)
    except OSError as error:
        raise IndexDamaged(f"The index's file manifest.json is missing; {_REBUILD}.") from error
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _check(folder: Path, manifest_hash: str) -> Manifest:
    manifest = _read_manifest(folder, manifest_hash)
    for file, about in manifest.files.items():
        _verified(folder, file, *about)
    return manifest


def _read_manifest(folder: Path, manifest_hash: str) -> Manifest:
    data = (folder / "manifest.json").read_bytes()
    if hashlib.sha256(data).hexdigest() != manifest_hash:
        raise IndexDamaged(f"The index's file manifest.json is not what the build wrote; {_REBUILD}.")
    held = json.loads(data)
    if held.get("format") != FORMAT:
        raise IndexForeign(f"The index has format {held.get('format')} and this version reads {FORMAT}; {_REBUILD}.")
    return Manifest(**held)


def _verified(folder: Path, file: str, size: int, sha256: str) -> memoryview:
    """Map a file of a generation into memory and compare it with its manifest."""
    try:
        data = _mapped(folder / file)
        whole = len(data) == size and hashlib.sha256(data).hexdigest() == sha256
    except (OSError, ValueError):
        raise IndexDamaged(f"The index's file {file} is missing; {_REBUILD}.") from None
    if not whole:
        raise IndexDamaged(f"The index's file {file} is not what the build wrote; {_REBUILD}.")
    return data


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        empty = os.fstat(file.fileno()).st_size == 0
        return memoryview(b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _sentence_vectors(contents: dict[str, memoryview], manifest: Manifest) -> SentenceVectors:
    codes = np.frombuffer(contents["sentences.codes"], dtype=np.int8)
    scales = np.frombuffer(contents["sentences.scales"], dtype="<f4")
    if len(scales) != manifest.sentences or codes.size != manifest.sentences * manifest.dimension:
        raise IndexDamaged(f"The index's sentence vectors are not what the build wrote; {_REBUILD}.")
    return SentenceVectors(codes.reshape(-1, manifest.dimension), scales)


def _write(path: Path, data: bytes, replace: bool = False) -> None:
    """Write a file so that it is on the disk when this returns."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replace else os.O_EXCL)
    descriptor = os.open(path, flags, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _synced_hash(path: Path) -> tuple[int, str]:
    """Bring a file that a library wrote to the disk, then read it again: its size and SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
