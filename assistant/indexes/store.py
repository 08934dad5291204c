"""The documents' texts, spans and metadata in one SQLite file, written once and then only read.

Names of sources are kept as bytes, since a file name need not be text. Each text is stored with its hash and checked when
it is fetched, so that what is quoted is what was read.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.content_json import content_from_json, content_json
from assistant.datamodel import Document, Passage, Span
from assistant.errors import IndexDamaged

_SCHEMA = """
CREATE TABLE documents (number INTEGER PRIMARY KEY, source BLOB NOT NULL UNIQUE, sha256 TEXT NOT NULL,
    text TEXT NOT NULL, text_sha256 TEXT NOT NULL, about TEXT NOT NULL,
    first_passage INTEGER NOT NULL, passages INTEGER NOT NULL, first_sentence INTEGER NOT NULL, sentences INTEGER NOT NULL);
CREATE INDEX documents_by_sha256 ON documents (sha256);
CREATE TABLE glyphs (document INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE passages (number INTEGER PRIMARY KEY, document INTEGER NOT NULL, first_sentence INTEGER NOT NULL, about BLOB NOT NULL);
"""
_CACHED_CHARS = 60_000_000


class StoreWriter:
    """Fills a new store, one document after the other.

    :param path: a file that does not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
        self.documents = self.passages = self.sentences = 0

    def add(self, document: Document, passages: list[Passage]) -> None:
        """Store a document with its passages; both are numbered in the order they come.

        :param document: the document.
        :param passages: its passages, in reading order.
        """
        text = document.text
        first_passage, first_sentence = self.passages, self.sentences
        for passage in passages:
            row = (self.passages, self.documents, self.sentences, pack_passage(passage))
            self._connection.execute("INSERT INTO passages VALUES (?,?,?,?)", row)
            self.passages += 1
            self.sentences += len(passage.sentences)
        counts = (first_passage, len(passages), first_sentence, self.sentences - first_sentence)
        row_of_document = (
            os.fsencode(document.source),
            document.sha256,
            text,
            _hash(text),
            content_json(document.content),
        )
        marks = ",".join("?" * 10)
        self._connection.execute(f"INSERT INTO documents VALUES ({marks})", (self.documents, *row_of_document, *counts))
        if document.content.glyphs:
            self._connection.execute("INSERT INTO glyphs VALUES (?,?)", (self.documents, document.content.glyphs))
        self.documents += 1

    def close(self) -> None:
        """Write everything to the file."""
        self._connection.commit()
        self._connection.close()


class StoredPassage(NamedTuple):
    """A passage, the document it is of, and the number of its first sentence."""

    source: str
    passage: Passage
    first_sentence: int


class Store:
    """Reads a finished store; safe to use from several threads.

    :param path: a file that `StoreWriter` wrote.
    :raises IndexDamaged: when it is not one.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._cache: OrderedDict[int, Document] = OrderedDict()
        self._cached_chars = 0
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        rows = self._rows("SELECT number, source, first_passage, passages FROM documents ORDER BY number")
        self._sources: dict[str, int] = {os.fsdecode(source): number for number, source, _, _ in rows}
        self._names = {number: source for source, number in self._sources.items()}
        self._passage_ranges: list[tuple[int, int]] = [(first, first + count) for _, _, first, count in rows]
        self.passages = self._passage_ranges[-1][1] if rows else 0

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    @property
    def sources(self) -> list[str]:
        """The names of all documents, in stored order."""
        return list(self._sources)

    def document(self, source: str) -> Document:
        """Fetch a document that is stored.

        :param source: one of `sources`.
        :returns: the document, its text compared with the hash stored beside it.
        :raises IndexDamaged: when they differ.
        """
        return self._document(self._sources[source])

    def glyphs(self, source: str) -> bytes:
        """Fetch the positions of a stored document's characters on its pages (`Content.glyphs`); empty when it has none."""
        rows = self._rows("SELECT data FROM glyphs WHERE document = ?", (self._sources[source],))
        return bytes(rows[0][0]) if rows else b""

    def source_with(self, sha256: str) -> str | None:
        """Name a document that was read from bytes of this hash, None when there is none."""
        rows = self._rows("SELECT source FROM documents WHERE sha256 = ? ORDER BY number LIMIT 1", (sha256,))
        return os.fsdecode(rows[0][0]) if rows else None

    def passage_range(self, source: str) -> tuple[int, int]:
        """Give the half-open range of passage numbers of a document that is stored."""
        return self._passage_ranges[self._sources[source]]

    def passage_numbers(self, sources: Iterable[str]) -> np.ndarray:
        """List the numbers of all passages of some documents, ascending.

        :param sources: names of stored documents.
        :returns: the numbers. *Shape:* ``(n_passages,)``, int64.
        """
        ranges = sorted(self.passage_range(source) for source in sources)
        return np.concatenate([np.arange(*both, dtype=np.int64) for both in ranges] or [np.zeros(0, np.int64)])

    def sentence_range(self, source: str) -> tuple[int, int]:
        """Give the half-open range of sentence numbers of a document that is stored."""
        number = self._sources[source]
        first, count = self._rows("SELECT first_sentence, sentences FROM documents WHERE number = ?", (number,))[0]
        return int(first), int(first) + int(count)

    def passage(self, number: int) -> StoredPassage:
        """Fetch a passage, without its document's text."""
        rows = self._rows("SELECT document, about, first_sentence FROM passages WHERE number = ?", (number,))
        if not rows:
            raise IndexDamaged(f"The index holds no passage {number}; run `assistant build` to make it anew.")
        document, about, first_sentence = rows[0]
        return StoredPassage(self._names[document], unpack_passage(about), first_sentence)

    def passages_of(self, source: str) -> list[Passage]:
        """Fetch all passages of a document that is stored."""
        first, last = self.passage_range(source)
        rows = self._rows("SELECT about FROM passages WHERE number >= ? AND number < ? ORDER BY number", (first, last))
        return [unpack_passage(about) for (about,) in rows]

    def _document(self, number: int) -> Document:
        with self._lock:
            if number in self._cache:
                self._cache.move_to_end(number)
                return self._cache[number]
        rows = self._rows("SELECT source, sha256, text, text_sha256, about FROM documents WHERE number = ?", (number,))
        source, sha256, text, text_sha256, about = rows[0]
        if _hash(text) != text_sha256:
            raise IndexDamaged(
                "The index's texts are not what the build wrote; run `assistant build` to make them anew."
            )
        document = Document(os.fsdecode(source), sha256, content_from_json(about, text))
        self._remember(number, document)
        return document

    def _remember(self, number: int, document: Document) -> None:
        with self._lock:
            if number not in self._cache:
                self._cache[number] = document
                self._cached_chars += len(document.text)
            while len(self._cache) > 1 and self._cached_chars > _CACHED_CHARS:
                self._cached_chars -= len(self._cache.popitem(last=False)[1].text)

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            with self._lock, closing(self._connection.execute(statement, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged("The index's texts cannot be read; run `assistant build` to make them anew.") from error


def pack_passage(passage: Passage) -> bytes:
    """Turn a passage into bytes: whether it is an aside, its section's span (-1, -1 for none), its sentences' spans."""
    section = passage.section or None
    head = [int(passage.aside), section.start if section else -1, section.end if section else -1]
    spans = [at for sentence in passage.sentences for at in (sentence.start, sentence.end)]
    return np.array([*head, passage.span.start, passage.span.end, *spans], dtype="<i8").tobytes()


def unpack_passage(data: bytes) -> Passage:
    """Undo `pack_passage`."""
    aside, section_start, section_end, start, end, *spans = np.frombuffer(data, dtype="<i8").tolist()
    section = Span(section_start, section_end) if section_start >= 0 else None
    sentences = tuple(Span(a, b) for a, b in _pairs(spans))
    return Passage(Span(start, end), sentences, section, bool(aside))


def _pairs(flat: list[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
