"""The vector index in use: FAISS, exact inner product on one thread.

`scale.md`'s measurements speak for it: 14 ms at 100,000 vectors and 71 ms at a million on one thread, with perfect
recall and no tuning. FAISS's own writer can lose the end of a file on a full disk without an error, so the index is
turned into bytes here and written by `generations`, which reads them back.
"""

from __future__ import annotations

import faiss
import numpy as np

from assistant.errors import IndexDamaged
from assistant.indexes.base import ScoredId
from assistant.indexes.exact import check_dimension, ranked

# Several threads were slower beside other work (scale.md: 71 ms on one, 440 ms on two).
faiss.omp_set_num_threads(1)


class FaissIndex:
    """Implements `VectorIndex` with ``IndexFlatIP``.

    :param index: a FAISS index of exactly that kind.
    """

    def __init__(self, index: faiss.IndexFlatIP) -> None:
        self._index = index
        self.dimension = int(index.d)

    @classmethod
    def empty(cls, dimension: int) -> FaissIndex:
        """Start an index.

        :param dimension: length of its vectors.
        :returns: an index without vectors.
        """
        return cls(faiss.IndexFlatIP(dimension))

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, dimension: int, count: int) -> FaissIndex:
        """Read an index, after its length was compared with what its form must give.

        :param data: what `to_bytes` gave.
        :param dimension: the dimension that the manifest states.
        :param count: the number of vectors that the manifest states.
        :returns: the index.
        :raises IndexDamaged: when the bytes are anything else.
        """
        expected = len(cls.empty(dimension).to_bytes()) + 4 * dimension * count
        try:
            if len(data) != expected:
                raise ValueError("length")
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
            if type(index) is not faiss.IndexFlatIP or index.d != dimension or index.ntotal != count:
                raise ValueError("form")
        except (RuntimeError, ValueError):
            raise IndexDamaged(
                "The index's vectors are not what the build wrote; run `assistant build` to make it anew."
            ) from None
        return cls(index)

    def to_bytes(self) -> bytes:
        """Give the whole index as bytes, in FAISS's format."""
        return bytes(faiss.serialize_index(self._index))

    def add(self, vectors: np.ndarray) -> None:
        """Store more vectors behind those there are.

        :param vectors: unit vectors. *Shape:* ``(n_vectors, dim)``, float32.
        :raises DimensionMismatch: when ``dim`` differs from the index.
        """
        check_dimension(vectors, self.dimension)
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[list[ScoredId]]:
        """Find the most similar vectors; see `VectorIndex.search`.

        :param queries: unit-length embeddings. *Shape:* ``(n_queries, dim)``, float32.
        :param k: hits wanted per query.
        :param allowed: numbers that may be found, None for all.
        :returns: one list per query, highest cosine similarity first; ties by stored order.
        :raises DimensionMismatch: when ``dim`` differs from the index.
        """
        check_dimension(queries, self.dimension)
        only = None if allowed is None else _only(allowed)
        room = len(self) if allowed is None else len(allowed)
        return [self._nearest(query[None], k, room, only) for query in np.ascontiguousarray(queries, dtype=np.float32)]

    def _nearest(self, query: np.ndarray, k: int, room: int, only: faiss.SearchParameters | None) -> list[ScoredId]:
        """Search for one query among the ``room`` vectors allowed, one hit further than wanted, to see a tie there."""
        if not room:
            return []
        scores, ids = (found[0] for found in self._index.search(query, min(k + 1, room), params=only))
        if len(scores) > k and scores[k] == scores[k - 1]:
            # Which of several equally similar vectors FAISS keeps is left to chance: fetch all of them.
            _, scores, ids = self._index.range_search(query, float(scores[k]) - 1e-6, params=only)
        return ranked(ids, scores, k)

    def vectors(self, ids: np.ndarray) -> np.ndarray:
        """Give back stored vectors.

        :param ids: numbers of stored vectors. *Shape:* ``(n_ids,)``, int64.
        :returns: the vectors. *Shape:* ``(n_ids, dim)``, float32.
        """
        return np.asarray(self._index.reconstruct_batch(np.asarray(ids, np.int64)), dtype=np.float32)


def _only(allowed: np.ndarray) -> faiss.SearchParameters:
    return faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.asarray(allowed, np.int64)))  # type: ignore[call-arg]
