"""The fast embedder: a sentence-transformers BERT folder run by ONNX Runtime with int8 weights, one text at a time; the
text's sentences get their vectors out of the same run (`late_pooling.py`).

It imports neither PyTorch nor transformers, so a question is embedded within a second of starting. The weights are made
from the folder at first use and cached. Each text is a call of its own: nothing is padded, so nothing is computed in
vain, and no text's vector depends on its neighbours (`onnx_graph.py` says why that matters). With several threads,
several texts are embedded side by side, which divides the work better than dividing each small product.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from assistant.datamodel import Span
from assistant.embedders.late_pooling import sentence_vectors
from assistant.embedders.model_folder import model_folder, revision
from assistant.embedders.onnx_graph import IDS, STATES, VECTOR, VERSION, UnknownArchitecture, int8_model, read_recipe
from assistant.embedders.weights_cache import cached, default_cache
from assistant.onnx_session import open_session, open_tokenizer
from assistant.settings import EMBEDDED_MODEL

log = logging.getLogger(__name__)

_PROBES = (
    "The queen lays about 1,500 eggs a day.",
    "What is CO2?",
    "Ein Satz, naïve café; word-by-word, 日本.",
    "word " * 600,
)
_LEAST_AGREEMENT = 0.95
"""Least cosine similarity to the reference. The embedded model keeps .985 on 1,463 passages; a graph that means
something else, by its pooling or its words, falls far below."""


class OnnxEmbedder:
    """Implements `Embedder` with ONNX Runtime and int8 weights.

    :param model: the name of the embedded model, or the path of a model folder.
    :param threads: texts that may be embedded at the same time.
    :param cache: folder for the weights, the user's cache folder when None.
    :raises ModelUnusable: when there is no such folder, or it is unsafe.
    :raises UnknownArchitecture: when the model is of a form that only the reference embedder runs.
    """

    def __init__(self, model: str, threads: int = 1, cache: Path | None = None) -> None:
        folder = model_folder(model)
        self._recipe = read_recipe(folder)
        self._tokenizer = open_tokenizer(folder)
        self._tokenizer.enable_truncation(self._recipe.max_tokens)
        held = revision(folder)
        name, self._threads = Path(model).name, threads
        self.identity = f"{name}@{held}-int8.{VERSION}"
        self.dimension = self._recipe.dimension
        made: list[bytes] = []

        def make() -> bytes:
            log.info("Making fast weights of the model %s; this happens once and takes seconds.", name)
            made.append(int8_model(folder, self._recipe))
            self._session = open_session(made[0])
            if model != EMBEDDED_MODEL:
                self._compare(model)
            return made[0]

        weights = cached(cache or default_cache(), f"{held}-int8.{VERSION}.onnx", make)
        if not made:
            self._session = open_session(weights)

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `Embedder.embed_passages`. Equal texts are embedded once.

        :param texts: any number of texts.
        :returns: unit vectors. *Shape:* ``(n_texts, dimension)``, float32.
        """
        return self.embed_with_sentences(texts, [()] * len(texts))[0]

    embed_queries = embed_passages

    def embed_with_sentences(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embed texts, and their sentences by late pooling; see `Embedder.embed_with_sentences`.

        Equal texts with equal sentences are embedded once.

        :param texts: any number of texts.
        :param sentences: for each text, where its sentences are in it.
        :returns: unit vectors of both. *Shapes:* ``(n_texts, dimension)`` and ``(n_sentences, dimension)``, float32.
        """
        wanted = [(text, tuple(spans)) for text, spans in zip(texts, sentences, strict=True)]
        once = list(dict.fromkeys(wanted))
        vectors = dict(zip(once, self._side_by_side(once), strict=True))
        none = np.empty((0, self.dimension), dtype=np.float32)
        passages = [vectors[each][:1] for each in wanted]
        pooled = [vectors[each][1:] for each in wanted]
        return np.concatenate([none, *passages]), np.concatenate([none, *pooled])

    def _side_by_side(self, wanted: list[tuple[str, tuple[Span, ...]]]) -> list[np.ndarray]:
        if self._threads == 1 or len(wanted) < 2:
            return [self._embed(*each) for each in wanted]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._embed, *zip(*wanted, strict=True)))

    def _embed(self, text: str, sentences: Sequence[Span] = ()) -> np.ndarray:
        """Run the model once. *Shape:* ``(1 + n_sentences, dimension)``, the text's vector first."""
        # A question may hold half a surrogate pair; the sign in its place is one character, too.
        encoding = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"))
        given = {IDS: np.array([encoding.ids], dtype=np.int32)}
        if not sentences:
            alone: np.ndarray = self._session.run([VECTOR], given)[0]
            return alone
        vector, states = self._session.run([VECTOR, STATES], given)
        places = np.array(encoding.offsets)
        pooled = sentence_vectors(states[0], places, text, sentences, lambda words: self._embed(words)[0])
        return np.concatenate([vector, pooled])

    def _compare(self, model: str) -> None:
        """Make sure that an unknown model's graph means what the reference computes."""
        from assistant.embedders.sentence_transformer import SentenceTransformerEmbedder

        reference = SentenceTransformerEmbedder(model, self._threads)
        agreement = (self.embed_passages(_PROBES) * reference.embed_passages(_PROBES)).sum(axis=1).min()
        if agreement < _LEAST_AGREEMENT:
            raise UnknownArchitecture(f"its fast vectors agree only to {agreement:.2f} with the reference's")
