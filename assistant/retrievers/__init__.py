"""Stage 5: from a question to ranked passages."""

from assistant.retrievers.base import Retriever
from assistant.retrievers.fused import FusedRetriever

__all__ = ["FusedRetriever", "Retriever"]
