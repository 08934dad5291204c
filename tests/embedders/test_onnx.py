"""The fast embedder: near the reference, the same in any company, silent, quick to start, and modest about what it knows."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.datamodel import Content, Span
from assistant.embedders import open_embedder
from assistant.embedders.model_folder import model_folder, revision
from assistant.embedders.onnx import OnnxEmbedder
from assistant.embedders.onnx_graph import UnknownArchitecture, _quantised, read_recipe
from assistant.settings import EMBEDDED_MODEL
from assistant.splitting import split

TEXTS = [
    "The 1973 oil crisis began in October 1973 when the members of the Organization of Arab Petroleum Exporting Countries "
    "(OAPEC, consisting of the Arab members of OPEC plus Egypt and Syria) proclaimed an oil embargo.",
    "A court may set aside the decision if it was made without jurisdiction.",
    "Total assets: 1,204.5 million EUR (2022: 998.1).",
    "Naïve Bayes (see § 4.2) assumes p(x|y) = ∏ p(xᵢ|y).",
    "eggs",
    "",
    "bee " * 700,
]


@pytest.fixture(scope="module")
def embedder():
    return OnnxEmbedder(EMBEDDED_MODEL)


@pytest.fixture
def folder(tmp_path):
    """The embedded model's folder, whose files can be altered; the weights are a link."""
    copy = tmp_path / "model"
    for path in model_folder(EMBEDDED_MODEL).rglob("*"):
        target = copy / path.relative_to(model_folder(EMBEDDED_MODEL))
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".safetensors":
            target.symlink_to(path)
        elif path.is_file():
            target.write_bytes(path.read_bytes())
    return copy


@pytest.mark.model
class TestVectors:
    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=120), max_size=8), st.data())
    def test_a_vector_is_bit_for_bit_the_same_in_any_company(self, embedder, texts, data):
        order = data.draw(st.permutations(range(len(texts))))
        together = embedder.embed_passages(texts)
        shuffled = embedder.embed_passages([texts[at] for at in order])
        assert np.array_equal(together[order], shuffled)
        for text, vector in zip(texts, together, strict=True):
            assert np.array_equal(embedder.embed_queries([text])[0], vector)

    def test_threads_change_nothing(self, embedder):
        texts = [f"{text} {number}" for number in range(10) for text in TEXTS]
        side_by_side = OnnxEmbedder(EMBEDDED_MODEL, threads=3)
        assert np.array_equal(embedder.embed_passages(texts), side_by_side.embed_passages(texts))

    def test_the_identity_is_not_the_reference_s(self, embedder):
        assert embedder.identity == f"{EMBEDDED_MODEL}@{revision(model_folder(EMBEDDED_MODEL))}-int8.2"

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.text(max_size=120), min_size=1, max_size=6), st.data())
    def test_a_sentence_s_vector_is_bit_for_bit_the_same_in_any_company(self, embedder, texts, data):
        spans = [_thirds(text) for text in texts]
        order = data.draw(st.permutations(range(len(texts))))
        together = embedder.embed_with_sentences(texts, spans)[1].reshape(len(texts), 3, -1)
        shuffled = embedder.embed_with_sentences([texts[at] for at in order], [spans[at] for at in order])[1]
        assert np.array_equal(together[order], shuffled.reshape(len(texts), 3, -1))
        assert np.linalg.norm(together, axis=2) == pytest.approx(1.0, abs=1e-5)

    def test_threads_change_no_sentence(self, embedder):
        texts = [f"{text} {number}" for number in range(5) for text in TEXTS]
        spans = [_thirds(text) for text in texts]
        side_by_side = OnnxEmbedder(EMBEDDED_MODEL, threads=3).embed_with_sentences(texts, spans)
        for one, other in zip(embedder.embed_with_sentences(texts, spans), side_by_side, strict=True):
            assert np.array_equal(one, other)

    @pytest.mark.slow
    def test_sentences_of_real_passages_agree_with_the_reference(self, embedder, shared):
        lines = (shared / "data/squad/1.1/passages.jsonl").read_text("utf-8").splitlines()[::100]
        texts = [json.loads(line)["text"] for line in lines]
        spans = [[span for passage in split(Content(text, "", "")) for span in passage.sentences] for text in texts]
        passages, sentences = embedder.embed_with_sentences(texts, spans)
        reference = open_embedder(EMBEDDED_MODEL, precision="reference").embed_with_sentences(texts, spans)
        assert (passages * reference[0]).sum(axis=1).min() > 0.97
        assert (sentences * reference[1]).sum(axis=1).min() > 0.97

    @pytest.mark.slow
    def test_it_agrees_with_the_reference(self, embedder):
        reference = open_embedder(EMBEDDED_MODEL, precision="reference").embed_passages(TEXTS)
        assert (embedder.embed_passages(TEXTS) * reference).sum(axis=1).min() > 0.97

    def test_lone_surrogates_do_not_stop_it(self, embedder):
        assert np.linalg.norm(embedder.embed_queries(["eggs \ud800"])) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.model
