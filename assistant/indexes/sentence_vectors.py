"""Sentence embeddings at a quarter of their size: one byte a component and one scale a vector.

They only ever tell which sentence of a found passage is nearest to the question, for which a cosine error below 0.01 does
not matter; embeddings, which spread over all their components, stay below it, a vector with one component far above the
others may not (``tests/indexes/test_sentence_vectors.py`` has both bounds). At 100,000 passages they would else be the
largest file of the index.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SentenceVectors:
    """Quantised unit vectors, numbered from 0 in the order of the sentences.

    ``codes`` has *shape* ``(n_sentences, dim)``, int8; ``scales`` has *shape* ``(n_sentences,)``, float32; a vector is
    its codes times its scale.
    """

    codes: np.ndarray
    scales: np.ndarray

    @classmethod
    def from_vectors(cls, vectors: np.ndarray) -> SentenceVectors:
        """Quantise unit vectors.

        :param vectors: unit vectors. *Shape:* ``(n_sentences, dim)``, float32.
        :returns: the nearest quantised ones.
        """
        scales = (np.abs(vectors).max(axis=1, initial=1e-9) / 127).astype(np.float32)
        return cls(np.rint(vectors / scales[:, None]).astype(np.int8), scales)

    def __len__(self) -> int:
        return len(self.scales)

    def __getitem__(self, rows: slice) -> SentenceVectors:
        return SentenceVectors(self.codes[rows], self.scales[rows])

    def similarities(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Compare a question with some of the sentences.

        :param query: a unit vector. *Shape:* ``(dim,)``, float32.
        :param rows: the sentences' numbers. *Shape:* ``(n_rows,)``, int64.
        :returns: cosine similarities. *Shape:* ``(n_rows,)``, float32.
        """
        return np.asarray((self.codes[rows].astype(np.float32) @ query) * self.scales[rows], dtype=np.float32)
