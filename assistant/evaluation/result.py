"""The records of an evaluation: one row per question, the measures made of them, and what they were measured on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.evaluation.confidence_measures import RiskPoint
from assistant.evaluation.questions import GivenPassage
from assistant.evaluation.styles import PLAIN
from assistant.evaluation.uncertainty import Estimate


@dataclass(frozen=True, slots=True)
class FirstQuote:
    """The words quoted first, where they stand, and the given ``passage`` that they count for (None: none).

    ``key`` are the words in it that the reader points at, None when it points at none.
    """

    text: str
    source: str
    start: int
    end: int
    passage: str | None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class GivenReading:
    """What the reader quoted when it was given nothing but the right passage.

    :param hit: whether its first quote holds the answer.
    :param key_f1: token F1 of its first key, None where the answers are whole sentences.
    :param characters_f1: characters F1 with the sentences that people picked, None where they picked none.
    """

    hit: bool
    key_f1: float | None
    characters_f1: float | None


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """What one question got with abstention off, and whether it would have been ``shown`` at the strictness set.

    :param file: the questions file's name.
    :param id: the question's id in it.
    :param passage: id of the right given passage; None when the sources do not answer and no passage is named. A question
        without an answer that names one looks like those that have one.
    :param answers: the right answers.
    :param confidence: as the assistant gave it, 0 to 1.
    :param shown: whether it would be answered at the strictness set.
    :param ranked: the given passages that the retrieved ones count for, best first; empty for unanswerable questions.
    :param first: the first quote, None without one.
    :param hit: whether the first quote holds the answer.
    :param quotes: how many quotes and closest passages were compared with the stored text.
    :param exact_quotes: how many of them were word for word.
    :param ask_ms: wall-clock milliseconds of ``ask``.
    :param chosen: the sentences that each person picked; with no ``answers`` either the sources do not answer.
    :param kind: what the question asks for, "other" without a cue.
    :param style: how it was asked (`assistant.evaluation.styles`).
    :param key_f1: token F1 of the first key, None where the answers are whole sentences or there are none.
    :param given: what was read from the right passage alone; None where there is none or the style is not plain.
    :param retrieve_ms: milliseconds that ``ask`` says it spent on retrieval, None when it does not say.
    :param read_ms: and on reading.
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
    chosen: tuple[tuple[str, ...], ...] = ()
    kind: str = "other"
    style: str = PLAIN
    key_f1: float | None = None
    given: GivenReading | None = None
    retrieve_ms: float | None = None
    read_ms: float | None = None

    @property
    def answerable(self) -> bool:
        """Whether the sources answer it."""
        return bool(self.answers or self.chosen)

    @property
    def looks_answerable(self) -> bool:
        """Whether the sources do not answer it, but a passage of theirs is on its very subject."""
        return not self.answerable and self.passage is not None


@dataclass(frozen=True, slots=True)
class Measure:
    """One number; ``group`` is the questions file or "all questions", ``unit`` is "ratio", "difference" or "ms".

    ``estimate.count`` counts questions, for quote fidelity quotes and closest passages.
    """

    group: str
    name: str
    label: str
    estimate: Estimate
    unit: str = "ratio"


@dataclass(frozen=True, slots=True)
class Change:
    """A measure in a kept run and in this one.

    ``difference`` is this one's minus the kept one's on the questions that both asked; without an interval where only
    the two numbers are known.
    """

    measure: Measure
    before: float
    difference: Estimate


@dataclass(frozen=True)
class EvaluationResult:
    """Everything that was measured.

    :param conditions: machine, model, corpus, questions and what the clock covers; plain JSON values.
    :param measures: in the order they are shown.
    :param curves: risk–coverage curves by name.
    :param notes: what the reader must know about the data, one sentence each.
    :param rows: one per question, files in the order given.
    :param passages: the passages given, for showing the right one; not part of the JSON.
    :param restyled: rows of the same questions asked in other styles, style by style; none unless that was wanted.
    :param changes: what is different from a kept run; none without one.
    """

    conditions: Mapping[str, Any]
    measures: tuple[Measure, ...]
    curves: Mapping[str, tuple[RiskPoint, ...]]
    notes: tuple[str, ...]
    rows: tuple[QuestionRow, ...]
    passages: Mapping[str, GivenPassage]
    restyled: tuple[QuestionRow, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def faithful(self) -> bool:
        """Whether every quote was word for word in its source."""
        return all(row.exact_quotes == row.quotes for row in (*self.rows, *self.restyled))


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
    if result.changes:
        summary["changes"] = [_change(change) for change in result.changes]
    head = _lines_of(summary, 2)
    if not rows:
        return "{\n" + head + "\n}\n"
    body = ",\n".join(json.dumps(_rounded(dataclasses.asdict(row))) for row in (*result.rows, *result.restyled))
    return "{\n" + head + ',\n"rows": [\n' + body + "\n]\n}\n"


def rows_of(record: Mapping[str, Any]) -> tuple[QuestionRow, ...]:
    """Take the rows out of a result that was kept as JSON, also of an older one, whose rows say less.

    :param record: the JSON document.
    :returns: its rows, in every style; none when it was kept without them.
    :raises ValueError: when a row is none of ours.
    """
    try:
        return tuple(_row(row) for row in record.get("rows", ()))
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"a row is not one of an evaluation: {error}") from error


def _row(row: Mapping[str, Any]) -> QuestionRow:
    known = {field.name for field in dataclasses.fields(QuestionRow)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name in known
    }
    values["chosen"] = tuple(tuple(person) for person in row.get("chosen", ()))
    values["first"] = FirstQuote(**row["first"]) if row["first"] else None
    values["given"] = GivenReading(**row["given"]) if row.get("given") else None
    return QuestionRow(**values)


def _change(change: Change) -> dict[str, Any]:
    difference = change.difference
    return _rounded(
        {
            "group": change.measure.group,
            "name": change.measure.name,
            "before": change.before,
            "after": change.measure.estimate.value,
            "difference": difference.value,
            "low": difference.low,
            "high": difference.high,
            "count": difference.count,
        }
    )


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
    return {name: _shortened(value) for name, value in record.items()}


def _shortened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _rounded(value)
    return round(value, 6) if isinstance(value, float) else value


def _lines_of(record: Mapping[str, Any], depth: int) -> str:
    """Write a mapping's items, lists of records with one record per line."""
    return ",\n".join(f"{json.dumps(name)}: {_value(value, depth - 1)}" for name, value in record.items())


def _value(value: Any, depth: int) -> str:
    if depth and isinstance(value, Mapping) and value:
        return "{\n" + _lines_of(value, depth - 1) + "\n}"
    if isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        return "[\n" + ",\n".join(json.dumps(item) for item in value) + "\n]"
    return json.dumps(value)
