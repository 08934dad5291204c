"""One contract for every vector index, worked by hand; then FAISS is compared with the obvious one on random vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assistant.errors import DimensionMismatch, IndexDamaged
from assistant.indexes.exact import ExactIndex
from assistant.indexes.faiss import FaissIndex

# A vector along each axis, and one halfway between the first two.
AXES = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0]], dtype=np.float32)


def faiss_index(vectors):
    index = FaissIndex.empty(vectors.shape[1])
    index.add(vectors)
    return index


@pytest.fixture(params=[ExactIndex, faiss_index], ids=["exact", "faiss"])
def make_index(request):
    return request.param


def found(index, query, k, allowed=None):
    allowed = None if allowed is None else np.array(allowed, dtype=np.int64)
    return [(hit.id, pytest.approx(hit.score)) for hit in index.search(np.array([query], np.float32), k, allowed)[0]]


def test_orthogonal_vectors_score_one_and_zero(make_index):
    index = make_index(AXES)
    assert (len(index), index.dimension) == (4, 3)
    assert found(index, [0, 1, 0], 4) == [(1, 1.0), (3, 0.8), (0, 0.0), (2, 0.0)]
    assert found(index, [-1, 0, 0], 4) == [(1, 0.0), (2, 0.0), (3, -0.6), (0, -1.0)]


def test_each_query_has_its_own_hits(make_index):
    hits = make_index(AXES).search(AXES[[2, 0]], 1)
    assert [[hit.id for hit in row] for row in hits] == [[2], [0]]


def test_no_query_has_no_hits(make_index):
    assert make_index(AXES).search(np.zeros((0, 3), np.float32), 2) == []


@pytest.mark.parametrize("k", [1, 2, 4, 5, 1000])
def test_k_may_exceed_the_size(make_index, k):
    assert [number for number, _ in found(make_index(AXES), [0, 1, 0], k)] == [1, 3, 0, 2][:k]


@pytest.mark.parametrize("k", [1, 2, 3, 99, 100, 150, 298])
@pytest.mark.parametrize("allowed", [None, range(3, 300, 2)], ids=["all", "odd"])
def test_ties_come_in_stored_order_also_where_the_list_ends(make_index, k, allowed):
    vectors = np.tile(AXES[:1], (300, 1))
    vectors[7], vectors[201] = AXES[1], AXES[3]
    index = make_index(vectors)
    equal = [number for number in (allowed or range(300)) if number not in (7, 201)]
    assert [number for number, _ in found(index, [0, 1, 0], k, allowed)] == [7, 201, *equal][:k]


def test_an_empty_index_finds_nothing(make_index):
    assert make_index(np.zeros((0, 3), np.float32)).search(AXES, 3) == [[], [], [], []]


@pytest.mark.parametrize("allowed, expected", [([0, 2, 3], [3, 0, 2]), ([2], [2]), ([], [])])
def test_only_what_is_allowed_is_found(make_index, allowed, expected):
    assert [number for number, _ in found(make_index(AXES), [0, 1, 0], 4, allowed)] == expected


@pytest.mark.parametrize("queries", [np.zeros((1, 2)), np.zeros((2, 4)), np.zeros(5)], ids=["fewer", "more", "flat"])
def test_queries_of_another_dimension_are_refused(make_index, queries):
    message = f"holds 3-dimensional vectors but the model gives {queries.shape[-1]}; run `assistant build`"
    with pytest.raises(DimensionMismatch, match=message):
        make_index(AXES).search(queries.astype(np.float32), 1)


def test_vectors_come_back_as_they_were(make_index):
    assert make_index(AXES).vectors(np.array([3, 0])).tolist() == AXES[[3, 0]].tolist()


def test_faiss_takes_no_vectors_of_another_dimension():
    with pytest.raises(DimensionMismatch, match="holds 3-dimensional vectors but the model gives 2"):
        FaissIndex.empty(3).add(AXES[:, :2])


def vectors_of(rows):
    """Random unit vectors; with few and coarse numbers, so that there are ties."""
    numbers = st.sampled_from([-2.0, -1.0, 0.0, 0.0, 1.0, 3.0])
    return arrays(np.float32, st.tuples(rows, st.just(4)), elements=numbers).map(unit)


def unit(vectors):
    vectors = vectors + np.array([0.5, 0, 0, 0], np.float32)  # none is zero
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@given(vectors_of(st.integers(1, 150)), vectors_of(st.integers(1, 3)), st.integers(1, 200), st.data())
def test_faiss_agrees_with_exact(vectors, queries, k, data):
    chosen = data.draw(st.none() | st.sets(st.integers(0, len(vectors) - 1)).map(sorted))
    allowed = None if chosen is None else np.array(chosen, dtype=np.int64)
    fast, exact = faiss_index(vectors), ExactIndex(vectors)
    for row, expected in zip(fast.search(queries, k, allowed), exact.search(queries, k, allowed), strict=True):
        scores = [hit.score for hit in row]
        assert scores == pytest.approx([hit.score for hit in expected], abs=1e-6)
        assert all(a >= b for a, b in zip(scores, scores[1:], strict=False)), "scores never rise down the list"
        assert len({hit.id for hit in row}) == len(row)
        assert allowed is None or {hit.id for hit in row} <= set(chosen)


@given(vectors_of(st.integers(1, 150)), st.integers(0, 149), st.integers(1, 200))
def test_every_stored_vector_finds_its_copies_first_and_in_order(vectors, at, k):
    wanted = vectors[at % len(vectors)]
    copies = [number for number, vector in enumerate(vectors) if (vector == wanted).all()]
    hits = faiss_index(vectors).search(wanted[None], k)[0]
    assert [hit.id for hit in hits][: len(copies)] == copies[:k]


@given(vectors_of(st.integers(0, 40)), vectors_of(st.just(1)))
def test_writing_and_reading_an_index_changes_nothing(vectors, query):
    before = faiss_index(vectors)
    after = FaissIndex.from_bytes(before.to_bytes(), 4, len(vectors))
    assert after.search(query, 50) == before.search(query, 50)
    assert after.to_bytes() == before.to_bytes()


def _another_kind():
    import faiss

    index = faiss.IndexFlatL2(3)
    index.add(AXES)
    return bytes(faiss.serialize_index(index))


WHOLE = faiss_index(AXES).to_bytes()


@pytest.mark.parametrize(
    "data, dimension, count",
    [
        (b"", 3, 4),
        (WHOLE[:-1], 3, 4),
        (WHOLE + b"\0", 3, 4),
        (WHOLE, 3, 5),
        (WHOLE, 4, 3),
        (b"\0" * len(WHOLE), 3, 4),
        (_another_kind(), 3, 4),
        (WHOLE[:4] + (12).to_bytes(4, "little") + WHOLE[8:], 3, 4),
        (WHOLE[:8] + (2**62).to_bytes(8, "little") + WHOLE[16:], 3, 4),
    ],
    ids=["empty", "short", "long", "fewer", "narrower", "zeros", "other-metric", "header-dimension", "header-count"],
)
def test_bytes_of_another_form_are_refused(data, dimension, count):
    with pytest.raises(IndexDamaged, match="vectors are not what the build wrote; run `assistant build`"):
        FaissIndex.from_bytes(data, dimension, count)
