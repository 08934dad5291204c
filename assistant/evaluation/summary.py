"""Turns the rows of single questions into measures with intervals, and into the risk–coverage curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from assistant.evaluation.confidence_measures import (
    RiskPoint,
    answered_at,
    auroc,
    expected_calibration_error,
    risk_coverage,
    threshold_at,
)
from assistant.evaluation.result import Measure, QuestionRow
from assistant.evaluation.retrieval_measures import ndcg_at, recall_at, reciprocal_rank
from assistant.evaluation.uncertainty import Estimate, Numbers, bootstrap, mean, proportion

ALL = "all questions"
LABELS = {
    "recall@1": "passage R@1",
    "recall@5": "passage R@5",
    "reciprocal_rank@10": "MRR (first 10)",
    "ndcg@5": "nDCG@5",
    "first_quote_holds_answer": "first quote holds the answer",
    "first_quote_holds_answer_shown": "… with abstentions as misses",
    "answered": "answered",
    "auroc": "AUROC of confidence",
    "answered_unanswerable": "false answers",
    "answered_at_5_percent": "answered at 5 % false answers",
    "strictness_at_5_percent": "… and the strictness for it",
    "calibration_error": "calibration error, answerable",
    "calibration_error_all": "calibration error, all",
    "quote_fidelity": "quote fidelity (must be 1)",
    "ask_p50": "ask, median",
    "ask_p95": "ask, 95th percentile",
}
"""What each measure is called where people read it, in the order of the table."""

_MOST_CURVE_POINTS = 200


def summarise(rows: Sequence[QuestionRow]) -> tuple[Measure, ...]:
    """Compute every measure that the rows allow: per file what it can tell, then what concerns all questions.

    Questions that the sources do not answer are compared, file by file, with the answerable questions of all files.

    :param rows: at least one.
    :returns: the measures in the order they are shown.
    """
    answerable = [row for row in rows if row.answerable]
    measures: list[Measure] = []
    for file in dict.fromkeys(row.file for row in rows):
        own = [row for row in rows if row.file == file]
        measures += _named(file, _answering(row for row in own if row.answerable))
        measures += _named(file, _abstaining(answerable, [row for row in own if not row.answerable]))
    return (*measures, *_named(ALL, _calibration(answerable, rows)), *_named(ALL, _overall(rows)))


def curves(rows: Sequence[QuestionRow]) -> Mapping[str, tuple[RiskPoint, ...]]:
    """Draw risk against coverage for the answerable questions and for all.

    :param rows: at least one.
    :returns: the curves by name; without unanswerable questions there is only the first, and the other way round.
    """
    groups = {"answerable questions": [row for row in rows if row.answerable]}
    if len(groups["answerable questions"]) < len(rows):
        groups[ALL] = list(rows)
    return {name: _thinned(risk_coverage(_confidence(group), _hits(group))) for name, group in groups.items() if group}


def _answering(rows: Iterable[QuestionRow]) -> Iterator[tuple[str, Estimate]]:
    """Measure retrieval and reading on answerable questions."""
    rows = list(rows)
    if not rows:
        return
    yield "recall@1", proportion([recall_at(row.ranked, _right(row), 1) for row in rows])
    yield "recall@5", proportion([recall_at(row.ranked, _right(row), 5) for row in rows])
    yield "reciprocal_rank@10", mean([reciprocal_rank(row.ranked, _right(row), 10) for row in rows])
    yield "ndcg@5", mean([ndcg_at(row.ranked, _right(row), 5) for row in rows])
    yield "first_quote_holds_answer", proportion(_hits(rows))
    yield "first_quote_holds_answer_shown", proportion([row.hit and row.shown for row in rows])
    yield "answered", proportion([row.shown for row in rows])


def _abstaining(
    answerable: Sequence[QuestionRow], unanswerable: Sequence[QuestionRow]
) -> Iterator[tuple[str, Estimate]]:
    """Measure how well confidence tells one file's unanswerable questions from the answerable ones."""
    if not unanswerable:
        return
    negative = _confidence(unanswerable)
    if answerable:
        positive = _confidence(answerable)
        yield "auroc", auroc(positive, negative)
        yield "answered_at_5_percent", bootstrap(answered_at, positive, negative)
        yield "strictness_at_5_percent", bootstrap(threshold_at, negative)
    yield "answered_unanswerable", proportion([row.shown for row in unanswerable])


def _calibration(answerable: Sequence[QuestionRow], rows: Sequence[QuestionRow]) -> Iterator[tuple[str, Estimate]]:
    """Compare confidence with being right; a question without an answer is never answered rightly."""
    if answerable:
        yield "calibration_error", _calibration_error(answerable)
    if len(answerable) < len(rows):
        yield "calibration_error_all", _calibration_error(rows)


def _overall(rows: Sequence[QuestionRow]) -> Iterator[tuple[str, Estimate]]:
    quotes, times = sum(row.quotes for row in rows), [row.ask_ms for row in rows]
    if quotes:
        exact = sum(row.exact_quotes for row in rows)
        yield "quote_fidelity", Estimate(exact / quotes, None, None, quotes)
    yield "ask_p50", bootstrap(_percentile(50), np.asarray(times))
    yield "ask_p95", bootstrap(_percentile(95), np.asarray(times))


def _named(group: str, estimates: Iterable[tuple[str, Estimate]]) -> list[Measure]:
    return [
        Measure(group, name, LABELS[name], estimate, "ms" if name.startswith("ask_") else "ratio")
        for name, estimate in estimates
    ]


def _calibration_error(rows: Sequence[QuestionRow]) -> Estimate:
    return bootstrap(expected_calibration_error, _confidence(rows), _hits(rows), paired=True)


def _percentile(percent: int) -> Callable[[Numbers], float]:
    return lambda values: float(np.percentile(values, percent))


def _right(row: QuestionRow) -> tuple[str, ...]:
    return (row.passage,) if row.passage is not None else ()


def _confidence(rows: Iterable[QuestionRow]) -> Numbers:
    return np.asarray([row.confidence for row in rows], dtype=np.float64)


def _hits(rows: Iterable[QuestionRow]) -> Numbers:
    return np.asarray([row.hit for row in rows], dtype=np.float64)


def _thinned(points: Sequence[RiskPoint]) -> tuple[RiskPoint, ...]:
    """Keep at most so many points, evenly spaced, the first and last among them."""
    wanted = np.linspace(0, len(points) - 1, min(len(points), _MOST_CURVE_POINTS)).round().astype(int)
    return tuple(points[at] for at in wanted)
