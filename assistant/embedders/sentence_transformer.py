"""The reference embedder: any local sentence-transformers model, by default the embedded all-MiniLM-L6-v2.

Nothing is downloaded: the hub is switched off before the library is imported, and only a safe folder is accepted. It takes
seconds to import and is slower than `onnx.py`, but it is the yardstick, and it runs models that `onnx.py` does not know.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.datamodel import Span
from assistant.embedders.late_pooling import sentence_vectors, unit
from assistant.embedders.model_folder import model_folder, revision
from assistant.errors import ModelUnusable

_HELD = ("sentence_embedding", "token_embeddings", "offset_mapping")


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
        self._pools_late = _pools_late(self._model)

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

    def embed_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embed texts and their sentences, by late pooling where the model's form allows; see `Embedder.embed_with_sentences`.

        :param texts: any number of texts.
        :param sentences: for each text, where its sentences are in it.
        :returns: unit vectors of both. *Shapes:* ``(n_texts, dimension)`` and ``(n_sentences, dimension)``, float32.
        """
        if not self._pools_late:
            words = [span.of(text) for text, spans in zip(texts, sentences, strict=True) for span in spans]
            return self.embed_passages(texts), self.embed_passages(words)
        vectors = [np.empty((0, self.dimension), dtype=np.float32)]
        pooled = vectors.copy()
        for text, spans, (vector, states, places) in zip(texts, sentences, self._states(texts), strict=True):
            vectors.append(vector[None])
            pooled.append(sentence_vectors(states, places, text, spans, lambda words: self.embed_passages([words])[0]))
        return np.concatenate(vectors), np.concatenate(pooled)

    def _states(self, texts: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Give each text's unit vector, its tokens' final states and their places; one batch is in memory at a time."""
        for first in range(0, len(texts), self._batch_size):
            batch = list(texts[first : first + self._batch_size])
            everything: Any = self._model.encode_document(
                batch,
                batch_size=self._batch_size,
                output_value=None,
                show_progress_bar=False,
                processing_kwargs={"text": {"return_offsets_mapping": True}},
            )
            for held in everything:
                vector, states, places = (held[name].numpy() for name in _HELD)
                yield unit(vector), states, places

    def _embed(self, texts: Sequence[str], encode: object) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = encode(list(texts), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False)  # type: ignore[operator]
        return np.asarray(vectors, dtype=np.float32)


def _pools_late(model: Any) -> bool:
    """Tell whether a sentence's tokens make a vector that compares with a text's.

    After another module than these, or another way of pooling, a text's vector is of another kind than its tokens'
    states; words put before a text would shift its tokens; and only fast tokenisers say where tokens are.
    """
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    usual = model[1].get_config_dict().get("pooling_mode") in ("mean", "cls")
    return usual and not any(model.prompts.values()) and bool(getattr(model.tokenizer, "is_fast", False))
