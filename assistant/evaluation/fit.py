"""Fits the weights of `assistant.reader.SentenceReader`: ``python -m assistant.evaluation.fit --help``.

Two convex problems on questions with known answers, each solved on all of them and judged by five-fold cross-validation
over articles:

* *which sentence*: a softmax over the sentences read for one question, whose right ones share the probability (the
  listwise loss of Cao et al. 2007, https://doi.org/10.1145/1273496.1273513);
* *whether it answers*: the product of two logistic regressions on the best sentence's signals, one that tells questions
  on other subjects apart (each kind weighs one half), and one that tells right from wrong among the others.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from scipy.optimize import minimize

from assistant.assembly import build_index
from assistant.datamodel import Query
from assistant.embedders import open_embedder
from assistant.evaluation.answer_measures import holds_answer
from assistant.evaluation.confidence_measures import answered_at, auroc, expected_calibration_error, threshold_at
from assistant.evaluation.corpus import Placement, lay_out, place, write_sources
from assistant.evaluation.questions import GivenPassage, GivenQuestion, read_passages, read_questions, sampled
from assistant.indexes import Generation
from assistant.reader import (
    CONFIDENCE_SIGNALS,
    SENTENCE_SIGNALS,
    ReaderWeights,
    SentenceReader,
    confidence_signals,
    shared_phrases,
)
from assistant.retrievers import FusedRetriever
from assistant.settings import Settings

FOLDS = 5
_RIDGE = 1e-3
_SIGNALS = (SENTENCE_SIGNALS, (*CONFIDENCE_SIGNALS, "bias"), (*CONFIDENCE_SIGNALS, "bias"), ("shared_phrases", "bias"))
_PASSAGES = 10
_UNLIKE = 0.45
"""Below this similarity of question and best sentence the embedding model tells little, and shared phrases are judged."""


@dataclass(frozen=True)
class Example:
    """A question with the sentences read for it.

    ``signals`` has *shape* ``(n_sentences, len(SENTENCE_SIGNALS))``; ``right`` marks those that hold an answer, *shape*
    ``(n_sentences,)``, bool; ``article`` keeps questions on one article in one fold; ``foreign`` questions are on other
    subjects than the sources.
    """

    signals: np.ndarray
    right: np.ndarray
    article: str
    foreign: bool


@dataclass(frozen=True)
class Fit:
    """Weights fitted on all examples, and what cross-validation says of them on articles they did not see."""

    weights: ReaderWeights
    first_quote: float
    auroc: float
    threshold: float
    answered: float
    calibration_error: float


def fit(examples: Sequence[Example]) -> Fit:
    """Fit both models.

    :param examples: questions of several articles, foreign ones among them.
    :returns: the weights and their measures.
    """
    folds = {article: at % FOLDS for at, article in enumerate(sorted({each.article for each in examples}))}
    judged: list[tuple[Example, float, bool]] = []
    for fold in range(FOLDS):
        weights = _weights([each for each in examples if folds[each.article] != fold])
        held = [each for each in examples if folds[each.article] == fold]
        judged += [(each, _probability(each, weights), _hits(each, weights.sentence)) for each in held]
    own = np.array([probability for each, probability, _ in judged if not each.foreign])
    foreign = np.array([probability for each, probability, _ in judged if each.foreign])
    hits = np.array([hit for each, _, hit in judged if not each.foreign])
    measures = (float(hits.mean()), auroc(own, foreign).value, threshold_at(foreign), answered_at(own, foreign))
    return Fit(_weights(examples), *measures, expected_calibration_error(own, hits))


def examples_of(
    questions: Iterable[GivenQuestion], retriever: FusedRetriever, reader: SentenceReader, placement: Placement
) -> list[Example]:
    """Retrieve and read for every question, as `Assistant.ask` does.

    :param questions: with their answers.
    :param retriever: over the sources.
    :param reader: whose signals are fitted.
    :param placement: where the given passages stand.
    :returns: one example a question for which anything was retrieved.
    """
    examples = []
    for question in questions:
        query = Query(question.text)
        read = reader.candidates(query, retriever.retrieve(query, _PASSAGES))
        right = [
            holds_answer(each.text, question.answers)
            and placement.passage_at(each.passage.document.source, each.span) == question.passage
            for each in read
        ]
        article = (question.passage or f"foreign {question.id}").split("#")[0]
        signals = np.array([each.signals for each in read])
        examples.append(Example(signals, np.array(right), article, not question.answerable))
    return examples


def _weights(examples: Sequence[Example]) -> ReaderWeights:
    sentence = _sentence_weights([each for each in examples if each.right.any()])
    told = np.array([_told(each, sentence) for each in examples])
    foreign = np.array([each.foreign for each in examples])
    right = np.array([_hits(each, sentence) for each in examples if not each.foreign])
    unlike = told[:, CONFIDENCE_SIGNALS.index("most_similar")] < _UNLIKE
    phrases = np.array([[shared_phrases(each)] for each in told[unlike]])
    words = _logistic_weights(phrases, ~foreign[unlike])
    return ReaderWeights(
        sentence, _logistic_weights(told, ~foreign), _logistic_weights(told[~foreign], right, even=False), words
    )


def _told(example: Example, sentence: np.ndarray) -> np.ndarray:
    return confidence_signals(example.signals, example.signals @ sentence)


def _hits(example: Example, sentence: np.ndarray) -> bool:
    return bool(example.right[int(np.argmax(example.signals @ sentence))])


def _probability(example: Example, weights: ReaderWeights) -> float:
    return weights.probability(_told(example, weights.sentence))


def _sentence_weights(examples: Sequence[Example]) -> np.ndarray:
    signals = np.concatenate([each.signals for each in examples])
    right = np.concatenate([each.right for each in examples])
    starts = np.cumsum([0, *(len(each.right) for each in examples[:-1])])
    own = np.repeat(np.arange(len(examples)), [len(each.right) for each in examples])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean of minus the log of the right sentences' share, with its gradient."""
        scores = signals @ weights
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[own])
        among_all, among_right = np.add.reduceat(odds, starts), np.add.reduceat(odds * right, starts)
        expected = odds / among_all[own] - odds * right / among_right[own]
        value = float(np.mean(np.log(among_all) - np.log(among_right))) + _RIDGE * float(weights @ weights)
        return value, signals.T @ expected / len(examples) + 2 * _RIDGE * weights

    return np.asarray(minimize(loss, np.zeros(signals.shape[1]), jac=True, method="L-BFGS-B").x)


