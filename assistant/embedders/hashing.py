"""An embedder without a model, for tests and demonstrations: it knows words only by their letters.

Each word and each of its three-letter pieces is hashed to a signed dimension (feature hashing, Weinberger et al. 2009,
https://arxiv.org/abs/0902.2206), so texts that share words are similar. It needs no network, no weights and no time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np

from assistant.datamodel import Span

_WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Implements `Embedder` by feature hashing.

    :param dimension: length of the vectors, at least 2.
    """

    def __init__(self, dimension: int = 256) -> None:
        self.dimension = dimension
        self.identity = f"hashing-{dimension}"

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `Embedder.embed_passages`.

        :param texts: any number of texts.
        :returns: unit vectors. *Shape:* ``(n_texts, dimension)``, float32.
        """
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, weight in _features(text):
                hashed = crc32(feature.encode("utf-8", "surrogatepass"))
                row[hashed % self.dimension] += weight if hashed & 0x80000000 else -weight
            row[0] += 1e-6  # a text without words still gets a direction
            row /= np.linalg.norm(row)
        return vectors

    def embed_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embed texts and their sentences, each by its own words; see `Embedder.embed_with_sentences`.

        :param texts: any number of texts.
        :param sentences: for each text, where its sentences are in it.
        :returns: unit vectors of both. *Shapes:* ``(n_texts, dimension)`` and ``(n_sentences, dimension)``, float32.
        """
        words = [span.of(text) for text, spans in zip(texts, sentences, strict=True) for span in spans]
        vectors = self.embed_passages([*texts, *words])
        return vectors[: len(texts)], vectors[len(texts) :]

    embed_queries = embed_passages


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text.lower()):
        yield word, 1.0
        for at in range(len(word) - 2):
            yield word[at : at + 3], 0.3