class TestWeights:
    def test_they_are_made_once_and_it_is_said(self, tmp_path, caplog):
        with caplog.at_level(logging.INFO):
            first = OnnxEmbedder(EMBEDDED_MODEL, cache=tmp_path).embed_queries(["eggs"])
            again = OnnxEmbedder(EMBEDDED_MODEL, cache=tmp_path).embed_queries(["eggs"])
        assert caplog.text.count("Making fast weights") == 1 and np.array_equal(first, again)

    def test_half_written_ones_are_made_anew(self, tmp_path, embedder):
        OnnxEmbedder(EMBEDDED_MODEL, cache=tmp_path)
        (weights,) = tmp_path.glob("*.onnx")
        whole = weights.read_bytes()
        weights.write_bytes(whole[: len(whole) // 2])
        vectors = OnnxEmbedder(EMBEDDED_MODEL, cache=tmp_path).embed_queries(["eggs"])
        assert np.array_equal(vectors, embedder.embed_queries(["eggs"])) and weights.read_bytes() == whole

    def test_a_question_is_embedded_without_pytorch_and_nothing_is_left_but_the_weights(self, tmp_path):
        program = (
            "import sys; from assistant.embedders import open_embedder;"
            f"open_embedder({EMBEDDED_MODEL!r}).embed_queries(['eggs']);"
            "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
        )
        environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
        environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "[]" and done.stderr == ""
        assert [path.name for path in (tmp_path / "cache").iterdir()] == ["quoting-assistant"]
        assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def _thirds(text):
    """Cut a text into three sentences, which may be empty."""
    cuts = [0, len(text) // 3, 2 * len(text) // 3, len(text)]
    return [Span(*pair) for pair in zip(cuts, cuts[1:], strict=False)]


def _altered(path: Path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("file", "changes", "reason"),
    [
        ("config.json", {"model_type": "mpnet"}, "its setting model_type is not"),
        ("config.json", {"hidden_act": "relu"}, "its setting hidden_act is not"),
        ("config.json", {"position_embedding_type": "relative_key"}, "its setting position_embedding_type is not"),
        ("config.json", {"hidden_size": "many"}, "its configuration is not in the usual form"),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "it pools by .*mean_tokens and .*max_tokens"),
        ("1_Pooling/config.json", {"pooling_mode": "lasttoken"}, "it pools by lasttoken"),
        ("sentence_bert_config.json", {"do_lower_case": True}, "it lowers"),
        ("config_sentence_transformers.json", {"prompts": {"query": "query: "}}, "it puts words before"),
    ],
)
def test_other_forms_of_model_are_left_to_the_reference(folder, file, changes, reason):
    _altered(folder / file, **changes)
    with pytest.raises(UnknownArchitecture, match=reason):
        read_recipe(folder)


@pytest.mark.parametrize("more", ["Dense", "LayerNorm"])
def test_further_modules_are_left_to_the_reference(folder, more):
    modules = json.loads((folder / "modules.json").read_text())
    modules.insert(2, {"idx": 9, "name": "9", "path": "9", "type": f"sentence_transformers.models.{more}"})
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(UnknownArchitecture, match=f"its modules are .*{more}"):
        read_recipe(folder)


def test_both_ways_of_naming_the_pooling_are_understood(folder):
    assert read_recipe(folder).pooling == "mean" and read_recipe(folder).max_tokens == 256
    (folder / "1_Pooling" / "config.json").write_text('{"embedding_dimension": 384, "pooling_mode": "cls"}')
    assert read_recipe(folder).pooling == "cls"


@pytest.mark.model
@pytest.mark.slow
def test_an_unusual_model_is_run_by_the_reference_and_it_is_said(folder, caplog):
    (folder / "1_Pooling" / "config.json").write_text('{"embedding_dimension": 384, "pooling_mode": "max"}')
    with caplog.at_level(logging.INFO, "assistant"):
        embedder = open_embedder(str(folder))
    assert type(embedder).__name__ == "SentenceTransformerEmbedder" and "it pools by max" in caplog.text
    assert "int8" not in embedder.identity


@pytest.mark.model
@pytest.mark.slow
def test_a_model_of_one_s_own_is_compared_with_the_reference_before_it_is_used(folder, tmp_path, monkeypatch):
    (folder / "1_Pooling" / "config.json").write_text('{"embedding_dimension": 384, "pooling_mode": "cls"}')
    assert OnnxEmbedder(str(folder), cache=tmp_path / "cache").identity.startswith("model@")
    monkeypatch.setattr("assistant.embedders.onnx._LEAST_AGREEMENT", 1.01)
    with pytest.raises(UnknownArchitecture, match="agree only to"):
        OnnxEmbedder(str(folder), cache=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_weights_stay_within_seven_bits_and_near_what_they_were():
    weights = np.random.default_rng(7).normal(size=(64, 5)).astype(np.float32)
    codes, scales = _quantised(weights)
    assert np.abs(codes.astype(int)).max() <= 63 and codes.shape == (64, 5) and scales.shape == (5,)
    assert np.abs(codes * scales - weights).mean() < 0.02
