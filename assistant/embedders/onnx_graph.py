"""A sentence-transformers BERT folder as one ONNX graph with int8 weights: token ids of one text in, its unit vector out
as `VECTOR`, and the final states of its tokens as `STATES`.

The graph is written operator by operator. The general exporters were tried (`tests/benchmarks/README.md`): torch's TorchScript
exporter is deprecated, its newer one needs a further package, optimum-onnx stops at transformers 4, all need PyTorch at first
use, and ONNX Runtime's fusions no longer find the attention in what they give.

- Each linear layer is one `DynamicQuantizeMatMul`: activations become 8-bit integers by a scale *per call*. With one text
  a call, without padding, a vector therefore depends on its text alone; with more, it would depend on its neighbours.
- Weights have 7 bits and a scale per column. With 8, products of two neighbours can exceed 16 bits on processors without
  VNNI instructions, which then saturate: the same file would give other vectors on another machine.

Every value that the graph relies on is checked first, and `UnknownArchitecture` raised where one is not as expected.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.onnx_session import ModelNotRun

VERSION = 2
"""Raise it whenever the graph would give other vectors; it is part of the embedder's identity and of the cache's file name."""

IDS = "ids"
"""The graph's input: the word pieces of one text. *Shape:* ``(1, n_tokens)``, int32."""

VECTOR = "vector"
"""The graph's output for the text. *Shape:* ``(1, dimension)``."""

STATES = "states"
"""The graph's output for the tokens, before pooling. *Shape:* ``(1, n_tokens, dimension)``."""

WEIGHT_LIMIT = 63
"""The largest integer that stands for a weight: 2 products of at most 255 * 63 stay below 2 ** 15."""
_EXPECTED_CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
}
_DEFAULT_CONFIG = {"position_embedding_type": "absolute", "is_decoder": False, "layer_norm_eps": 1e-12}
_MICROSOFT = "com.microsoft"


class UnknownArchitecture(ModelNotRun):
    """A model folder is fine but not of the one form that this module writes; the reference embedder may run it."""


class Recipe(NamedTuple):
    """What a model folder says about how its vectors are made."""

    max_tokens: int
    dimension: int
    pooling: str
    config: dict[str, Any]


def read_recipe(folder: Path) -> Recipe:
    """Read how a model's vectors are made, if that is Transformer (BERT), Pooling (mean or cls), Normalize.

    :param folder: a model folder.
    :returns: what it says.
    :raises UnknownArchitecture: when it is anything else.
    """
    try:
        config = _DEFAULT_CONFIG | _json(folder / "config.json")
        odd = [name for name, value in _EXPECTED_CONFIG.items() if config.get(name) != value]
        _require(not odd, f"its setting {', '.join(odd)} is not the usual one")
        window = _window(folder, config)
        return Recipe(window, int(config["hidden_size"]), _pooling(folder), config)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnknownArchitecture("its configuration is not in the usual form") from error


def int8_model(folder: Path, recipe: Recipe) -> bytes:
    """Make the ONNX model of a folder.

    :param folder: a model folder.
    :param recipe: what `read_recipe` said of it.
    :returns: the model, in ONNX's own form.
    :raises UnknownArchitecture: when its weights are not those of a plain BERT.
    """
    from safetensors.numpy import load_file

    try:
        # Some folders hold the whole pre-training model, whose encoder goes by a prefix.
        weights = {name.removeprefix("bert."): value for name, value in load_file(folder / "model.safetensors").items()}
        return _bert(weights, recipe)
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise UnknownArchitecture("its weights are not those of a plain BERT") from error


def _bert(weights: dict[str, np.ndarray], recipe: Recipe) -> bytes:
    graph = Graph(weights, float(recipe.config["layer_norm_eps"]), recipe.dimension)
    states = graph.embeddings()
    for layer in range(int(recipe.config["num_hidden_layers"])):
        states = graph.layer(f"encoder.layer.{layer}.", states, int(recipe.config["num_attention_heads"]))
    outputs: dict[str, tuple[str, list[int | str]]] = {
        VECTOR: (graph.pooled(states, recipe.pooling), [1, recipe.dimension]),
        STATES: (states, [1, "tokens", recipe.dimension]),
    }
    return graph.finished([IDS], outputs)


