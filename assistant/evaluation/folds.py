"""Parts the articles into fifths, the same in every set and every run, so that training and judging never share one."""

from __future__ import annotations

import hashlib

FOLDS = 5
HELD_BACK = 1
"""The fold of articles that no training run sees, unless it is told to use all."""


def fold_of(article: str) -> int:
    """Put an article into one of `FOLDS` parts, by its title in lower case with single blanks for blanks and ``_``."""
    plain = " ".join(article.replace("_", " ").casefold().split())
    return int.from_bytes(hashlib.sha256(plain.encode()).digest()[:4], "big") % FOLDS
