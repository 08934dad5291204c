"""A vector index in plain NumPy: slow, obvious, and what every other index is tested against."""

from __future__ import annotations

import numpy as np

from assistant.errors import DimensionMismatch
from assistant.indexes.base import ScoredId


class ExactIndex:
    """Implements `VectorIndex` by comparing with every stored vector.

    :param vectors: unit vectors. *Shape:* ``(n_vectors, dim)``, float32.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        self._vectors = np.asarray(vectors, dtype=np.float32)
        self.dimension = self._vectors.shape[1]

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, queries: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[list[ScoredId]]:
        """Find the most similar vectors; see `VectorIndex.search`.

        :param queries: unit-length embeddings. *Shape:* ``(n_queries, dim)``, float32.
        :param k: hits wanted per query.
        :param allowed: numbers that may be found, None for all.
        :returns: one list per query, highest cosine similarity first; ties by stored order.
        :raises DimensionMismatch: when ``dim`` differs from the index.
        """
        check_dimension(queries, self.dimension)
        ids = np.arange(len(self)) if allowed is None else np.asarray(allowed)
        return [ranked(ids, self._vectors[ids] @ query, k) for query in queries]

    def vectors(self, ids: np.ndarray) -> np.ndarray:
        """Give back stored vectors.

        :param ids: numbers of stored vectors. *Shape:* ``(n_ids,)``, int64.
        :returns: the vectors. *Shape:* ``(n_ids, dim)``, float32.
        """
        return np.asarray(self._vectors[ids])


def check_dimension(queries: np.ndarray, dimension: int) -> None:
    """Refuse queries that do not fit an index.

    :param queries: embeddings. *Shape:* ``(n_queries, dim)``.
    :param dimension: the index's dimension.
    :raises DimensionMismatch: when they differ.
    """
    if queries.ndim != 2 or queries.shape[1] != dimension:
        given = queries.shape[-1] if queries.ndim else 0
        raise DimensionMismatch(
            f"The index holds {dimension}-dimensional vectors but the model gives {given}; "
            "run `assistant build` to rebuild, or set `model` back."
        )


def ranked(ids: np.ndarray, scores: np.ndarray, k: int) -> list[ScoredId]:
    """Sort scored numbers, highest score first and ties by number, and keep the first ``k``.

    :param ids: numbers, ascending. *Shape:* ``(n,)``.
    :param scores: their scores. *Shape:* ``(n,)``.
    :param k: how many to keep.
    :returns: the best.
    """
    order = np.lexsort((ids, -scores))[:k]
    return [ScoredId(int(ids[at]), float(scores[at])) for at in order]
