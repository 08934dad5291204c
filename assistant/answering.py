"""The one function that every interface calls: `Assistant.ask`, from a question to an answer made of quotes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from assistant.choices import choices_of
from assistant.conversation import Conversation
from assistant.datamodel import (
    Answer,
    Document,
    IndexStatus,
    Passage,
    Query,
    Quote,
    Reading,
    ScoredPassage,
    Span,
    Turn,
    turns_of,
)
from assistant.embedders.base import Embedder
from assistant.errors import IndexDamaged, IndexForeign, QuestionError, UsageError
from assistant.examples import example_questions
from assistant.indexes.generations import Generation, current_id
from assistant.matching import matched_words
from assistant.readers import Reader
from assistant.readers.network import shipped_network
from assistant.readers.sentence_reader import SentenceReader
from assistant.replying import reply_to
from assistant.retrievers import FusedRetriever
from assistant.settings import Settings
from assistant.spelling import Spelling
from assistant.talk import talk_in, without_manners

PASSAGES_RETRIEVED = 10
_NEVER_ANSWERS = 2.0
"""A strictness that no confidence reaches."""
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
        self._opened = self._open()

    def ask(
        self,
        question: str,
        history: Iterable[Turn | Mapping[str, str]] = (),
        sources: Sequence[str] = (),
        bare: bool = False,
    ) -> Answer:
        """Answer a question with quotes, or say that the sources do not, with the closest passages; reply to talk.

        :param question: the question as a person typed it.
        :param history: the turns before it, oldest first, as records or ``{"role", "content"}`` mappings.
        :param sources: globs that the quoted sources' paths must match, none for all sources.
        :param bare: take the words as a question that stands alone and is spelt as meant, whatever came before.
        :returns: the answer; every quote in it was compared with the stored text.
        :raises QuestionError: when the question is empty or too long.
        :raises UsageError: when no source matches a glob, or a turn has another form.
        :raises IndexUnusable: when a newer index is there, but damaged.
        """
        started = time.perf_counter()
        asked, turns = self._checked(question), _turns(history)
        talk, turns = (None, ()) if bare else (talk_in(asked), turns)
        with self._current() as opened:
            desk = _Desk(opened, self.settings.strictness)
            reply = reply_to(talk, asked, turns, desk, sources) if talk else None
            answer = reply or desk.ask(asked if bare else opened.meant(asked), turns, sources)
        timings = {"retrieve": 0.0, "read": 0.0, **answer.timings_ms, "total": _ms(time.perf_counter() - started)}
        return replace(answer, question=question, timings_ms=timings)

    def retrieve(
        self,
        question: str,
        k: int = PASSAGES_RETRIEVED,
        sources: Sequence[str] = (),
        history: Iterable[Turn | Mapping[str, str]] = (),
    ) -> list[ScoredPassage]:
        """Rank the passages that `ask` reads from.

        :param question: a question.
        :param k: passages wanted.
        :param sources: globs that the sources' paths must match, none for all sources.
        :param history: the turns before it, oldest first.
        :returns: best first.
        :raises QuestionError: when the question is empty or too long.
        """
        asked, turns = self._checked(question), _turns(history)
        with self._current() as opened:
            found = opened.conversation.retrieve(opened.meant(asked), turns, max(k, PASSAGES_RETRIEVED), sources)
            return list(opened.reader.read(Query(found.resolved), found.passages).passages[:k])

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> Reading:
        """Choose quotes from these passages in place of those that `ask` would find, however unsure they are.

        :param question: a question that stands alone.
        :param passages: as `retrieve` gives them, best first.
        :returns: quotes, and how sure the reader is of them.
        :raises QuestionError: when the question is empty or too long.
        """
        asked = self._checked(question)
        with self._current() as opened:
            return opened.reader.read(Query(asked), passages)

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
            return _stored(opened, source)

    def positions(self, source: str) -> tuple[Document, bytes]:
        """Fetch a document and where its characters stand on its pages, both of one generation.

        :param source: its path below the sources folder.
        :returns: the document, and what `assistant.loaders.pdf_glyphs` reads; empty where there are no pages.
        :raises UsageError: when no document of that name is indexed.
        """
        with self._current() as opened:
            return _stored(opened, source), opened.generation.store.glyphs(source)

    def matched_words(self, question: str, text: str) -> list[Span]:
        """Find the words of a text that the question holds too, by the stems that the index searches for.

        :param question: the question, as it was resolved.
        :param text: any text.
        :returns: the words' spans in the text, in its order.
        """
        with self._current() as opened:
            return matched_words(question, text, opened.generation.lexical.terms)

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

    def _checked(self, question: str) -> str:
        longest = self.settings.max_question_chars
        if not question.strip():
            raise QuestionError("The question is empty; type what you want to find in your sources.")
        if len(question) > longest:
            raise QuestionError(
                f"A question may have {longest} characters and this one has {len(question)}; shorten it."
            )
        if any("\ud800" <= character <= "\udfff" for character in question):
            raise QuestionError("The question holds bytes that are no text in UTF-8; type it again.")
        return question.strip()

    def _open(self) -> _Opened:
        return _Opened(self._generation(), self._embedder, self.settings.threads)

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
                older, self._opened = self._opened, self._open()
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

    def __init__(self, generation: Generation, embedder: Embedder, threads: int) -> None:
        self.generation = generation
        self.conversation = Conversation(FusedRetriever(generation, embedder), generation.lexical)
        network = shipped_network(threads)
        self.reader: Reader = SentenceReader(generation.lexical, network)
        self.users = 0
        self._spelling = Spelling(generation, network.knows)
        self._retired = False

    def meant(self, typed: str) -> str:
        """Leave out greetings and thanks around a question, and mend what was mistyped."""
        return self._spelling.mended(without_manners(typed))

    def retire(self) -> None:
        self._retired = True
        self.close_if_retired()

    def close_if_retired(self) -> None:
        if self._retired and not self.users:
            self.generation.close()


class _Desk:
    """Answers one question from one generation, and lends `replying` what it needs; see `assistant.replying.Desk`."""

    def __init__(self, opened: _Opened, strictness: float) -> None:
        self._opened, self._strictness = opened, strictness
        self.sources: Sequence[str] = opened.generation.store.sources
        self.index = opened.generation.id

    def document(self, source: str) -> Document:
        return self._opened.generation.store.document(source)

    def passages_of(self, source: str) -> list[Passage]:
        return self._opened.generation.store.passages_of(source)

    def ask(
        self, question: str, turns: Sequence[Turn], sources: Sequence[str], without: Sequence[Quote] = ()
    ) -> Answer:
        return self._answer(question, turns, sources, without, self._strictness)

    def closest(self, question: str, turns: Sequence[Turn], sources: Sequence[str]) -> Answer:
        return replace(self._answer(question, turns, sources, (), _NEVER_ANSWERS), choices=())

    def _answer(
        self, question: str, turns: Sequence[Turn], sources: Sequence[str], without: Sequence[Quote], strictness: float
    ) -> Answer:
        started = time.perf_counter()
        wanted = PASSAGES_RETRIEVED + len(without)
        found = self._opened.conversation.retrieve(question, turns, wanted, sources)
        passages = [scored for scored in found.passages if not any(_holds(scored, quote) for quote in without)]
        passages = passages[:PASSAGES_RETRIEVED]
        retrieved = time.perf_counter()
        reading = self._opened.reader.read(Query(found.resolved, tuple(sources)), passages)
        timings = {"retrieve": _ms(retrieved - started), "read": _ms(time.perf_counter() - retrieved)}
        confidence = round(reading.confidence, 4)
        answered = bool(reading.quotes) and confidence >= strictness
        quotes, closest = (reading.quotes, ()) if answered else ((), reading.closest)
        for quote in (*quotes, *closest):
            _check(quote)
        choices = choices_of(found.resolved, passages)
        return Answer(
            question, found.resolved, answered, confidence, quotes, closest, self.index, timings,
            sources=tuple(sources), choices=choices,
        )  # fmt: skip


def _holds(scored: ScoredPassage, quote: Quote) -> bool:
    return scored.document.source == quote.document.source and scored.passage.span.overlap(quote.span) > 0


def _turns(history: Iterable[Turn | Mapping[str, str]]) -> tuple[Turn, ...]:
    """Take a history in any of its forms; what is no text in UTF-8 in it becomes question marks."""
    try:
        return tuple(Turn(turn.role, turn.content.encode("utf-8", "replace").decode()) for turn in turns_of(history))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _stored(opened: _Opened, source: str) -> Document:
    store = opened.generation.store
    if source not in store.sources:
        raise UsageError(f"No indexed source is named {source!r}; `assistant status` lists them.")
    return store.document(source)


def _check(quote: Quote) -> None:
    """Make sure, right before it is shown, that a quote is a slice of its document; its text was hashed when fetched."""
    inside = quote.span.end <= len(quote.document.text) and quote.span.start < quote.span.end
    if not inside or quote.text != quote.document.text[quote.span.start : quote.span.end]:
        raise IndexDamaged("A quote does not lie in the text it is from; run `assistant build` to make the index anew.")
