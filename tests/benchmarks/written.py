"""Lays our own questions (`assistant/training/written/`) out as passages and questions that `assistant evaluate` reads.

    python tests/benchmarks/written.py ../shared/data DIR
    assistant evaluate --fold 1 --passages DIR/passages.jsonl --questions DIR/questions.jsonl --json

Those about passages of the public sets are left out, since these passages are not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from assistant.training.sets import TaughtQuestion, read_sets, set_of


def main(data: Path, output: Path) -> None:
    """Write the passages that our own questions are about, without other sets' passages, and the questions."""
    passages, questions = read_sets(data)
    ours = [each for each in passages if set_of(each.id) == "written"]
    ids = {each.id for each in ours}
    asked = [each for each in questions if each.set == "written" and each.passage in ids]
    output.mkdir(parents=True, exist_ok=True)
    _write(output / "passages.jsonl", [{"id": each.id, "title": each.title, "text": each.text} for each in ours])
    _write(output / "questions.jsonl", [_row(each) for each in asked])


def _row(question: TaughtQuestion) -> dict[str, object]:
    """Give a question in SQuAD's form: its key is the answer, where it has none its sentences are."""
    answers = question.answers or question.chosen
    return {"id": question.id, "question": question.text, "passage": question.passage, "answers": answers}


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
