"""Training on a tiny network: it learns, and a stopped run goes on where it was."""

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertModel

from assistant.training import train as module
from assistant.training.batches import Pairing
from assistant.training.groups import Group, TaughtPassage
from assistant.training.network import ReaderNetwork
from assistant.training.train import Plan, _share_of_rate, train

WORDS = ["[PAD]", "[CLS]", "[SEP]", "when", "was", "it", "in", "may", "june", "red", "blue", "."]
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
    train(network(folder), GROUPS, pairing, Plan(epochs=90, rate=1e-3, head_rate=1e-2), tmp_path / "c.pt", said.append)
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in said]
    assert losses[-1] < losses[0] / 2


def test_a_stopped_run_goes_on_to_the_same_weights(folder, pairing, tmp_path, monkeypatch):
    plan = Plan(epochs=2)
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


def test_the_rate_rises_then_falls_to_nothing():
    # Of 100 steps 6 are for warming up.
    assert [_share_of_rate(step, 100) for step in (0, 5, 6, 53, 100)] == pytest.approx([1 / 6, 1, 1, 0.5, 0])
