"""Measures conversations: does a question that leans on the turns before it find what was meant, and does one that does not?

Rows are those of MTRAG (Katsis et al. 2025, https://arxiv.org/abs/2501.03468): ``input`` holds the turns, the last one a
user's; ``contexts`` are the relevant passages. The sources are the contexts of all rows, a document each; a source ranks
where its best passage does. The stand-alone check asks questions of a questions file first, then after an unrelated
conversation: what resolution costs where it is not needed.
"""

from __future__ import annotations

import dataclasses
import json
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answering import Assistant
from assistant.assembly import build_index, open_assistant
from assistant.datamodel import Progress, Turn
from assistant.errors import UsageError
from assistant.evaluation.confidence_measures import auroc
from assistant.evaluation.corpus import Placement, lay_out, place, write_sources
from assistant.evaluation.questions import GivenPassage, GivenQuestion, sha256_of
from assistant.evaluation.result import Measure
from assistant.evaluation.retrieval_measures import Ranked, ndcg_at, recall_at
from assistant.evaluation.uncertainty import Estimate, Numbers, bootstrap, mean, proportion
from assistant.settings import Settings

Report = Callable[[str, int, int], None]
CUT_OFF = 5
ANSWERABLE = frozenset({"ANSWERABLE", "PARTIAL"})
UNANSWERABLE = frozenset({"UNANSWERABLE"})
_RETRIEVED = 40
_EARLY_TURNS = 2


@dataclass(frozen=True, slots=True)
class GivenConversation:
    """One row: the question asked last, the turns before it, and which contexts are relevant."""

    id: str
    turn: int
    kind: str
    collection: str
    answerability: str
    history: tuple[Turn, ...]
    question: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """What one question of a conversation got.

    :param id: of the task.
    :param turn: which of its user's turns was asked, from 1.
    :param kind: how it hangs together with the turns before (Multi-Turn).
    :param collection: where its sources are from.
    :param answerability: whether the sources answer, as people judged.
    :param resolved: the question as it was understood.
    :param recall: of the relevant sources among the first five.
    :param ndcg: of the first five.
    :param shown: whether it was answered.
    :param talk: the kind of talk it was taken for, None for a question.
    :param confidence: as the assistant gave it, 0 to 1.
    :param ask_ms: wall-clock milliseconds of ``ask``.
    """

    id: str
    turn: int
    kind: str
    collection: str
    answerability: str
    resolved: str
    recall: float | None
    ndcg: float | None
    shown: bool
    talk: str | None
    confidence: float
    ask_ms: float


@dataclass(frozen=True)
class ConversationResult:
    """Everything that was measured on conversations; ``conditions`` are plain JSON values."""

    conditions: Mapping[str, Any]
    measures: tuple[Measure, ...]
    rows: tuple[ConversationRow, ...]


