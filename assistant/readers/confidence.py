"""How sure a reader is: the probability that its first quote answers, and the fitted weights behind it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.readers.candidates import SENTENCE_SIGNALS

PHRASES_THAT_COUNT = 0.25
"""Less of the question's phrases than this says nothing of the subject: 1 % of questions on other subjects reach it."""
CONFIDENCE_SIGNALS = (
    "similarity",
    "passage_similarity",
    "best_sentence",
    "coverage",
    "nearby",
    "phrases",
    "evidence",
    "span",
    "answers",
    "passage_coverage",
    "named",
    "lead",
    "most_similar",
    "passages",
)
SIZES = (20, 1500)
"""How many passages the indexes had that the weights were fitted on; fewer and more count as these."""
_LEAST = 1e-6
PASSAGE_SIGNALS = (
    "dense",
    "lexical",
    "best_sentence",
    "coverage",
    "phrases",
    "named",
    "answers",
    "evidence",
    "span",
)
FURTHER_SIGNALS = ("behind", "evidence", "similarity", "coverage", "beside", "opens", "elsewhere")


@dataclass(frozen=True)
class ReaderWeights:
    """A fitted reader.

    ``sentence`` has one weight a signal (`SENTENCE_SIGNALS`), ``passage`` likewise (`PASSAGE_SIGNALS`). ``subject`` and
    ``right`` have one a signal (`CONFIDENCE_SIGNALS`) and a bias last: log-odds that the sources are about the question at
    all, and that the first quote is right if they are. ``words`` (a weight and a bias) judges the subject by
    shared phrases alone, for names that the embedding model does not know. ``further`` (`FURTHER_SIGNALS`, bias last) are
    log-odds that a sentence of the best one's passage, or of one beside it, belongs to the answer too. ``calibration`` (a
    scale and a bias, Platt 1999) turns the log-odds of both probabilities' product into those that come true.
    """

    sentence: np.ndarray
    passage: np.ndarray
    subject: np.ndarray
    right: np.ndarray
    words: np.ndarray
    further: np.ndarray
    calibration: np.ndarray

    @classmethod
    def shipped(cls) -> ReaderWeights:
        """Load the weights that come with the project."""
        held = json.loads(Path(__file__).with_name("weights.json").read_text("utf-8"))
        return cls(*(np.array(list(held[name].values())) for name in cls.__dataclass_fields__))

    def probability(self, signals: np.ndarray, penalty: float = 0.0) -> float:
        """Give the probability that the best sentence answers.

        :param signals: as `confidence_signals` gives them. *Shape:* ``(len(CONFIDENCE_SIGNALS),)``.
        :param penalty: what is taken off the log-odds that it is the right one.
        :returns: the calibrated product of the two probabilities, 0 to 1.
        """
        scale, bias = self.calibration
        return logistic(scale * self.log_odds(signals, penalty) + bias)

    def log_odds(self, signals: np.ndarray, penalty: float = 0.0) -> float:
        """Give the log-odds of the product of both probabilities, before calibration.

        :param signals: as `confidence_signals` gives them. *Shape:* ``(len(CONFIDENCE_SIGNALS),)``.
        :param penalty: what is taken off the log-odds that it is the right one.
        :returns: within -14 and 14.
        """
        told = np.append(signals, 1.0)
        subject = logistic(told @ self.subject)
        if (shared := shared_phrases(signals)) >= PHRASES_THAT_COUNT:
            subject = max(subject, logistic(shared * self.words[0] + self.words[1]))
        both = min(1 - _LEAST, max(_LEAST, subject * logistic(told @ self.right - penalty)))
        return math.log(both / (1 - both))


def confidence_signals(signals: np.ndarray, scores: np.ndarray, quoted: Sequence[int], passages: int) -> np.ndarray:
    """Collect what tells whether the first quote answers at all (`CONFIDENCE_SIGNALS`).

    Signals that are relative to the best hit of the same question are left out: they say nothing across questions. The
    more passages an index has, the more like a question is the likest of them by chance alone.

    :param signals: the sentences' signals. *Shape:* ``(n_sentences, len(SENTENCE_SIGNALS))``.
    :param scores: their scores. *Shape:* ``(n_sentences,)``.
    :param quoted: which of them the first quote holds.
    :param passages: how many the index has.
    :returns: the best sentence's own signals, the quote's lead (its share among all sentences' odds), the highest similarity of
        any sentence, and the logarithm of the number of passages. *Shape:* ``(len(CONFIDENCE_SIGNALS),)``.
    """
    best = int(np.argmax(scores))
    own = {name: signals[best][at] for at, name in enumerate(SENTENCE_SIGNALS)}
    odds = np.exp(scores - scores[best])
    own["lead"] = odds[list(quoted)].sum() / odds.sum()
    own["most_similar"] = signals[:, SENTENCE_SIGNALS.index("similarity")].max()
    own["passages"] = math.log(min(max(passages, SIZES[0]), SIZES[1]))
    return np.array([own[name] for name in CONFIDENCE_SIGNALS])


def shared_phrases(signals: np.ndarray) -> float:
    """Say how much the best sentence repeats the question's rare words, in its phrases: coverage times phrases, 0 to 1.

    :param signals: as `confidence_signals` gives them. *Shape:* ``(len(CONFIDENCE_SIGNALS),)``.
    :returns: 1 for all of its telling words in the same order.
    """
    return float(signals[CONFIDENCE_SIGNALS.index("coverage")] * signals[CONFIDENCE_SIGNALS.index("phrases")])


def logistic(logit: float) -> float:
    """Turn log-odds into a probability."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))