def _logistic_weights(signals: np.ndarray, label: np.ndarray, even: bool = True) -> np.ndarray:
    """Fit logistic regression with a little ridge on standardised signals; ``even`` gives both labels half the weight."""
    centre, spread = signals.mean(axis=0), signals.std(axis=0) + 1e-9
    standard = np.c_[(signals - centre) / spread, np.ones(len(signals))]
    weight = np.where(label, 0.5 / label.sum(), 0.5 / (~label).sum()) if even else np.full(len(label), 1 / len(label))
    signed = np.where(label, 1, -1)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Weighted log loss, with its gradient."""
        margins = signed * (standard @ weights)
        ridge = _RIDGE * np.append(weights[:-1], 0.0)
        slope = -signed * weight / (1 + np.exp(margins))
        return float(weight @ np.logaddexp(0, -margins) + ridge @ weights / 2), standard.T @ slope + ridge

    found = np.asarray(minimize(loss, np.zeros(standard.shape[1]), jac=True, method="L-BFGS-B").x)
    return np.append(found[:-1] / spread, found[-1] - found[:-1] @ (centre / spread))


@click.command()
@click.option("--passages", required=True, type=click.Path(path_type=Path))
@click.option("--questions", required=True, type=click.Path(path_type=Path), help="Questions that the passages answer.")
@click.option(
    "--foreign", required=True, multiple=True, type=click.Path(path_type=Path), help="Questions on other subjects."
)
@click.option("--sample", default=3000, show_default=True, help="Questions that are answered.")
@click.option("--seed", default=0, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), help="Folder that keeps the index for the next run.")
@click.option("--threads", default=1, show_default=True)
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the weights go.")
def main(
    passages: Path,
    questions: Path,
    foreign: tuple[Path, ...],
    sample: int,
    seed: int,
    keep: Path | None,
    threads: int,
    output: Path,
) -> None:
    """Fit the sentence reader's weights and print what cross-validation says of them."""
    given = read_passages(passages)
    ids = {passage.id for passage in given}
    asked = list(sampled(read_questions(questions, ids), sample, seed).questions)
    asked += [question for path in foreign for question in read_questions(path, ids).questions]
    with tempfile.TemporaryDirectory() as scratch:
        found = fit(_examples(given, asked, (keep or Path(scratch)), threads))
    fitted = (found.weights.sentence, found.weights.subject, found.weights.right, found.weights.words)
    named = zip(("sentence", "subject", "right", "words"), _SIGNALS, fitted, strict=True)
    held = {
        **{name: dict(zip(signals, weights.round(3).tolist(), strict=True)) for name, signals, weights in named},
        "fitted_on": "SQuAD 1.1 dev (CC BY-SA 4.0), QED dev (CC BY-SA 3.0) and CLAPNQ dev (Apache-2.0), our part of each",
        "questions": {"answered": sum(q.answerable for q in asked), "foreign": sum(not q.answerable for q in asked)},
        "seed": seed,
        "cross_validated": {
            "first_quote": round(found.first_quote, 4),
            "auroc": round(found.auroc, 4),
            "threshold_at_5_percent": round(found.threshold, 4),
            "answered_at_5_percent": round(found.answered, 4),
            "calibration_error": round(found.calibration_error, 4),
        },
    }
    output.write_text(json.dumps(held, indent=1) + "\n", encoding="ascii")
    click.echo(output.read_text("ascii"))


def _examples(
    given: Sequence[GivenPassage], asked: Sequence[GivenQuestion], folder: Path, threads: int
) -> list[Example]:
    layout = lay_out(given)
    settings = Settings(sources=folder / "sources", index=folder / "index", threads=threads)
    write_sources(layout, settings.sources)
    build_index(settings=settings)
    generation, embedder = Generation(settings.index), open_embedder(settings.model, threads, settings.precision)
    stored = {source: generation.store.document(source).text for source in layout}
    unfitted = ReaderWeights(*(np.zeros(len(names)) for names in _SIGNALS))
    reader = SentenceReader(generation.lexical, unfitted)  # only its signals are wanted
    parts = FusedRetriever(generation, embedder), reader, Placement(place(layout, stored))
    with click.progressbar(asked, label="Reading") as shown:
        return examples_of(shown, *parts)


if __name__ == "__main__":
    main()
