"""What an unfinished build has done so far, so that the next one goes on from there: one SQLite file beside the generations.

Documents come in as they are read, and get their vectors later. It is thrown away when the generation is in use, or when
another model or another version of reading and splitting makes it worthless.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.content_json import content_from_json, content_json
from assistant.datamodel import Document, Passage, SourceStatus
from assistant.indexes.sentence_vectors import SentenceVectors
from assistant.indexes.store import pack_passage, unpack_passage

_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (source BLOB PRIMARY KEY, sha256 TEXT NOT NULL, status TEXT NOT NULL,
    about TEXT NOT NULL, text TEXT NOT NULL, passages TEXT NOT NULL, glyphs BLOB NOT NULL, vectors BLOB, codes BLOB, scales BLOB);
CREATE INDEX IF NOT EXISTS documents_by_sha256 ON documents (sha256);
"""


class Work(NamedTuple):
    """A document on the bench with its passages, what to report of it, and its vectors once they are there."""

    document: Document
    passages: list[Passage]
    status: SourceStatus
    vectors: np.ndarray | None = None
    sentences: SentenceVectors | None = None


class Workbench:
    """Keeps the work of one build; commits after every call.

    :param path: its file, made when missing and emptied when it belongs to another identity.
    :param identity: the model and the versions that the work depends on.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._path = path
        try:
            self._open(identity)
        except sqlite3.DatabaseError:  # cut short by a crash: its content is only a saving of time
            self.remove()
            self._open(identity)

    def _open(self, identity: str) -> None:
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _SCHEMA)
        if self._connection.execute("SELECT value FROM identity").fetchall() != [(identity,)]:
            self._connection.executescript("DROP TABLE documents; DELETE FROM identity;" + _SCHEMA)
            self._connection.execute("INSERT INTO identity VALUES (?)", (identity,))

    def remove(self) -> None:
        """Throw the bench away."""
        self._connection.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the bench as it is, for the next build."""
        self._connection.close()

    def put(self, work: Work) -> None:
        """Keep a document, in place of what was there of that source."""
        document = work.document
        passages = json.dumps([pack_passage(passage).hex() for passage in work.passages])
        about = (
            document.sha256,
            json.dumps(asdict(work.status)),
            content_json(document.content),
            document.text,
            passages,
        )
        self._connection.execute(
            "INSERT OR REPLACE INTO documents VALUES (?,?,?,?,?,?,?,?,?,?)",
            (os.fsencode(document.source), *about, document.content.glyphs, *_packed(work.vectors, work.sentences)),
        )

    def put_vectors(self, source: str, vectors: np.ndarray, sentences: SentenceVectors) -> None:
        """Add the vectors of a document that is here."""
        self._connection.execute(
            "UPDATE documents SET vectors = ?, codes = ?, scales = ? WHERE source = ?",
            (*_packed(vectors, sentences), os.fsencode(source)),
        )

    def forget(self, sources: set[str]) -> None:
        """Drop the documents of these sources, which are gone or have changed."""
        for source in sources:
            self._connection.execute("DELETE FROM documents WHERE source = ?", (os.fsencode(source),))

    def hashes(self) -> dict[str, str]:
        """Map the sources that are here to their bytes' SHA-256."""
        rows = self._connection.execute("SELECT source, sha256 FROM documents").fetchall()
        return {os.fsdecode(source): sha256 for source, sha256 in rows}

    def get(self, source: str) -> Work:
        """Fetch a document that is here."""
        return next(self._select("WHERE source = ?", os.fsencode(source)))

    def status_of(self, source: str) -> SourceStatus:
        """Say what there is to report of a document that is here."""
        rows = self._connection.execute("SELECT status FROM documents WHERE source = ?", (os.fsencode(source),))
        return status_from_json(json.loads(rows.fetchone()[0]))

    def with_bytes(self, sha256: str) -> Work | None:
        """Fetch a document that was read from bytes of this hash and has its vectors, None when there is none."""
        return next(self._select("WHERE sha256 = ? AND vectors IS NOT NULL ORDER BY source LIMIT 1", sha256), None)

    def unembedded(self) -> list[str]:
        """Name the sources that still lack vectors."""
        rows = self._connection.execute("SELECT source FROM documents WHERE vectors IS NULL ORDER BY source").fetchall()
        return [os.fsdecode(source) for (source,) in rows]

    def _select(self, condition: str, value: Any) -> Iterator[Work]:
        for row in self._connection.execute(f"SELECT * FROM documents {condition}", (value,)):
            yield _work(*row)


def _work(
    source: bytes, sha256: str, status: str, about: str, text: str, packed: str, glyphs: bytes, *vectors: bytes | None
) -> Work:
    document = Document(os.fsdecode(source), sha256, content_from_json(about, text, glyphs))
    passages = [unpack_passage(bytes.fromhex(each)) for each in json.loads(packed)]
    held = status_from_json(json.loads(status))
    return Work(document, passages, held, *_unpacked(len(passages), *vectors))


def _packed(vectors: np.ndarray | None, sentences: SentenceVectors | None) -> tuple[bytes | None, ...]:
    if vectors is None or sentences is None:
        return None, None, None
    return vectors.astype("<f4").tobytes(), sentences.codes.tobytes(), sentences.scales.astype("<f4").tobytes()


def _unpacked(
    passages: int, vectors: bytes | None, codes: bytes | None, scales: bytes | None
) -> tuple[np.ndarray | None, SentenceVectors | None]:
    if vectors is None or codes is None or scales is None:
        return None, None
    counts = np.frombuffer(scales, dtype="<f4")
    sentences = SentenceVectors(np.frombuffer(codes, dtype=np.int8).reshape(len(counts), -1), counts)
    return np.frombuffer(vectors, dtype="<f4").reshape(passages, -1), sentences


def status_from_json(row: dict[str, Any]) -> SourceStatus:
    """Make a status from its JSON form, whose lists were tuples."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return SourceStatus(**values)
