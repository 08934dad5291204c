"""Shows a result on the terminal. Making the rows and printing them are separate; nothing here measures."""

from __future__ import annotations

from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.evaluation.result import EvaluationResult, Measure


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
    asked = ", ".join(
        f"{file['file']}: {file['answerable']} answerable + {file['unanswerable']} not"
        for file in conditions["questions"]
    )
    return [
        f"Machine: {conditions['machine']}, {conditions['settings']['threads']} numeric thread(s)",
        f"Model: {conditions['model']}; strictness {conditions['settings']['strictness']:g}",
        f"Corpus: {corpus['file']}, {corpus['given_passages']} given passages in {corpus['documents']} documents, "
        f"{corpus['characters']} characters, cut into {corpus['passages']} passages",
        f"Questions: {asked}{drawn}",
        f"Clock: {conditions['clock']}",
        *(f"Note: {note}" for note in result.notes),
    ]


def table(result: EvaluationResult) -> list[TableRow]:
    """Put the measures into words.

    :param result: what was measured.
    :returns: one row per measure, in order.
    """
    return [
        TableRow(
            measure.group,
            measure.label,
            _number(measure, measure.estimate.value),
            _interval(measure),
            str(measure.estimate.count),
        )
        for measure in result.measures
    ]


def print_table(result: EvaluationResult, console: Console) -> None:
    """Print the conditions and the table; a file's name stands on its first row only.

    :param result: what was measured.
    :param console: where to.
    """
    for line in conditions_lines(result):
        console.print(Text(line), soft_wrap=True)
    shown = Table("asked", "measure", box=None, pad_edge=False)
    for heading in ("value", "95 %", "of"):
        shown.add_column(heading, justify="right", no_wrap=True)
    last = ""
    for row in table(result):
        # Text, not str: a file name may look like rich's markup.
        shown.add_row(*(Text(cell) for cell in ("" if row.group == last else row.group, *row[1:])))
        last = row.group
    console.print(shown)


def _interval(measure: Measure) -> str:
    low, high = measure.estimate.low, measure.estimate.high
    if low is None or high is None:
        return ""
    return f"{_number(measure, low).removesuffix(' ms')}–{_number(measure, high)}"


def _number(measure: Measure, value: float) -> str:
    """Three digits for ratios; never round 0.9999 up to a perfect 1."""
    if measure.unit == "ms":
        return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
    return f"{value:.3f}" if value >= 1 or value < 0.9995 else f"{int(value * 10000) / 10000:.4f}"
