"""Builds an index over the given passages, asks every question as any caller would, and keeps one row per question.

Each question is asked once, with abstention off; whether it would have been shown follows from its confidence, because
the strictness is nothing but a threshold on it. A few questions are asked both ways first to make sure that this still
holds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from assistant.assembly import build_index, open_assistant
from assistant.datamodel import Answer, Document, IndexStatus, Progress, ScoredPassage
from assistant.errors import AssistantError, UsageError
from assistant.evaluation.answer_measures import exact_quotes, first_quote_holds_answer
from assistant.evaluation.conditions import conditions_of, notes_on
from assistant.evaluation.corpus import Placement, lay_out, place, write_sources
from assistant.evaluation.questions import (
    GivenPassage,
    GivenQuestion,
    QuestionFile,
    read_all_questions,
    read_passages,
    sampled,
)
from assistant.evaluation.result import EvaluationResult, FirstQuote, QuestionRow
from assistant.evaluation.summary import curves, summarise
from assistant.settings import Settings

RETRIEVED = 10
"""How many passages are retrieved for the retrieval measures; the largest cut-off among them."""

_ASKED_BOTH_WAYS = 5

Report = Callable[[str, int, int], None]
"""Called with the stage (read, embed, write, ask), how much is done, and the total."""


class Answering(Protocol):
    """What is measured: the public face of `assistant.answering.Assistant`."""

    def ask(self, question: str) -> Answer:
        """Answer one question."""

    def retrieve(self, question: str, k: int) -> list[ScoredPassage]:
        """List the passages that ``ask`` would read, best first."""

    def document(self, source: str) -> Document:
        """Read one source's stored text."""

    def close(self) -> None:
        """Let the index go."""


@dataclass(frozen=True)
class _Scene:
    """What asking one question needs."""

    assistant: Answering
    placement: Placement
    stored_text: Callable[[str], str]
    strictness: float


def evaluate(
    passages: Path,
    questions_files: Sequence[Path],
    *,
    settings: Settings,
    sample: int | None = None,
    seed: int = 0,
    progress: Report | None = None,
    keep: Path | None = None,
) -> EvaluationResult:
    """Measure the assistant on a question set, open corpus: all passages are the sources.

    :param passages: the passages, JSON lines.
    :param questions_files: questions over these passages, or over others, which these sources then do not answer.
    :param settings: what to ask with; its folders are not touched.
    :param sample: ask only so many questions of each file; the corpus stays whole.
    :param seed: which ones.
    :param progress: told how far it is.
    :param keep: leave sources and index in this folder, for the next run to start from; a scratch folder when None.
    :returns: the rows and what was made of them.
    :raises UsageError: for files that cannot be used.
    :raises AssistantError: when the build loses a passage, or strictness has become more than a threshold.
    """
    given = {passage.id: passage for passage in read_passages(passages)}
    files = read_all_questions(questions_files, given)
    drawn = [sampled(file, sample, seed) for file in files]
    _check_lengths(drawn, settings)
    progress = progress or _silent
    with _folder(keep) as folder:
        chosen = replace(settings, sources=folder / "sources", index=folder / "index")
        status = _build(list(given.values()), chosen, progress)
        scene = _open(list(given.values()), [question.text for file in drawn for question in file.questions], chosen)
        with closing(scene.assistant):
            rows = _ask_all(scene, drawn, progress)
    measured_on = conditions_of(passages, given, status, drawn, settings, sample, seed)
    return EvaluationResult(measured_on, summarise(rows), curves(rows), notes_on(drawn, given), rows, given)


def _build(passages: Sequence[GivenPassage], settings: Settings, progress: Report) -> IndexStatus:
    """Write the sources and build; a source that is not wholly in the index makes every number wrong."""

    def told(state: Progress) -> None:
        progress(state.stage, state.done, state.total)

    write_sources(lay_out(passages), settings.sources)
    status = build_index(settings.sources, settings.index, settings, progress=told)
    if missing := [source for source in status if source.state != "indexed"]:
        reason = missing[0].reason or missing[0].state
        raise AssistantError(f"The source {missing[0].source!r} is not wholly in the index: {reason}.")
    return status


