"""Stage 7, converse: decides how far a question leans on the turns before it, and retrieves with them.

Three texts are searched with: the question alone, the question *resolved* (with the telling words of the turns before, in
brackets), and the question *recalled* (behind the last question that was answered and the opening of its answer). How much
the last two count is how likely the question leans on those turns: a logistic model over five cheap signals. Where that is
unlikely, the question stands alone and nothing else is searched with. A question with a word that points back is shown, and
read, in its resolved form; one without keeps its own words, and the turns before only have a say in which passages come first.

Words are chosen in the manner of QuReTeC (Voskarides et al. 2020, https://arxiv.org/abs/2005.11723), but without a network:
by how rare they are among the passages, whether what was quoted last has them too, and how long ago they were said; questions on
other topics than the last one give none. The weights come from ``python -m assistant.evaluation.conversation_fit`` and are kept in
``conversation_weights.json``, which names the data they were fitted on. English only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from assistant.datamodel import ScoredPassage, Turn
from assistant.leaning import content_words, leans
from assistant.retrievers.fused import FusedRetriever, Ranking
from assistant.talk import talk_in, without_manners
from assistant.telling_words import Vocabulary

LEANING_SIGNALS = ("cue", "words", "previous", "found", "gain")
"""What tells whether a question leans on the turns before it.

``cue`` is 1 for a question that `leans` by its words: pronouns that point back, openings like "and …", fragments; ``words``
counts its telling words, up to `_WORDS_COUNTED`; ``previous`` is the cosine similarity of the question before, ``found`` that
of the question before and the passage this one finds alone; ``gain`` is how much nearer the resolved question comes to its
best passage than the question alone to its own.
"""
LEANS_FROM = 0.3
"""Least probability at which a question is taken to lean; below it the turns before have no say."""
APART_BELOW = 0.3
STRANGE_BELOW = 0.3
"""A question without a word that points back, less similar than `APART_BELOW` to the question before and than
`STRANGE_BELOW` to every passage, is on another topic, of which the sources say nothing."""
WORDS_ADDED = 8
_WORDS_COUNTED = 8
_WORDS_RECALLED = 24
_FADING = 0.9
"""What a word is worth less for each exchange that came after it."""
_QUOTED_TOO = 2.0
"""What a word is worth more when the last answer has it."""
_KEPT_AMONG = 5
"""The passage that the question alone finds best stays among so many."""
_LOOKED_BACK = 10
"""Exchanges that can matter."""
_WORDS_OF_QUESTION = 60
_ABSTAINED = re.compile(r"\W*your sources don['’]t say", re.IGNORECASE)


class Exchange(NamedTuple):
    """A question asked before, and the words quoted for it; none for an abstention."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was retrieved for a question in its conversation.

    :param resolved: the question as it was understood; the question itself when no word of it points back.
    :param passages: best first, with signals about the resolved question.
    :param leaning: the probability that it leans on the turns before, 0 to 1.
    """

    resolved: str
    passages: list[ScoredPassage]
    leaning: float


@dataclass(frozen=True)
class LeaningWeights:
    """A fitted logistic model: one weight a signal (`LEANING_SIGNALS`), and a bias last."""

    values: np.ndarray

    @classmethod
    def shipped(cls) -> LeaningWeights:
        """Load the weights that come with the project."""
        held = json.loads(Path(__file__).with_name("conversation_weights.json").read_text("utf-8"))
        return cls(np.array([held["leaning"][name] for name in (*LEANING_SIGNALS, "bias")]))

    def probability(self, signals: Sequence[float]) -> float:
        """Give the probability that a question leans on the turns before it.

        :param signals: in the order of `LEANING_SIGNALS`.
        :returns: a probability, 0 to 1.
        """
        return 1 / (1 + math.exp(-float(np.dot(self.values, [*signals, 1.0]))))


class Conversation:
    """Retrieves for questions that may lean on the turns before them.

    :param retriever: ranks passages for several texts at once.
    :param words: of the index that is searched.
    :param weights: the fitted weights, those shipped when None.
    """

    def __init__(self, retriever: FusedRetriever, words: Vocabulary, weights: LeaningWeights | None = None) -> None:
        self._retriever, self._words = retriever, words
        self._weights = weights or LeaningWeights.shipped()

    def retrieve(self, question: str, turns: Sequence[Turn], k: int, sources: Sequence[str] = ()) -> Found:
        """Rank passages for a question in its conversation.

        :param question: what was asked last.
        :param turns: the turns before it, oldest first.
        :param k: passages wanted.
        :param sources: globs that the sources' paths must match, none for all sources.
        :returns: the passages, and how the question was understood.
        :raises UsageError: when no source matches a glob.
        """
        before = exchanges(turns)
        resolved = resolve(question, before, self._words)
        if resolved == question:
            ranking = self._retriever.rank([question], sources)
            return Found(question, self._retriever.passages(ranking, ranking.scores[0], k), 0.0)
        ranking = self._retriever.rank([question, resolved, recalled(question, before)], sources, [before[-1].question])
        signals = leaning_signals(question, ranking)
        leaning = self._weights.probability(signals)
        if leaning < LEANS_FROM or _on_another_topic(signals, ranking):
            return Found(question, self._retriever.passages(ranking, ranking.scores[0], k), leaning)
        passages = self._retriever.passages(ranking, fused(ranking.scores, leaning), k, text=1)
        return Found(resolved if leans(question) else question, passages, leaning)


def exchanges(turns: Sequence[Turn]) -> list[Exchange]:
    """Pair the questions asked so far with their answers, leaving out what a question cannot lean on.

    Talk is left out, and so is a question that got no answer, unless it leaned on the ones before it itself or there is no
    other: what the sources say nothing about is hardly what the next question is about.

    :param turns: the turns, oldest first.
    :returns: the exchanges, oldest first.
    """
    asked = list(_paired(turns))[-_LOOKED_BACK:]
    telling = [each for each in asked if each.answer or leans(each.question)]
    return telling if any(each.answer for each in telling) else asked


def _paired(turns: Sequence[Turn]) -> Iterator[Exchange]:
    for at, turn in enumerate(turns):
        if turn.role == "user" and turn.content.strip():
            talk = talk_in(turn.content)
            question = without_manners(turn.content.strip()) if talk is None else talk.question
            following = turns[at + 1].content.strip() if turns[at + 1 :] and turns[at + 1].role == "assistant" else ""
            if question:
                question = " ".join(question.split()[:_WORDS_OF_QUESTION])
                yield Exchange(question, "" if _ABSTAINED.match(following) else following)


def resolve(question: str, before: Sequence[Exchange], words: Vocabulary) -> str:
    """Complete a question with the telling words of the exchanges before it.

    :param question: what was asked last.
    :param before: the exchanges before it, oldest first.
    :param words: how telling words are.
    :returns: the question with at most `WORDS_ADDED` words in brackets; the question itself when there are none to add.
    """
    chosen = telling_words(question, before, words)
    return f"{question.strip()} ({' '.join(chosen)})" if chosen else question


def telling_words(question: str, before: Sequence[Exchange], words: Vocabulary) -> list[str]:
    """Choose the words of earlier questions that a question is most likely about.

    A word's worth is its rarity, times `_QUOTED_TOO` when the last answer has it, times `_FADING` for each exchange since.

    :param question: the question, whose own words are not chosen.
    :param before: the exchanges before it, oldest first.
    :param words: how telling words are.
    :returns: at most `WORDS_ADDED` words, in the order they were said.
    """
    own = set(words.terms(question))
    before = _on_topic(before, words)
    quoted = set(words.terms(before[-1].answer)) if before else set()
    worth: dict[str, tuple[float, int, str]] = {}
    said = [
        (age, word)
        for age, each in zip(range(len(before))[::-1], before, strict=True)
        for word in content_words(each.question)
    ]
    for at, (age, word) in enumerate(said):
        terms = words.terms(word)
        if terms and not own.issuperset(terms):
            value = max(map(words.rarity, terms)) * _FADING**age * (_QUOTED_TOO if terms[0] in quoted else 1.0)
            worth[terms[0]] = max(worth.get(terms[0], (-1.0, 0, "")), (value, at, word))
    best = sorted(worth.values(), key=lambda told: (-told[0], told[1]))[:WORDS_ADDED]
    return [word for _, _, word in sorted(best, key=lambda told: told[1])]


def _on_topic(before: Sequence[Exchange], words: Vocabulary) -> list[Exchange]:
    """Leave out exchanges on other topics: their question's words never came again, and the next question stood alone."""
    kept: list[Exchange] = []
    said: set[str] = set()
    for each in reversed(before):
        asked = _content_terms(each.question, words)
        if not kept or leans(kept[0].question) or asked & said:
            kept.insert(0, each)
            said |= asked | _content_terms(each.answer, words)
    return kept


