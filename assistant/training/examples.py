"""Asks questions with known answers and notes what the reader sees, for the linear models to be fitted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import numpy as np

from assistant.datamodel import Query, ScoredPassage
from assistant.evaluation.answer_measures import holds_answer
from assistant.evaluation.questions import GivenPassage
from assistant.readers.candidates import matrix
from assistant.readers.confidence import ReaderWeights
from assistant.readers.network import ReaderNetwork
from assistant.readers.sentence_reader import Seen, adjoin, first_quote, further_signals, see
from assistant.training.corpus import Corpus, open_corpus
from assistant.training.fit import Chosen, Example, Kind
from assistant.training.groups import mostly_covered, occurrences
from assistant.training.sets import TaughtQuestion

RETRIEVED = 20


@dataclass(frozen=True)
class Desk:
    """An index over the passages of a set, with what reads it."""

    corpus: Corpus
    network: ReaderNetwork

    def retrieve(self, question: str) -> list[ScoredPassage]:
        """Retrieve as `Assistant.ask` does."""
        return self.corpus.retriever.retrieve(Query(question), RETRIEVED)

    def see(self, question: str, passages: Sequence[ScoredPassage]) -> Seen:
        """Read passages as `SentenceReader` does."""
        return see(question, passages, self.network, self.corpus.generation.lexical)


def open_desk(passages: Sequence[GivenPassage], folder: Path, network: ReaderNetwork, threads: int) -> Desk:
    """Build an index over passages.

    :param passages: of one set or several.
    :param folder: where sources and index are kept.
    :param network: the trained network.
    :param threads: for embedding.
    :returns: what questions can be asked at.
    """
    return Desk(open_corpus(passages, folder, threads), network)


def examples_of(desk: Desk, questions: Sequence[TaughtQuestion], kind: Kind) -> Iterator[Example]:
    """Ask questions.

    :param desk: over the sources.
    :param questions: all of one kind.
    :param kind: what the sources are to them.
    :yields: an example a question for which anything was retrieved.
    """
    with click.progressbar(questions, label=f"Reading for {len(questions)} questions ({kind})") as shown:
        for question in shown:
            if found := desk.retrieve(question.text):
                yield _example(desk, question, found, kind)


def _example(desk: Desk, question: TaughtQuestion, found: Sequence[ScoredPassage], kind: Kind) -> Example:
    seen = desk.see(question.text, found)
    given = [kind == "answered" and desk.corpus.place_of(each) == question.passage for each in seen.read]
    own = [each for each, is_given in zip(seen.read, given, strict=True) if is_given]
    marked = _marked(seen, {id(each): _right_sentences(each, question) for each in own})
    return Example(
        matrix(seen.candidates), marked, seen.passages, np.array(given), question.article, question.own, kind, seen.size,
        partial(first_quote, seen),
    )  # fmt: skip


def _marked(seen: Seen, numbers: Mapping[int, Sequence[int]]) -> np.ndarray:
    """Mark the candidates that stand in their passage under one of its numbers; passages go by their id."""
    return np.array([each.at in numbers.get(id(each.passage), ()) for each in seen.candidates])


def _right_sentences(scored: ScoredPassage, question: TaughtQuestion) -> list[int]:
    """Number the sentences that hold an answer, or that a person chose where it is our own question or no answers are given."""
    if question.own or not question.answers:
        return _chosen_sentences(scored, question)
    texts = [span.of(scored.document.text) for span in scored.passage.sentences]
    return [at for at, text in enumerate(texts) if holds_answer(text, question.answers)]


def chosen_of(desk: Desk, questions: Sequence[TaughtQuestion], weights: ReaderWeights) -> Iterator[Chosen]:
    """Ask questions whose sentences were chosen, about their own text alone.

    :param desk: over the passages.
    :param questions: with chosen sentences.
    :param weights: that choose the best sentence.
    :yields: what is known of the other sentences that might belong to the best one, where there are any.
    """
    for question in questions:
        own = [each for each in desk.retrieve(question.text) if desk.corpus.place_of(each) == question.passage]
        if own:
            seen = desk.see(question.text, own)
            scores = seen.scores(weights)
            best = int(np.argmax(scores))
            first = seen.candidates[best].passage
            label = _marked(seen, {id(each): _chosen_sentences(each, question) for each in own})
            others = [at for at, each in enumerate(seen.candidates) if at != best and adjoin(each.passage, first)]
            if others:
                yield Chosen(further_signals(seen.candidates, scores, best)[others], label[others], question.own)


def _chosen_sentences(scored: ScoredPassage, question: TaughtQuestion) -> list[int]:
    spans = [span for words in question.chosen for span in occurrences(words, scored.text)[:1]]
    start = scored.passage.span.start
    sentences = [(each.start - start, each.end - start) for each in scored.passage.sentences]
    return mostly_covered(sentences, spans)
