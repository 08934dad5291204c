"""What every embedder offers: texts in, unit vectors out, for their sentences too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from assistant.datamodel import Span


class Embedder(Protocol):
    """Turns texts into unit-length vectors whose dot product is their cosine similarity.

    ``identity`` names the model and its revision: vectors of equal identity can be compared, others cannot.
    """

    identity: str
    dimension: int

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts of the sources.

        :param texts: any number of texts; what exceeds the model's window is not seen.
        :returns: unit vectors in the order of the texts. *Shape:* ``(n_texts, dimension)``, float32.
        """
        ...

    def embed_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embed texts of the sources together with the sentences in them, which may cost less than each by itself.

        :param texts: any number of texts, as for `embed_passages`.
        :param sentences: for each text, where its sentences are in it.
        :returns: unit vectors of the texts, as `embed_passages` gives them, and of the sentences, one text's after
            another's. *Shapes:* ``(n_texts, dimension)`` and ``(n_sentences, dimension)``, float32.
        """
        ...

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embed questions, in the same form as `embed_passages`.

        :param texts: any number of questions.
        :returns: unit vectors in the order of the texts. *Shape:* ``(n_texts, dimension)``, float32.
        """
        ...
