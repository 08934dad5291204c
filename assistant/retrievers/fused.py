"""Finds passages by three signals, and puts the best of them in order by three more.

The first sum is of what the indexes know of every passage:

    0.75 * cosine + 0.45 * BM25 / best BM25 + 0.75 * best sentence's cosine

Page furniture stands back. The best passages by it are put in order by a second sum, which looks at their words:

    first sum + 1.5 * best sentence's cosine + 0.8 * coverage + 0.5 * phrases + 1.6 * named

Coverage is how much of the question's telling words a passage has, phrases how many of the question's pairs of neighbouring
words, and named how much of the rest stands in the document's title or the heading: a page seldom repeats what it is about.
The right passage comes first, by the first sum and by the second, for 81 and 85 % of SQuAD 1.1's questions (our part, among
1,843 passages), for 91 and 93 % of those that people typed into a search engine, and for 80 and 83 % of our own, in other words
than the text's. Many weights near these do as well. That of *named* is a choice: without it SQuAD's right passage is among the
first eight for 98.1 instead of 97.6 %, and the questions typed into a search engine lose more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TypeVar

import numpy as np

from assistant.datamodel import Query, ScoredPassage, Signals
from assistant.embedders.base import Embedder
from assistant.errors import UsageError
from assistant.indexes.base import ScoredId
from assistant.indexes.generations import Generation, names_of
from assistant.indexes.store import StoredPassage
from assistant.telling_words import TellingWords

Number = TypeVar("Number", float, np.ndarray)

_COSINE, _LEXICAL, _SENTENCE = 0.75, 0.45, 0.75
_SENTENCE_AGAIN, _COVERAGE, _PHRASES, _NAMED = 1.5, 0.8, 0.5, 1.6
ASIDE_PENALTY = 0.5
"""What page furniture stands back by: it is found only where it says the very thing and nothing else does."""
CANDIDATES = 100
"""Passages that each of the two indexes proposes."""
RERANKED = 20
"""The best passages by the first sum, which the second puts in order."""


class FusedRetriever:
    """Implements `Retriever` over one generation.

    :param generation: the index to search.
    :param embedder: the embedder that made the index.
    """

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self._generation, self._embedder = generation, embedder

    def retrieve(self, query: Query, k: int) -> list[ScoredPassage]:
        """Rank passages for a question; see `Retriever.retrieve`.

        :param query: the question and the source globs it is limited to.
        :param k: passages wanted.
        :returns: best first; ties by stored order.
        :raises UsageError: when no source matches a glob.
        """
        ranking = self.rank([query.text], query.sources)
        return self.passages(ranking, ranking.scores[0], k)

    def rank(self, texts: Sequence[str], sources: Sequence[str] = (), beside: Sequence[str] = ()) -> Ranking:
        """Score the passages that any of several texts finds, for each of them.

        :param texts: questions, at least one.
        :param sources: globs that the sources' paths must match, none for all sources.
        :param beside: texts that find nothing themselves, but are compared with what was found.
        :returns: the scores.
        :raises UsageError: when no source matches a glob.
        """
        index, allowed = self._generation, self._allowed(sources)
        vectors = self._embedder.embed_queries([*texts, *beside])
        dense = index.vectors.search(vectors[: len(texts)], CANDIDATES, allowed)
        lexical = [index.lexical.search(text, CANDIDATES, allowed) for text in texts]
        numbers = np.array(sorted({hit.id for hits in (*dense, *lexical) for hit in hits}), dtype=np.int64)
        stored = [index.store.passage(number) for number in numbers.tolist()]
        cosines = vectors @ index.vectors.vectors(numbers).T if len(numbers) else np.zeros((len(vectors), 0))
        rows = [np.arange(p.first_sentence, p.first_sentence + len(p.passage.sentences)) for p in stored]
        similar = [self._similarities(vector, rows) for vector in vectors[: len(texts)]]
        ranks = [({h.id: n for n, h in enumerate(found, 1)}, {h.id: n for n, h in enumerate(hits, 1)})
                 for found, hits in zip(dense, lexical, strict=True)]  # fmt: skip
        words = np.array([_shares(hits, numbers) for hits in lexical])
        return Ranking(tuple(texts), numbers, stored, vectors, cosines, words, similar, ranks)

    def passages(self, ranking: Ranking, scores: np.ndarray, k: int, text: int = 0) -> list[ScoredPassage]:
        """Take the best passages of a ranking, put in order by the second sum.

        :param ranking: what `rank` gave.
        :param scores: the first sum, one a passage, higher is better. *Shape:* ``(n_passages,)``.
        :param k: passages wanted.
        :param text: which of the texts the passages' other signals shall be about.
        :returns: best first; ties by the first sum, then by stored order.
        """
        order = np.argsort(-scores, kind="stable")[: max(k, RERANKED)].tolist()
        told = dict(zip(order, self._signals(ranking, order, text), strict=True))
        again = {at: float(scores[at]) + _again(signals) for at, signals in told.items()}
        best = sorted(order, key=lambda at: -again[at])[:k]
        return [self._scored(ranking, at, again[at], text, told[at]) for at in best]

    def _allowed(self, globs: Sequence[str]) -> np.ndarray | None:
        if not globs:
            return None
        store = self._generation.store
        for glob in globs:
            if not any(fnmatchcase(source, glob) for source in store.sources):
                raise UsageError(f"No indexed source matches {glob!r}; `assistant status` lists them.")
        return store.passage_numbers(s for s in store.sources if any(fnmatchcase(s, glob) for glob in globs))

    def _similarities(self, vector: np.ndarray, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Compare a text with the sentences of each passage, all in one go."""
        if not rows:
            return []
        together = self._generation.sentences.similarities(vector, np.concatenate(rows))
        return np.split(together, np.cumsum([len(own) for own in rows[:-1]]))

    def _signals(self, ranking: Ranking, chosen: Sequence[int], text: int) -> Iterator[Signals]:
        """Say why a text finds some passages of a ranking, by their words too."""
        asked = TellingWords(ranking.texts[text], self._generation.lexical)
        for at in chosen:
            source, passage, _ = ranking.stored[at]
            document = self._generation.store.document(source)
            own, about = asked.of(passage.span.of(document.text)), asked.of(names_of(document, passage))
            coverage, named = asked.share(set(own)), asked.share(set(about).difference(own))
            yield replace(ranking.signals(text, at), coverage=coverage, phrases=asked.phrases(own), named=named)

    def _scored(self, ranking: Ranking, at: int, score: float, text: int, signals: Signals) -> ScoredPassage:
        """Add the sentences around the passage, which only the passages that are wanted need."""
        store, number, (source, passage, _) = self._generation.store, int(ranking.numbers[at]), ranking.stored[at]
        first, last = store.passage_range(source)
        before = store.passage(number - 1).passage.sentences[-1] if number > first else None
        after = store.passage(number + 1).passage.sentences[0] if number + 1 < last else None
        similar = tuple(ranking.similar[text][at].tolist())
        return ScoredPassage(store.document(source), passage, score, signals, similar, before, after)


