"""Builds an index over the given passages, asks every question as any caller would, and keeps one row per question.

Each question is asked once, with abstention off; whether it would have been shown follows from its confidence, because
the strictness is nothing but a threshold on it. A few questions are asked both ways first to make sure that this still
holds.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

from assistant.assembly import build_index, open_assistant
from assistant.datamodel import Answer, Document, IndexStatus, Progress, Reading, ScoredPassage
from assistant.errors import AssistantError, UsageError
from assistant.evaluation.answer_measures import characters_f1, exact_quotes, first_quote_holds_answer, key_f1
from assistant.evaluation.conditions import conditions_of, notes_on
from assistant.evaluation.corpus import Placement, find_words, lay_out, place, write_sources
from assistant.evaluation.questions import (
    GivenPassage,
    GivenQuestion,
    QuestionFile,
    of_fold,
    read_all_passages,
    read_all_questions,
    sampled,
)
from assistant.evaluation.result import EvaluationResult, FirstQuote, GivenReading, QuestionRow
from assistant.evaluation.styles import PLAIN, STYLES
from assistant.evaluation.summary import curves, summarise
from assistant.question_types import kind_of
from assistant.settings import Settings

RETRIEVED = 10
"""How many passages are retrieved for the retrieval measures; the largest cut-off among them."""

_ASKED_BOTH_WAYS = 5
_WHOLE_DOCUMENT = 10_000
"""More passages than one document of a question set has."""

Report = Callable[[str, int, int], None]
"""Called with the stage (read, embed, write, ask), how much is done, and the total."""


class Answering(Protocol):
    """What is measured: the public face of `assistant.answering.Assistant`."""

    def ask(self, question: str) -> Answer:
        """Answer one question."""

    def retrieve(self, question: str, k: int, sources: Sequence[str] = ()) -> list[ScoredPassage]:
        """List the passages that ``ask`` would read, best first."""

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> Reading:
        """Choose quotes from these passages, whatever the strictness."""

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
    passages: Sequence[Path],
    questions_files: Sequence[Path],
    *,
    settings: Settings,
    sample: int | None = None,
    seed: int = 0,
    progress: Report | None = None,
    keep: Path | None = None,
    fold: int | None = None,
    styles: bool = False,
) -> EvaluationResult:
    """Measure the assistant on a question set, open corpus: all passages are the sources.

    :param passages: the passages, JSON lines, in one or more files.
    :param questions_files: questions over these passages, or over others, which these sources then do not answer.
    :param settings: what to ask with; its folders are not touched.
    :param sample: ask only so many questions of each file; the corpus stays whole.
    :param seed: which ones.
    :param progress: told how far it is.
    :param keep: leave sources and index in this folder, for the next run to start from; a scratch folder when None.
    :param fold: ask only about the articles of this fold; all passages stay sources.
    :param styles: ask every question in the other styles too.
    :returns: the rows and what was made of them.
    :raises UsageError: for files that cannot be used.
    :raises AssistantError: when the build loses a passage, or strictness has become more than a threshold.
    """
    given = read_all_passages(passages)
    files = read_all_questions(questions_files, given)
    drawn = [sampled(of_fold(file, fold, given), sample, seed) for file in files]
    _check_questions(drawn, settings)
    progress = progress or _silent
    with _folder(keep) as folder:
        chosen = replace(settings, sources=folder / "sources", index=folder / "index")
        status = _build(list(given.values()), chosen, progress)
        scene = _open(list(given.values()), [question.text for file in drawn for question in file.questions], chosen)
        with closing(scene.assistant):
            rows = _ask_all(scene, drawn, progress)
            others = [style for style in STYLES if styles and style != PLAIN]
            restyled = tuple(row for style in others for row in _ask_in(scene, drawn, style, seed, progress))
    measured_on = conditions_of(
        passages, given, status, drawn, settings, {"sample": sample, "seed": seed, "fold": fold}
    )
    measures, notes = summarise(rows, restyled), notes_on(drawn, given)
    return EvaluationResult(measured_on, measures, curves(rows), notes, rows, given, restyled)


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
        rows.append(_with_retrieval(scene, question, _ask(scene, file, question)))
        progress("ask", done, len(questions))
    return tuple(rows)


def _ask_in(
    scene: _Scene, files: Sequence[QuestionFile], style: str, seed: int, progress: Report
) -> Iterator[QuestionRow]:
    """Ask all questions in another style; what a style leaves to chance depends on the seed and the question alone."""
    questions = [(file.name, question) for file in files for question in file.questions]
    for done, (file, question) in enumerate(questions, start=1):
        text = STYLES[style](question.text, random.Random(f"{seed} {style} {question.id}"))
        yield replace(_ask(scene, file, replace(question, text=text)), style=style)
        progress(style, done, len(questions))


def _ask(scene: _Scene, file: str, question: GivenQuestion) -> QuestionRow:
    """Ask one question, and time nothing else."""
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
        ranked=(),
        first=_first_quote(scene, answer),
        hit=first_quote_holds_answer(answer.quotes, question, scene.placement),
        quotes=len(exact),
        exact_quotes=sum(exact),
        ask_ms=ask_ms,
        chosen=question.chosen,
        kind=kind_of(question.text) or "other",
        key_f1=key_f1(answer.quotes, question.answers) if question.answers else None,
        retrieve_ms=answer.timings_ms.get("retrieve"),
        read_ms=answer.timings_ms.get("read"),
    )


def _with_retrieval(scene: _Scene, question: GivenQuestion, row: QuestionRow) -> QuestionRow:
    """Add the ranking, and what is read from the right passage alone; the clock has stopped, so nothing warms up."""
    if not question.answerable:
        return row
    return replace(row, ranked=_ranked(scene, question), given=_read_right_passage(scene, question))


def _read_right_passage(scene: _Scene, question: GivenQuestion) -> GivenReading | None:
    """Read nothing but the passages, as they were cut, that count for the right given passage."""
    if question.passage is None:
        return None
    right = scene.placement.place_of(question.passage)
    found = scene.assistant.retrieve(question.text, _WHOLE_DOCUMENT, sources=[right.source])
    counted = [scene.placement.passage_at(right.source, hit.passage.span) == question.passage for hit in found]
    # A short paragraph may share its passage with a longer one, for which that passage counts.
    own = [hit for hit, counts in zip(found, counted, strict=True) if counts] or [
        hit for hit in found if hit.passage.span.overlap(right.span)
    ]
    quotes = scene.assistant.read(question.text, own).quotes
    picked = [
        [span for sentence in person if (span := find_words(sentence, scene.stored_text(right.source), right.span))]
        for person in question.chosen
    ]
    return GivenReading(
        first_quote_holds_answer(quotes, question, scene.placement),
        key_f1(quotes, question.answers) if question.answers else None,
        characters_f1([quote.span for quote in quotes], picked) if picked else None,
    )


def _first_quote(scene: _Scene, answer: Answer) -> FirstQuote | None:
    if not answer.quotes:
        return None
    first = answer.quotes[0]
    source, span = first.document.source, first.span
    key = first.key.of(first.document.text) if first.key else None
    return FirstQuote(first.text, source, span.start, span.end, scene.placement.passage_at(source, span), key)


def _ranked(scene: _Scene, question: GivenQuestion) -> tuple[str | None, ...]:
    found = scene.assistant.retrieve(question.text, RETRIEVED)
    return tuple(scene.placement.passage_at(hit.document.source, hit.passage.span) for hit in found)


def _check_questions(files: Sequence[QuestionFile], settings: Settings) -> None:
    """Refuse a question that ``ask`` would refuse, and to ask none, before minutes are spent."""
    if not any(file.questions for file in files):
        raise UsageError("No question is about an article of this fold; choose another fold, or leave --fold out.")
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
