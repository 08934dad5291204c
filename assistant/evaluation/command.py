"""What ``assistant evaluate`` does, without the parsing of its options."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress as Bar

from assistant.evaluation.html_report import write_report
from assistant.evaluation.report import print_table
from assistant.evaluation.result import to_json
from assistant.evaluation.run import evaluate
from assistant.settings import Settings


def evaluate_command(
    passages: Path,
    questions: Sequence[Path],
    report: Path | None,
    as_json: bool,
    sample: int | None,
    seed: int,
    settings: Settings,
    keep: Path | None = None,
) -> int:
    """Evaluate and show the result: a table or JSON on standard output, progress on standard error.

    :param passages: the passages file.
    :param questions: one or more questions files.
    :param report: folder for ``results.json`` and ``index.html``, None for no report.
    :param as_json: print one JSON document in place of the table.
    :param sample: questions per file, None for all.
    :param seed: of the sample.
    :param settings: what to ask with.
    :param keep: folder that keeps sources and index for the next run.
    :returns: exit status: 0, or 1 when a quote was not word for word in its source.
    :raises AssistantError: as `evaluate`.
    """
    with Bar(console=Console(stderr=True), transient=True) as bar:
        tasks = {stage: bar.add_task(stage, total=None, visible=False) for stage in ("read", "embed", "write", "ask")}

        def shown(stage: str, done: int, total: int) -> None:
            bar.update(tasks[stage], completed=done, total=total, visible=True)

        result = evaluate(passages, questions, settings=settings, sample=sample, seed=seed, progress=shown, keep=keep)
    if report is not None:
        write_report(result, report)
    if as_json:
        sys.stdout.write(to_json(result))
    else:
        print_table(result, Console(file=sys.stdout))
    return 0 if result.faithful else 1
