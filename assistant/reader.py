"""Stage 6, select: from retrieved passages to quotes, or to an explained abstention.

`SentenceReader` scores every sentence of the passages with a small linear model over cheap signals and turns the best
score into a probability with a logistic model. Its weights come from ``python -m assistant.evaluation.fit`` and are kept
in ``reader_weights.json``, which names the data they were fitted on. A trained neural reader can take its place: both
are a `Reader`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.datamodel import Query, Quote, Reading, ScoredPassage, Span
from assistant.question_types import EXPLANATIONS, kind_of, offers

PASSAGES_READ = 6
QUOTES_AT_MOST = 3
PHRASES_THAT_COUNT = 0.25
"""Less of the question's phrases than this says nothing of the subject: 1 % of questions on other subjects reach it."""
FURTHER_QUOTE_RATIO = 0.45
"""A further quote needs at least this share of the best one's probability among all sentences."""

SENTENCE_SIGNALS = (
    "similarity",
    "passage_similarity",
    "lexical",
    "best_sentence",
    "coverage",
    "nearby",
    "phrases",
    "offers",
)
CONFIDENCE_SIGNALS = (
    "similarity",
    "passage_similarity",
    "best_sentence",
    "coverage",
    "nearby",
    "phrases",
    "lead",
    "most_similar",
)

# Set by hand, since the data that the weights are fitted on has neither headings nor page furniture, and its questions
# for reasons and definitions repeat the words of the sentence that they were made from.
_HEADING_PENALTY = 4.0
_QUESTION_PENALTY = 1.5
_ASIDE_PENALTY = 4.0
_ANNOUNCEMENT_PENALTY = 3.0
_FORM_WEIGHT = 1.7
# "Before we explain …, it is important to know …": words about what the text is going to say, which say nothing yet.
_ANNOUNCES = re.compile(
    r"\b(?:before (?:we|i) \w+|let us|let[’']s|(?:we|i) (?:will|shall|now) (?:\w+ )?(?:explain|describe|discuss|show|look|turn)|"
    r"it(?:[’']s| is) important to (?:know|note|understand)|this (?:section|chapter|article|page|report) (?:\w+ )?"
    r"(?:explains?|describes?|discusses|looks|shows?))\b",
    re.IGNORECASE,
)

_COMMON = frozenset(
    "what which who whom whose when where why how is are was were be been do doe did ha have had the a an of in on at to "
    "for from by with and or as that this it it much mani there their his her he she they can could would will name list "
    "doc document sourc say tell me about pleas".split()
)


class Vocabulary(Protocol):
    """What the reader needs to know about words."""

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
        :returns: quotes (none without passages), the closest passages, and how sure it is.
        """
        ...


@dataclass(frozen=True)
class ReaderWeights:
    """A fitted `SentenceReader`.

    ``sentence`` has one weight a signal (`SENTENCE_SIGNALS`). ``subject`` and ``right`` have one a signal
    (`CONFIDENCE_SIGNALS`) and a bias last: log-odds that the sources are about the question at all, and that the best
    sentence is the right one if they are. ``words`` (a weight and a bias) judges the subject by shared phrases alone, for
    names that the embedding model does not know.
    """

    sentence: np.ndarray
    subject: np.ndarray
    right: np.ndarray
    words: np.ndarray

    @classmethod
    def shipped(cls) -> ReaderWeights:
        """Load the weights that come with the project."""
        held = json.loads(Path(__file__).with_name("reader_weights.json").read_text("utf-8"))
        return cls(*(np.array(list(held[name].values())) for name in ("sentence", "subject", "right", "words")))

    def probability(self, signals: np.ndarray, penalty: float = 0.0) -> float:
        """Give the probability that the best sentence answers.

        :param signals: as `confidence_signals` gives them. *Shape:* ``(len(CONFIDENCE_SIGNALS),)``.
        :param penalty: what is taken off the log-odds that it is the right one.
        :returns: the product of the two probabilities, 0 to 1.
        """
        told = np.append(signals, 1.0)
        subject = _logistic(told @ self.subject)
        if (shared := shared_phrases(signals)) >= PHRASES_THAT_COUNT:
            subject = max(subject, _logistic(shared * self.words[0] + self.words[1]))
        return float(subject * _logistic(told @ self.right - penalty))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that might be quoted, with its place in its passage and its signals (`SENTENCE_SIGNALS`).

    ``penalty`` is for what is seldom an answer and lowers the confidence too; ``form`` is for sentences that have, or lack,
    the form that is asked for, and only ranks them.
    """

    passage: ScoredPassage
    at: int
    signals: tuple[float, ...]
    penalty: float
    form: float

    @property
    def span(self) -> Span:
        """The sentence's span in its document."""
        return self.passage.passage.sentences[self.at]

    @property
    def text(self) -> str:
        """The sentence's words."""
        return self.span.of(self.passage.document.text)


