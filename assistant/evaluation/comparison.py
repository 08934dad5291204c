"""Sets a run against one that was kept, question by question where both kept their rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.errors import UsageError
from assistant.evaluation.confidence_measures import answered_at, auroc, expected_calibration_error
from assistant.evaluation.result import Change, EvaluationResult, Measure, QuestionRow, rows_of
from assistant.evaluation.styles import PLAIN
from assistant.evaluation.summary import ALL, SCORES, Score, confidences, hits, opposed
from assistant.evaluation.uncertainty import Estimate, Numbers, bootstrap, difference


class KeptRun(NamedTuple):
    """What was kept of an earlier run: its measures by group and name, and its rows, if they were kept."""

    values: Mapping[tuple[str, str], float]
    rows: tuple[QuestionRow, ...]


def read_kept(path: Path) -> KeptRun:
    """Read a kept run.

    :param path: what ``evaluate --json`` printed, or the ``results.json`` of a report, which holds rows too.
    :returns: its measures and rows.
    :raises UsageError: when the file cannot be read or is not one.
    """
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        values = {(row["group"], row["name"]): float(row["value"]) for row in record["measures"]}
        return KeptRun(values, rows_of(record))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is no kept evaluation; give the results.json of an earlier report.") from None


def compared(result: EvaluationResult, kept: KeptRun) -> EvaluationResult:
    """Add to a result what is different from a kept run.

    Where both hold the rows of the same questions, the difference is taken over those, with a paired interval.

    :param result: what was measured now.
    :param kept: the earlier run.
    :returns: the result with a change for each measure that both have.
    """
    pairs = _pairs(result, kept)
    both = [measure for measure in result.measures if (measure.group, measure.name) in kept.values]
    changes = [_change(measure, kept.values[measure.group, measure.name], pairs) for measure in both]
    return replace(result, changes=tuple(changes))


class _Pairs(NamedTuple):
    """The rows of the questions that both runs asked, in one order."""

    after: list[QuestionRow]
    before: list[QuestionRow]


def _pairs(result: EvaluationResult, kept: KeptRun) -> _Pairs:
    earlier = {(row.file, row.id, row.question): row for row in kept.rows if row.style == PLAIN}
    shared = [row for row in result.rows if (row.file, row.id, row.question) in earlier]
    return _Pairs(shared, [earlier[row.file, row.id, row.question] for row in shared])


def _change(measure: Measure, before: float, pairs: _Pairs) -> Change:
    paired = _scores_changed(measure, pairs) or _confidence_changed(measure, pairs)
    return Change(
        measure, before, paired or Estimate(measure.estimate.value - before, None, None, measure.estimate.count)
    )


def _scores_changed(measure: Measure, pairs: _Pairs) -> Estimate | None:
    """Compare a measure that is a mean over questions of one file."""
    concerned, score = _FALSE_ANSWERS.get(measure.name, (_answerable, SCORES.get(measure.name)))
    if score is None:
        return None
    rows = [(a, b) for a, b in zip(*pairs, strict=True) if a.file == measure.group and concerned(a)]
    scores = [(after, before) for a, b in rows if (after := score(a)) is not None and (before := score(b)) is not None]
    return difference(*zip(*scores, strict=True)) if scores else None


def _answerable(row: QuestionRow) -> bool:
    return row.answerable


_FALSE_ANSWERS: Mapping[str, tuple[Callable[[QuestionRow], bool], Score]] = {
    "answered_unanswerable": (lambda row: not row.answerable and not row.looks_answerable, SCORES["answered"]),
    "answered_look_alikes": (lambda row: row.looks_answerable, SCORES["answered"]),
}


def _confidence_changed(measure: Measure, pairs: _Pairs) -> Estimate | None:
    """Compare a measure of confidence by drawing the same questions from both runs."""
    if not pairs.after:
        return None
    if measure.group == ALL and measure.name in ("calibration_error", "calibration_error_all"):
        return _calibration_changed(pairs, measure.name == "calibration_error")
    after, before = (_opposed(rows, measure) for rows in pairs)
    apart = _APART.get(measure.name)
    if apart is None or not after[0].size or not after[1].size:
        return None
    return _drawn(lambda of, at: apart(*(side[where] for side, where in zip(of, at, strict=True))), after, before)


_APART: Mapping[str, Callable[[Numbers, Numbers], float]] = {
    "auroc": lambda positive, negative: auroc(positive, negative).value,
    "auroc_look_alikes": lambda positive, negative: auroc(positive, negative).value,
    "answered_at_5_percent": answered_at,
    "answered_at_5_percent_look_alikes": answered_at,
}


def _opposed(rows: Sequence[QuestionRow], measure: Measure) -> tuple[Numbers, Numbers]:
    sides = opposed(rows, measure.group)
    if measure.name.endswith("look_alikes"):
        return confidences(sides.answerable_beside), confidences(sides.look_alikes)
    return confidences(sides.answerable), confidences(sides.foreign)


def _calibration_changed(pairs: _Pairs, answerable_only: bool) -> Estimate | None:
    after, before = ([row for row in rows if row.answerable or not answerable_only] for rows in pairs)
    if not after:
        return None
    return _drawn(
        lambda of, at: expected_calibration_error(of[0][at[0]], of[1][at[0]]),
        (confidences(after), hits(after)),
        (confidences(before), hits(before)),
        together=True,
    )


def _drawn(
    measure: Callable[[tuple[Numbers, Numbers], tuple[Any, ...]], float],
    after: tuple[Numbers, Numbers],
    before: tuple[Numbers, Numbers],
    together: bool = False,
) -> Estimate:
    """Bootstrap a difference by drawing places, so that both runs are measured on the same questions each time."""
    places = [np.arange(side.size, dtype=np.float64) for side in (after[:1] if together else after)]

    def changed(*drawn: Numbers) -> float:
        at = tuple(numbers.astype(int) for numbers in drawn)
        return measure(after, at) - measure(before, at)

    return bootstrap(changed, *places, paired=together)