def _open(passages: Sequence[GivenPassage], questions: Sequence[str], settings: Settings) -> _Scene:
    """Open the index with abstention off, find the passages in it, and make sure that strictness is a threshold."""
    assistant = open_assistant(settings.sources, settings.index, replace(settings, strictness=0.0))
    stored_text = cache(lambda source: assistant.document(source).text)
    layout = lay_out(passages)
    placement = Placement(place(layout, {source: stored_text(source) for source in layout}))
    with closing(open_assistant(settings.sources, settings.index, settings)) as strict:
        for question in questions[:: max(1, len(questions) // _ASKED_BOTH_WAYS)][:_ASKED_BOTH_WAYS]:
            _check_threshold(assistant.ask(question), strict.ask(question), settings.strictness)
    return _Scene(assistant, placement, stored_text, settings.strictness)


def _check_threshold(free: Answer, strict: Answer, strictness: float) -> None:
    """Make sure that both answers are the same but for the threshold."""
    shown = free.answered and free.confidence >= strictness
    same_quotes = not shown or _spans(free) == _spans(strict)
    if strict.answered != shown or abs(strict.confidence - free.confidence) > 1e-6 or not same_quotes:
        raise AssistantError(
            f"Strictness {strictness} changes more than whether {free.question!r} is answered; "
            "the evaluation must ask every question twice before it can be trusted."
        )


def _ask_all(scene: _Scene, files: Sequence[QuestionFile], progress: Report) -> tuple[QuestionRow, ...]:
    questions = [(file.name, question) for file in files for question in file.questions]
    rows = []
    for done, (file, question) in enumerate(questions, start=1):
        rows.append(_ask(scene, file, question))
        progress("ask", done, len(questions))
    return tuple(rows)


def _ask(scene: _Scene, file: str, question: GivenQuestion) -> QuestionRow:
    """Ask one question; retrieval comes after the clock has stopped, so that it cannot warm anything up."""
    began = time.perf_counter()
    answer = scene.assistant.ask(question.text)
    ask_ms = 1000 * (time.perf_counter() - began)
    exact = exact_quotes((*answer.quotes, *answer.closest), scene.stored_text)
    return QuestionRow(
        file=file,
        id=question.id,
        question=question.text,
        passage=question.passage,
        answers=question.answers,
        confidence=answer.confidence,
        shown=answer.answered and answer.confidence >= scene.strictness,
        ranked=_ranked(scene, question) if question.answerable else (),
        first=_first_quote(scene, answer),
        hit=first_quote_holds_answer(answer, question, scene.placement),
        quotes=len(exact),
        exact_quotes=sum(exact),
        ask_ms=ask_ms,
    )


def _first_quote(scene: _Scene, answer: Answer) -> FirstQuote | None:
    if not answer.quotes:
        return None
    text, span, source = answer.quotes[0].text, answer.quotes[0].span, answer.quotes[0].document.source
    return FirstQuote(text, source, span.start, span.end, scene.placement.passage_at(source, span))


def _ranked(scene: _Scene, question: GivenQuestion) -> tuple[str | None, ...]:
    found = scene.assistant.retrieve(question.text, RETRIEVED)
    return tuple(scene.placement.passage_at(hit.document.source, hit.passage.span) for hit in found)


def _check_lengths(files: Sequence[QuestionFile], settings: Settings) -> None:
    """Refuse a question that ``ask`` would refuse, before minutes are spent on the others."""
    for file in files:
        for question in file.questions:
            if len(question.text) > settings.max_question_chars:
                raise UsageError(
                    f"Question {question.id!r} of {file.name} has {len(question.text)} characters; "
                    f"at most {settings.max_question_chars} are accepted."
                )


def _spans(answer: Answer) -> list[tuple[str, int, int]]:
    return [(quote.document.source, quote.span.start, quote.span.end) for quote in answer.quotes]


def _silent(stage: str, done: int, total: int) -> None:
    """Take progress and say nothing."""


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="assistant-evaluate-") as name:
        yield Path(name)
