"""Stage 4: vectors, words and texts, kept in generations under ``index/``. This package is code; ``index/`` is what it wrote."""

from assistant.indexes.base import LexicalIndex, ScoredId, VectorIndex
from assistant.indexes.generations import Generation, GenerationWriter, build_lock, current_id, remove_leftovers

__all__ = [
    "Generation", "GenerationWriter", "LexicalIndex", "ScoredId", "VectorIndex", "build_lock", "current_id", "remove_leftovers",
]  # fmt: skip
