"""Training on a tiny network: it learns, and a stopped run goes on where it was."""

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertModel

from assistant.errors import UsageError
from assistant.training import train as module
from assistant.training.batches import Pairing
from assistant.training.groups import Group, TaughtPassage
from assistant.training.network import ReaderNetwork
from assistant.training.train import Plan, _share_of_rate, mean_of, train

WORDS = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "when", "was", "it", "in", "may", "june", "red", "blue", "."]
pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def pairing():
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, "[PAD]"))
    tokenizer.pre_tokenizer = Whitespace()
    return Pairing(tokenizer)


RIGHT = TaughtPassage("it was red . in may .", "", [(0, 12), (13, 21)], [(16, 19)], [1])
WRONG = TaughtPassage("it was blue .", "", [(0, 13)], [], [])
GROUPS = [Group(str(at), "squad", "when was it", "a", RIGHT, [WRONG], []) for at in range(24)]


def network(folder):
    torch.manual_seed(1)
    return ReaderNetwork(folder)


def test_the_loss_falls(folder, pairing, tmp_path):
    said = []
    train(
        network(folder),
        GROUPS,
        pairing,
        Plan(epochs=90, varied_epochs=(), rate=1e-3, head_rate=1e-2),
        tmp_path / "c.pt",
        said.append,
    )
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in said]
    assert losses[-1] < losses[0] / 2


def test_a_stopped_run_goes_on_to_the_same_weights(folder, pairing, tmp_path, monkeypatch):
    plan = Plan(epochs=1, varied_epochs=(1,))
    whole = network(folder)
    train(whole, GROUPS, pairing, plan, tmp_path / "whole.pt", lambda _: None)
    monkeypatch.setattr(module, "_CHECKPOINT_SECONDS", -1)
    stopped, learn, steps = network(folder), module._learn, []

    def stopping(*given):
        steps.append(1)
        if len(steps) == 3:
            raise KeyboardInterrupt
        return learn(*given)

    monkeypatch.setattr(module, "_learn", stopping)
    with pytest.raises(KeyboardInterrupt):
        train(stopped, GROUPS, pairing, plan, tmp_path / "stopped.pt", lambda _: None)
    monkeypatch.setattr(module, "_learn", learn)
    resumed = network(folder)
    train(resumed, GROUPS, pairing, plan, tmp_path / "stopped.pt", lambda _: None)
    for name, weight in whole.state_dict().items():
        assert torch.allclose(weight, resumed.state_dict()[name], atol=1e-6), name


def test_a_checkpoint_of_another_plan_is_not_gone_on_from(folder, pairing, tmp_path):
    train(network(folder), GROUPS, pairing, Plan(epochs=1, varied_epochs=()), tmp_path / "c.pt", lambda _: None)
    with pytest.raises(UsageError, match="another plan"):
        train(network(folder), GROUPS, pairing, Plan(epochs=2, varied_epochs=()), tmp_path / "c.pt", lambda _: None)


def test_the_network_becomes_the_mean_of_those_at_the_rounds_ends(folder, pairing, tmp_path):
    one, both = network(folder), network(folder)
    train(one, GROUPS, pairing, Plan(epochs=1, varied_epochs=()), tmp_path / "one.pt", lambda _: None)
    train(both, GROUPS, pairing, Plan(epochs=1, varied_epochs=(1,)), tmp_path / "both.pt", lambda _: None)
    ends, (only,) = (torch.load(tmp_path / f"{name}.pt", weights_only=True)["ends"] for name in ("both", "one"))
    assert len(ends) == 2
    assert all(torch.equal(ends[0][name], weight) for name, weight in only.items()) and only.keys() == ends[0].keys()
    for name, weight in both.state_dict().items():
        exact = name if name in only else f"{name.removesuffix('.weight')}.parametrizations.weight.original"
        mean = (ends[0][exact] + ends[1][exact]) / 2
        step = mean.abs().amax(dim=1, keepdim=True) / 63 if exact != name else None
        assert torch.allclose(weight, mean if step is None else (mean / step).round() * step, atol=1e-6), name


def test_the_mean_of_networks_is_that_of_each_weight():
    one = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(4.0)}
    other = {"a": torch.tensor([3.0, 0.0]), "b": torch.tensor(1.0)}
    assert {name: weight.tolist() for name, weight in mean_of([one, other]).items()} == {"a": [2.0, 1.0], "b": 2.5}


def test_without_an_epoch_the_network_stays_but_for_rounding(folder, pairing, tmp_path):
    before, after = network(folder), network(folder)
    train(after, GROUPS, pairing, Plan(epochs=0, varied_epochs=(0,)), tmp_path / "none.pt", lambda _: None)
    for name, weight in after.state_dict().items():
        step = weight.abs().max() / 63 if name.startswith("bert.encoder") and weight.dim() == 2 else 0.0
        assert (weight - before.state_dict()[name]).abs().max() <= step / 2 + 1e-6, name


def test_the_rate_rises_then_falls_to_nothing_in_each_round():
    # Of 100 steps 6 are for warming up; the second round has half of the rate.
    at = (0, 5, 6, 53, 99, 100, 105, 153, 200)
    assert [_share_of_rate(step, [100, 100], 0.5) for step in at] == pytest.approx(
        [1 / 6, 1, 1, 0.5, 1 / 94, 1 / 12, 0.5, 0.25, 0]
    )


@pytest.mark.parametrize(
    ("processor", "fast"), [("DEFAULT", False), ("AVX2", False), ("AVX512", True), ("AVX512_VNNI", True)]
)
def test_products_are_in_bfloat16_only_where_the_processor_is_fast_at_it(monkeypatch, processor, fast):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: processor)
    assert module._has_fast_bfloat16() is fast
