"""What ``assistant evaluate`` does, without the parsing of its options."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TaskID

from assistant.evaluation.comparison import compared, read_kept
from assistant.evaluation.html_report import write_report
from assistant.evaluation.report import print_table
from assistant.evaluation.result import to_json
from assistant.evaluation.run import Report, evaluate
from assistant.settings import Settings

_PIPED_WIDTH = 140


def evaluate_command(
    passages: Sequence[Path],
    questions: Sequence[Path],
    report: Path | None,
    as_json: bool,
    sample: int | None,
    seed: int,
    settings: Settings,
    keep: Path | None = None,
    fold: int | None = None,
    styles: bool = False,
    before: Path | None = None,
) -> int:
    """Evaluate and show the result: a table or JSON on standard output, progress on standard error.

    :param passages: one or more passages files.
    :param questions: one or more questions files.
    :param report: folder for ``results.json`` and ``index.html``, None for no report.
    :param as_json: print one JSON document in place of the table.
    :param sample: questions per file, None for all.
    :param seed: of the sample.
    :param settings: what to ask with.
    :param keep: folder that keeps sources and index for the next run.
    :param fold: ask only about the articles of this fold, None for all.
    :param styles: ask every question in the other styles too.
    :param before: the results of a kept run to compare with, None for none.
    :returns: exit status: 0, or 1 when a quote was not word for word in its source.
    :raises AssistantError: as `evaluate`.
    """
    kept = read_kept(before) if before else None
    with progress_bar() as show:
        result = evaluate(
            passages, questions, settings=settings, sample=sample, seed=seed, progress=show, keep=keep, fold=fold,
            styles=styles,
        )  # fmt: skip
    if kept is not None:
        result = compared(result, kept)
    if report is not None:
        write_report(result, report)
    if as_json:
        sys.stdout.write(to_json(result))
    else:
        # Into a file or a pipe rich would wrap at 80 columns, in the middle of the labels.
        print_table(result, Console(file=sys.stdout, width=None if sys.stdout.isatty() else _PIPED_WIDTH))
    return 0 if result.faithful else 1


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Show on standard error how far an evaluation is, a line for each stage from when it begins; gone at the end.

    :yields: what an evaluation calls with the stage, how much is done, and of how much.
    """
    with Bar(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total)

        yield show
