"""What the stages around it know of a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.datamodel import Query, Reading, ScoredPassage


class Vocabulary(Protocol):
    """What a reader needs to know about words, and among how many passages they stand."""

    def __len__(self) -> int: ...

    def terms(self, text: str) -> list[str]:
        """List the terms of a text, in its order."""
        ...

    def rarity(self, term: str) -> float:
        """Say how telling a term is among the passages, 0 or more."""
        ...


class Reader(Protocol):
    """Selects quotes from retrieved passages."""

    def read(self, query: Query, passages: Sequence[ScoredPassage]) -> Reading:
        """Choose the sentences that answer.

        :param query: the question.
        :param passages: what was retrieved for it, best first.
        :returns: quotes (none without passages), the passages in a better order, and how sure it is.
        """
        ...
