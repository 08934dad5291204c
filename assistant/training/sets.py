"""Reads the question sets that the reader is trained on, each in the form that its makers gave it.

SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018), QED (Lamm et al. 2021) and CLAPNQ (Rosenthal et al. 2025). A question
keeps which set it is from, since every set has a style of its own and needs right and wrong passages in that style.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evaluation.questions import GivenPassage, read_passages

WRITTEN = Path(__file__).with_name("written")
_PAGES = ("govt", "ibmcloud")


@dataclass(frozen=True, slots=True)
class TaughtQuestion:
    """A question with what is known of its answer.

    ``passage`` is the given passage it was asked about; ``answers`` are slices of it, ``chosen`` the sentences of it that
    a person picked. Neither: the passage looks as if it answered and does not.
    """

    id: str
    set: str
    text: str
    passage: str
    article: str
    answers: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether its passage answers it."""
        return bool(self.answers or self.chosen)

    @property
    def own(self) -> bool:
        """Whether it is one of ours."""
        return self.set == "written"


def read_sets(folder: Path, without: Collection[str] = ()) -> tuple[list[GivenPassage], list[TaughtQuestion]]:
    """Read all sets below a folder, and our own.

    :param folder: holds ``squad/1.1``, ``squad/2.0``, ``qed``, ``clapnq`` and ``mtrag-un``.
    :param without: sets to leave out whole, their passages too.
    :returns: passages, each text once, and questions; a question of both SQuADs once.
    """
    passages: dict[str, GivenPassage] = {}
    known: dict[str, GivenPassage] = {}
    questions: dict[str, TaughtQuestion] = {}
    for name, found in (
        ("squad", _squad(folder / "squad/1.1")),
        ("squad", _squad(folder / "squad/2.0")),
        ("qed", _qed(folder)),
        ("clapnq", _clapnq(folder)),
        ("written", _written_documents(folder)),
    ):
        for passage, asked in found if name not in without else ():
            held = known[passage.id] = passages.setdefault(" ".join(passage.text.split()), passage)
            for question in asked:
                key = question.id if question.set == "squad" else f"{question.set} {question.id}"
                questions.setdefault(key, _moved(question, held))
    if "written" not in without:
        questions |= {f"written {each.id}": each for each in _written_questions(known)}
    return list(passages.values()), list(questions.values())


def set_of(passage: str) -> str:
    """Name the set that a passage's id is of; our own questions' passages count as one set."""
    return {"qed": "qed", "clapnq": "clapnq", "mtrag": "written", "own": "written"}.get(passage.split(" ")[0], "squad")


def _moved(question: TaughtQuestion, passage: GivenPassage) -> TaughtQuestion:
    return TaughtQuestion(
        question.id, question.set, question.text, passage.id, passage.title, question.answers, question.chosen
    )


def _squad(folder: Path) -> Iterator[tuple[GivenPassage, list[TaughtQuestion]]]:
    asked: dict[str, list[TaughtQuestion]] = {}
    for row in _rows(folder / "questions.jsonl"):
        answers = tuple(dict.fromkeys(row["answers"]))
        question = TaughtQuestion(row["id"], "squad", row["question"], row["passage"], "", answers)
        asked.setdefault(row["passage"], []).append(question)
    for passage in read_passages(folder / "passages.jsonl"):
        yield passage, asked.get(passage.id, [])


def _qed(folder: Path) -> Iterator[tuple[GivenPassage, list[TaughtQuestion]]]:
    for row in _rows(folder / "qed/dev.jsonl"):
        passage = GivenPassage(f"qed {row['id']}", row["title"], row["text"])
        answers = tuple(dict.fromkeys(part["text"] for answer in row["answers"] for part in answer))
        chosen = (row["selected_sentence"]["string"],) if row.get("selected_sentence") else ()
        yield passage, [TaughtQuestion(str(row["id"]), "qed", row["question"], passage.id, "", answers, chosen)]


def _clapnq(folder: Path) -> Iterator[tuple[GivenPassage, list[TaughtQuestion]]]:
    for name in ("answerable", "unanswerable"):
        for row in _rows(folder / f"clapnq/{name}.jsonl"):
            given = row["passages"][0]
            passage = GivenPassage(f"clapnq {row['id']}", given["title"], given["text"])
            chosen = tuple(dict.fromkeys(s for output in row["output"] for s in output.get("selected_sentences") or []))
            yield passage, [TaughtQuestion(row["id"], "clapnq", row["input"], passage.id, "", (), chosen)]


def _written_documents(folder: Path) -> Iterator[tuple[GivenPassage, list[TaughtQuestion]]]:
    """Give the passages that our own questions are about beside those of the other sets; questions are read apart from them.

    :param folder: of all sets; without ``mtrag-un`` there are only our own documents.
    :yields: our own documents, and the government and manual pages of MTRAG-UN, a page's passages under one title.
    """
    for row in _rows(WRITTEN / "documents.jsonl"):
        yield GivenPassage(f"own {row['id']}", row["title"], row["text"]), []
    tasks = folder / "mtrag-un/tasks.jsonl"
    for task in _rows(tasks) if tasks.exists() else ():
        for given in task["contexts"] if task["Collection"] in _PAGES else ():
            name = given["document_id"]
            yield GivenPassage(f"mtrag {name}", name.split("-")[0], given["text"].strip()), []


def _written_questions(passages: Mapping[str, GivenPassage]) -> Iterator[TaughtQuestion]:
    """Read our own questions, whose words have places instead of words where the passage is not ours.

    :param passages: by id.
    :yields: the questions about them; ``answers`` is the key, ``chosen`` are the sentences that answer.
    """
    for row in _rows(WRITTEN / "questions.jsonl"):
        if given := passages.get(row["passage"]):
            key, right = (tuple(given.text[a:b] for a, b in row[name]) for name in ("key", "right"))
            yield TaughtQuestion(row["id"], "written", row["question"], given.id, given.title, key, right)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
