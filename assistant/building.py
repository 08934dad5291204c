"""Brings an index up to date with its folder: reads what is new, embeds what was never embedded, writes a new generation.

Three steps, of which each can be interrupted and none touches the index in use: *read* (every file is hashed; new and
changed ones become documents and passages on the workbench), *embed* (documents on the bench get vectors, unless equal
bytes already have them, while the next files are read), *write* (unchanged documents from the old generation and the
bench's together become a new one).
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from assistant.ahead import ahead
from assistant.datamodel import Document, IndexStatus, Passage, Progress, SourceStatus, Span
from assistant.embedders.base import Embedder
from assistant.errors import BuildCancelled, BuildFailed, IndexUnusable, UnreadableFile, UsageError
from assistant.indexes.generations import Generation, GenerationWriter, build_lock, remove_leftovers
from assistant.indexes.sentence_vectors import SentenceVectors
from assistant.indexes.workbench import Work, Workbench
from assistant.language import NOT_ENGLISH, looks_english
from assistant.loaders import load_document
from assistant.settings import Settings
from assistant.sources_folder import SourceFile, read_bytes, walk
from assistant.splitting import split

READING_VERSION = "8"
"""Raise it whenever the same file would be read, cut or embedded differently: it makes every index be built anew."""
_UNCHANGED = "unchanged: the old generation has it"
_WAITING = "read before: it is on the bench"
_FILES_AHEAD = 8
PASSAGES_AT_ONCE = 100
"""Passages that are embedded between two looks at whether to stop, and kept together: about two seconds of work."""


class Builder:
    """One build of one index.

    :param settings: where the sources and the index are.
    :param open_embedder: gives the embedder; called only when something has to be compared or embedded.
    :param progress: told how far the build is.
    :param cancel: set by another thread to stop the build; what was done is kept for the next one.
    :param reader: turns a source's name and bytes into a document.
    """

    def __init__(
        self,
        settings: Settings,
        open_embedder: Callable[[], Embedder],
        progress: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
        reader: Callable[[str, bytes], Document] = load_document,
    ) -> None:
        self._settings = settings
        self._load_document = reader
        self._open_embedder = open_embedder
        self._tell = progress or (lambda _: None)
        self._cancel = cancel or threading.Event()

    def run(self) -> IndexStatus:
        """Bring the index up to date.

        :returns: the state of the index that is now in use.
        :raises UsageError: when the sources folder is missing or empty.
        :raises IndexBusy: when another build is running.
        :raises BuildFailed: when nothing could be indexed, or the disk failed; the old index is as it was.
        :raises BuildCancelled: when it was stopped.
        """
        files, refused = self._files()
        with _disk_errors_explained(), build_lock(self._settings.index), ExitStack() as stack:
            remove_leftovers(self._settings.index)
            embedder = self._open_embedder()
            old = self._usable_generation(embedder)
            if old:
                stack.callback(old.close)
            identity = f"{embedder.identity}; reading {READING_VERSION}"
            bench = stack.enter_context(closing(Workbench(self._settings.index / "unfinished.sqlite", identity)))
            status = self._build(files, refused, embedder, old, bench)
            bench.remove()
            return status

    def _build(
        self,
        files: list[SourceFile],
        refused: list[SourceStatus],
        embedder: Embedder,
        old: Generation | None,
        bench: Workbench,
    ) -> IndexStatus:
        kept, failed = self._read_and_embed(files, embedder, old, bench)
        statuses = self._statuses(files, refused + failed, kept, old, bench)
        if old and _same(statuses, old.status.sources):
            return old.status
        return self._write(embedder, statuses, kept, old, bench)

    def _files(self) -> tuple[list[SourceFile], list[SourceStatus]]:
        folder = self._settings.sources
        if not folder.is_dir():
            raise UsageError(
                f"The sources folder {str(folder)!r} does not exist; make it or name another with --sources."
            )
        files, refused = walk(folder)
        if not files and not refused:
            raise UsageError(
                f"The sources folder {str(folder)!r} holds no files; put documents into it and build again."
            )
        return files, [SourceStatus(source, "rejected", reason) for source, reason in refused]

    def _usable_generation(self, embedder: Embedder) -> Generation | None:
        """Open the index in use, if its vectors and passages are what this build would make."""
        try:
            old = Generation(self._settings.index)
        except IndexUnusable:
            return None
        if (old.manifest.model, old.manifest.reading) == (embedder.identity, READING_VERSION):
            return old
        old.close()
        return None

    def _read_and_embed(
        self, files: list[SourceFile], embedder: Embedder, old: Generation | None, bench: Workbench
    ) -> tuple[set[str], list[SourceStatus]]:
        """Put every new or changed file on the bench, and give it its vectors while the next ones are read.

        :param files: what the folder holds.
        :param embedder: gives the vectors.
        :param old: the generation in use, None when it is of no use.
        :param bench: takes in what is new.
        :returns: the sources that the old generation holds unchanged, and a row for each file that cannot be read.
        """
        kept: set[str] = set()
        failed: list[SourceStatus] = []
        waiting = bench.hashes()
        bench.forget(set(waiting) - {file.source for file in files})
        embedding = _Embedding(embedder, old, bench, self._step)
        with closing(ahead(self._outcomes(files, old, waiting), _FILES_AHEAD)) as outcomes:
            for done, (file, outcome) in enumerate(zip(files, outcomes, strict=True)):
                self._step(Progress("read", done, len(files), file.source))
                embedding.share_read = (done + 1) / len(files)
                if isinstance(outcome, Work):
                    bench.put(outcome)
                    embedding.take(outcome)
                elif outcome != _WAITING:
                    if file.source in waiting:  # what an earlier build left there is out of date
                        bench.forget({file.source})
                    if isinstance(outcome, SourceStatus):
                        failed.append(outcome)
                    else:
                        kept.add(file.source)
        self._step(Progress("read", len(files), len(files)))
        for source in bench.unembedded():
            if not embedding.holds(source):
                embedding.take(bench.get(source))
        embedding.finish()
        return kept, failed

    def _outcomes(
        self, files: list[SourceFile], old: Generation | None, waiting: dict[str, str]
    ) -> Iterator[Work | SourceStatus | str]:
        """Read files, those that are new or changed; runs beside the embedding, so it leaves the bench alone."""
        indexed = {row.source: row.sha256 for row in old.statuses if row.state != "rejected"} if old else {}
        for file in files:
            started = time.monotonic()
            sha256 = None
            try:
                data = read_bytes(file.path, self._settings.max_file_mb * 1_000_000)
                sha256 = hashlib.sha256(data).hexdigest()
                if indexed.get(file.source) == sha256:
                    yield _UNCHANGED
                elif waiting.get(file.source) == sha256:
                    yield _WAITING
                else:
                    yield _work(self._load_document(file.source, data), len(data), started)
            except UnreadableFile as error:
                seconds = round(time.monotonic() - started, 3)
                yield SourceStatus(file.source, "rejected", str(error), sha256, file.size, seconds=seconds)

    def _statuses(
        self,
        files: list[SourceFile],
        failed: list[SourceStatus],
        kept: set[str],
        old: Generation | None,
        bench: Workbench,
    ) -> list[SourceStatus]:
        rows = {row.source: row for row in old.statuses if row.source in kept} if old else {}
        rows |= {row.source: row for row in failed}
        rows |= {file.source: bench.status_of(file.source) for file in files if file.source not in rows}
        if all(row.state == "rejected" for row in rows.values()):
            first = next(iter(rows.values()))
            raise BuildFailed(
                f"None of the {len(rows)} files could be read; the first is {first.source!r}: {first.reason}"
            )
        return [rows[source] for source in sorted(rows)]

    def _write(
        self, embedder: Embedder, statuses: list[SourceStatus], kept: set[str], old: Generation | None, bench: Workbench
    ) -> IndexStatus:
        rows = [row for row in statuses if row.state != "rejected"]
        _check_room(self._settings.index, rows, embedder.dimension)
        writer = GenerationWriter(self._settings.index, embedder.identity, embedder.dimension, READING_VERSION)
        try:
            for done, row in enumerate(rows):
                self._step(Progress("write", done, len(rows), row.source))
                writer.add(*(_stored(old, row.source) if old and row.source in kept else _benched(bench, row.source)))
            status = writer.commit(statuses)
        except BaseException:
            writer.discard()
            raise
        remove_leftovers(self._settings.index)
        self._tell(Progress("write", len(rows), len(rows)))
        return status

    def _step(self, progress: Progress) -> None:
        """Report, and stop here if somebody asked for it."""
        if self._cancel.is_set():
            raise BuildCancelled("The build was stopped; the index is as it was, and the next build goes on from here.")
        self._tell(progress)


class _Embedding:
    """Gives documents on the bench their vectors, many at a time, since embedders are fastest on many texts.

    It tells how far it is, through what may stop the build, before each lot of passages, also within one long document.
    """

    def __init__(
        self, embedder: Embedder, old: Generation | None, bench: Workbench, step: Callable[[Progress], None]
    ) -> None:
        self._embedder, self._old, self._bench, self._step = embedder, old, bench, step
        self._held: list[Work] = []
        self._waiting = self._done = self._total = 0
        self._started = time.monotonic()
        self.share_read = 1.0
        """Share of the files that were read so far: how many passages there will be is estimated from those known."""

    def holds(self, source: str) -> bool:
        """Tell whether a source waits for its batch to be full."""
        return any(work.document.source == source for work in self._held)

    def take(self, work: Work) -> None:
        """Take in a document that is on the bench, without vectors, and embed once enough have come together."""
        if any(held.document.sha256 == work.document.sha256 for held in self._held):
            self.finish()  # its twin's vectors will be its own
        if _reuse_vectors(work, self._old, self._bench):
            return
        self._held.append(work)
        self._total += len(work.passages)
        self._waiting += len(work.passages)
        if self._waiting >= PASSAGES_AT_ONCE:
            self.finish()

    def finish(self) -> None:
        """Embed what is held."""
        if not self._held:
            return
        source = self._held[0].document.source
        embedded = embed_documents(self._embedder, self._held, lambda done: self._tell(done, source))
        for work, (vectors, sentences) in zip(self._held, embedded, strict=True):
            self._bench.put_vectors(work.document.source, vectors, sentences)
        self._done = self._total
        self._held, self._waiting = [], 0
        self._tell(0, "")

    def _tell(self, more: int, source: str) -> None:
        """Say how many passages are done, with those of the ones held."""
        done = self._done + more
        rate = done / max(1e-6, time.monotonic() - self._started) if done else None
        total = round(self._total / self.share_read)
        left = (total - done) / rate if rate else None
        self._step(Progress("embed", done, total, source, rate, left))


@contextmanager
def _disk_errors_explained() -> Iterator[None]:
    """Turn what the disk and the databases on it say into one sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BuildFailed(
            f"The index could not be written ({why}); make room and build again, the old one is as it was."
        ) from error


