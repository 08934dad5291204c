"""Reads the passages and questions that an evaluation is given, as JSON lines.

Passages are ``{"id", "title", "text"}``, questions ``{"id", "question", "passage", "answers"}``, as in SQuAD cut into
lines (Rajpurkar et al. 2016, https://arxiv.org/abs/1606.05250). The rows of QED (Lamm et al. 2021) and CLAPNQ (Rosenthal
et al. 2025) are read too. Each brings its passage along, so such a file serves as the passages as well as the questions.
A question whose passage is not among the passages given is one that these sources do not answer.
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
from assistant.evaluation.folds import FOLDS, fold_of


@dataclass(frozen=True, slots=True)
class GivenPassage:
    """A passage of the question set: one paragraph of the document ``title``."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class GivenQuestion:
    """A question of the set; ``passage`` is the id of the given passage it is about, None when that is not given.

    ``answers`` are slices of that passage; ``chosen`` are the sentences of it that a person picked for a long answer, one
    tuple a person. Neither means that the sources do not answer. ``article`` is the title of the passage that its row
    brings along, empty when it brings none.
    """

    id: str
    text: str
    passage: str | None = None
    answers: tuple[str, ...] = ()
    chosen: tuple[tuple[str, ...], ...] = ()
    article: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the sources answer it."""
        return bool(self.answers or self.chosen)


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """The questions of one file, in its order; ``total`` counts them before sampling, ``sha256`` is the file's."""

    name: str
    sha256: str
    total: int
    questions: tuple[GivenQuestion, ...]


def read_passages(path: Path) -> tuple[GivenPassage, ...]:
    """Read the passages that will be the sources.

    :param path: JSON lines with ``id``, ``title`` and ``text``, or questions that bring their passages along.
    :returns: the passages in the file's order, at least one, with different ids; one that several questions bring, once.
    :raises UsageError: when the file cannot be read or a line is not a passage; it names file and line.
    """
    passages: dict[str, GivenPassage] = {}
    for line, row in _json_lines(path):
        if own := _own_passage(row, path, line):
            passages.setdefault(own.id, own)
            continue
        passage = GivenPassage(_id_of(row, line), *(_text_of(row, name, path, line) for name in ("title", "text")))
        if passage.id in passages:
            raise _fault(path, line, f"the passage id {passage.id!r} stands on an earlier line too; ids must differ")
        passages[passage.id] = passage
    if not passages:
        raise UsageError(f"{path} holds no passages; it needs JSON lines with id, title and text.")
    return tuple(passages.values())


def read_all_passages(paths: Sequence[Path]) -> dict[str, GivenPassage]:
    """Read several files of passages.

    :param paths: the files.
    :returns: the passages by id, in the order given.
    :raises UsageError: as `read_passages`, and when an id stands in two files.
    """
    given: dict[str, GivenPassage] = {}
    for path in paths:
        for passage in read_passages(path):
            if given.setdefault(passage.id, passage) != passage:
                raise UsageError(
                    f"The passage id {passage.id!r} of {path} stands in another file too; ids must differ."
                )
    return given


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


def of_fold(file: QuestionFile, fold: int | None, given: Mapping[str, GivenPassage]) -> QuestionFile:
    """Keep the questions about the articles of one fold, so that a reader is judged on articles that it never saw.

    A question is about its passage's article; one that names no article is kept.

    :param file: the questions.
    :param fold: which of the `FOLDS` parts, None for all.
    :param given: the passages by id.
    :returns: the file with those questions, in its order.
    :raises UsageError: when the fold does not exist.
    """
    if fold is None:
        return file
    if not 0 <= fold < FOLDS:
        raise UsageError(f"There is no fold {fold}; articles are parted into folds 0 to {FOLDS - 1}.")
    articles = [given[q.passage].title if q.passage else q.article for q in file.questions]
    kept = [q for q, article in zip(file.questions, articles, strict=True) if not article or fold_of(article) == fold]
    return replace(file, questions=tuple(kept))


def sha256_of(path: Path) -> str:
    """Hash a file, so that a kept result says exactly what was measured."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _question(row: Mapping[str, Any], path: Path, line: int, passages: Collection[str]) -> GivenQuestion:
    """Read one row; what it says about a passage that is not given does not count."""
    text = _text_of(row, "question" if "question" in row else "input", path, line)
    own = _own_passage(row, path, line)
    passage, article = (own.id, own.title) if own else (row.get("passage"), "")
    if not isinstance(passage, str) or passage not in passages:
        return GivenQuestion(_id_of(row, line), text, article=article)
    return GivenQuestion(_id_of(row, line), text, passage, _answers(row, path, line), _chosen(row), article)


def _own_passage(row: Mapping[str, Any], path: Path, line: int) -> GivenPassage | None:
    """Take the passage that a question of QED or CLAPNQ brings along; equal passages get equal ids."""
    brought = row.get("passages") if "input" in row else [row] if "question" in row and "text" in row else None
    if not isinstance(brought, list) or not brought or not isinstance(brought[0], dict):
        return None
    title, text = (_text_of(brought[0], name, path, line) for name in ("title", "text"))
    return GivenPassage(f"{title}#{hashlib.sha256(text.encode()).hexdigest()[:12]}", title, text)


def _answers(row: Mapping[str, Any], path: Path, line: int) -> tuple[str, ...]:
    """List the answers: texts, or QED's lists of parts, each of which counts."""
    given = row.get("answers") or []
    parts = [part for answer in given for part in (answer if isinstance(answer, list) else [answer])]
    answers = [part.get("text") if isinstance(part, dict) else part for part in parts]
    # An empty answer would be held by every quote.
    if not isinstance(given, list) or not all(isinstance(answer, str) and answer.strip() for answer in answers):
        raise _fault(path, line, f'"answers" must be a list of texts, not {_short(given)}')
    return tuple(dict.fromkeys(map(str, answers)))


def _chosen(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """List the sentences that each person picked, as CLAPNQ gives them; a person who picked none is left out."""
    outputs = row.get("output")
    picked = [output.get("selected_sentences") or [] for output in outputs] if isinstance(outputs, list) else []
    return tuple(tuple(dict.fromkeys(sentences)) for sentences in picked if sentences)


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
