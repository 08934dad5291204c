"""What every retriever offers."""

from __future__ import annotations

from typing import Protocol

from assistant.datamodel import Query, ScoredPassage


class Retriever(Protocol):
    """Finds the passages that a question is most likely about."""

    def retrieve(self, query: Query, k: int) -> list[ScoredPassage]:
        """Rank passages for a question.

        :param query: the question and the source globs it is limited to.
        :param k: passages wanted, at least 1; fewer return when there are fewer.
        :returns: best first; ties by stored order.
        :raises UsageError: when no source matches a glob.
        """
        ...