def _check_room(index: Path, rows: Sequence[SourceStatus], dimension: int) -> None:
    """Stop before writing what the disk cannot hold, with as much again to spare.

    A passage takes its vector of 4 bytes a component and about five sentences of one byte a component; a text is stored
    once, with its spans, and its words once more.
    """
    needed = 2 * sum(row.characters * 3 + row.passages * dimension * 9 for row in rows)
    free = shutil.disk_usage(index).free
    if free < needed:
        raise BuildFailed(
            f"The index needs {needed / 1e6:,.0f} MB of free disk space to be written and {free / 1e6:,.0f} MB are free; "
            "make room and build again, the old one is as it was."
        )


def embed_documents(
    embedder: Embedder, works: Sequence[Work], tell: Callable[[int], None] = lambda done: None
) -> Iterator[tuple[np.ndarray, SentenceVectors]]:
    """Embed the passages and sentences of documents together, since embedders are fastest on many texts.

    :param embedder: the embedder.
    :param works: the documents with their passages.
    :param tell: told how many passages are done, before each `PASSAGES_AT_ONCE` of them.
    :yields: for each document its passage vectors and its sentence vectors.
    """
    texts = [_embedded(work.document, passage) for work in works for passage in work.passages]
    found = []
    for done in range(0, max(1, len(texts)), PASSAGES_AT_ONCE):
        tell(done)
        some = texts[done : done + PASSAGES_AT_ONCE]
        found.append(embedder.embed_with_sentences([text for text, _ in some], [spans for _, spans in some]))
    vectors, sentences = (np.concatenate(parts) for parts in zip(*found, strict=True))
    passage = sentence = 0
    for work in works:
        passages_end = passage + len(work.passages)
        sentences_end = sentence + sum(len(each.sentences) for each in work.passages)
        yield vectors[passage:passages_end], SentenceVectors.from_vectors(sentences[sentence:sentences_end])
        passage, sentence = passages_end, sentences_end


