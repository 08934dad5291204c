"""The recipe as one command: ``python -m assistant.training --data DIR --work DIR``.

Four steps: *gather* questions with right and wrong passages, *train* the network, *export* it, and *fit* the linear models
that combine it with retrieval, on held-back questions. The first two take long and keep what they made in the work folder,
so that a stopped run goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import torch

from assistant.embedders.model_folder import model_folder
from assistant.evaluation.folds import HELD_BACK, fold_of
from assistant.evaluation.questions import GivenPassage
from assistant.evaluation.styles import any_style
from assistant.onnx_session import open_tokenizer
from assistant.readers.network import FILE, ReaderNetwork
from assistant.settings import EMBEDDED_MODEL
from assistant.training import fit as fitting
from assistant.training.batches import Pairing
from assistant.training.examples import Desk, chosen_of, examples_of, open_desk
from assistant.training.export import int8_network, weights_of
from assistant.training.groups import Group, gather, read_groups, write_groups
from assistant.training.network import ReaderNetwork as TaughtNetwork
from assistant.training.sets import TaughtQuestion, read_sets, set_of
from assistant.training.train import Plan, mean_of, train

FOREIGN_ASKED = 400
SMALL = 20
SMALL_ASKED = 40
DOCUMENTS_OF_OURS = 20
"""So many of our own documents are sources together: a question was written for one of them, and among all of them many do
not say which they mean."""
_CORPORA = {"squad": "squad", "qed": "searched", "clapnq": "searched", "written": "written"}
"""Which sets' passages are sources together when the linear models are fitted."""
_DATA = (
    "SQuAD 1.1 and 2.0 dev (CC BY-SA 4.0), QED dev (CC BY-SA 3.0), CLAPNQ dev and MTRAG-UN (Apache-2.0), our part of each, "
    "and of our own documents"
)


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder with squad, qed and clapnq.")
@click.option("--work", required=True, type=click.Path(path_type=Path), help="Folder for what each step makes.")
@click.option("--output", default=FILE.parent, type=click.Path(path_type=Path), help="Where network and weights go.")
@click.option("--epochs", default=Plan.epochs, show_default=True, help="From passages as they are.")
@click.option(
    "--varied-epochs",
    default=Plan.varied_epochs,
    multiple=True,
    type=int,
    show_default=True,
    help="From varied ones after that, for each round.",
)
@click.option(
    "--rate", default=Plan.rate, show_default=True, help="Highest learning rate; ten times that for the heads."
)
@click.option("--frozen", default=Plan.frozen, show_default=True, help="So many of the lowest layers learn nothing.")
@click.option(
    "--start",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A network.onnx to go on from; the mean of several.",
)
@click.option(
    "--others", type=int, help="So many questions of the public sets beside all of our own; all when not given."
)
@click.option("--own", default=1, show_default=True, help="How often an epoch asks each of our own questions.")
@click.option("--newest", type=int, help="Only so many of our own questions, the last written; all when not given.")
@click.option("--seed", default=Plan.seed, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(["qed", "clapnq", "written"]),
    help="Leave a set out whole; takes a work folder and an output of its own.",
)
def main(
    data: Path,
    work: Path,
    output: Path,
    epochs: int,
    varied_epochs: tuple[int, ...],
    rate: float,
    frozen: int,
    start: tuple[Path, ...],
    others: int | None,
    own: int,
    newest: int | None,
    seed: int,
    threads: int,
    without: tuple[str, ...],
) -> None:
    """Train the reader on all but the held-back articles, then fit its weights on these."""
    torch.set_num_threads(threads)
    work.mkdir(parents=True, exist_ok=True)
    passages, questions = read_sets(data, without)
    groups = work / "groups.jsonl"
    if not groups.exists():
        _gather(passages, questions, groups, threads)
    plan = Plan(
        epochs,
        varied_epochs,
        rate=rate,
        head_rate=10 * rate,
        seed=seed,
        frozen=frozen,
        start=" ".join(map(_sha256, start)),
    )
    network = _trained(_some(read_groups(groups), others, own, newest, seed), plan, start, work / "checkpoint.pt")
    output.mkdir(parents=True, exist_ok=True)
    file = output / FILE.name
    file.write_bytes(int8_network(network))
    reader = ReaderNetwork(threads, file)
    fitted = _fitted(passages, questions, reader, work, threads)
    held: dict[str, object] = {name: _named(name, getattr(fitted.weights, name)) for name in fitting.NAMES}
    held["fitted_on"] = f"held-back articles of {_DATA}"
    measures = {name: round(float(value), 4) for name, value in vars(fitted).items() if name != "weights"}
    held["cross_validated"] = measures
    held["network"] = _sha256(file)
    (output / "weights.json").write_text(json.dumps(held, indent=1) + "\n", encoding="ascii")
    click.echo(json.dumps(measures, indent=1))


def _gather(passages: Sequence[GivenPassage], questions: Sequence[TaughtQuestion], path: Path, threads: int) -> None:
    seen = [passage for passage in passages if fold_of(passage.title) != HELD_BACK]
    ids = {passage.id for passage in seen}
    asked = [question for question in questions if question.passage in ids]
    write_groups(gather(seen, asked, path.parent / "gathered", threads), path)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _some(groups: Sequence[Group], others: int | None, times: int, newest: int | None, seed: int) -> list[Group]:
    """Take the newest of our own questions, so many times, and so many of the others."""
    own = [group for group in groups if group.set == "written"]
    own = own if newest is None else own[max(0, len(own) - newest) :]
    public = [group for group in groups if group.set != "written"]
    return times * own + (public if others is None else random.Random(seed).sample(public, min(others, len(public))))