def _content_terms(text: str, words: Vocabulary) -> set[str]:
    return {term for word in content_words(text) for term in words.terms(word)}


def recalled(question: str, before: Sequence[Exchange]) -> str:
    """Put the last question and the opening of its answer in front of a question.

    :param question: what was asked last.
    :param before: the exchanges before it, oldest first, at least one.
    :returns: the three, a blank between them.
    """
    opening = " ".join(before[-1].answer.split()[:_WORDS_RECALLED])
    return " ".join(filter(None, (before[-1].question, opening, question.strip())))


def leaning_signals(question: str, ranking: Ranking) -> list[float]:
    """Collect what tells whether a question leans on the turns before it.

    :param question: the question.
    :param ranking: of the question, of its resolved and recalled forms, and beside them of the question before.
    :returns: in the order of `LEANING_SIGNALS`.
    """
    counted = float(min(_WORDS_COUNTED, len(content_words(question))))
    previous = float(ranking.vectors[0] @ ranking.vectors[-1])
    if not len(ranking.numbers):
        return [float(leans(question)), counted, previous, 0.0, 0.0]
    alone, resolved = ranking.scores[:2].argmax(axis=1).tolist()
    gain = float(ranking.cosines[1, resolved] - ranking.cosines[0, alone])
    return [float(leans(question)), counted, previous, float(ranking.cosines[-1, alone]), gain]


def _on_another_topic(signals: Sequence[float], ranking: Ranking) -> bool:
    """Tell a change of topic to what the sources do not know: any word of the last topic would bring it nearer to them."""
    told = dict(zip(LEANING_SIGNALS, signals, strict=True))
    nearest = float(ranking.cosines[0].max(initial=-1.0))
    return not told["cue"] and told["previous"] < APART_BELOW and nearest < STRANGE_BELOW


def fused(scores: np.ndarray, leaning: float) -> np.ndarray:
    """Add the scores of the resolved and the recalled question to those of the question alone.

    The passage that the question alone finds best stays among the first `_KEPT_AMONG`.

    :param scores: of the question, resolved and recalled. *Shape:* ``(3, n_passages)``.
    :param leaning: the weight of the last two, 0 to 1.
    :returns: the sums. *Shape:* ``(n_passages,)``.
    """
    sums = scores[0] + leaning * (scores[1] + scores[2])
    if sums.size > _KEPT_AMONG:
        last_kept = np.sort(sums)[-_KEPT_AMONG]
        best = int(scores[0].argmax())
        sums[best] = max(sums[best], np.nextafter(last_kept, np.inf))
    return np.asarray(sums)
