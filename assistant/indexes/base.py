"""What every vector index and lexical index offers."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


class ScoredId(NamedTuple):
    """A passage's number in the index (from 0, in stored order) and its score, higher is better."""

    id: int
    score: float


class VectorIndex(Protocol):
    """Finds stored unit vectors by cosine similarity."""

    dimension: int

    def __len__(self) -> int: ...

    def search(self, queries: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[list[ScoredId]]:
        """Find the stored vectors most similar to each query.

        :param queries: unit-length embeddings. *Shape:* ``(n_queries, dim)``, float32.
        :param k: hits wanted per query, at least 1; fewer return when fewer are stored or allowed.
        :param allowed: numbers that may be found, ascending; None allows all. *Shape:* ``(n_allowed,)``, int64.
        :returns: one list per query, highest cosine similarity first; ties by stored order.
        :raises DimensionMismatch: when ``dim`` differs from the index.
        """
        ...

    def vectors(self, ids: np.ndarray) -> np.ndarray:
        """Give back stored vectors.

        :param ids: numbers of stored vectors. *Shape:* ``(n_ids,)``, int64.
        :returns: the vectors. *Shape:* ``(n_ids, dim)``, float32.
        """
        ...


class LexicalIndex(Protocol):
    """Finds passages by the words they share with a question, scored with BM25."""

    def search(self, text: str, k: int, allowed: np.ndarray | None = None) -> list[ScoredId]:
        """Find the passages that share words with a text.

        :param text: the question, as typed; nothing in it is an operator.
        :param k: hits wanted, at least 1; fewer return when fewer passages share a word.
        :param allowed: numbers that may be found, ascending; None allows all. *Shape:* ``(n_allowed,)``, int64.
        :returns: highest BM25 first; ties by stored order.
        """
        ...
