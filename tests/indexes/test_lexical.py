"""BM25: rare words first, nothing typed is an operator, and word forms and accents do not matter."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import IndexDamaged
from assistant.indexes.lexical import TantivyIndex

TEXTS = [
    "The queen lays eggs in the hive.",
    "The hive holds a queen and the workers.",
    "The hive is made of wax, and the propolis seals it.",
    "A café in Zürich serves honey and tea.",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return written(tmp_path_factory.mktemp("words"), TEXTS)


def written(folder, texts):
    TantivyIndex.write(folder, texts)
    return TantivyIndex(folder)


def ids(hits):
    return [hit.id for hit in hits]


def test_the_rare_word_counts_most(index):
    assert ids(index.search("Does propolis stick to the queen or the hive?", 10))[0] == 2


def test_the_score_is_bm25(tmp_path):
    # Two texts of three words each, one of which holds "wax" once: the length factor is 1, so what is left is
    # idf * (k1 + 1) / (1 + k1) = ln(1 + (2 - 1 + 0.5) / (1 + 0.5)) = ln 2.
    index = written(tmp_path, ["bees make wax", "bees make honey"])
    assert [(hit.id, round(hit.score, 4)) for hit in index.search("wax", 5)] == [(0, round(math.log(2), 4))]
    assert index.rarity("wax") == pytest.approx(math.log(2))
    assert index.rarity("bee") == pytest.approx(math.log(1.2))
    assert index.rarity("unseen") == pytest.approx(math.log(6))


@pytest.mark.parametrize(
    "question, expected",
    [
        ("workers", [1]),
        ("working worker", [1]),
        ("EGGS", [0]),
        ("egg", [0]),
        ("cafe", [3]),
        ("Café Zurich", [3]),
        ("propolis.", [2]),
        ("no-such-word", []),
        ("", []),
        (" \n ", []),
        ("?!… --", []),
        ("x" * 5000, []),
    ],
)
def test_word_forms_and_accents_do_not_matter(index, question, expected):
    assert ids(index.search(question, 10)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "propolis OR",
        "propolis AND zebra",
        "NOT propolis",
        "-propolis",
        "+zebra propolis",
        '"propolis zebra"',
        "(propolis",
        "propolis)",
        "[propolis TO zebra]",
        "words:propolis",
        "id:0 propolis",
        "propolis^9 ~2",
        "propolis\\",
        "prop\x00 propolis",
        "{propolis}*",
    ],
)
def test_nothing_in_a_question_is_an_operator(index, question):
    bare = " ".join(re.findall(r"\w+", question.lower()))
    assert index.search(question, 10) == index.search(bare, 10)
    assert ids(index.search(question, 10))[0] == 2


def test_operators_are_words_like_any_other(tmp_path):
    index = written(tmp_path, ["either or", "both and", "neither nor"])
    assert ids(index.search("x OR y", 10)) == [0] and ids(index.search("x AND y", 10)) == [1]


def test_only_what_is_allowed_is_found_however_low_it_ranks(tmp_path):
    # The short texts score higher; the allowed one is longest, hence last of a hundred.
    index = written(tmp_path, [f"queen {number}" for number in range(99)] + ["queen " + "of many words " * 20])
    assert ids(index.search("queen", 1))[0] < 99
    assert ids(index.search("queen", 1, np.array([99]))) == [99]
    assert ids(index.search("queen", 3, np.array([4, 50, 99]))) == [4, 50, 99]
    assert index.search("queen", 3, np.array([], dtype=np.int64)) == []


def test_ties_come_in_stored_order(tmp_path):
    index = written(tmp_path, ["same words"] * 30)
    assert ids(index.search("words", 7)) == list(range(7))
    assert len({hit.score for hit in index.search("words", 7)}) == 1


def test_terms_are_stems_in_the_order_of_the_text(index):
    assert index.terms("The Workers' cafés, the workers!") == ["the", "worker", "cafe", "the", "worker"]


def test_a_word_said_twice_counts_once(index):
    assert index.search("queen queen Queen", 5) == index.search("queen", 5)


def test_an_empty_index_finds_nothing(tmp_path):
    index = written(tmp_path, [])
    assert len(index) == 0 and index.search("queen", 5) == []


def test_reading_changes_no_file(tmp_path):
    TantivyIndex.write(tmp_path, TEXTS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".lock"}
    assert len(TantivyIndex(tmp_path)) == 4
    TantivyIndex(tmp_path).search("queen", 5)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".lock"} == before


def test_a_folder_that_tantivy_did_not_write_is_refused(tmp_path):
    with pytest.raises(IndexDamaged, match="word lists cannot be read; run `assistant build`"):
        TantivyIndex(tmp_path)


@given(st.text(max_size=80), st.integers(1, 6))
def test_any_question_gives_falling_scores_and_at_most_k_hits(index, question, k):
    scores = [hit.score for hit in index.search(question, k)]
    assert len(scores) <= k and scores == sorted(scores, reverse=True)