def _embedded(document: Document, passage: Passage) -> tuple[str, list[Span]]:
    """Give the words of a passage that are embedded, and where its sentences are in them.

    Its own words stand there after its section's heading, unless it holds that itself.
    """
    heading = ""
    if passage.section is not None and passage.section.start < passage.span.start:
        heading = f"{passage.section.of(document.text)}\n"
    shift = len(heading) - passage.span.start
    spans = [Span(sentence.start + shift, sentence.end + shift) for sentence in passage.sentences]
    return heading + passage.span.of(document.text), spans


def _work(document: Document, size: int, started: float) -> Work:
    """Split a document and note what `status` shows of it."""
    content = document.content
    passages = split(content)
    warnings = content.warnings if looks_english(content.text) else (*content.warnings, NOT_ENGLISH)
    status = SourceStatus(
        document.source,
        "partial" if content.unsearchable_pages else "indexed",
        sha256=document.sha256,
        bytes=size,
        pages=content.pages,
        unsearchable_pages=content.unsearchable_pages,
        characters=len(content.text),
        passages=len(passages),
        warnings=warnings,
        seconds=round(time.monotonic() - started, 3),
    )
    return Work(document, passages, status)


def _reuse_vectors(work: Work, old: Generation | None, bench: Workbench) -> bool:
    """Take the vectors of a document that was cut from equal bytes to equal passages: a moved file, or a copy."""
    source, sha256 = work.document.source, work.document.sha256
    twin = bench.with_bytes(sha256)
    if twin is None and old and (name := old.store.source_with(sha256)):
        document, passages, vectors, sentences = _stored(old, name)
        twin = Work(document, passages, work.status, vectors, sentences)
    if twin is None or twin.passages != work.passages or twin.document.text != work.document.text:
        return False
    assert twin.vectors is not None and twin.sentences is not None
    bench.put_vectors(source, twin.vectors, twin.sentences)
    return True


def _stored(old: Generation, source: str) -> tuple[Document, list[Passage], np.ndarray, SentenceVectors]:
    """Take a document over from the old generation."""
    store = old.store
    numbers, sentences = np.arange(*store.passage_range(source)), slice(*store.sentence_range(source))
    document = store.document(source)
    content = replace(document.content, glyphs=store.glyphs(source))
    return (
        replace(document, content=content),
        store.passages_of(source),
        old.vectors.vectors(numbers),
        old.sentences[sentences],
    )


def _benched(bench: Workbench, source: str) -> tuple[Document, list[Passage], np.ndarray, SentenceVectors]:
    work = bench.get(source)
    assert work.vectors is not None and work.sentences is not None
    return work.document, work.passages, work.vectors, work.sentences


def _same(now: Sequence[SourceStatus], before: Sequence[SourceStatus]) -> bool:
    """Tell whether two builds saw the same files with the same outcome; only the time it took may differ."""
    return [replace(row, seconds=0.0) for row in now] == [replace(row, seconds=0.0) for row in before]
