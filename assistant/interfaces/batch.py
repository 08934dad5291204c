"""Questions as JSON lines in, answers as JSON lines out, in order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assistant.answering import Assistant
from assistant.errors import UsageError
from assistant.interfaces.render import answer_json


def answer_lines(assistant: Assistant, lines: Iterable[str], sources: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Answer every line.

    :param assistant: who is asked.
    :param lines: JSON objects with ``question`` and, if wanted, ``id`` and ``history``; blank lines are passed over.
    :param sources: globs that the quoted sources' paths must match.
    :yields: the form of ``ask --json`` with the line's ``id``, or ``id`` and ``error`` where it cannot be asked.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _answer(assistant, line, number, sources)


def _answer(assistant: Assistant, line: str, number: int, sources: Sequence[str]) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    try:
        asked = _asked(line, number)
        answer = assistant.ask(asked["question"], asked.get("history") or (), sources)
        named = {"id": asked["id"]} if "id" in asked else {}
        return {**named, **answer_json(answer)}
    except UsageError as error:
        return {"id": asked.get("id"), "error": str(error)}


def _asked(line: str, number: int) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError(f"Line {number} is not JSON; each line needs an object with a question.") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("question"), str):
        raise UsageError(f"Line {number} has no question; each line needs an object with a question.")
    return asked
