"""The whole recipe on a handful of made-up towns: it runs from data to files, and goes on from what it kept."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from assistant.evaluation.folds import HELD_BACK, fold_of
from assistant.readers.confidence import ReaderWeights
from assistant.readers.network import ReaderNetwork
from assistant.training import sets
from assistant.training.command import _trained, main
from assistant.training.export import weights_of
from assistant.training.train import Plan

pytestmark = [pytest.mark.model, pytest.mark.slow]

NAMES = [f"Town {number}" for number in range(60)]
TOWNS = [n for n in NAMES if fold_of(n) == HELD_BACK][:6] + [n for n in NAMES if fold_of(n) != HELD_BACK][:4]
TREES = [n for n in (f"Tree {number}" for number in range(60)) if fold_of(n) == HELD_BACK][:5]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def data(tmp_path):
    """Towns with a year and a river in SQuAD's form, trees in QED's and CLAPNQ's."""
    texts = [f"{n} was founded in {1700 + at}. It lies on the river Ouse{at}." for at, n in enumerate(TOWNS)]
    passages = [
        {"id": f"p{at}", "title": n, "text": text} for at, (n, text) in enumerate(zip(TOWNS, texts, strict=True))
    ]
    asked = [
        {"id": f"q{at}", "question": f"When was {n} founded?", "passage": f"p{at}", "answers": [str(1700 + at)]}
        for at, n in enumerate(TOWNS)
    ]
    unasked = [
        {**row, "id": f"u{row['id']}", "question": f"Who burnt {n}?", "answers": []}
        for row, n in zip(asked, TOWNS, strict=True)
    ]
    for version, questions in (("1.1", asked), ("2.0", asked + unasked)):
        write(tmp_path / f"data/squad/{version}/passages.jsonl", passages)
        write(tmp_path / f"data/squad/{version}/questions.jsonl", questions)
    sentences = {n: (f"{n} bears {at}0 cones a year .", "Its bark is thin .") for at, n in enumerate(TREES)}
    write(tmp_path / "data/qed/dev.jsonl", [])
    given = [
        {"id": f"c{at}", "input": f"how many cones does {n.lower()} bear",
         "passages": [{"title": n, "text": " ".join(own), "sentences": list(own)}],
         "output": [{"selected_sentences": [own[0]]}]}
        for at, (n, own) in enumerate(sentences.items())
    ]  # fmt: skip
    write(tmp_path / "data/clapnq/answerable.jsonl", given[:4])
    write(
        tmp_path / "data/clapnq/unanswerable.jsonl",
        [{**row, "output": [{"selected_sentences": []}]} for row in given[4:]],
    )
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def written(tmp_path, monkeypatch):
    """Three documents of our own, a question about each and one that it leaves open."""
    hills = [n for n in (f"Hill {number}" for number in range(60)) if fold_of(n) == HELD_BACK][:2] + ["Hill 0"]
    texts = [f"{n} is {at}00 feet high. Larches grow on it." for at, n in enumerate(hills, 2)]
    write(
        tmp_path / "written/documents.jsonl",
        [{"id": n, "title": n, "text": t} for n, t in zip(hills, texts, strict=True)],
    )
    rows = []
    for n in hills:
        at = len(n) + 4
        rows.append(
            {
                "id": n,
                "passage": f"own {n}",
                "question": f"How tall is {n}?",
                "right": [[0, at + 13]],
                "key": [[at, at + 8]],
            }
        )
        rows.append({"id": f"{n}?", "passage": f"own {n}", "question": f"Who owns {n}?", "right": [], "key": []})
    write(tmp_path / "written/questions.jsonl", rows)
    monkeypatch.setattr(sets, "WRITTEN", tmp_path / "written")


def run(data, work, output, *more):
    output.mkdir(exist_ok=True)
    options = ["--data", data, "--work", work, "--output", output, "--varied-epochs", 1, "--threads", 1, *more]
    result = CliRunner().invoke(main, [str(each) for each in options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads((output / "weights.json").read_text())


def test_the_recipe_goes_from_data_to_a_reader_and_does_nothing_twice(data, tmp_path):
    held = run(data, tmp_path / "work", tmp_path / "first", "--epochs", 1)
    assert held["cross_validated"]["auroc"] > 0.5
    assert ReaderNetwork(1, tmp_path / "first/network.onnx").read("When?", []) == []
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").glob("*.*") if path.is_file()}
    assert {path.name for path in kept} == {"groups.jsonl", "checkpoint.pt"}
    again = run(data, tmp_path / "work", tmp_path / "second", "--epochs", 1)
    assert (
        again == held
        and (tmp_path / "second/network.onnx").read_bytes() == (tmp_path / "first/network.onnx").read_bytes()
    )
    assert kept == {path: path.stat().st_mtime_ns for path in kept}
    names = ReaderWeights.__dataclass_fields__
    assert all(np.isfinite(list(held[name].values())).all() for name in names)


def test_the_recipe_goes_on_from_a_network_that_was_made_before(data, tmp_path):
    public = ("--without", "written")
    run(data, tmp_path / "work", tmp_path / "first", "--epochs", 1, *public)
    (tmp_path / "work/checkpoint.pt").unlink()
    start = tmp_path / "first/network.onnx"
    run(data, tmp_path / "work", tmp_path / "second", "--epochs", 0, "--frozen", 5, "--start", start, *public)
    before, after = weights_of(start), weights_of(tmp_path / "second/network.onnx")
    kept = {name for name, weight in before.items() if np.allclose(weight, after[name], atol=0.01)}
    assert {"bert.embeddings.LayerNorm.weight", "bert.encoder.layer.4.output.dense.weight"} <= kept
    assert np.array_equal(
        before["bert.encoder.layer.4.output.dense.bias"], after["bert.encoder.layer.4.output.dense.bias"]
    )
    assert not np.array_equal(before["answers.weight"], after["answers.weight"])
    both = (start, tmp_path / "second/network.onnx")
    mean = _trained([], Plan(0, (0,)), both, tmp_path / "mean.pt").state_dict()
    assert np.allclose(mean["answers.weight"], (before["answers.weight"] + after["answers.weight"]) / 2, atol=1e-6)
