"""One contract for every embedder: unit vectors, float32, in order, the same in any batch, near where words are near;
and the same of the sentences within texts.
"""

import numpy as np
import pytest

from assistant.datamodel import Span
from assistant.embedders import open_embedder
from assistant.embedders.sentence_transformer import model_folder
from assistant.errors import ModelUnusable
from assistant.indexes.sentence_vectors import SentenceVectors
from assistant.settings import EMBEDDED_MODEL

TEXTS = [
    "The queen lays eggs.",
    "Eggs are laid by the queen.",
    "",
    "Inflation rose by 3.5 %.",
    "日本語の文。",
    "word " * 2000,
    "!?",
]


@pytest.fixture(
    scope="module",
    params=[
        "hashing",
        pytest.param("fast", marks=pytest.mark.model),
        pytest.param("reference", marks=[pytest.mark.model, pytest.mark.slow]),
    ],
)
def embedder(request):
    if request.param == "hashing":
        return open_embedder("hashing")
    return open_embedder(EMBEDDED_MODEL, precision=request.param)


def test_vectors_have_unit_length(embedder):
    for vectors in (embedder.embed_passages(TEXTS), embedder.embed_queries(TEXTS)):
        assert vectors.shape == (len(TEXTS), embedder.dimension) and vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_texts_give_no_vectors(embedder):
    assert embedder.embed_passages([]).shape == embedder.embed_queries([]).shape == (0, embedder.dimension)
    assert [vectors.shape for vectors in embedder.embed_with_sentences([], [])] == [(0, embedder.dimension)] * 2


def test_a_vector_depends_on_its_text_alone(embedder):
    together = embedder.embed_passages(TEXTS)
    backwards = embedder.embed_passages(TEXTS[::-1])[::-1]
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])
    assert together == pytest.approx(backwards, abs=1e-5) and together == pytest.approx(alone, abs=1e-5)


def test_like_texts_are_nearer_than_unlike_ones(embedder):
    queen, eggs, _, inflation, *_ = embedder.embed_passages(TEXTS)
    asked = embedder.embed_queries(["Who lays the eggs?"])[0]
    assert queen @ eggs > queen @ inflation + 0.2
    assert asked @ queen > asked @ inflation + 0.1


QUEEN = "The queen lays the eggs. Prices rose by 3.5 % in naïve 日本. Bees fly."
SENTENCES = [Span(0, 24), Span(25, 60), Span(61, 70)]


def words_of(text, spans):
    return [span.of(text) for span in spans]


def test_sentences_have_unit_vectors_in_their_order_beside_their_texts(embedder):
    texts = [QUEEN, "", QUEEN[:24], QUEEN]
    vectors, sentences = embedder.embed_with_sentences(texts, [SENTENCES, [], [Span(0, 24)], SENTENCES[::-1]])
    assert vectors == pytest.approx(embedder.embed_passages(texts), abs=1e-5)
    assert sentences.shape == (7, embedder.dimension) and vectors.dtype == sentences.dtype == np.float32
    assert np.linalg.norm(sentences, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert sentences[:3] == pytest.approx(sentences[:3:-1], abs=1e-5)
    asked = embedder.embed_queries(["Who lays the eggs?", "How much did prices rise?"])
    assert (asked @ sentences[:3].T).argmax(axis=1).tolist() == [0, 1]


def test_a_sentence_s_vector_depends_on_its_text_alone(embedder):
    texts = [QUEEN, "word " * 200 + QUEEN[:24]]
    spans = [SENTENCES, [Span(0, 999), Span(1000, 1024)]]
    together = embedder.embed_with_sentences(texts, spans)[1]
    backwards = embedder.embed_with_sentences(texts[::-1], spans[::-1])[1]
    each = [embedder.embed_with_sentences([text], [own])[1] for text, own in zip(texts, spans, strict=True)]
    assert together == pytest.approx(np.concatenate([backwards[2:], backwards[:2]]), abs=1e-5)
    assert together == pytest.approx(np.concatenate(each), abs=1e-5)


def test_a_sentence_that_is_all_of_its_text_is_near_it(embedder):
    text = "The committee, which met on Tuesday, decided that prices of eggs would not rise before spring."
    vectors, sentences = embedder.embed_with_sentences([text], [[Span(0, len(text))]])
    assert vectors[0] @ sentences[0] > (0.99999 if embedder.identity.startswith("hashing") else 0.9)


def test_a_sentence_that_the_model_does_not_see_in_its_text_is_embedded_by_itself(embedder):
    """The first half stands past the window of 256 tokens, then the second begins before its end; U+200B gives no token."""
    before = "word " * 300
    text = before + QUEEN
    beyond = [Span(span.start + len(before), span.end + len(before)) for span in SENTENCES]
    _, sentences = embedder.embed_with_sentences(
        [text, "Bees fly. \u200b \u200b"], [[*beyond, Span(600, len(text))], [Span(10, 13)]]
    )
    alone = [*words_of(QUEEN, SENTENCES), text[600:], "\u200b \u200b"]
    assert sentences == pytest.approx(embedder.embed_passages(alone), abs=1e-5)


def test_the_identity_names_the_model_and_is_stable(embedder):
    assert embedder.identity.startswith(("hashing-256", f"{EMBEDDED_MODEL}@"))


@pytest.mark.model
@pytest.mark.slow
def test_the_model_s_sentences_survive_quantisation():
    texts = [text for text in TEXTS if text]
    wholes = [[Span(0, len(text))] for text in texts]
    vectors = np.concatenate(open_embedder(EMBEDDED_MODEL).embed_with_sentences(texts, wholes))
    stored = SentenceVectors.from_vectors(vectors)
    found = np.array([stored.similarities(query, np.arange(len(vectors))) for query in vectors])
    assert np.abs(found - vectors @ vectors.T).max() < 0.01


@pytest.mark.parametrize("model", ["no-such-model", "", "/", "sentence-transformers/all-MiniLM-L6-v2"])
def test_a_name_that_is_no_folder_is_refused_without_a_download(model):
    with pytest.raises(
        ModelUnusable, match=f"must name {EMBEDDED_MODEL} or a sentence-transformers model folder, and '{model}' is"
    ):
        model_folder(model)


@pytest.mark.parametrize("name", ["modeling.py", "1_Pooling/pytorch_model.bin", "weights.PKL", "deep/er/x.ckpt"])
def test_a_folder_with_code_or_pickles_is_refused(tmp_path, name):
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("raise SystemExit('the trap ran')")
    with pytest.raises(
        ModelUnusable, match=f"must hold safetensors weights and no code, but .* holds {name.rsplit('/')[-1]}"
    ):
        model_folder(str(tmp_path))


def test_hashing_two_dimensions_still_gives_unit_vectors():
    from assistant.embedders.hashing import HashingEmbedder

    assert np.linalg.norm(HashingEmbedder(2).embed_passages(TEXTS), axis=1) == pytest.approx(1.0)
