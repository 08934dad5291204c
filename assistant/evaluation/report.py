"""Shows a result on the terminal. Making the rows and printing them are separate; nothing here measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.evaluation.folds import FOLDS
from assistant.evaluation.result import Change, EvaluationResult, Measure
from assistant.evaluation.uncertainty import Estimate


class ChangeRow(NamedTuple):
    """One line of the table of changes, as words."""

    group: str
    measure: str
    before: str
    after: str
    difference: str
    interval: str
    questions: str


class TableRow(NamedTuple):
    """One line of the table, as words."""

    group: str
    measure: str
    value: str
    interval: str
    questions: str


def conditions_lines(result: EvaluationResult) -> list[str]:
    """Say, before any number, what was measured and on what.

    :param result: what was measured.
    :returns: machine, model, corpus, questions, clock and notes, a line each.
    """
    conditions, corpus = result.conditions, result.conditions["corpus"]
    drawn = f" (sample of {conditions['sample']} per file, seed {conditions['seed']})" if conditions["sample"] else ""
    fold = conditions["fold"]
    held = f"; only about the articles of fold {fold} of {FOLDS}" if fold is not None else ""
    asked = ", ".join(
        f"{file['file']}: {file['answerable']} answerable + {file['unanswerable']} not"
        for file in conditions["questions"]
    )
    return [
        f"Machine: {conditions['machine']}, {conditions['settings']['threads']} numeric thread(s)",
        f"Model: {conditions['model']}; strictness {conditions['settings']['strictness']:g}",
        f"Corpus: {corpus['file']}, {corpus['given_passages']} given passages in {corpus['documents']} documents, "
        f"{corpus['characters']} characters, cut into {corpus['passages']} passages",
        f"Questions: {asked}{drawn}{held}",
        f"Clock: {conditions['clock']}",
        *(f"Note: {note}" for note in result.notes),
    ]


def table(result: EvaluationResult) -> list[TableRow]:
    """Put the measures into words.

    :param result: what was measured.
    :returns: one row per measure, in order.
    """
    return [row_of(measure) for measure in result.measures]


def row_of(measure: Measure) -> TableRow:
    """Put one measure into words.

    :param measure: what was measured.
    :returns: its cells.
    """
    estimate = measure.estimate
    value = _number(measure.unit, estimate.value)
    return TableRow(measure.group, measure.label, value, _interval(measure.unit, estimate), str(estimate.count))


def change_table(result: EvaluationResult) -> list[ChangeRow]:
    """Put what is different from a kept run into words.

    :param result: what was measured.
    :returns: one row per measure that both runs have, in order; none without a kept run.
    """
    return [
        ChangeRow(
            change.measure.group,
            change.measure.label,
            _number(change.measure.unit, change.before),
            _number(change.measure.unit, change.measure.estimate.value),
            _number(_unit_of_change(change), change.difference.value),
            _interval(_unit_of_change(change), change.difference),
            str(change.difference.count),
        )
        for change in result.changes
    ]


def print_table(result: EvaluationResult, console: Console) -> None:
    """Print the conditions, the table and what changed; a file's name stands on its first row only.

    :param result: what was measured.
    :param console: where to.
    """
    for line in conditions_lines(result):
        console.print(Text(line), soft_wrap=True)
    _print_rows(table(result), ("value", "95 %", "of"), console)
    if result.changes:
        _print_rows(change_table(result), ("before", "now", "change", "95 %", "of"), console)


def _print_rows(rows: Sequence[TableRow | ChangeRow], headings: Sequence[str], console: Console) -> None:
    shown = Table("asked", "measure", box=None, pad_edge=False)
    for heading in headings:
        shown.add_column(heading, justify="right", no_wrap=True)
    last = ""
    for group, *cells in rows:
        # Text, not str: a file name may look like rich's markup.
        shown.add_row(*(Text(cell) for cell in ("" if group == last else group, *cells)))
        last = group
    console.print(shown)


def _unit_of_change(change: Change) -> str:
    return "ms change" if change.measure.unit == "ms" else "difference"


def _interval(unit: str, estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    between = " to " if unit in ("difference", "ms change") else "–"
    low = _number(unit, estimate.low).removesuffix(" ms").removesuffix(" points")
    return f"{low}{between}{_number(unit, estimate.high)}"


def _number(unit: str, value: float) -> str:
    """Three digits for ratios; never round 0.9999 up to a perfect 1. Differences of ratios are told in points (0.01)."""
    if unit == "difference":
        return f"{round(100 * value, 1) + 0.0:+.1f} points"  # the addend takes the sign off a rounded -0.0
    if unit == "ms change":
        return f"{round(value, 1) + 0.0:+.1f} ms"
    if unit == "ms":
        return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
    return f"{value:.3f}" if value >= 1 or value < 0.9995 else f"{int(value * 10000) / 10000:.4f}"
