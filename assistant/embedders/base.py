"""What every embedder offers: texts in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np


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

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embed questions, in the same form as `embed_passages`.

        :param texts: any number of questions.
        :returns: unit vectors in the order of the texts. *Shape:* ``(n_texts, dimension)``, float32.
        """
        ...
