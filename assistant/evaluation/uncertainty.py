"""How far a number measured on a sample of questions may lie from the number on all such questions.

Every interval is at 95 % and treats the questions as drawn independently. Questions about one article are not quite, so
between corpora the numbers differ more than these intervals say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_Z = 1.959963984540054  # the 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value, its 95 % interval (None where none is given) and the count of questions behind it."""

    value: float
    low: float | None
    high: float | None
    count: int


def proportion(hits: npt.ArrayLike) -> Estimate:
    """Share of hits with Wilson's score interval, which stays inside [0, 1] and is right near its ends.

    ``(p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)`` (Wilson 1927, https://doi.org/10.2307/2276774). Worked
    example: 8 hits of 10 give 0.8 with [0.490, 0.943].

    :param hits: one true or false (1 or 0) per question, at least one. *Shape:* ``(n,)``.
    :returns: the share and its interval.
    """
    values = np.asarray(hits, dtype=float)
    n, p = values.size, float(values.mean())
    centre, half = p + _Z**2 / (2 * n), _Z * np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    low, high = (centre - half) / (1 + _Z**2 / n), (centre + half) / (1 + _Z**2 / n)
    return Estimate(p, float(max(0.0, min(low, p))), float(min(1.0, max(high, p))), n)


def mean(values: npt.ArrayLike) -> Estimate:
    """Mean with the normal interval ``m ± z s/√n``, cut to [0, 1], where all our measures live.

    Worked example: 0, 0.5 and 1 give 0.5 with s = 0.5, so ± 0.566, cut to [0, 1].

    :param values: one score from 0 to 1 per question, at least one. *Shape:* ``(n,)``.
    :returns: the mean and its interval; no interval for a single question.
    """
    scores = np.asarray(values, dtype=float)
    centre = float(scores.mean())
    if scores.size < 2:
        return Estimate(centre, None, None, scores.size)
    return around(centre, float(scores.std(ddof=1) / np.sqrt(scores.size)), scores.size)


def difference(after: npt.ArrayLike, before: npt.ArrayLike) -> Estimate:
    """Mean difference of two scores of the same questions with its normal interval, which pairing makes narrow.

    ``d ± z s_d/√n`` over the single differences. Worked example: 1, 1, 0, 1 after 0, 1, 0, 0 gives differences 1, 0, 0, 1:
    0.5 with s = 0.577, so ± 0.566.

    :param after: one score per question, at least one. *Shape:* ``(n,)``.
    :param before: the same questions' earlier scores, in the same order. *Shape:* ``(n,)``.
    :returns: the difference, positive when it rose; no interval for a single question.
    """
    changes = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    centre = float(changes.mean())
    if changes.size < 2:
        return Estimate(centre, None, None, changes.size)
    half = float(_Z * changes.std(ddof=1) / np.sqrt(changes.size))
    return Estimate(centre, centre - half, centre + half, changes.size)


def around(value: float, standard_error: float, count: int) -> Estimate:
    """Give a value from 0 to 1 its normal interval.

    :param value: what was measured.
    :param standard_error: of that value.
    :param count: how many questions it rests on.
    :returns: the value with ``± 1.96`` standard errors, cut to [0, 1].
    """
    half = _Z * standard_error
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), count)


def bootstrap(
    measure: Callable[..., float], *samples: Numbers, paired: bool = False, rounds: int = 500, seed: int = 0
) -> Estimate:
    """Percentile bootstrap for measures without a formula (Efron 1979, https://doi.org/10.1214/aos/1176344552).

    :param measure: takes arrays like ``samples``, returns its value.
    :param *samples: one number per question each. *Shape:* ``(n_i,)``.
    :param paired: draw the same questions from every sample; otherwise each is drawn from by itself.
    :param rounds: how many times to draw.
    :param seed: of the random generator; the same seed gives the same interval.
    :returns: the measure on the samples themselves, with the 2.5 % and 97.5 % points of the drawn ones.
    """
    generator = np.random.default_rng(seed)

    def redrawn() -> list[Numbers]:
        if paired:
            chosen = generator.integers(samples[0].size, size=samples[0].size)
            return [sample[chosen] for sample in samples]
        return [sample[generator.integers(sample.size, size=sample.size)] for sample in samples]

    low, high = np.quantile([measure(*redrawn()) for _ in range(rounds)], [0.025, 0.975])
    count = samples[0].size if paired else sum(sample.size for sample in samples)
    return Estimate(measure(*samples), float(low), float(high), count)