def _state(weights: Mapping[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array) for name, array in weights.items()}


def _trained(groups: Sequence[Group], plan: Plan, start: Sequence[Path], checkpoint: Path) -> TaughtNetwork:
    folder = model_folder(EMBEDDED_MODEL)
    torch.manual_seed(plan.seed)
    network = TaughtNetwork(folder)
    if start:
        network.load_state_dict(mean_of([_state(weights_of(each)) for each in start]))
    network.to("cuda" if torch.cuda.is_available() else "cpu")
    train(network, groups, Pairing(open_tokenizer(folder)), plan, checkpoint, lambda said: click.echo(said, err=True))
    return network.cpu().eval()


def _fitted(
    passages: Sequence[GivenPassage],
    questions: Sequence[TaughtQuestion],
    network: ReaderNetwork,
    work: Path,
    threads: int,
) -> fitting.Fit:
    """Fit on the held-back articles: SQuAD's questions over SQuAD, the search questions over their own passages, ours over ours.

    The questions of the first two are foreign to each other's sources. To ours both would be so foreign that they say nothing of
    how bold to be. SQuAD's are asked as they are or in another style, since its askers looked at the passage and took over its
    words, which people who search do not. Over small sources, as most people's folders are, only questions about other articles
    are asked: how many of them get an answer says how bold to be.
    """
    chance = random.Random(0)
    held = [_in_any_style(each, chance) for each in questions if fold_of(each.article) == HELD_BACK]
    squad, searched = ([each for each in held if _corpus_of(each.passage) == name] for name in ("squad", "searched"))
    foreign = {"squad": searched, "searched": squad}
    examples, small = list[fitting.Example](), list[fitting.Example]()
    desks: list[tuple[Desk, list[TaughtQuestion]]] = []
    for name, given in _sources(passages).items():
        ids, others = {each.id for each in given}, foreign.get(name, [])
        desk, own = open_desk(given, work / name, network, threads), [each for each in held if each.passage in ids]
        examples += _examples(desk, own, chance.sample(others, min(len(others), FOREIGN_ASKED)))
        desks.append((desk, own))
    weights, chosen = fitting.choosing(examples), list[fitting.Chosen]()
    for desk, own in desks:
        asked = [each for each in own if each.answerable and (each.own or each.set == "clapnq")]
        chosen += chosen_of(desk, asked, weights)
    found = fitting.fit(examples, fitting.further(chosen))
    for name, given in _small(passages, chance).items():
        desk = open_desk(given, work / name, network, threads)
        others = _about_others(given, held)
        small += examples_of(desk, chance.sample(others, min(len(others), SMALL_ASKED)), "foreign")
    return replace(found, weights=fitting.heeding_size(found.weights, small, found.threshold))


def _in_any_style(question: TaughtQuestion, chance: random.Random) -> TaughtQuestion:
    """Ask a question of SQuAD as it is or in another style."""
    return replace(question, text=any_style(question.text, chance)) if question.set == "squad" else question


def _sources(passages: Sequence[GivenPassage]) -> dict[str, list[GivenPassage]]:
    """Put passages together that are sources together: those of a corpus, and `DOCUMENTS_OF_OURS` of ours at a time."""
    found: dict[str, list[GivenPassage]] = {}
    ours = {each.title: None for each in passages if _corpus_of(each.id) == "written"}
    number = {title: at // DOCUMENTS_OF_OURS for at, title in enumerate(ours)}
    for each in passages:
        name = _corpus_of(each.id)
        found.setdefault(f"written{number[each.title]}" if name == "written" else name, []).append(each)
    return found


def _examples(desk: Desk, own: Sequence[TaughtQuestion], foreign: Sequence[TaughtQuestion]) -> list[fitting.Example]:
    asked: tuple[tuple[fitting.Kind, Sequence[TaughtQuestion]], ...] = (
        ("answered", [each for each in own if each.answerable]),
        ("look_alike", [each for each in own if not each.answerable]),
        ("foreign", foreign),
    )
    return [each for kind, some in asked for each in examples_of(desk, some, kind)]


def _small(passages: Sequence[GivenPassage], chance: random.Random) -> dict[str, list[GivenPassage]]:
    """Make small sources of the held-back articles: each of SQuAD's alone, the others' `SMALL` at a time."""
    held = [each for each in passages if fold_of(each.title) == HELD_BACK]
    found: dict[str, list[GivenPassage]] = {}
    for each in held:
        if _corpus_of(each.id) == "squad":
            found.setdefault(each.title, []).append(each)
    others = [each for each in held if _corpus_of(each.id) != "squad"]
    chance.shuffle(others)
    lots = [others[at : at + SMALL] for at in range(0, len(others), SMALL)]
    return {f"small{number}": given for number, given in enumerate([*found.values(), *lots])}


def _about_others(given: Sequence[GivenPassage], questions: Sequence[TaughtQuestion]) -> list[TaughtQuestion]:
    """Take the questions about other articles than those of the passages."""
    titles = {each.title for each in given}
    return [question for question in questions if question.article not in titles]


def _corpus_of(passage: str) -> str:
    """Name the sources that a passage stands among, by its id."""
    return _CORPORA[set_of(passage)]


def _named(name: str, weights: np.ndarray) -> dict[str, float]:
    return dict(zip(fitting.NAMES[name], weights.round(4).tolist(), strict=True))
