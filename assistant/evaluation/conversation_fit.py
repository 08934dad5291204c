"""Fits the weights of `assistant.conversation`: ``python -m assistant.evaluation.conversation_fit --help``.

Logistic regression with a little ridge: the questions of real conversations lean on the turns before them, and questions of a
questions file do not, put after an unrelated conversation or after questions on another article. Both kinds weigh one half. What
it is worth is told by five-fold cross-validation over conversations and questions.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from scipy.optimize import minimize

from assistant.assembly import build_index
from assistant.conversation import LEANING_SIGNALS, Exchange, exchanges, leaning_signals, recalled, resolve
from assistant.embedders import open_embedder
from assistant.evaluation.confidence_measures import auroc
from assistant.evaluation.conversations import GivenConversation, read_conversations
from assistant.evaluation.corpus import lay_out, write_sources
from assistant.evaluation.questions import GivenPassage, GivenQuestion, read_all_passages, read_questions, sampled
from assistant.indexes import Generation
from assistant.retrievers import FusedRetriever
from assistant.settings import Settings

FOLDS = 5
_RIDGE = 1e-3
_NEIGHBOURS = 3


@dataclass(frozen=True)
class Example:
    """One question after other turns: its signals (`LEANING_SIGNALS`), and whether it leans on them."""

    signals: Sequence[float]
    leans: bool


def fit(examples: Sequence[Example]) -> tuple[np.ndarray, float]:
    """Fit on all examples, and judge by cross-validation.

    :param examples: of both kinds, at least `FOLDS` of each.
    :returns: the weights with the bias last, and the cross-validated AUROC.
    """
    signals, leaning = np.array([each.signals for each in examples]), np.array([each.leans for each in examples])
    fold = np.random.default_rng(0).permutation(len(examples)) % FOLDS
    judged = np.zeros(len(examples))
    for held in range(FOLDS):
        weights = _weights(signals[fold != held], leaning[fold != held])
        judged[fold == held] = np.c_[signals[fold == held], np.ones((fold == held).sum())] @ weights
    return _weights(signals, leaning), auroc(judged[leaning], judged[~leaning]).value


def _weights(signals: np.ndarray, leaning: np.ndarray) -> np.ndarray:
    centre, spread = signals.mean(axis=0), signals.std(axis=0) + 1e-9
    standard = np.c_[(signals - centre) / spread, np.ones(len(signals))]
    weight = np.where(leaning, 0.5 / leaning.sum(), 0.5 / (~leaning).sum())
    signed = np.where(leaning, 1, -1)

    def loss(weights: np.ndarray) -> float:
        return float(weight @ np.logaddexp(0, -signed * (standard @ weights)) + _RIDGE * weights[:-1] @ weights[:-1])

    found = np.asarray(minimize(loss, np.zeros(standard.shape[1])).x)
    return np.append(found[:-1] / spread, found[-1] - found[:-1] @ (centre / spread))


def _signals(retriever: FusedRetriever, words: Generation, question: str, before: Sequence[Exchange]) -> list[float]:
    texts = [question, resolve(question, before, words.lexical), recalled(question, before)]
    return leaning_signals(question, retriever.rank(texts, (), [before[-1].question]))


def _leaning(
    conversations: Sequence[GivenConversation], retriever: FusedRetriever, words: Generation
) -> Iterator[Example]:
    for each in conversations:
        if each.relevant and (before := exchanges(each.history)):
            yield Example(_signals(retriever, words, each.question, before), True)


def _standing_alone(
    conversations: Sequence[GivenConversation],
    questions: Sequence[GivenQuestion],
    given: dict[str, GivenPassage],
    retriever: FusedRetriever,
    words: Generation,
) -> Iterator[Example]:
    """Put each question after an unrelated conversation, and after neighbouring questions on another article."""
    generator = random.Random(0)
    known = [question for question in questions if question.passage]
    histories = [before for each in conversations if (before := exchanges(each.history))]
    for question in known:
        at = generator.randrange(len(known))
        others = [q for q in known[at : at + _NEIGHBOURS] if _title(q, given) != _title(question, given)]
        neighbours = [Exchange(other.text, given[other.passage or ""].text) for other in others]
        for before in (generator.choice(histories), neighbours):
            if before:
                yield Example(_signals(retriever, words, question.text, before), False)


def _title(question: GivenQuestion, given: dict[str, GivenPassage]) -> str:
    return given[question.passage or ""].title


@click.command()
@click.option("--conversations", required=True, type=click.Path(path_type=Path))
@click.option("--passages", required=True, type=click.Path(path_type=Path))
@click.option("--questions", required=True, type=click.Path(path_type=Path), help="Questions that stand alone.")
@click.option("--sample", default=200, show_default=True, help="Questions that stand alone.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder that keeps the indexes for the next run.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the weights go.")
def main(conversations: Path, passages: Path, questions: Path, sample: int, keep: Path | None, output: Path) -> None:
    """Fit when a question leans on the turns before it, and print what cross-validation says."""
    talks, contexts = read_conversations(conversations)
    given = read_all_passages([passages])
    asked = sampled(read_questions(questions, given), sample, 0).questions
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        examples = list(_leaning(talks, *_scene(contexts, folder / "conversations")))
        examples += _standing_alone(talks, asked, given, *_scene(list(given.values()), folder / "alone"))
    weights, area = fit(examples)
    held = {
        "leaning": dict(zip((*LEANING_SIGNALS, "bias"), weights.round(3).tolist(), strict=True)),
        "fitted_on": "MTRAG-UN (Apache-2.0) and SQuAD 1.1 dev (CC BY-SA 4.0), our part of each",
        "examples": {"leaning": sum(e.leans for e in examples), "standing_alone": sum(not e.leans for e in examples)},
        "cross_validated": {"auroc": round(area, 4)},
    }
    output.write_text(json.dumps(held, indent=1) + "\n", encoding="ascii")
    click.echo(output.read_text("ascii"))


def _scene(passages: Sequence[GivenPassage], folder: Path) -> tuple[FusedRetriever, Generation]:
    settings = Settings(sources=folder / "sources", index=folder / "index")
    write_sources(lay_out(passages), settings.sources)
    build_index(settings=settings)
    generation = Generation(settings.index)
    return FusedRetriever(generation, open_embedder(settings.model, settings.threads, settings.precision)), generation


if __name__ == "__main__":
    main()
