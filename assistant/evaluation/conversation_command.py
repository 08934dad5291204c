"""What ``assistant evaluate --conversations`` does, without the parsing of its options."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assistant.evaluation.command import progress_bar
from assistant.evaluation.conversations import (
    ConversationResult,
    conversation_lines,
    conversations_to_json,
    evaluate_conversations,
)
from assistant.evaluation.questions import read_all_passages, read_all_questions, sampled
from assistant.settings import Settings

RESULTS = "conversations.json"


def conversations_command(
    conversations: Path,
    passages: Sequence[Path],
    questions: Sequence[Path],
    report: Path | None,
    as_json: bool,
    sample: int | None,
    seed: int,
    settings: Settings,
    keep: Path | None = None,
) -> int:
    """Evaluate conversations and show the result: lines or JSON on standard output, progress on standard error.

    :param conversations: the conversations file.
    :param passages: passages files for the stand-alone check; none for no check.
    :param questions: questions files for it.
    :param report: folder for ``conversations.json``, None for no report.
    :param as_json: print one JSON document in place of the lines.
    :param sample: stand-alone questions per file, None for all.
    :param seed: of the sample, and of the conversations drawn for the check.
    :param settings: what to ask with.
    :param keep: folder that keeps sources and indexes for the next run.
    :returns: exit status: 0.
    :raises AssistantError: as `evaluate_conversations`.
    """
    given = read_all_passages(passages)
    files = [sampled(file, sample, seed) for file in read_all_questions(questions, given)]
    asked = [question for file in files for question in file.questions if question.answerable and question.passage]
    alone = (list(given.values()), asked) if asked else None
    with progress_bar() as show, tempfile.TemporaryDirectory() as scratch:
        result = evaluate_conversations(conversations, settings, keep or Path(scratch), show, alone, seed)
    _show(result, report, as_json)
    return 0


def _show(result: ConversationResult, report: Path | None, as_json: bool) -> None:
    text = conversations_to_json(result)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / RESULTS).write_text(text, encoding="ascii")
    sys.stdout.write(text if as_json else "\n".join(conversation_lines(result)) + "\n")
