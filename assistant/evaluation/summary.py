"""Turns the rows of single questions into measures with intervals, and into the risk–coverage curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

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
from assistant.evaluation.uncertainty import Estimate, Numbers, bootstrap, difference, mean, proportion

ALL = "all questions"
LABELS = {
    "recall@1": "passage R@1",
    "recall@5": "passage R@5",
    "reciprocal_rank@10": "MRR (first 10)",
    "ndcg@5": "nDCG@5",
    "first_quote_holds_answer": "first quote holds the answer",
    "first_quote_holds_answer_shown": "… with abstentions as misses",
    "answered": "answered",
    "key_f1": "token F1 of the key",
    "given_holds_answer": "right passage given: first quote holds the answer",
    "given_key_f1": "right passage given: token F1 of the key",
    "given_characters_f1": "right passage given: characters F1 of the sentences",
    "change_by_style": "… change against the plain style",
    "auroc": "AUROC of confidence, other subjects",
    "answered_at_5_percent": "answered at 5 % false answers",
    "strictness_at_5_percent": "… and the strictness for it",
    "answered_unanswerable": "false answers, other subjects",
    "auroc_look_alikes": "AUROC of confidence, look-alikes",
    "answered_at_5_percent_look_alikes": "answered at 5 % false answers to look-alikes",
    "answered_look_alikes": "false answers, look-alikes",
    "calibration_error": "calibration error, answerable",
    "calibration_error_all": "calibration error, all",
    "quote_fidelity": "quote fidelity (must be 1)",
    "ask_p50": "ask, median",
    "ask_p95": "ask, 95th percentile",
    "retrieve_p50": "retrieving, median",
    "retrieve_p95": "retrieving, 95th percentile",
    "read_p50": "reading, median",
    "read_p95": "reading, 95th percentile",
}
"""What each measure is called where people read it, in the order of the table."""

_MOST_CURVE_POINTS = 200
Point = TypeVar("Point")

Score = Callable[[QuestionRow], float | None]


def _right(row: QuestionRow) -> tuple[str, ...]:
    return (row.passage,) if row.passage is not None else ()


SCORES: Mapping[str, Score] = {
    "recall@1": lambda row: recall_at(row.ranked, _right(row), 1),
    "recall@5": lambda row: recall_at(row.ranked, _right(row), 5),
    "reciprocal_rank@10": lambda row: reciprocal_rank(row.ranked, _right(row), 10),
    "ndcg@5": lambda row: ndcg_at(row.ranked, _right(row), 5),
    "first_quote_holds_answer": lambda row: float(row.hit),
    "first_quote_holds_answer_shown": lambda row: float(row.hit and row.shown),
    "answered": lambda row: float(row.shown),
    "key_f1": lambda row: row.key_f1,
    "given_holds_answer": lambda row: float(row.given.hit) if row.given else None,
    "given_key_f1": lambda row: row.given.key_f1 if row.given else None,
    "given_characters_f1": lambda row: row.given.characters_f1 if row.given else None,
}
"""What one answerable question scores in each measure, None where the measure does not concern it."""

_SHARES = frozenset(
    {
        "recall@1",
        "recall@5",
        "first_quote_holds_answer",
        "first_quote_holds_answer_shown",
        "answered",
        "given_holds_answer",
    }
)
"""Scores that are 0 or 1, whose mean is a proportion."""
STYLED = ("first_quote_holds_answer", "key_f1")
"""What is told of questions asked in another style than they were given in."""
BY_KIND = ("recall@1", "first_quote_holds_answer", "key_f1", "given_holds_answer", "answered")
"""What is told of each kind of question."""


def summarise(rows: Sequence[QuestionRow], restyled: Sequence[QuestionRow] = ()) -> tuple[Measure, ...]:
    """Compute every measure that the rows allow: per file what it can tell, then what concerns all questions.

    Questions on other subjects are compared, file by file, with the answerable questions of all files; look-alikes with
    the answerable ones of their own file, if it has any.

    :param rows: at least one.
    :param restyled: rows of the same questions asked in other styles.
    :returns: the measures in the order they are shown.
    """
    measures: list[Measure] = []
    for file in dict.fromkeys(row.file for row in rows):
        own = [row for row in rows if row.file == file]
        measures += _named(file, _answering([row for row in own if row.answerable], SCORES))
        measures += _named(file, _abstaining(rows, file))
        for style in dict.fromkeys(row.style for row in restyled):
            measures += _named(f"{file}, {style}", _in_style(rows, [r for r in restyled if r.style == style], file))
    answerable = [row for row in rows if row.answerable]
    return (*measures, *_named(ALL, _calibration(answerable, rows)), *_named(ALL, _overall(rows)))


def by_kind(rows: Sequence[QuestionRow]) -> Mapping[str, tuple[Measure, ...]]:
    """Measure each kind of question by itself.

    :param rows: of any questions; those without an answer are left out.
    :returns: the measures of each kind, most frequent kind first.
    """
    answerable = [row for row in rows if row.answerable]
    kinds = [kind for kind, _ in Counter(row.kind for row in answerable).most_common()]
    groups = {kind: [row for row in answerable if row.kind == kind] for kind in kinds}
    scores = {name: SCORES[name] for name in BY_KIND}
    return {kind: tuple(_named(kind, _answering(group, scores))) for kind, group in groups.items()}


def curves(rows: Sequence[QuestionRow]) -> Mapping[str, tuple[RiskPoint, ...]]:
    """Draw risk against coverage for the answerable questions and for all.

    :param rows: at least one.
    :returns: the curves by name; without unanswerable questions there is only the first, and the other way round.
    """
    groups = {"answerable questions": [row for row in rows if row.answerable]}
    if len(groups["answerable questions"]) < len(rows):
        groups[ALL] = list(rows)
    return {name: thinned(risk_coverage(confidences(group), hits(group))) for name, group in groups.items() if group}


class Opposed(NamedTuple):
    """Questions that are to be told apart by confidence: the answerable and the others of one file."""

    answerable: list[QuestionRow]
    foreign: list[QuestionRow]
    answerable_beside: list[QuestionRow]
    look_alikes: list[QuestionRow]


def opposed(rows: Sequence[QuestionRow], file: str) -> Opposed:
    """Gather what one file's questions without an answer are compared with.

    :param rows: of all files.
    :param file: the file's name.
    :returns: all answerable questions and the file's foreign ones; the file's own answerable questions (those of all
        files where it has none) and its look-alikes.
    """
    answerable, own = [row for row in rows if row.answerable], [row for row in rows if row.file == file]
    beside = [row for row in own if row.answerable] or answerable
    foreign = [row for row in own if not row.answerable and not row.looks_answerable]
    return Opposed(answerable, foreign, beside, [row for row in own if row.looks_answerable])


def _answering(rows: Sequence[QuestionRow], scores: Mapping[str, Score]) -> Iterator[tuple[str, Estimate]]:
    """Measure retrieval and reading on answerable questions."""
    for name, score in scores.items():
        values = [value for row in rows if (value := score(row)) is not None]
        if values:
            yield name, proportion(values) if name in _SHARES else mean(values)


def _abstaining(rows: Sequence[QuestionRow], file: str) -> Iterator[tuple[str, Estimate]]:
    """Measure how well confidence tells one file's unanswerable questions from the answerable ones."""
    positive, foreign, beside, look_alikes = opposed(rows, file)
    if foreign and positive:
        yield "auroc", auroc(confidences(positive), confidences(foreign))
        yield "answered_at_5_percent", bootstrap(answered_at, confidences(positive), confidences(foreign))
        yield "strictness_at_5_percent", bootstrap(threshold_at, confidences(foreign))
    if foreign:
        yield "answered_unanswerable", proportion([row.shown for row in foreign])
    if look_alikes and beside:
        yield "auroc_look_alikes", auroc(confidences(beside), confidences(look_alikes))
        yield "answered_at_5_percent_look_alikes", bootstrap(answered_at, confidences(beside), confidences(look_alikes))
    if look_alikes:
        yield "answered_look_alikes", proportion([row.shown for row in look_alikes])