def _again(signals: Signals) -> float:
    """Sum up what the second sum adds to the first."""
    words = _COVERAGE * signals.coverage + _PHRASES * signals.phrases + _NAMED * signals.named
    return _SENTENCE_AGAIN * signals.best_sentence + words


def summed(cosine: Number, lexical: Number, best_sentence: Number) -> Number:
    """Add up the signals of the first sum.

    :param cosine: of question and passage.
    :param lexical: BM25 as a share of the best.
    :param best_sentence: the highest cosine of question and any sentence.
    :returns: the score, higher is better.
    """
    return _COSINE * cosine + _LEXICAL * lexical + _SENTENCE * best_sentence


@dataclass(frozen=True)
class Ranking:
    """The passages that several texts find, with what each text says of each of them.

    :param texts: what was searched with.
    :param numbers: of the passages in the index, ascending. *Shape:* ``(n_passages,)``.
    :param stored: the passages.
    :param vectors: of the texts, and behind them of those compared beside. *Shape:* ``(n_all_texts, dim)``.
    :param cosines: of those vectors and the passages. *Shape:* ``(n_all_texts, n_passages)``.
    :param words: BM25 as a share of the best, for each text. *Shape:* ``(n_texts, n_passages)``.
    :param similar: for each text and passage, the similarities of the passage's sentences.
    :param ranks: for each text, ranks by number: by cosine and by BM25.
    """

    texts: tuple[str, ...]
    numbers: np.ndarray
    stored: Sequence[StoredPassage]
    vectors: np.ndarray
    cosines: np.ndarray
    words: np.ndarray
    similar: Sequence[Sequence[np.ndarray]]
    ranks: Sequence[tuple[Mapping[int, int], Mapping[int, int]]]

    @cached_property
    def scores(self) -> np.ndarray:
        """The first sum, for each text. *Shape:* ``(n_texts, n_passages)``."""
        asides = np.array([ASIDE_PENALTY * held.passage.aside for held in self.stored])
        best = np.array([[own.max() for own in row] for row in self.similar])
        return np.asarray(summed(self.cosines[: len(best)], self.words, best) - asides, dtype=np.float64)

    def signals(self, text: int, at: int) -> Signals:
        """Say why a text finds a passage, as far as the first sum knows.

        :param text: which of the texts.
        :param at: which of the passages.
        :returns: its signals.
        """
        number = int(self.numbers[at])
        by_cosine, by_words = self.ranks[text]
        cosine, words = float(self.cosines[text, at]), float(self.words[text, at])
        best = float(self.similar[text][at].max())
        return Signals(cosine, words, best, by_cosine.get(number), by_words.get(number))


def _shares(hits: Sequence[ScoredId], numbers: np.ndarray) -> list[float]:
    """Divide BM25 by the best one, 0 for passages that are no hit."""
    found = {hit.id: hit.score / hits[0].score for hit in hits}
    return [found.get(number, 0.0) for number in numbers.tolist()]
