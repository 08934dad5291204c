"""Stage 3: texts to unit vectors. The only place that names the embedders there are."""

import logging

from assistant.embedders.base import Embedder
from assistant.embedders.hashing import HashingEmbedder

__all__ = ["Embedder", "open_embedder"]

log = logging.getLogger(__name__)


def open_embedder(model: str, threads: int = 1, precision: str = "fast") -> Embedder:
    """Open the embedder that the settings ask for.

    Vectors of the fast and the reference embedder have different identities and are never compared.

    :param model: ``hashing`` (tests), the embedded model's name, or a model folder's path.
    :param threads: threads that it may use.
    :param precision: ``fast`` for int8 weights where the model's form is known, ``reference`` for sentence-transformers.
    :returns: the embedder.
    :raises ModelUnusable: when the model cannot be loaded.
    """
    if model == "hashing":
        return HashingEmbedder()
    # Both are imported here, since not every command embeds, and PyTorch takes seconds.
    if precision == "fast":
        from assistant.embedders.onnx import OnnxEmbedder
        from assistant.onnx_session import ModelNotRun

        try:
            return OnnxEmbedder(model, threads)
        except ModelNotRun as error:
            log.info("The model %s is run by sentence-transformers, slowly, since %s.", model, error)
    from assistant.embedders.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(model, threads)