def _in_style(plain: Sequence[QuestionRow], styled: Sequence[QuestionRow], file: str) -> Iterator[tuple[str, Estimate]]:
    """Measure one file's questions in another style, and what that changes question by question."""
    own = [row for row in styled if row.file == file]
    yield from _answering([row for row in own if row.answerable], {name: SCORES[name] for name in STYLED})
    before = [float(row.hit) for row in plain if row.file == file and row.answerable]
    if before:
        yield "change_by_style", difference([float(row.hit) for row in own if row.answerable], before)
    kept = {"auroc", "answered_unanswerable", "auroc_look_alikes", "answered_look_alikes"}
    yield from ((name, estimate) for name, estimate in _abstaining(styled, file) if name in kept)


def _calibration(answerable: Sequence[QuestionRow], rows: Sequence[QuestionRow]) -> Iterator[tuple[str, Estimate]]:
    """Compare confidence with being right; a question without an answer is never answered rightly."""
    if answerable:
        yield "calibration_error", _calibration_error(answerable)
    if len(answerable) < len(rows):
        yield "calibration_error_all", _calibration_error(rows)


def _overall(rows: Sequence[QuestionRow]) -> Iterator[tuple[str, Estimate]]:
    quotes = sum(row.quotes for row in rows)
    if quotes:
        exact = sum(row.exact_quotes for row in rows)
        yield "quote_fidelity", Estimate(exact / quotes, None, None, quotes)
    for stage in ("ask", "retrieve", "read"):
        times = np.asarray([ms for row in rows if (ms := getattr(row, f"{stage}_ms")) is not None])
        if times.size:
            yield f"{stage}_p50", bootstrap(_percentile(50), times)
            yield f"{stage}_p95", bootstrap(_percentile(95), times)


def _named(group: str, estimates: Iterable[tuple[str, Estimate]]) -> list[Measure]:
    return [Measure(group, name, LABELS[name], estimate, _unit_of(name)) for name, estimate in estimates]


def _unit_of(name: str) -> str:
    if name.endswith(("_p50", "_p95")):
        return "ms"
    return "difference" if name.startswith("change_") else "ratio"


def _calibration_error(rows: Sequence[QuestionRow]) -> Estimate:
    return bootstrap(expected_calibration_error, confidences(rows), hits(rows), paired=True)


def _percentile(percent: int) -> Callable[[Numbers], float]:
    return lambda values: float(np.percentile(values, percent))


def confidences(rows: Iterable[QuestionRow]) -> Numbers:
    """Collect the confidences. *Shape:* ``(n_rows,)``."""
    return np.asarray([row.confidence for row in rows], dtype=np.float64)


def hits(rows: Iterable[QuestionRow]) -> Numbers:
    """Collect what was right: 1 where the first quote holds the answer, else 0. *Shape:* ``(n_rows,)``."""
    return np.asarray([row.hit for row in rows], dtype=np.float64)


def thinned(points: Sequence[Point]) -> tuple[Point, ...]:
    """Keep at most 200 points, evenly spaced, the first and last among them."""
    wanted = np.linspace(0, len(points) - 1, min(len(points), _MOST_CURVE_POINTS)).round().astype(int)
    return tuple(points[at] for at in wanted)
