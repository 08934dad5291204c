"""The words of a question that tell what it is about, and how much of them a text has.

Words are compared by the stems that the index searches for. Unlike BM25, how often a word stands in a text does not count,
nor how long the text is: what counts is whether a rare word of the question is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Protocol

_COMMON = frozenset(
    "what which who whom whose when where why how is are was were be been do doe did ha have had the a an of in on at to "
    "for from by with and or as that this it it much mani there their his her he she they can could would will name list "
    "doc document sourc say tell me about pleas".split()
)


class Vocabulary(Protocol):
    """What must be known about words, and among how many passages they stand; the lexical index knows it."""

    def __len__(self) -> int: ...

    def terms(self, text: str) -> list[str]:
        """List the terms of a text, in its order."""
        ...

    def rarity(self, term: str) -> float:
        """Say how telling a term is among the passages, 0 or more."""
        ...


class TellingWords:
    """A question's telling words, how rare they are, and which of them are neighbours.

    :param question: its words.
    :param vocabulary: the words of the index that is searched.
    """

    def __init__(self, question: str, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        words = self.of(question)
        self._rarities = {term: vocabulary.rarity(term) for term in words}
        self._pairs = set(pairwise(words))
        self._total = sum(self._rarities.values())

    def of(self, text: str) -> list[str]:
        """List a text's terms without those that every question has, unless there are no others."""
        terms = self._vocabulary.terms(text)
        return [term for term in terms if term not in _COMMON] or terms

    def share(self, words: Collection[str]) -> float:
        """Say how much of the question some words cover, rare ones counting more: 0 to 1."""
        covered = sum(rarity for term, rarity in self._rarities.items() if term in words)
        return covered / self._total if self._total else 0.0

    def phrases(self, words: Sequence[str]) -> float:
        """Say how many of the question's neighbouring words are neighbours among some words too: 0 to 1."""
        return len(self._pairs.intersection(pairwise(words))) / len(self._pairs) if self._pairs else 0.0