def read_conversations(path: Path) -> tuple[list[GivenConversation], list[GivenPassage]]:
    """Read conversations, and the union of their contexts as passages.

    :param path: JSON lines as MTRAG has them.
    :returns: the conversations in the file's order, and each context once.
    :raises UsageError: when the file cannot be read or a row is no conversation.
    """
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
        contexts = {c["document_id"]: c["text"] for row in rows for c in row["contexts"]}
        conversations = [_conversation(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(f"{path.name} cannot be read as conversations ({type(error).__name__}: {error}).") from error
    if not contexts:
        raise UsageError(f"{path.name} holds no contexts; they are the sources that the conversations are about.")
    return conversations, [GivenPassage(name, name, text) for name, text in contexts.items()]


def _conversation(row: Mapping[str, Any]) -> GivenConversation:
    *before, last = row["input"]
    if last["speaker"] != "user":
        raise ValueError("the last turn is not the user's")
    return GivenConversation(
        id=str(row["task_id"]),
        turn=sum(turn["speaker"] == "user" for turn in row["input"]),
        kind=row["Multi-Turn"][0],
        collection=row["Collection"],
        answerability=row["answerability"][0],
        history=tuple(Turn("user" if turn["speaker"] == "user" else "assistant", turn["text"]) for turn in before),
        question=last["text"],
        relevant=frozenset(context["document_id"] for context in row["contexts"]),
    )


def recall_of_first(ranked: Ranked, relevant: Collection[str], k: int = CUT_OFF) -> float:
    """Recall@k that can always reach 1: hits among the first ``k``, divided by ``min(relevant, k)``.

    Worked example: of eight relevant sources four are among the first five: 4/5.

    :param ranked: what was retrieved, best first, each once.
    :param relevant: the right ids, at least one.
    :param k: cut-off, at least 1.
    :returns: from 0 to 1.
    """
    return recall_at(ranked, relevant, k) * len(relevant) / min(len(relevant), k)


def evaluate_conversations(
    path: Path,
    settings: Settings,
    folder: Path,
    progress: Report,
    alone: tuple[Sequence[GivenPassage], Sequence[GivenQuestion]] | None = None,
    seed: int = 0,
) -> ConversationResult:
    """Measure conversations, open corpus.

    :param path: the conversations.
    :param settings: what to ask with; its folders are not touched.
    :param folder: where sources and indexes go.
    :param progress: told how far it is.
    :param alone: passages and questions for the stand-alone check.
    :param seed: of the unrelated conversations drawn for it.
    :returns: the rows and what was made of them.
    :raises UsageError: when the file holds no conversations.
    """
    conversations, contexts = read_conversations(path)
    with closing(_opened(contexts, settings, folder / "conversations", progress)) as assistant:
        source_of = {group[0].id: name for name, group in lay_out(contexts).items()}
        id_of = {name: context for context, name in source_of.items()}
        rows = []
        for done, each in enumerate(conversations, start=1):
            rows.append(_ask(assistant, each, id_of))
            progress("ask", done, len(conversations))
    measures = list(summarise(rows))
    if alone:
        measures += _alone(conversations, *alone, settings, folder / "alone", progress, seed)
    conditions = {
        "file": path.name,
        "sha256": sha256_of(path),
        "conversations": len(rows),
        "sources": len(contexts),
        "settings": {"strictness": settings.strictness, "model": Path(settings.model).name},
        "stand_alone_questions": len(alone[1]) if alone else 0,
        "seed": seed,
        "clock": "ask alone, one question at a time, the whole conversation given with it",
    }
    return ConversationResult(conditions, tuple(measures), tuple(rows))


def _opened(passages: Sequence[GivenPassage], settings: Settings, folder: Path, progress: Report) -> Assistant:
    chosen = replace(settings, sources=folder / "sources", index=folder / "index")

    def told(state: Progress) -> None:
        progress(state.stage, state.done, state.total)

    write_sources(lay_out(passages), chosen.sources)
    build_index(settings=chosen, progress=told)
    return open_assistant(settings=chosen)


def _ask(assistant: Assistant, given: GivenConversation, id_of: Mapping[str, str]) -> ConversationRow:
    began = time.perf_counter()
    answer = assistant.ask(given.question, given.history)
    ask_ms = 1000 * (time.perf_counter() - began)
    found = assistant.retrieve(given.question, _RETRIEVED, history=given.history) if given.relevant else []
    ranked = list(dict.fromkeys(id_of.get(hit.document.source) for hit in found))
    return ConversationRow(
        id=given.id,
        turn=given.turn,
        kind=given.kind,
        collection=given.collection,
        answerability=given.answerability,
        resolved=answer.resolved_question,
        recall=recall_of_first(ranked, given.relevant) if given.relevant else None,
        ndcg=ndcg_at(ranked, given.relevant, CUT_OFF) if given.relevant else None,
        shown=answer.answered,
        talk=answer.talk,
        confidence=answer.confidence,
        ask_ms=ask_ms,
    )


def summarise(rows: Sequence[ConversationRow]) -> Iterator[Measure]:
    """Compute the measures: of all answerable turns, then split by turn, kind and collection.

    :param rows: at least one.
    :yields: the measures in the order they are shown.
    """
    answerable = [row for row in rows if row.answerability in ANSWERABLE and row.recall is not None]
    unanswerable = [row for row in rows if row.answerability in UNANSWERABLE]
    yield from _found("answerable turns", answerable)
    if answerable and unanswerable:
        yield Measure(
            "answerable turns",
            "auroc",
            "AUROC of confidence",
            auroc(_confidences(answerable), _confidences(unanswerable)),
        )
    for judged in dict.fromkeys(row.answerability for row in rows):
        yield Measure(
            judged.lower(),
            "answered",
            "answered",
            proportion([row.shown for row in rows if row.answerability == judged]),
        )
    splits: tuple[Callable[[ConversationRow], str], ...] = (_turn_of, lambda row: row.kind, lambda row: row.collection)
    for split in splits:
        for name in sorted({split(row) for row in answerable}):
            yield from _found(name, [row for row in answerable if split(row) == name])
    yield Measure("all turns", "ask_p50", "ask, median", bootstrap(_median, _numbers(row.ask_ms for row in rows)), "ms")


def _turn_of(row: ConversationRow) -> str:
    return "first turn" if row.turn == 1 else f"turn {_EARLY_TURNS}" if row.turn == _EARLY_TURNS else "turn 3 and later"


def _found(group: str, rows: Sequence[ConversationRow]) -> Iterator[Measure]:
    if rows:
        yield Measure(group, "recall@5", "source R@5", mean([row.recall or 0.0 for row in rows]))
        yield Measure(group, "ndcg@5", "source nDCG@5", mean([row.ndcg or 0.0 for row in rows]))


def _alone(
    conversations: Sequence[GivenConversation],
    passages: Sequence[GivenPassage],
    questions: Sequence[GivenQuestion],
    settings: Settings,
    folder: Path,
    progress: Report,
    seed: int,
) -> list[Measure]:
    """Ask stand-alone questions first and after an unrelated conversation, and compare passage R@5."""
    histories = [each.history for each in conversations if each.history]
    generator, hits = random.Random(seed), []
    with closing(_opened(passages, settings, folder, progress)) as assistant:
        stored = cache(lambda source: assistant.document(source).text)
        layout = lay_out(passages)
        placement = Placement(place(layout, {source: stored(source) for source in layout}))
        for done, question in enumerate(questions, start=1):
            history = generator.choice(histories)
            hits.append([_hit(assistant, placement, question, turns) for turns in ((), history)])
            progress("ask", done, len(questions))
    first, after = zip(*hits, strict=True)
    cost = mean_difference([float(b) - float(a) for a, b in hits])
    group = "stand-alone questions"
    return [
        Measure(group, "recall@5_first", "passage R@5, asked first", proportion(first)),
        Measure(group, "recall@5_after", "passage R@5, asked after a conversation", proportion(after)),
        Measure(group, "recall@5_cost", "difference", cost, "difference"),
    ]


def _hit(assistant: Assistant, placement: Placement, question: GivenQuestion, turns: Sequence[Turn]) -> bool:
    found = assistant.retrieve(question.text, _RETRIEVED, history=turns)
    ranked = list(dict.fromkeys(placement.passage_at(hit.document.source, hit.passage.span) for hit in found))
    return question.passage in ranked[:CUT_OFF]


def mean_difference(differences: Sequence[float]) -> Estimate:
    """Mean of paired differences, which may be negative, with its bootstrap interval.

    :param differences: one from -1 to 1 per question, at least one.
    :returns: the mean and its interval.
    """
    return bootstrap(lambda values: float(values.mean()), _numbers(differences), paired=True)


def _median(values: Numbers) -> float:
    return float(sorted(values)[len(values) // 2])


def _confidences(rows: Iterable[ConversationRow]) -> Numbers:
    return _numbers(row.confidence for row in rows)


def _numbers(values: Iterable[float]) -> Numbers:
    return np.asarray(list(values), dtype=np.float64)


def conversation_lines(result: ConversationResult) -> list[str]:
    """Put a result into lines for a terminal.

    :param result: what was measured.
    :returns: the conditions, then a line for each measure.
    """
    told = result.conditions
    head = f"{told['conversations']} conversations of {told['file']} over {told['sources']} sources; clock: {told['clock']}"
    return [head, *(_line(measure) for measure in result.measures)]


def _line(measure: Measure) -> str:
    estimate, digits = measure.estimate, 0 if measure.unit == "ms" else 3
    interval = "" if estimate.low is None else f"{estimate.low:.{digits}f} to {estimate.high:.{digits}f}"
    return f"{measure.group:24} {measure.label:40} {estimate.value:8.{digits}f}  {interval:18} of {estimate.count}"


def conversations_to_json(result: ConversationResult) -> str:
    """Write a result as one ASCII JSON document, each measure and each row on a line of its own.

    :param result: what was measured.
    :returns: the document, ending in a line break.
    """
    parts = {
        "measures": [{k: v for k, v in dataclasses.asdict(m).items() if k != "label"} for m in result.measures],
        "rows": [dataclasses.asdict(row) for row in result.rows],
    }
    lists = (f'"{name}": [\n' + ",\n".join(map(json.dumps, items)) + "\n]" for name, items in parts.items())
    return '{"conditions": ' + json.dumps(dict(result.conditions)) + ",\n" + ",\n".join(lists) + "\n}\n"
