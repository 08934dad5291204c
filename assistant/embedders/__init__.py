"""Stage 3: texts to unit vectors. The only place that names the embedders there are."""

from assistant.embedders.base import Embedder
from assistant.embedders.hashing import HashingEmbedder

__all__ = ["Embedder", "open_embedder"]


def open_embedder(model: str, threads: int = 1) -> Embedder:
    """Open the embedder that a ``model`` setting asks for.

    :param model: ``hashing`` (tests), the embedded model's name, or a model folder's path.
    :param threads: threads that it may use.
    :returns: the embedder.
    :raises ModelUnusable: when the model cannot be loaded.
    """
    if model == "hashing":
        return HashingEmbedder()
    # Imported here, since PyTorch takes seconds to import and not every command embeds.
    from assistant.embedders.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(model, threads)
