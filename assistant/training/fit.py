"""Fits the linear models of `assistant.readers.SentenceReader` on what it sees of questions with known answers.

All are convex, solved on all examples, and judged by five-fold cross-validation over articles:

* *sentence* and *passage*: a softmax over all that was read for one question, whose right ones share the probability
  (the listwise loss of Cao et al. 2007, https://doi.org/10.1145/1273496.1273513);
* *subject*, *right*, *words*: logistic regressions on the first quote's signals. The first tells questions on other
  subjects apart (each kind weighs one half), the second right quotes from wrong ones among the others; our own questions
  weigh less. *calibration* makes their product come true for a stated mix of questions (Platt 1999), and is fitted on what
  the others say of articles they were not fitted on, and without our own questions, which were written to be hard;
* *subject*'s weight of the number of passages: as large as the share of false answers over small indexes allows;
* *further*: logistic regression on the sentences of the right passage, for answers that take several, and for those that do not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import minimize

from assistant.evaluation.confidence_measures import answered_at, auroc, expected_calibration_error, threshold_at
from assistant.readers.candidates import SENTENCE_SIGNALS
from assistant.readers.confidence import (
    CONFIDENCE_SIGNALS,
    FURTHER_SIGNALS,
    PASSAGE_SIGNALS,
    SIZES,
    ReaderWeights,
    confidence_signals,
    logistic,
    shared_phrases,
)

FOLDS = 5
LOOK_ALIKE_SHARE = 0.7
"""What look-alikes weigh beside answered questions when right quotes are told from wrong ones, whatever their number."""
OWN_WEIGHT = 0.1
"""What a question of our own weighs beside another one of its label; there are many, and they were written to be hard."""
OWN_SHARE_OF_FURTHER = 0.5
"""What our own questions weigh beside CLAPNQ's when it is told which further sentences belong to an answer: CLAPNQ's answers
take half of a short passage, most of ours one sentence of a long text."""
ASKED = {"answered": 0.875, "foreign": 0.1, "look_alike": 0.025}
"""The mix of questions for which a confidence shall come true."""
FALSE_ANSWERS = 0.05
"""The share of questions on other subjects that may be answered."""
_STEEPEST = 1.0
"""Log-odds for each factor of e in size: as many passages, as many chances that one is like the question by chance."""
_SIZE = CONFIDENCE_SIGNALS.index("passages")
_RIDGE = 3e-4
"""Small, since similarities lie close together and need large weights to say anything."""
_UNLIKE = 0.45
"""Below this similarity of question and best sentence the embedding model tells little, and shared phrases are judged."""

Kind = Literal["answered", "look_alike", "foreign"]
KINDS: tuple[Kind, ...] = ("answered", "look_alike", "foreign")
NAMES: dict[str, tuple[str, ...]] = {
    "sentence": SENTENCE_SIGNALS,
    "passage": PASSAGE_SIGNALS,
    "subject": (*CONFIDENCE_SIGNALS, "bias"),
    "right": (*CONFIDENCE_SIGNALS, "bias"),
    "words": ("shared_phrases", "bias"),
    "further": (*FURTHER_SIGNALS, "bias"),
    "calibration": ("scale", "bias"),
}
"""What each weight of each model belongs to."""


@dataclass(frozen=True)
class Example:
    """A question with what was read for it.

    ``signals``: *shape* ``(n_sentences, len(SENTENCE_SIGNALS))``; ``right`` marks sentences that hold an answer;
    ``passages``: *shape* ``(n_passages, len(PASSAGE_SIGNALS))``; ``right_passages`` marks the one asked about. Questions
    on one article come into one fold; ``own`` says that it is one of ours. ``size`` counts the passages of the index,
    ``quoted`` numbers the sentences of the first quote that a reader of some weights would give.
    """

    signals: np.ndarray
    right: np.ndarray
    passages: np.ndarray
    right_passages: np.ndarray
    article: str
    own: bool
    kind: Kind
    size: int
    quoted: Callable[[ReaderWeights], Sequence[int]]


@dataclass(frozen=True)
class Chosen:
    """The sentences that might belong to the best one, and which of them were chosen; ``own`` says that the question is ours.

    ``further``: *shape* ``(n_sentences, len(FURTHER_SIGNALS))``, at least one; ``chosen``: *shape* ``(n_sentences,)``.
    """

    further: np.ndarray
    chosen: np.ndarray
    own: bool


@dataclass(frozen=True)
class Fit:
    """Weights fitted on all examples, and what cross-validation says of them on articles they did not see."""

    weights: ReaderWeights
    first_quote: float
    first_passage: float
    auroc: float
    look_alike_auroc: float
    threshold: float
    answered: float
    calibration_error: float


class _Judged(NamedTuple):
    """What weights fitted on other articles make of an example; ``hit`` says whether the first quote is right."""

    example: Example
    log_odds: float
    hit: bool
    passage_hit: bool


def unfitted() -> ReaderWeights:
    """Give weights of zero, for a reader whose signals alone are wanted."""
    return ReaderWeights(*(np.zeros(len(names)) for names in NAMES.values()))


def fit(examples: Sequence[Example], further: np.ndarray) -> Fit:
    """Fit the other models on all examples, and the calibration on what is said of articles that were not seen.

    :param examples: questions of several articles, of each kind.
    :param further: as the function of this name fits it; it has a say in which sentences the first quote takes in.
    :returns: the weights and their measures.
    """
    fold_of = {article: at % FOLDS for at, article in enumerate(sorted({each.article for each in examples}))}
    judged: list[list[_Judged]] = []
    for fold in range(FOLDS):
        seen = models([each for each in examples if fold_of[each.article] != fold], further)
        judged.append([_judged(each, seen) for each in examples if fold_of[each.article] == fold])
    everything = list(chain(*judged))
    weights = replace(models(examples, further), calibration=_calibration(everything))
    said = [_calibrated(own, [each for one in judged if one is not own for each in one]) for own in judged]
    return _measured(weights, everything, np.concatenate(said))


def _judged(example: Example, weights: ReaderWeights) -> _Judged:
    told, hit = _first_quote(example, weights)
    passage = bool(example.right_passages[int(np.argmax(example.passages @ weights.passage))])
    return _Judged(example, weights.log_odds(told), hit, passage)


def _calibration(judged: Sequence[_Judged]) -> np.ndarray:
    judged = [each for each in judged if not each.example.own]
    log_odds = np.array([[each.log_odds] for each in judged])
    return _logistic_weights(log_odds, np.array([each.hit for each in judged]), _mixed([e.example for e in judged]))


def _calibrated(judged: Sequence[_Judged], others: Sequence[_Judged]) -> np.ndarray:
    """Give probabilities by the calibration that others ask for. *Shape:* ``(len(judged),)``."""
    scale, bias = _calibration(others)
    return np.array([logistic(scale * each.log_odds + bias) for each in judged])


def _measured(weights: ReaderWeights, judged: Sequence[_Judged], probabilities: np.ndarray) -> Fit:
    of = {kind: np.array([each.example.kind == kind for each in judged]) for kind in KINDS}
    hits = np.array([each.hit for each in judged])
    passages = np.array([each.passage_hit for each in judged])
    answered, foreign = probabilities[of["answered"]], probabilities[of["foreign"]]
    return Fit(
        weights,
        float(hits[of["answered"]].mean()),
        float(passages[of["answered"]].mean()),
        auroc(answered, foreign).value,
        auroc(answered, probabilities[of["look_alike"]]).value,
        threshold_at(foreign),
        answered_at(answered, foreign),
        expected_calibration_error(answered, hits[of["answered"]]),
    )


def further(chosen: Sequence[Chosen]) -> np.ndarray:
    """Fit *further*; a question weighs the same however many sentences might belong.

    :param chosen: questions whose answers take one sentence or several.
    :returns: a weight for each of its names.
    """
    lengths = [len(each.chosen) for each in chosen]
    own = np.repeat([each.own for each in chosen], lengths)
    counts = np.repeat([1 / length for length in lengths], lengths)
    signals = np.concatenate([each.further for each in chosen])
    return _logistic_weights(
        signals, np.concatenate([each.chosen for each in chosen]), _shared(own, counts, OWN_SHARE_OF_FURTHER)
    )


def heeding_size(weights: ReaderWeights, foreign: Sequence[Example], strictness: float) -> ReaderWeights:
    """Raise the odds of the subject the more, the fewer passages an index has, as far as `FALSE_ANSWERS` allows.

    :param weights: fitted on large indexes.
    :param foreign: foreign questions asked over small ones.
    :param strictness: at which questions are answered.
    :returns: the weights, the same for the largest indexes.
    """
    found, told = weights, [_first_quote(each, weights)[0] for each in foreign]
    for slope in np.arange(0.0, _STEEPEST + 0.01, 0.05):
        tried = replace(weights, subject=_sloping(weights.subject, slope))
        said = np.array([tried.probability(each) for each in told])
        if (said >= strictness).mean() > FALSE_ANSWERS:
            break
        found = tried
    return found


def _sloping(subject: np.ndarray, slope: float) -> np.ndarray:
    """Let the logarithm of the number of passages count, nothing at the largest."""
    *others, bias = subject
    return np.array([*others[:_SIZE], -slope, *others[_SIZE + 1 :], bias + slope * math.log(SIZES[1])])


def choosing(examples: Sequence[Example]) -> ReaderWeights:
    """Fit *sentence* and *passage*.

    :param examples: questions of each kind.
    :returns: these weights, and zeros.
    """
    sentence = _listwise_weights([(each.signals, each.right) for each in examples])
    passage = _listwise_weights([(each.passages, each.right_passages) for each in examples])
    return replace(unfitted(), sentence=sentence, passage=passage)


def models(examples: Sequence[Example], further: np.ndarray) -> ReaderWeights:
    """Fit *sentence*, *passage*, *subject*, *right* and *words*.

    :param examples: questions of each kind.
    :param further: as the function of this name fits it.
    :returns: the weights, with *further* as given and a *calibration* that changes nothing.
    """
    chosen = replace(choosing(examples), further=further, calibration=np.array([1.0, 0.0]))
    told, right = map(np.array, zip(*(_first_quote(each, chosen) for each in examples), strict=True))
    size, told[:, _SIZE] = told[:, _SIZE].copy(), 0.0  # `heeding_size` weighs it; that it will is reckoned with
    foreign = np.array([each.kind == "foreign" for each in examples])
    alike = np.array([each.kind == "look_alike" for each in examples])
    counts = np.array([OWN_WEIGHT if each.own else 1.0 for each in examples])
    unlike = told[:, CONFIDENCE_SIGNALS.index("most_similar")] < _UNLIKE
    phrases = np.array([[shared_phrases(each)] for each in told[unlike]])
    return replace(
        chosen,
        subject=_logistic_weights(
            told, ~foreign, _shared(~foreign, counts, 0.5), _STEEPEST * (math.log(SIZES[1]) - size)
        ),
        right=_logistic_weights(
            told[~foreign], right[~foreign], _shared(alike[~foreign], counts[~foreign], LOOK_ALIKE_SHARE)
        ),
        words=_logistic_weights(phrases, ~foreign[unlike], _shared(~foreign[unlike], counts[unlike], 0.5)),
    )


def _first_quote(example: Example, weights: ReaderWeights) -> tuple[np.ndarray, bool]:
    """Give what tells whether the first quote answers (`CONFIDENCE_SIGNALS`), and whether it does."""
    quoted = list(example.quoted(weights))
    told = confidence_signals(example.signals, example.signals @ weights.sentence, quoted, example.size)
    return told, bool(example.right[quoted].any())


def _shared(label: np.ndarray, counts: np.ndarray, share: float) -> np.ndarray:
    """Let the labelled weigh ``share`` together and the others the rest, or one of them all where the other is missing.

    :param label: *shape* ``(n,)``, bool.
    :param counts: what each weighs beside others of its label. *Shape:* ``(n,)``.
    :param share: of the labelled.
    :returns: weights that are 1 together. *Shape:* ``(n,)``.
    """
    if label.all() or not label.any():
        return np.asarray(counts / counts.sum())
    return np.asarray(counts * np.where(label, share / counts[label].sum(), (1 - share) / counts[~label].sum()))


def _mixed(examples: Sequence[Example]) -> np.ndarray:
    """Let each kind weigh what it does among the questions of `ASKED`."""
    kinds = Counter(each.kind for each in examples)
    return np.array([ASKED[each.kind] / kinds[each.kind] for each in examples])


def _listwise_weights(lists: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    lists = [(signals, right) for signals, right in lists if right.any()]
    signals = np.concatenate([each for each, _ in lists])
    right = np.concatenate([each for _, each in lists])
    starts = np.cumsum([0, *(len(each) for _, each in lists[:-1])])
    own = np.repeat(np.arange(len(lists)), [len(each) for _, each in lists])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean of minus the log of the right ones' share, with its gradient."""
        scores = signals @ weights
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[own])
        among_all, among_right = np.add.reduceat(odds, starts), np.add.reduceat(odds * right, starts)
        among_right = np.maximum(among_right, 1e-300)
        expected = odds / among_all[own] - odds * right / among_right[own]
        value = float(np.mean(np.log(among_all) - np.log(among_right))) + _RIDGE * float(weights @ weights)
        return value, signals.T @ expected / len(lists) + 2 * _RIDGE * weights

    return _minimised(loss, signals.shape[1])


