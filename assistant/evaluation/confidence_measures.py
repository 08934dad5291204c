"""Measures of ``confidence``: does it tell right from wrong, and does it mean what it says?

Confidences are probabilities, 0 to 1. All functions take one number per question and are free of thresholds, save where
their name says otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assistant.evaluation.uncertainty import Estimate, Numbers, around


class RiskPoint(NamedTuple):
    """Answers with at least this ``confidence`` are the share ``coverage`` of all; the share ``risk`` is wrong."""

    confidence: float
    coverage: float
    risk: float


class RocPoint(NamedTuple):
    """Answering from this ``strictness`` on answers these shares of the negative and of the positive questions."""

    strictness: float
    negatives: float
    positives: float


class ReliabilityBin(NamedTuple):
    """Answers of like confidence: their mean ``confidence``, the share ``right`` of them, and how many ``answers``."""

    confidence: float
    right: float
    answers: int


def auroc(positive: Numbers, negative: Numbers) -> Estimate:
    """Area under the ROC curve: the chance that a positive question has the higher confidence, a tie counting half.

    By ranks, ``AUROC = (R⁺ - m(m + 1)/2) / mn`` with R⁺ the sum of the m positives' ranks (ties share the mean rank),
    which is Mann and Whitney's U over mn (Hanley, McNeil 1982, https://doi.org/10.1148/radiology.143.1.7063747). The
    standard error is DeLong's (1988, https://doi.org/10.2307/2531595). Worked example: positives .9, .6, .4 and
    negatives .6, .3: of 6 pairs 4 are won and 1 tied, so 4.5/6 = 0.75.

    :param positive: confidences of questions that the sources answer, at least one. *Shape:* ``(m,)``.
    :param negative: confidences of questions that they do not, at least one. *Shape:* ``(n,)``.
    :returns: from 0 to 1; one half tells nothing. No interval with fewer than two of either.
    """
    everything = _ranks(np.concatenate([positive, negative]))
    # For each positive the share of negatives it beats, and for each negative the share of positives that beat it.
    beats = (everything[: positive.size] - _ranks(positive)) / negative.size
    beaten = 1 - (everything[positive.size :] - _ranks(negative)) / positive.size
    value, count = float(beats.mean()), positive.size + negative.size
    if min(positive.size, negative.size) < 2:
        return Estimate(value, None, None, count)
    variance = beats.var(ddof=1) / positive.size + beaten.var(ddof=1) / negative.size
    return around(value, float(np.sqrt(variance)), count)


def threshold_at(negative: Numbers, false_answers: float = 0.05) -> float:
    """Find the lowest strictness at which at most this share of questions without an answer is answered.

    Just above the confidence that stands at rank ``⌊share · n⌋ + 1`` among the negatives, so ties cannot break the
    bound. Worked example: of negatives .9, .5, .3, .1 a share of 0.25 may be answered: one, so just above .5.

    :param negative: confidences of questions that the sources do not answer, at least one. *Shape:* ``(n,)``.
    :param false_answers: the share allowed, 0 up to but not including 1.
    :returns: the strictness; a hair above 1 where only that keeps the bound.
    """
    allowed = int(false_answers * negative.size + 1e-9)  # 0.05 * 60 must not become 2.9999…
    return float(np.nextafter(np.sort(negative)[::-1][allowed], 2.0))


def answered_at(positive: Numbers, negative: Numbers, false_answers: float = 0.05) -> float:
    """Share of answerable questions answered at `threshold_at`: the true positive rate at that false positive rate.

    Worked example: positives .8, .6, .5, .2 with negatives .9, .5, .3, .1 and a share of 0.25: two of four lie above
    .5, so 0.5.

    :param positive: confidences of questions that the sources answer, at least one. *Shape:* ``(m,)``.
    :param negative: confidences of questions that they do not, at least one. *Shape:* ``(n,)``.
    :param false_answers: the share of the negatives that may be answered.
    :returns: from 0 to 1.
    """
    return float((positive >= threshold_at(negative, false_answers)).mean())


def expected_calibration_error(confidence: Numbers, right: Numbers, bins: int = 10) -> float:
    """Mean distance between confidence and share of right answers over bins of equal width, weighted by their size.

    ``ECE = Σ_b n_b/n · |mean right_b - mean confidence_b|`` (Guo et al. 2017, https://arxiv.org/abs/1706.04599); 1.0
    belongs to the last bin. Worked example: .95 right, .85 wrong, .85 right, .15 wrong: bins .9 (|1 - .95|, one of
    four), .8 (|.5 - .85|, two), .1 (|0 - .15|, one) give (.05 + 2 · .35 + .15)/4 = 0.225.

    :param confidence: one per question, at least one. *Shape:* ``(n,)``.
    :param right: 1 where the answer was right, else 0. *Shape:* ``(n,)``.
    :param bins: how many.
    :returns: from 0 to 1, 0 is best.
    """
    gaps = np.bincount(_bins_of(confidence, bins), weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / confidence.size)


def reliability(confidence: Numbers, right: Numbers, bins: int = 10) -> list[ReliabilityBin]:
    """Set confidence against the share of right answers, bin by bin: the reliability diagram.

    (DeGroot, Fienberg 1983, https://doi.org/10.2307/2987588.) The bins are those of `expected_calibration_error`. Worked
    example: .95 right, .85 wrong, .85 right, .15 wrong give (.15: 0 right, 1 of them), (.85: .5, 2), (.95: 1, 1).

    :param confidence: one per question, at least one. *Shape:* ``(n,)``.
    :param right: 1 where the answer was right, else 0. *Shape:* ``(n,)``.
    :param bins: how many.
    :returns: the bins that hold an answer, lowest confidence first.
    """
    bin_of = _bins_of(confidence, bins)
    groups = [np.flatnonzero(bin_of == number) for number in range(bins)]
    return [
        ReliabilityBin(float(confidence[group].mean()), float(right[group].mean()), len(group))
        for group in groups
        if len(group)
    ]


def roc(positive: Numbers, negative: Numbers) -> list[RocPoint]:
    """Trade false answers for true ones: one point for each confidence met, from answering nothing on.

    (Fawcett 2006, https://doi.org/10.1016/j.patrec.2005.10.010.) The area below the points is `auroc`. Worked example:
    positives .9, .6, .4 and negatives .6, .3 give negatives : positives 0 : 0, 0 : 1/3, 1/2 : 2/3, 1/2 : 1 and 1 : 1.

    :param positive: confidences of questions that the sources answer, at least one. *Shape:* ``(m,)``.
    :param negative: confidences of questions that they do not, at least one. *Shape:* ``(n,)``.
    :returns: points of falling strictness; the first answers nothing.
    """
    met = np.unique(np.concatenate([positive, negative]))[::-1]
    points = [RocPoint(float(at), share_answered(negative, at), share_answered(positive, at)) for at in met]
    return [RocPoint(float(np.nextafter(met[0], 2.0)), 0.0, 0.0), *points]


def share_answered(confidence: Numbers, strictness: float) -> float:
    """Share of questions whose confidence reaches the strictness. Worked example: of .9, .5, .1 at .5 two thirds.

    :param confidence: one per question, at least one. *Shape:* ``(n,)``.
    :param strictness: the least confidence that is answered.
    :returns: from 0 to 1.
    """
    return float((confidence >= strictness).mean())


def _bins_of(confidence: Numbers, bins: int) -> npt.NDArray[np.int64]:
    """Number the bins of equal width; the small addend puts .3 (binary: just below) into the bin that begins at .3."""
    return np.clip((confidence * bins + 1e-9).astype(np.int64), 0, bins - 1)


def risk_coverage(confidence: Numbers, right: Numbers) -> list[RiskPoint]:
    """Trade coverage for risk: one point for each confidence met, from the strictest to answering everything.

    (El-Yaniv, Wiener 2010, https://www.jmlr.org/papers/v11/el-yaniv10a.html). Worked example: .9 right, .8 wrong, .8
    right: (.9: coverage 1/3, risk 0), (.8: coverage 1, risk 1/3).

    :param confidence: one per question, at least one. *Shape:* ``(n,)``.
    :param right: 1 where the answer was right, else 0. *Shape:* ``(n,)``.
    :returns: points of rising coverage; questions of equal confidence share a point.
    """
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence, wrong = confidence[order], np.cumsum(1 - right[order])
    last_of_each = np.flatnonzero(np.append(np.diff(sorted_confidence) != 0, True))
    return [
        RiskPoint(float(sorted_confidence[at]), float((at + 1) / confidence.size), float(wrong[at] / (at + 1)))
        for at in last_of_each
    ]


def _ranks(values: Numbers) -> Numbers:
    """Rank from 1, lowest first; equal values share the mean of their ranks."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last: npt.NDArray[np.int64] = np.cumsum(sizes)
    return np.asarray((last - (sizes - 1) / 2)[group], dtype=np.float64)