class Graph:
    """A graph that grows operator by operator; every method adds some and returns the name of what they give."""

    def __init__(self, weights: dict[str, np.ndarray], epsilon: float, dimension: int) -> None:
        # Imported here and not above: only the first use of a model needs it.
        from onnx import helper

        self._helper = helper
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: dict[str, np.ndarray] = {
            "token_axis": np.array([1], dtype=np.int64),
            "zero": np.array([0], dtype=np.int64),
            "thirds": np.array([dimension] * 3, dtype=np.int64),
        }
        self._epsilon, self._dimension = epsilon, dimension

    def embeddings(self) -> str:
        """Look up words and positions; every token is of type 0, so that type's vector is added to the positions."""
        types = self.taken("embeddings.token_type_embeddings.weight")[0]
        positions = self.constant("positions", self.taken("embeddings.position_embeddings.weight") + types)
        words = self.constant("words", self.taken("embeddings.word_embeddings.weight"))
        words_here = self.add("Gather", [words, IDS])
        return self.normalised(words_here, self.first_rows(positions), "embeddings.LayerNorm")

    def layer(self, prefix: str, states: str, heads: int) -> str:
        """One transformer layer: attention, then two linear layers, each added to what came in and normalised."""
        names = [f"{prefix}attention.self.{part}" for part in ("query", "key", "value")]
        mixed = self.linear(states, names)
        query, key, value = self.add_several("Split", [mixed, "thirds"], 3, axis=-1)
        seen = self.add("MultiHeadAttention", [query, key, value], domain=_MICROSOFT, num_heads=heads)
        seen = self.linear(seen, [f"{prefix}attention.output.dense"])
        states = self.normalised(states, seen, f"{prefix}attention.output.LayerNorm")
        wide = self.add("Gelu", [self.linear(states, [f"{prefix}intermediate.dense"])], domain=_MICROSOFT)
        return self.normalised(states, self.linear(wide, [f"{prefix}output.dense"]), f"{prefix}output.LayerNorm")

    def pooled(self, states: str, pooling: str) -> str:
        """One unit vector for the text: the mean of its tokens, or its first."""
        if pooling == "mean":
            vector = self.add("ReduceMean", [states, "token_axis"], keepdims=0)
        else:
            vector = self.add(
                "Squeeze", [self.add("Slice", [states, "zero", "token_axis", "token_axis"]), "token_axis"]
            )
        return self.add("LpNormalization", [vector], axis=-1, p=2)

    def first_rows(self, table: str) -> str:
        """Take as many rows of a table as there are tokens."""
        return self.add("Slice", [table, "zero", self.add("Shape", [IDS], start=1), "zero"])

    def finished(self, inputs: Sequence[str], outputs: Mapping[str, tuple[str, list[int | str]]]) -> bytes:
        """Close the graph.

        :param inputs: names of the inputs, each an integer a token.
        :param outputs: for each output what it gives and its shape.
        :returns: the model, in ONNX's own form.
        """
        from onnx import TensorProto, numpy_helper

        helper = self._helper
        constants = [numpy_helper.from_array(np.ascontiguousarray(a), name) for name, a in self._constants.items()]
        read = [helper.make_tensor_value_info(name, TensorProto.INT32, [1, "tokens"]) for name in inputs]
        shapes = {name: shape for name, (_, shape) in outputs.items()}
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
        named = [helper.make_node("Identity", [source], [name]) for name, (source, _) in outputs.items()]
        graph = helper.make_graph(self._nodes + named, "transformer", read, given, constants)
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        written: bytes = helper.make_model(graph, opset_imports=versions, ir_version=10).SerializeToString()
        return written

    def linear(self, states: str, names: list[str]) -> str:
        """Linear layers side by side, as one product of integers."""
        joined = np.concatenate([self.taken(f"{name}.weight").T for name in names], axis=1)
        bias = np.concatenate([self.taken(f"{name}.bias") for name in names])
        codes, scales = _quantised(joined)
        parts = {"weight": codes, "scale": scales, "zero": np.zeros(len(scales), dtype=np.int8), "bias": bias}
        inputs = [self.constant(f"{names[0]}.{part}", array) for part, array in parts.items()]
        return self.add("DynamicQuantizeMatMul", [states, *inputs], domain=_MICROSOFT)

    def normalised(self, states: str, more: str, name: str) -> str:
        """Add two, then bring every token to mean 0 and variance 1, then scale and shift by what was learnt."""
        learnt = [self.constant(f"{name}.{part}", self.taken(f"{name}.{part}")) for part in ("weight", "bias")]
        return self.add("SkipLayerNormalization", [states, more, *learnt], domain=_MICROSOFT, epsilon=self._epsilon)

    def taken(self, name: str) -> np.ndarray:
        """Take one of the network's weights."""
        return self._weights[name].astype(np.float32)

    def constant(self, name: str, array: np.ndarray) -> str:
        """Keep an array in the graph, under a name."""
        self._constants[name] = array
        return name

    def add(self, operator: str, inputs: list[str], domain: str = "", **attributes: Any) -> str:
        """Add an operator with one result."""
        return self.add_several(operator, inputs, 1, domain, **attributes)[0]

    def add_several(
        self, operator: str, inputs: list[str], outputs: int, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Add an operator with several results."""
        name = f"{len(self._nodes)}_{operator}"
        given = [f"{name}_{number}" for number in range(outputs)]
        self._nodes.append(self._helper.make_node(operator, inputs, given, name, domain=domain, **attributes))
        return given


def _quantised(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give integers and a scale per column, whose product is near the weights. *Shape:* ``(n_in, n_out)``.

    A column's scale is the one of least squared error among those that keep 60 % or more of its range: a few large weights
    should not make all the others coarse. It raised the least cosine similarity to the reference from .976 to .986.
    """
    widest = np.maximum(np.abs(weights).max(axis=0), 1e-12) / WEIGHT_LIMIT
    scales, least = widest, np.full(len(widest), np.inf)
    for share in np.linspace(0.6, 1.0, 17):
        tried = widest * share
        error = np.square(_codes(weights, tried) * tried - weights).sum(axis=0)
        scales, least = np.where(error < least, tried, scales), np.minimum(error, least)
    return _codes(weights, scales).astype(np.int8), scales.astype(np.float32)


def _codes(weights: np.ndarray, scales: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(np.rint(weights / scales), -WEIGHT_LIMIT, WEIGHT_LIMIT))


def _pooling(folder: Path) -> str:
    modules = [(str(module["type"]).rsplit(".", 1)[-1], module["path"]) for module in _json(folder / "modules.json")]
    kinds = [kind for kind, _ in modules]
    _require(kinds in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]), f"its modules are {kinds}")
    _require(modules[0][1] == "", "its transformer lies in a folder of its own")
    _require(not _prompts(folder), "it puts words before a text")
    held = _json(folder / modules[1][1] / "config.json")
    # Until release 5 one switch a way of pooling, since then its name.
    ways = [name for name, on in held.items() if name.startswith("pooling_mode_") and on is True]
    way = held.get("pooling_mode") or " and ".join(ways)
    known = {"mean": "mean", "cls": "cls", "pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    _require(way in known, f"it pools by {way}")
    return known[way]


def _prompts(folder: Path) -> bool:
    path = folder / "config_sentence_transformers.json"
    held = _json(path) if path.exists() else {}
    return any((held.get("prompts") or {}).values()) or bool(held.get("default_prompt_name"))


def _window(folder: Path, config: dict[str, Any]) -> int:
    """Find how many tokens of a text the model sees."""
    held = _json(folder / "sentence_bert_config.json")
    _require(not held.get("do_lower_case"), "it lowers a text's case by itself")
    tokenizer = _json(folder / "tokenizer_config.json")
    stated = held.get("max_seq_length") or tokenizer["model_max_length"]
    return min(int(stated), int(config["max_position_embeddings"]))


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise UnknownArchitecture(reason)