def _logistic_weights(
    signals: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None, known: np.ndarray | float = 0.0
) -> np.ndarray:
    """Fit logistic regression with a little ridge on standardised signals.

    :param signals: *shape* ``(n, n_signals)``.
    :param label: *shape* ``(n,)``, bool.
    :param weight: of each row, all together 1; equal ones when None. *Shape:* ``(n,)``.
    :param known: log-odds that each row has beside what is fitted. *Shape:* ``(n,)``.
    :returns: a weight a signal, and the bias. *Shape:* ``(n_signals + 1,)``.
    """
    weight = np.full(len(label), 1 / len(label)) if weight is None else weight
    centre, spread = signals.mean(axis=0), signals.std(axis=0) + 1e-9
    standard = np.c_[(signals - centre) / spread, np.ones(len(signals))]
    signed = np.where(label, 1, -1)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Weighted log loss, with its gradient."""
        margins = signed * (standard @ weights + known)
        ridge = _RIDGE * np.append(weights[:-1], 0.0)
        slope = -signed * weight / (1 + np.exp(margins))
        return float(weight @ np.logaddexp(0, -margins) + ridge @ weights / 2), standard.T @ slope + ridge

    found = _minimised(loss, standard.shape[1])
    return np.append(found[:-1] / spread, found[-1] - found[:-1] @ (centre / spread))


def _minimised(loss: Callable[[np.ndarray], tuple[float, np.ndarray]], size: int) -> np.ndarray:
    return np.asarray(minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B").x)
