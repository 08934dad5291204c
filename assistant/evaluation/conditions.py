"""Says what the numbers were measured on: machine, model, corpus, questions, clock; no host names, no paths."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.datamodel import IndexStatus
from assistant.evaluation.questions import GivenPassage, GivenQuestion, QuestionFile, sha256_of
from assistant.settings import Settings

CLOCK = "ask alone, one question at a time in one process, model loaded and warmed up"
_PACKAGE = "quoting-assistant"


def conditions_of(
    passages: Sequence[Path],
    given: Mapping[str, GivenPassage],
    status: IndexStatus,
    files: Sequence[QuestionFile],
    settings: Settings,
    drawn: Mapping[str, int | None],
) -> dict[str, Any]:
    """Collect the conditions of a run as plain JSON values.

    :param passages: the passages files.
    :param given: what they hold.
    :param status: of the index that was asked.
    :param files: the questions as drawn.
    :param settings: what was asked with.
    :param drawn: how the questions were drawn: ``sample``, ``seed``, ``fold``.
    :returns: names and values, in the order they are shown.
    """
    return {
        "machine": f"{platform.system()} {platform.machine()}, {_cpus()} CPUs, Python {platform.python_version()}",
        "packages": _versions(),
        "model": Path(status.model).name,
        "settings": {"strictness": settings.strictness, "threads": settings.threads},
        "corpus": {
            "file": ", ".join(path.name for path in passages),
            "sha256": ", ".join(sha256_of(path) for path in passages),
            "given_passages": len(given),
            "documents": len(status.sources),
            "characters": sum(source.characters for source in status),
            "passages": status.passages,
        },
        "questions": [_counts(file) for file in files],
        **drawn,
        "clock": CLOCK,
    }


def _counts(file: QuestionFile) -> dict[str, Any]:
    answerable = sum(question.answerable for question in file.questions)
    return {
        "file": file.name,
        "sha256": file.sha256,
        "in_file": file.total,
        "asked": len(file.questions),
        "answerable": answerable,
        "unanswerable": len(file.questions) - answerable,
    }


def notes_on(files: Sequence[QuestionFile], given: Mapping[str, GivenPassage]) -> tuple[str, ...]:
    """Warn about questions that can only miss: most likely they belong to another passages file.

    :param files: the questions as drawn.
    :param given: the passages by id.
    :returns: one sentence per file that has such questions.
    """
    counts = {file.name: sum(_cannot_hit(question, given) for question in file.questions) for file in files}
    return tuple(
        f"{count} questions of {name} have no answer that stands in their passage, so they can only miss; "
        "check that the questions belong to these passages."
        for name, count in counts.items()
        if count
    )


def _cannot_hit(question: GivenQuestion, given: Mapping[str, GivenPassage]) -> bool:
    if question.passage is None or not question.answers:
        return False
    return not any(answer in given[question.passage].text for answer in question.answers)


def _versions() -> dict[str, str]:
    """List our version and those of the packages we depend on; empty when run from a folder that is not installed."""
    try:
        required = importlib.metadata.requires(_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in required if "extra ==" not in line]
    return {name: importlib.metadata.version(name) for name in [_PACKAGE, *names]}


def _cpus() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
