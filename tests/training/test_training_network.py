"""The losses on small numbers worked by hand, and the exported graph against the network that it was made from."""

import copy
import math

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from assistant.onnx_session import open_session
from assistant.readers.network import ANSWERS, IDS, TOKENS, TYPES
from assistant.training.export import int8_network, weights_of
from assistant.training.network import Batch, Logits, ReaderNetwork, _listwise, loss_of, sentence_logits


def test_a_list_costs_minus_the_log_of_the_right_ones_share():
    # Question 0: odds 1, 3, 4 with the last two right: -log(7/8). Question 1 has no right one and does not count.
    logits = torch.log(torch.tensor([1.0, 3.0, 4.0, 9.0]))
    right, groups = torch.tensor([False, True, True, False]), torch.tensor([0, 0, 0, 1])
    assert _listwise(logits, right, groups, 2).item() == pytest.approx(math.log(8 / 7), abs=1e-6)
    assert _listwise(logits, torch.zeros(4, dtype=torch.bool), groups, 2).item() == 0


def batch(**changed):
    """One question with one passage of three tokens, two sentences, the second right."""
    tokens = {"ids": [[1, 2, 3]], "types": [[1, 1, 1]], "mask": [[1, 1, 1]], "sentence_of": [[0, 1, 1]]}
    marks = {"readable": [[1, 1, 1]], "starts": [[0, 1, 0]], "ends": [[0, 0, 1]], "right": [0, 1], "answers": [1]}
    held = {name: torch.tensor(value) for name, value in tokens.items()}
    held |= {name: torch.tensor(value, dtype=torch.bool) for name, value in marks.items()}
    return Batch(**held | {"of_sentence": torch.tensor([0, 0]), "of_passage": torch.tensor([0])} | changed)


def test_a_sentence_is_the_mean_of_its_tokens():
    assert sentence_logits(torch.tensor([[1.0, 2.0, 6.0]]), batch()).tolist() == [1.0, 4.0]


def test_the_loss_of_knowing_nothing():
    # Three starts, three ends, two sentences, one passage, all alike: log 3, log 2, log 2 each, nothing, log 2.
    nothing = torch.zeros(1, 3)
    loss = loss_of(Logits(nothing, nothing, nothing, torch.zeros(1)), batch())
    assert loss.item() == pytest.approx(math.log(3) + 2 * math.log(2) + math.log(2), abs=1e-6)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    config = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    BertModel(config).save_pretrained(folder)
    return ReaderNetwork(folder).eval()


@pytest.mark.slow
def test_the_exported_graph_says_what_the_network_says(tiny):
    session = open_session(int8_network(tiny))
    ids, types = torch.tensor([[1, 7, 2, 9, 30, 11, 2]]), torch.tensor([[0, 0, 0, 1, 1, 1, 1]])
    with torch.no_grad():
        said = tiny(ids, types, torch.ones_like(ids))
    given = {IDS: ids.numpy().astype(np.int32), TYPES: types.numpy().astype(np.int32)}
    tokens, answers = session.run([TOKENS, ANSWERS], given)
    expected = torch.stack([said.starts, said.ends, said.evidence], dim=-1).numpy()
    assert np.abs(tokens - expected).max() < 0.05 * np.abs(expected).max() + 0.02
    assert answers[0, 0] == pytest.approx(said.answers.item(), abs=0.03)
    changed = session.run([TOKENS], {**given, TYPES: 1 - given[TYPES]})[0]
    assert np.abs(changed - tokens).max() > 1e-4, "the types count"


@pytest.mark.slow
def test_word_vectors_are_not_trained(tiny):
    trained = {name for name, weight in tiny.named_parameters() if weight.requires_grad}
    assert "bert.embeddings.word_embeddings.weight" not in trained and "tokens.weight" in trained


@pytest.mark.slow
def test_the_weights_come_back_out_of_the_graph_as_near_as_its_integers_are(tiny, tmp_path):
    (tmp_path / "network.onnx").write_bytes(int8_network(tiny))
    held, back = tiny.state_dict(), weights_of(tmp_path / "network.onnx")
    assert back.keys() == held.keys()
    for name, weight in held.items():
        assert back[name].shape == weight.shape, name
        off = np.linalg.norm(back[name] - weight.numpy())
        assert off <= (0.03 if weight.dim() == 2 else 0) * np.linalg.norm(weight.numpy()), name


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "learning"), [(0, {"0", "1"}), (1, {"1"}), (2, set())])
def test_frozen_layers_and_what_feeds_them_do_not_learn(tiny, layers, learning):
    network = copy.deepcopy(tiny)
    network.freeze(layers)
    names = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert {name.split(".")[3] for name in names if ".layer." in name} == learning
    assert ("bert.embeddings.LayerNorm.weight" in names) == (layers == 0) and "answers.weight" in names


@pytest.mark.slow
def test_weights_that_learn_rounded_are_those_of_the_graph(tiny, tmp_path):
    network = copy.deepcopy(tiny)
    network.freeze(1)
    network.round_weights()
    layer = network.bert.encoder.layer[1].output.dense
    exact, used = layer.parametrizations.weight.original, layer.weight
    steps = used / (exact.abs().amax(dim=1, keepdim=True) / 63)
    assert torch.allclose(steps, steps.round(), atol=1e-3) and steps.abs().max() < 63.001
    assert not torch.equal(used, exact)
    used.sum().backward()
    assert torch.equal(exact.grad, torch.ones_like(exact)), "they learn as if there were no rounding"
    network.keep_rounded()
    (tmp_path / "network.onnx").write_bytes(int8_network(network))
    back = weights_of(tmp_path / "network.onnx")
    for name in ("output.dense", "attention.self.key"):
        name = f"bert.encoder.layer.1.{name}.weight"
        assert np.allclose(back[name], network.state_dict()[name].numpy(), atol=1e-6)
