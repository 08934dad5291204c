"""The one function that every interface calls: `Assistant.ask`, from a question to an answer made of quotes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from assistant.conversation import resolve
from assistant.datamodel import Answer, Document, IndexStatus, Query, Quote, Reading, ScoredPassage, Turn, turns_of
from assistant.embedders.base import Embedder
from assistant.errors import IndexDamaged, IndexForeign, QuestionError, UsageError
from assistant.examples import example_questions
from assistant.indexes.generations import Generation, current_id
from assistant.reader import Reader, SentenceReader
from assistant.retrievers import FusedRetriever, Retriever
from assistant.settings import Settings

PASSAGES_RETRIEVED = 10
_EXAMPLES_TRIED = 4
"""Example questions that are drawn for each that is wanted, since some are not answered."""


class Assistant:
    """Answers questions over one index, and goes over to a newer generation by itself.

    Safe to use from several threads: an answer is made wholly from the generation it started with.

    :param settings: where the index is, and how sure an answer must be.
    :param embedder: the model that the index was built with.
    :raises IndexUnusable: when there is no index, or it is damaged or of another model.
    """

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        self.settings = settings
        self._embedder = embedder
        self._lock = threading.Lock()
        self._opened = _Opened(self._generation(), embedder)

    def ask(
        self, question: str, history: Iterable[Turn | Mapping[str, str]] = (), sources: Sequence[str] = ()
    ) -> Answer:
        """Answer a question with quotes, or say that the sources do not, with the closest passages.

        :param question: the question as a person typed it.
        :param history: the turns before it, oldest first, as records or ``{"role", "content"}`` mappings.
        :param sources: globs that the quoted sources' paths must match, none for all sources.
        :returns: the answer; every quote in it was compared with the stored text.
        :raises QuestionError: when the question is empty or too long.
        :raises UsageError: when no source matches a glob, or a turn has another form.
        :raises IndexUnusable: when a newer index is there, but damaged.
        """
        resolved = self._resolved(question, history)
        started = time.perf_counter()
        with self._current() as opened:
            passages = opened.retriever.retrieve(Query(resolved, tuple(sources)), PASSAGES_RETRIEVED)
            retrieved = time.perf_counter()
            reading = opened.reader.read(Query(resolved, tuple(sources)), passages)
            ended = time.perf_counter()
            answer = self._answer(question, resolved, reading, opened.generation.id)
        timings = {"retrieve": retrieved - started, "read": ended - retrieved, "total": time.perf_counter() - started}
        return replace(answer, timings_ms={stage: round(1000 * seconds, 1) for stage, seconds in timings.items()})

    def retrieve(self, question: str, k: int = PASSAGES_RETRIEVED, sources: Sequence[str] = ()) -> list[ScoredPassage]:
        """Rank the passages that `ask` reads from.

        :param question: a question that stands alone.
        :param k: passages wanted.
        :param sources: globs that the sources' paths must match, none for all sources.
        :returns: best first.
        :raises QuestionError: when the question is empty or too long.
        """
        resolved = self._resolved(question, ())
        with self._current() as opened:
            return opened.retriever.retrieve(Query(resolved, tuple(sources)), k)

    def status(self) -> IndexStatus:
        """Tell the state of the index and of every source."""
        with self._current() as opened:
            return opened.generation.status

    def document(self, source: str) -> Document:
        """Fetch a document as it is stored.

        :param source: its path below the sources folder.
        :returns: the document.
        :raises UsageError: when no document of that name is indexed.
        """
        with self._current() as opened:
            store = opened.generation.store
            if source not in store.sources:
                raise UsageError(f"No indexed source is named {source!r}; `assistant status` lists them.")
            return store.document(source)

    def example_questions(self, count: int = 4) -> list[str]:
        """Suggest questions that the sources answer.

        :param count: how many at most.
        :returns: questions drawn from the sources' own headings and definitions, each tried first; the same for the
            same index.
        """
        with self._current() as opened:
            store = opened.generation.store
            drawn = example_questions((store.document(source) for source in store.sources), _EXAMPLES_TRIED * count)
        return list(islice((question for question in drawn if self.ask(question).answered), count))

    def close(self) -> None:
        """Let the index go."""
        self._opened.generation.close()

    def _resolved(self, question: str, history: Iterable[Turn | Mapping[str, str]]) -> str:
        longest = self.settings.max_question_chars
        if not question.strip():
            raise QuestionError("The question is empty; type what you want to find in your sources.")
        if len(question) > longest:
            raise QuestionError(
                f"A question may have {longest} characters and this one has {len(question)}; shorten it."
            )
        try:
            resolved = resolve(question.strip(), turns_of(history))
        except ValueError as error:
            raise UsageError(str(error)) from error
        if any("\ud800" <= character <= "\udfff" for character in resolved):
            raise QuestionError("The question holds bytes that are no text in UTF-8; type it again.")
        return resolved

    def _answer(self, question: str, resolved: str, reading: Reading, index: str) -> Answer:
        confidence = round(reading.confidence, 4)
        answered = bool(reading.quotes) and confidence >= self.settings.strictness
        quotes, closest = (reading.quotes, ()) if answered else ((), reading.closest)
        for quote in (*quotes, *closest):
            _check(quote)
        return Answer(question, resolved, answered, confidence, quotes, closest, index)

    def _generation(self) -> Generation:
        generation = Generation(self.settings.index)
        if generation.manifest.model != self._embedder.identity:
            generation.close()
            raise IndexForeign(
                f"The index was built with the model {generation.manifest.model} but the setting `model` gives "
                f"{self._embedder.identity}; run `assistant build` to rebuild, or set `model` back."
            )
        return generation

    @contextmanager
    def _current(self) -> Iterator[_Opened]:
        """Lend the generation in use; a newer one is opened beside it before the change."""
        with self._lock:
            if current_id(self.settings.index) not in (self._opened.generation.id, None):
                older, self._opened = self._opened, _Opened(self._generation(), self._embedder)
                older.retire()
            opened = self._opened
            opened.users += 1
        try:
            yield opened
        finally:
            with self._lock:
                opened.users -= 1
                opened.close_if_retired()


class _Opened:
    """A generation with the stages that work on it, closed once it is retired and nobody uses it."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self.generation = generation
        self.retriever: Retriever = FusedRetriever(generation, embedder)
        self.reader: Reader = SentenceReader(generation.lexical)
        self.users = 0
        self._retired = False

    def retire(self) -> None:
        self._retired = True
        self.close_if_retired()

    def close_if_retired(self) -> None:
        if self._retired and not self.users:
            self.generation.close()


def _check(quote: Quote) -> None:
    """Make sure, right before it is shown, that a quote is a slice of its document; its text was hashed when fetched."""
    inside = quote.span.end <= len(quote.document.text) and quote.span.start < quote.span.end
    if not inside or quote.text != quote.document.text[quote.span.start : quote.span.end]:
        raise IndexDamaged("A quote does not lie in the text it is from; run `assistant build` to make the index anew.")
