"""Finds other words for the words of a question, so that the network also meets questions in words their passage lacks.

Who asks questions for a reading test looks at the passage and takes over its words; who searches has not seen it. A word
gives way to one near it by the embedding model's own word vectors, where that leaves the whole question's vector almost as
it was: "begin" may become "start", while "first" does not become "last".
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assistant.embedders.base import Embedder

Rewordings = Mapping[str, Sequence[str]]
_WORD = re.compile(r"\b[a-z]{3,}\b")
_NEAREST = 8
_WORDS_ALIKE = 0.42
_QUESTIONS_ALIKE = 0.97
_SAME_STEM = 4
_REPLACED = 0.5
_ASKING = frozenset(
    "what which who whom whose when where why how the and did does was were are has have had not".split()
)


class Thesaurus:
    """Words near others.

    :param tokenizer: says which word each row of ``vectors`` is for.
    :param vectors: of word pieces. *Shape:* ``(n_pieces, dimension)``.
    :param embedder: compares questions.
    """

    def __init__(self, tokenizer: Any, vectors: np.ndarray, embedder: Embedder) -> None:
        self._embedder = embedder
        pieces = [tokenizer.id_to_token(row) or "" for row in range(len(vectors))]
        rows = [row for row, piece in enumerate(pieces) if _WORD.fullmatch(piece)]
        self._words = [pieces[row] for row in rows]
        self._row_of = {word: row for row, word in enumerate(self._words)}
        self._vectors = vectors[rows] / np.linalg.norm(vectors[rows], axis=1, keepdims=True)
        self._near: dict[str, list[str]] = {}

    def rewordings(self, question: str) -> dict[str, list[str]]:
        """Find what words of a question can be replaced by.

        :param question: its words.
        :returns: for some of its lower-case words, the words that may stand for them.
        """
        tried = [(word, near) for word in dict.fromkeys(_WORD.findall(question)) for near in self._near_to(word)]
        vectors = self._embedder.embed_queries([question, *(_replaced(question, word, near) for word, near in tried)])
        found: dict[str, list[str]] = {}
        for (word, near), likeness in zip(tried, vectors[1:] @ vectors[0], strict=True):
            if likeness >= _QUESTIONS_ALIKE:
                found.setdefault(word, []).append(near)
        return found

    def _near_to(self, word: str) -> list[str]:
        if word in _ASKING or word not in self._row_of:
            return []
        if word not in self._near:
            likeness = self._vectors @ self._vectors[self._row_of[word]]
            best = np.argsort(-likeness)[:_NEAREST]
            near = [self._words[row] for row in best if likeness[row] >= _WORDS_ALIKE]
            self._near[word] = [each for each in near if not share_stem(each, word) and word not in each]
        return self._near[word]


def reworded(question: str, rewordings: Rewordings, chance: random.Random) -> str:
    """Put other words in the place of about half of those that have some.

    :param question: its words.
    :param rewordings: what `Thesaurus.rewordings` found for it.
    :param chance: draws words.
    :returns: the question in other words.
    """

    def drawn(word: re.Match[str]) -> str:
        others = rewordings.get(word[0])
        return chance.choice(others) if others and chance.random() < _REPLACED else word[0]

    return _WORD.sub(drawn, question)


def share_stem(one: str, two: str) -> bool:
    """Tell, roughly, whether two words are forms of one."""
    return one.casefold()[:_SAME_STEM] == two.casefold()[:_SAME_STEM]


def _replaced(question: str, word: str, other: str) -> str:
    return re.sub(rf"\b{word}\b", other, question)
