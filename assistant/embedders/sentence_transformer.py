"""The reference embedder: any local sentence-transformers model, by default the embedded all-MiniLM-L6-v2.

Nothing is downloaded: the hub is switched off before the library is imported, and only a safe folder is accepted. It takes
seconds to import and is slower than `onnx.py`, but it is the yardstick, and it runs models that `onnx.py` does not know.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.embedders.model_folder import model_folder, revision
from assistant.errors import ModelUnusable


class SentenceTransformerEmbedder:
    """Implements `Embedder` with sentence-transformers.

    :param model: the name of the embedded model, or the path of a model folder.
    :param threads: threads that PyTorch may use.
    :param batch_size: texts that are embedded at once.
    :raises ModelUnusable: when there is no such folder, it is unsafe, or it does not load.
    """

    def __init__(self, model: str, threads: int = 1, batch_size: int = 32) -> None:
        folder = model_folder(model)
        os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
        try:
            # Imported here, since it takes seconds and only embedding needs it.
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # type: ignore[no-untyped-call]
            torch.set_num_threads(threads)
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as error:  # the library raises nearly anything for a broken folder
            raise ModelUnusable(
                f"The model folder {model!r} could not be loaded ({type(error).__name__}); check its files or unset `model`."
            ) from error
        self.identity = f"{Path(model).name}@{revision(folder)}"
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self._batch_size = batch_size

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `Embedder.embed_passages`.

        :param texts: any number of texts.
        :returns: unit vectors. *Shape:* ``(n_texts, dimension)``, float32.
        """
        return self._embed(texts, self._model.encode_document)

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embed questions; see `Embedder.embed_queries`.

        :param texts: any number of questions.
        :returns: unit vectors. *Shape:* ``(n_texts, dimension)``, float32.
        """
        return self._embed(texts, self._model.encode_query)

    def _embed(self, texts: Sequence[str], encode: object) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = encode(list(texts), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False)  # type: ignore[operator]
        return np.asarray(vectors, dtype=np.float32)
