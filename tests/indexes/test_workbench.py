"""An unfinished build's work is there for the next one, unless it would not fit."""

import numpy as np
import pytest

from assistant.datamodel import Content, Document, Passage, SourceStatus, Span
from assistant.indexes.sentence_vectors import SentenceVectors
from assistant.indexes.workbench import Work, Workbench

DOCUMENT = Document("caf\udce9/a.txt", "5a" * 32, Content("One. Two.", "text/plain", "a", warnings=("odd",)))
PASSAGES = [Passage(Span(0, 9), (Span(0, 4), Span(5, 9)))]
STATUS = SourceStatus(
    DOCUMENT.source, "indexed", sha256=DOCUMENT.sha256, bytes=9, characters=9, passages=1, warnings=("odd",)
)
WORK = Work(DOCUMENT, PASSAGES, STATUS)
VECTORS = np.array([[0.6, 0.8]], np.float32)
SENTENCES = SentenceVectors.from_vectors(np.array([[1, 0], [0, -1]], np.float32))


@pytest.fixture
def reopened(tmp_path):
    """Opens the same bench again and again, each time closing the one before, as builds do."""
    opened = []

    def open_again(identity="model; reading 1"):
        if opened:
            opened[-1].close()
        opened.append(Workbench(tmp_path / "unfinished.sqlite", identity))
        return opened[-1]

    yield open_again
    opened[-1].close()


def test_a_document_waits_for_its_vectors(reopened):
    reopened().put(WORK)
    bench = reopened()
    assert bench.get(DOCUMENT.source) == WORK
    assert bench.hashes() == {DOCUMENT.source: DOCUMENT.sha256}
    assert bench.unembedded() == [DOCUMENT.source] and bench.with_bytes(DOCUMENT.sha256) is None


def test_vectors_come_back_equal(reopened):
    reopened().put(WORK)
    reopened().put_vectors(DOCUMENT.source, VECTORS, SENTENCES)
    bench = reopened()
    held = bench.with_bytes(DOCUMENT.sha256)
    assert held[:3] == WORK[:3] and held.vectors.tolist() == VECTORS.tolist()
    assert held.sentences.codes.tolist() == SENTENCES.codes.tolist()
    assert held.sentences.scales.tolist() == SENTENCES.scales.tolist()
    assert bench.unembedded() == []


def test_a_changed_document_takes_the_place_of_the_old_one(reopened):
    bench = reopened()
    bench.put(WORK)
    bench.put_vectors(DOCUMENT.source, VECTORS, SENTENCES)
    bench.put(Work(Document(DOCUMENT.source, "00" * 32, DOCUMENT.content), PASSAGES, STATUS))
    assert bench.hashes() == {DOCUMENT.source: "00" * 32} and bench.unembedded() == [DOCUMENT.source]


def test_forgotten_documents_are_gone(reopened):
    bench = reopened()
    bench.put(WORK)
    bench.forget({"another.txt"})
    assert bench.hashes()
    bench.forget({DOCUMENT.source})
    assert not bench.hashes()


def test_another_identity_starts_empty(reopened):
    reopened().put(WORK)
    assert reopened("model; reading 2").hashes() == {}
    assert reopened().hashes() == {}, "what another identity replaced does not come back"


@pytest.mark.parametrize("rest", [b"", b"not a database at all" * 300], ids=["empty", "garbage"])
def test_a_file_that_a_crash_spoilt_costs_only_its_work(tmp_path, reopened, rest):
    (tmp_path / "unfinished.sqlite").write_bytes(rest)
    bench = reopened()
    bench.put(WORK)
    assert bench.hashes() == {DOCUMENT.source: DOCUMENT.sha256}


def test_removing_leaves_no_file(tmp_path, reopened):
    bench = reopened()
    bench.put(WORK)
    bench.remove()
    assert list(tmp_path.iterdir()) == []