class SentenceReader:
    """Implements `Reader` with a linear model over sentence signals.

    :param vocabulary: the words of the index that is read.
    :param weights: the fitted weights, those shipped when None.
    """

    def __init__(self, vocabulary: Vocabulary, weights: ReaderWeights | None = None) -> None:
        self._vocabulary = vocabulary
        self._weights = weights or ReaderWeights.shipped()

    def read(self, query: Query, passages: Sequence[ScoredPassage]) -> Reading:
        """Choose the sentences that answer; see `Reader.read`.

        :param query: the question.
        :param passages: what was retrieved for it, best first.
        :returns: quotes, the closest passages, and how sure it is.
        """
        candidates = self.candidates(query, passages)
        if not candidates:
            return Reading((), (), 0.0)
        scores = self.scores(candidates)
        best = int(np.argmax(scores))
        confidence = self.confidence(candidates, scores)
        chosen = [candidates[at] for at in _chosen(candidates, scores)]
        shares = dict(zip((id(c) for c in candidates), np.exp(scores - scores[best]), strict=True))
        quotes = [_quote(each, confidence * float(shares[id(each)])) for each in chosen]
        first, *others = quotes
        others.sort(key=lambda quote: (quote.document.source, quote.span))
        return Reading((first, *others), _closest(passages, candidates, scores, confidence), confidence)

    def candidates(self, query: Query, passages: Sequence[ScoredPassage]) -> list[Candidate]:
        """List the sentences of the best passages with their signals.

        :param query: the question.
        :param passages: what was retrieved for it, best first.
        :returns: all sentences of the first `PASSAGES_READ` passages.
        """
        asked = _Asked(query.text, self._vocabulary)
        return [candidate for passage in passages[:PASSAGES_READ] for candidate in self._candidates_of(asked, passage)]

    def scores(self, candidates: Sequence[Candidate]) -> np.ndarray:
        """Score sentences by the linear model.

        :param candidates: sentences with their signals.
        :returns: log-odds up to a constant. *Shape:* ``(n_candidates,)``.
        """
        return np.asarray(_matrix(candidates) @ self._weights.sentence + [c.form - c.penalty for c in candidates])

    def confidence(self, candidates: Sequence[Candidate], scores: np.ndarray) -> float:
        """Give the probability that the best sentence answers.

        :param candidates: sentences with their signals, at least one.
        :param scores: their scores. *Shape:* ``(n_candidates,)``.
        :returns: a probability, 0 to 1.
        """
        best = candidates[int(np.argmax(scores))]
        return self._weights.probability(confidence_signals(_matrix(candidates), scores), best.penalty)

    def _candidates_of(self, asked: _Asked, scored: ScoredPassage) -> Iterator[Candidate]:
        text, found = scored.document.text, scored.signals
        before: frozenset[str] = frozenset()
        for at, span in enumerate(scored.passage.sentences):
            words = _telling(self._vocabulary.terms(span.of(text)))
            offered = offers(asked.kind, span.of(text), asked.text)
            form = asked.kind in EXPLANATIONS
            signals = (
                scored.sentence_similarities[at], found.dense, found.lexical, found.best_sentence,
                asked.share(frozenset(words)), asked.share(before - frozenset(words)), asked.phrases(words),
                0.0 if form else offered,
            )  # fmt: skip
            yield Candidate(scored, at, signals, _penalty(scored, span), _FORM_WEIGHT * offered if form else 0.0)
            before = frozenset(words)


class _Asked:
    """A question's telling words, how rare they are, and what it asks for."""

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.kind = kind_of(text)
        words = _telling(vocabulary.terms(text))
        self._rarities = {term: vocabulary.rarity(term) for term in words}
        self._pairs = set(pairwise(words))

    def share(self, words: frozenset[str]) -> float:
        """Say how much of the question some words cover, rare ones counting more: 0 to 1."""
        total = sum(self._rarities.values())
        return sum(rarity for term, rarity in self._rarities.items() if term in words) / total if total else 0.0

    def phrases(self, words: list[str]) -> float:
        """Say how many of the question's neighbouring words are neighbours here too: 0 to 1."""
        return len(self._pairs.intersection(pairwise(words))) / len(self._pairs) if self._pairs else 0.0


