"""Writes a trained network as one ONNX graph with int8 weights: token ids and types of one pair in, its logits out.

Built from the operators of the fast embedder (`assistant.embedders.onnx_graph` says why these); the word vectors, most of
the file, are 8-bit integers too, with a scale for each word. The small heads stay as they are.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from assistant.embedders.onnx_graph import Graph
from assistant.readers.network import ANSWERS, IDS, TOKENS, TYPES
from assistant.training.network import ReaderNetwork

_BYTE_LIMIT = 127


def int8_network(network: ReaderNetwork) -> bytes:
    """Make the ONNX model of a network.

    :param network: trained.
    :returns: the model, in ONNX's own form.
    """
    weights = {name.removeprefix("bert."): value.detach().numpy() for name, value in network.state_dict().items()}
    config = network.bert.config
    graph = _PairGraph(weights, float(config.layer_norm_eps), int(config.hidden_size))
    states = graph.pair_embeddings()
    for layer in range(int(config.num_hidden_layers)):
        states = graph.layer(f"encoder.layer.{layer}.", states, int(config.num_attention_heads))
    outputs: dict[str, tuple[str, list[int | str]]] = {
        TOKENS: (graph.token_logits(states), [1, "tokens", 3]),
        ANSWERS: (graph.answer_logit(states), [1, 1]),
    }
    return graph.finished([IDS, TYPES], outputs)


class _PairGraph(Graph):
    """The embedder's graph over a pair of texts, with the reader's heads."""

    def pair_embeddings(self) -> str:
        """Look up words, positions and types."""
        codes, scales = _rows_as_bytes(self.taken("embeddings.word_embeddings.weight"))
        rows = self.add("Cast", [self.add("Gather", [self.constant("words", codes), IDS])], to=1)
        words = self.add("Mul", [rows, self.add("Gather", [self.constant("word_scales", scales), IDS])])
        types = self.constant("types.rows", self.taken("embeddings.token_type_embeddings.weight"))
        words = self.add("Add", [words, self.add("Gather", [types, TYPES])])
        positions = self.constant("positions", self.taken("embeddings.position_embeddings.weight"))
        return self.normalised(words, self.first_rows(positions), "embeddings.LayerNorm")

    def token_logits(self, states: str) -> str:
        """Start, end and evidence of every token."""
        return self._head("tokens", states)

    def answer_logit(self, states: str) -> str:
        """Whether the passage answers, from the first token."""
        first = self.add("Squeeze", [self.add("Slice", [states, "zero", "token_axis", "token_axis"]), "token_axis"])
        return self._head("answers", self.add("Tanh", [self._head("mixed", first)]))

    def _head(self, name: str, states: str) -> str:
        weight = self.constant(f"{name}.weight", self.taken(f"{name}.weight").T)
        product = self.add("MatMul", [states, weight])
        return self.add("Add", [product, self.constant(f"{name}.bias", self.taken(f"{name}.bias"))])


def _rows_as_bytes(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give integers and a scale per row, whose product is near the rows. *Shapes:* ``(n, d)`` and ``(n, 1)``."""
    scales = np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-12) / _BYTE_LIMIT
    return np.rint(rows / scales).astype(np.int8), scales.astype(np.float32)


def weights_of(file: Path) -> dict[str, np.ndarray]:
    """Take a network's weights back out of what `int8_network` made, as near as its integers are.

    :param file: the ONNX model.
    :returns: float32 arrays by the names that a `ReaderNetwork`'s state has.
    """
    from onnx import load, numpy_helper

    held = {each.name: numpy_helper.to_array(each) for each in load(str(file)).graph.initializer}
    found = {name: held[name] for name in held if name.startswith(("embeddings.LayerNorm.", "encoder."))}
    for name in [each for each in found if each.endswith(".scale")]:
        layer = name.removesuffix(".scale")
        product = found[f"{layer}.weight"].astype(np.float32) * found.pop(name)
        del found[f"{layer}.zero"]
        parts = ("query", "key", "value") if layer.endswith(".query") else ("",)
        for part, weight, bias in zip(
            parts, np.split(product, len(parts), 1), np.split(found.pop(f"{layer}.bias"), len(parts)), strict=True
        ):
            own = layer.removesuffix("query") + part if part else layer
            found[f"{own}.weight"], found[f"{own}.bias"] = weight.T, bias
    found["embeddings.word_embeddings.weight"] = held["words"].astype(np.float32) * held["word_scales"]
    found["embeddings.token_type_embeddings.weight"] = held["types.rows"]
    found["embeddings.position_embeddings.weight"] = held["positions"]
    heads = {
        f"{head}.{part}": held[f"{head}.{part}"]
        for head in ("tokens", "mixed", "answers")
        for part in ("weight", "bias")
    }
    return {f"bert.{name}": array for name, array in found.items()} | {
        name: array.T if name.endswith(".weight") else array for name, array in heads.items()
    }
