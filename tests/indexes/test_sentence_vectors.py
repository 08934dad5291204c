"""A byte a component: the error of a cosine stays below what could matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from assistant.indexes.sentence_vectors import SentenceVectors


def unit(vectors):
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)


def test_coarse_vectors_are_kept_exactly():
    vectors = np.array([[1, 0, 0], [0, -1, 0]], dtype=np.float32)
    stored = SentenceVectors.from_vectors(vectors)
    assert stored.codes.tolist() == [[127, 0, 0], [0, -127, 0]] and stored.codes.dtype == np.int8
    similarities = stored.similarities(np.array([0.6, 0.8, 0], np.float32), np.array([1, 0]))
    assert similarities.tolist() == pytest.approx([-0.8, 0.6])


def test_a_slice_holds_the_same_vectors():
    stored = SentenceVectors.from_vectors(unit(np.arange(12, dtype=np.float32).reshape(4, 3) + 1))
    assert len(stored) == 4 and len(stored[1:3]) == 2
    assert stored[1:3].codes.tolist() == stored.codes.tolist()[1:3]
    assert stored[1:3].scales.tolist() == stored.scales.tolist()[1:3]


def test_no_vectors_and_a_vector_of_zeros_do_no_harm():
    assert len(SentenceVectors.from_vectors(np.zeros((0, 3), np.float32))) == 0
    assert SentenceVectors.from_vectors(np.zeros((1, 3), np.float32)).codes.tolist() == [[0, 0, 0]]


NUMBERS = st.floats(-1, 1, width=32)


@given(arrays(np.float32, (6, 48), elements=NUMBERS), arrays(np.float32, 48, elements=NUMBERS))
def test_the_error_is_bound_by_the_largest_component(vectors, query):
    """Rounding moves a component by half a step, which is 1/254 of the largest; the query weighs them, at most all alike."""
    vectors, query = unit(vectors), unit(query)
    found = SentenceVectors.from_vectors(vectors).similarities(query, np.arange(6))
    bounds = np.abs(vectors).max(axis=1) / 254 * np.abs(query).sum()
    assert (np.abs(found - vectors @ query) <= bounds + 1e-5).all()


@given(st.sampled_from([256, 384, 768, 1024]), st.integers(0, 2**32 - 1))
def test_a_cosine_of_embeddings_is_off_by_less_than_a_hundredth(dimension, seed):
    """Embeddings spread over all their components, as random directions do."""
    random = np.random.default_rng(seed)
    vectors, query = unit(random.normal(size=(40, dimension))), unit(random.normal(size=dimension))
    found = SentenceVectors.from_vectors(vectors).similarities(query, np.arange(40))
    assert np.abs(found - vectors @ query).max() < 0.01
