"""The records of an evaluation: one row per question, the measures made of them, and what they were measured on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.evaluation.confidence_measures import RiskPoint
from assistant.evaluation.questions import GivenPassage
from assistant.evaluation.uncertainty import Estimate


@dataclass(frozen=True, slots=True)
class FirstQuote:
    """The words quoted first, where they stand, and the given ``passage`` that they count for (None: none)."""

    text: str
    source: str
    start: int
    end: int
    passage: str | None


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """What one question got with abstention off, and whether it would have been ``shown`` at the strictness set.

    :param file: the questions file's name.
    :param id: the question's id in it.
    :param passage: id of the right given passage; None when the sources do not answer and no passage is named.
    :param answers: the right answers; none means that the sources do not answer.
    :param confidence: as the assistant gave it, 0 to 1.
    :param shown: whether it would be answered at the strictness set.
    :param ranked: the given passages that the retrieved ones count for, best first; empty for unanswerable questions.
    :param first: the first quote, None without one.
    :param hit: whether the first quote holds the answer.
    :param quotes: how many quotes and closest passages were compared with the stored text.
    :param exact_quotes: how many of them were word for word.
    :param ask_ms: wall-clock milliseconds of ``ask``.
    """

    file: str
    id: str
    question: str
    passage: str | None
    answers: tuple[str, ...]
    confidence: float
    shown: bool
    ranked: tuple[str | None, ...]
    first: FirstQuote | None
    hit: bool
    quotes: int
    exact_quotes: int
    ask_ms: float

    @property
    def answerable(self) -> bool:
        """Whether the sources answer it."""
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number; ``group`` is the questions file or "all questions", ``unit`` is "ratio" or "ms".

    ``estimate.count`` counts questions, for quote fidelity quotes and closest passages.
    """

    group: str
    name: str
    label: str
    estimate: Estimate
    unit: str = "ratio"


@dataclass(frozen=True)
class EvaluationResult:
    """Everything that was measured.

    :param conditions: machine, model, corpus, questions and what the clock covers; plain JSON values.
    :param measures: in the order they are shown.
    :param curves: risk–coverage curves by name.
    :param notes: what the reader must know about the data, one sentence each.
    :param rows: one per question, files in the order given.
    :param passages: the passages given, for showing the right one; not part of the JSON.
    """

    conditions: Mapping[str, Any]
    measures: tuple[Measure, ...]
    curves: Mapping[str, tuple[RiskPoint, ...]]
    notes: tuple[str, ...]
    rows: tuple[QuestionRow, ...]
    passages: Mapping[str, GivenPassage]

    @property
    def faithful(self) -> bool:
        """Whether every quote was word for word in its source."""
        return all(row.exact_quotes == row.quotes for row in self.rows)


def to_json(result: EvaluationResult, rows: bool = False) -> str:
    """Write the raw result as one ASCII JSON document, each row on a line of its own so that two runs can be compared.

    :param result: what was measured.
    :param rows: whether to add the row of every question.
    :returns: the document, ending in a line break.
    """
    summary = {
        "conditions": dict(result.conditions),
        "notes": list(result.notes),
        "measures": [_flat(measure) for measure in result.measures],
        "curves": {name: [_rounded(point._asdict()) for point in points] for name, points in result.curves.items()},
    }
    head = _lines_of(summary, 2)
    if not rows:
        return "{\n" + head + "\n}\n"
    body = ",\n".join(json.dumps(_rounded(dataclasses.asdict(row))) for row in result.rows)
    return "{\n" + head + ',\n"rows": [\n' + body + "\n]\n}\n"


def _flat(measure: Measure) -> dict[str, Any]:
    estimate = measure.estimate
    return _rounded(
        {
            "group": measure.group,
            "name": measure.name,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "count": estimate.count,
            "unit": measure.unit,
        }
    )


def _rounded(record: Mapping[str, Any]) -> dict[str, Any]:
    """Cut the digits that only the floating point of one machine vouches for."""
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in record.items()}


def _lines_of(record: Mapping[str, Any], depth: int) -> str:
    """Write a mapping's items, lists of records with one record per line."""
    return ",\n".join(f"{json.dumps(name)}: {_value(value, depth - 1)}" for name, value in record.items())


def _value(value: Any, depth: int) -> str:
    if depth and isinstance(value, Mapping) and value:
        return "{\n" + _lines_of(value, depth - 1) + "\n}"
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(json.dumps(item) for item in value) + "\n]"
    return json.dumps(value)
