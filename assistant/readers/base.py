"""What the stages around it know of a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.datamodel import Query, Reading, ScoredPassage


class Reader(Protocol):
    """Selects quotes from retrieved passages."""

    def read(self, query: Query, passages: Sequence[ScoredPassage]) -> Reading:
        """Choose the sentences that answer.

        :param query: the question.
        :param passages: what was retrieved for it, best first.
        :returns: quotes (none without passages), the passages in a better order, and how sure it is.
        """
        ...
