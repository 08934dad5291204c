"""Other words for a question's words, with word vectors of two dimensions and an embedder that knows which words matter."""

import random

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from assistant.training.rewording import Thesaurus, reworded

# Degrees on a circle: "start" and "begin" lie together, "last" near "first", "river" far from all.
ANGLES = {"begin": 0, "start": 20, "beginning": 5, "first": 90, "last": 100, "river": 200, "##gin": 1, "2nd": 92}


class Questions:
    """Looks at one word alone: whether the last one is asked for."""

    def embed_queries(self, texts):
        return np.array([[0.0, 1.0] if "last" in text else [1.0, 0.0] for text in texts], dtype=np.float32)


@pytest.fixture
def thesaurus():
    radians = np.radians(list(ANGLES.values()))
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(ANGLES)}, "river"))
    return Thesaurus(tokenizer, np.stack([np.cos(radians), np.sin(radians)], axis=1), Questions())


def test_near_words_are_found_where_the_question_stays_the_same(thesaurus):
    # Not "beginning", of the same stem; not "last", which changes the question; not pieces of words.
    assert thesaurus.rewordings("When did the first river begin?") == {"begin": ["start"]}


@pytest.mark.parametrize("question", ["", "Where is it?", "BEGIN", "what and when"])
def test_where_no_word_has_near_ones_there_is_nothing(thesaurus, question):
    assert thesaurus.rewordings(question) == {}


def test_about_half_of_the_words_that_can_be_are_replaced():
    asked = [reworded("Did it begin here?", {"begin": ["start"]}, random.Random(seed)) for seed in range(200)]
    assert set(asked) == {"Did it begin here?", "Did it start here?"}
    assert 70 < sum("start" in each for each in asked) < 130


def test_parts_of_words_stay():
    asked = {reworded("art of the heart", {"art": ["craft"]}, random.Random(seed)) for seed in range(20)}
    assert asked == {"art of the heart", "craft of the heart"}