def _telling(terms: list[str]) -> list[str]:
    """Leave out the words that every question has, unless there are no others."""
    return [term for term in terms if term not in _COMMON] or terms


def _matrix(candidates: Sequence[Candidate]) -> np.ndarray:
    return np.array([candidate.signals for candidate in candidates])


def confidence_signals(signals: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Collect what tells whether the best sentence answers at all (`CONFIDENCE_SIGNALS`).

    Signals that are relative to the best hit of the same question are left out: they say nothing across questions.

    :param signals: the sentences' signals. *Shape:* ``(n_sentences, len(SENTENCE_SIGNALS))``.
    :param scores: their scores. *Shape:* ``(n_sentences,)``.
    :returns: the best sentence's own signals, its lead (its share among all sentences' odds), and the highest
        similarity of any sentence. *Shape:* ``(len(CONFIDENCE_SIGNALS),)``.
    """
    best = int(np.argmax(scores))
    own = {name: signals[best][at] for at, name in enumerate(SENTENCE_SIGNALS)}
    own["lead"] = 1 / np.exp(scores - scores[best]).sum()
    own["most_similar"] = signals[:, SENTENCE_SIGNALS.index("similarity")].max()
    return np.array([own[name] for name in CONFIDENCE_SIGNALS])


def shared_phrases(signals: np.ndarray) -> float:
    """Say how much the best sentence repeats the question's rare words, in its phrases: coverage times phrases, 0 to 1.

    :param signals: as `confidence_signals` gives them. *Shape:* ``(len(CONFIDENCE_SIGNALS),)``.
    :returns: 1 for all of its telling words in the same order.
    """
    return float(signals[CONFIDENCE_SIGNALS.index("coverage")] * signals[CONFIDENCE_SIGNALS.index("phrases")])


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def _penalty(scored: ScoredPassage, span: Span) -> float:
    text = span.of(scored.document.text)
    heading = any(heading.span == span for heading in scored.document.content.headings)
    penalties = (
        (heading, _HEADING_PENALTY),
        (text.endswith("?"), _QUESTION_PENALTY),
        (scored.passage.aside, _ASIDE_PENALTY),
        (_ANNOUNCES.search(text) is not None, _ANNOUNCEMENT_PENALTY),
    )
    return sum(penalty for applies, penalty in penalties if applies)


def _chosen(candidates: Sequence[Candidate], scores: np.ndarray) -> list[int]:
    """Take the best sentence and those nearly as good, without saying the same words twice."""
    order = [int(at) for at in np.argsort(-scores, kind="stable")]
    least = scores[order[0]] + math.log(FURTHER_QUOTE_RATIO)
    chosen: list[int] = []
    said: set[str] = set()
    for at in order:
        words = " ".join(candidates[at].text.split()).casefold()
        if scores[at] >= least and words not in said and len(chosen) < QUOTES_AT_MOST:
            chosen.append(at)
            said.add(words)
    return chosen


def _quote(candidate: Candidate, score: float) -> Quote:
    scored, at = candidate.passage, candidate.at
    sentences = scored.passage.sentences
    before = sentences[at - 1] if at else scored.before
    after = sentences[at + 1] if at + 1 < len(sentences) else scored.after
    return Quote(
        scored.document, candidate.span, min(1.0, score), None, before, after, scored.passage.section, scored.signals
    )


def _closest(
    passages: Sequence[ScoredPassage], candidates: Sequence[Candidate], scores: np.ndarray, confidence: float
) -> tuple[Quote, ...]:
    """Turn the best passages into quotes of whole passages, scored by their best sentence."""
    top = scores.max()
    quotes = []
    for scored in passages[:QUOTES_AT_MOST]:
        own = max(score for candidate, score in zip(candidates, scores, strict=True) if candidate.passage is scored)
        quotes.append(
            Quote(
                scored.document,
                scored.passage.span,
                min(1.0, confidence * math.exp(own - top)),
                None,
                scored.before,
                scored.after,
                scored.passage.section,
                scored.signals,
            )  # fmt: skip
        )
    return tuple(quotes)
