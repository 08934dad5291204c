"""Reads the passages and questions that an evaluation is given, as JSON lines.

Passages are ``{"id", "title", "text"}``, questions ``{"id", "question", "passage", "answers"}``, as in SQuAD cut into
lines (Rajpurkar et al. 2016, https://arxiv.org/abs/1606.05250). The rows of QED (``question``) and CLAPNQ (``input``)
are read too: a question whose ``passage`` is not among the passages given is one that these sources do not answer.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.errors import UsageError


@dataclass(frozen=True, slots=True)
class GivenPassage:
    """A passage of the question set: one paragraph of the document ``title``."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class GivenQuestion:
    """A question of the set; ``passage`` is the id of the given passage it is about, None when that is not given.

    ``answers`` are slices of that passage; none means that the sources do not answer.
    """

    id: str
    text: str
    passage: str | None = None
    answers: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the sources answer it."""
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """The questions of one file, in its order; ``total`` counts them before sampling, ``sha256`` is the file's."""

    name: str
    sha256: str
    total: int
    questions: tuple[GivenQuestion, ...]


def read_passages(path: Path) -> tuple[GivenPassage, ...]:
    """Read the passages that will be the sources.

    :param path: JSON lines with ``id``, ``title`` and ``text``.
    :returns: the passages in the file's order, at least one, with different ids.
    :raises UsageError: when the file cannot be read or a line is not a passage; it names file and line.
    """
    passages: dict[str, GivenPassage] = {}
    for line, row in _json_lines(path):
        passage = GivenPassage(_id_of(row, line), *(_text_of(row, name, path, line) for name in ("title", "text")))
        if passage.id in passages:
            raise _fault(path, line, f"the passage id {passage.id!r} stands on an earlier line too; ids must differ")
        passages[passage.id] = passage
    if not passages:
        raise UsageError(f"{path} holds no passages; it needs JSON lines with id, title and text.")
    return tuple(passages.values())


def read_questions(path: Path, passages: Collection[str]) -> QuestionFile:
    """Read one file of questions asked over these passages.

    :param path: JSON lines with ``question`` (or ``input``) and, if the passages answer, ``passage`` and ``answers``.
    :param passages: the ids of the passages given.
    :returns: the questions, at least one.
    :raises UsageError: when the file cannot be read or a line is not a question; it names file and line.
    """
    questions = tuple(_question(row, path, line, passages) for line, row in _json_lines(path))
    if not questions:
        raise UsageError(f"{path} holds no questions; it needs JSON lines with a question on each.")
    return QuestionFile(path.name, sha256_of(path), len(questions), questions)


def read_all_questions(paths: Sequence[Path], passages: Collection[str]) -> tuple[QuestionFile, ...]:
    """Read several files of questions and give each a name of its own, with its folder's where the names collide.

    :param paths: the files.
    :param passages: the ids of the passages given.
    :returns: one record per file, in the order given.
    :raises UsageError: as `read_questions`, and when a file is given twice.
    """
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("The same questions file is given twice; name each once.")
    times = Counter(path.name for path in paths)
    names = [path.name if times[path.name] == 1 else f"{path.resolve().parent.name}/{path.name}" for path in paths]
    if len(set(names)) < len(names):
        names = [f"{number} {name}" for number, name in enumerate(names, start=1)]
    return tuple(replace(read_questions(path, passages), name=name) for path, name in zip(paths, names, strict=True))


def sampled(file: QuestionFile, size: int | None, seed: int) -> QuestionFile:
    """Draw questions without replacement; the same seed draws the same ones.

    :param file: the questions to draw from.
    :param size: how many to draw, at least 1; None or more than there are keeps all.
    :param seed: of the random generator.
    :returns: the file with the drawn questions, in the file's order.
    :raises UsageError: when the size is below 1.
    """
    if size is None or size >= len(file.questions):
        return file
    if size < 1:
        raise UsageError(f"A sample needs at least 1 question, not {size}.")
    drawn = sorted(random.Random(seed).sample(range(len(file.questions)), size))
    return replace(file, questions=tuple(file.questions[number] for number in drawn))


def sha256_of(path: Path) -> str:
    """Hash a file, so that a kept result says exactly what was measured."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _question(row: Mapping[str, Any], path: Path, line: int, passages: Collection[str]) -> GivenQuestion:
    """Read one row; what it says about a passage that is not given does not count."""
    text = _text_of(row, "question" if "question" in row else "input", path, line)
    passage = row.get("passage")
    if not isinstance(passage, str) or passage not in passages:
        return GivenQuestion(_id_of(row, line), text)
    answers = row.get("answers") or []
    # An empty answer would be held by every quote.
    if not isinstance(answers, list) or not all(isinstance(answer, str) and answer.strip() for answer in answers):
        raise _fault(path, line, f'"answers" must be a list of texts, not {_short(answers)}')
    return GivenQuestion(_id_of(row, line), text, passage, tuple(answers))


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the file's objects with their line numbers; blank lines are passed over."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _fault(path, line, "the text is not UTF-8") from None
    # Not splitlines(): JSON allows U+2028 and U+0085 inside a string.
    for line, content_of_line in enumerate(content.split("\n"), start=1):
        if content_of_line.strip():
            yield line, _json_object(content_of_line, path, line)


def _json_object(content: str, path: Path, line: int) -> Mapping[str, Any]:
    try:
        row = json.loads(content)
    except (ValueError, RecursionError):
        raise _fault(path, line, "the line is not JSON") from None
    if not isinstance(row, dict):
        raise _fault(path, line, f"the line must be a JSON object, not {_short(row)}")
    return row


def _text_of(row: Mapping[str, Any], name: str, path: Path, line: int) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _fault(path, line, f'"{name}" must be a text that is not blank, not {_short(value)}')
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _fault(path, line, f'"{name}" holds half of a character (a lone surrogate), which no file can store')
    return value


def _id_of(row: Mapping[str, Any], line: int) -> str:
    """Take the row's id, a text or number; its line number where there is none."""
    return str(row.get("id", line))


def _short(value: object) -> str:
    return "missing" if value is None else repr(value)[:60]


def _fault(path: Path, line: int, what: str) -> UsageError:
    return UsageError(f"{path}, line {line}: {what}.")
