"""How much of a question a text has, worked by hand with words that are as rare as they are long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from long_words import Words

from assistant.telling_words import TellingWords

ASKED = TellingWords("What do wild bees eat?", Words())  # wild, bees, eat: 4 + 4 + 3


@pytest.mark.parametrize(
    ("text", "share", "phrases"),
    [
        ("Wild bees eat honey.", 1.0, 1.0),
        ("Bees eat what they find.", 7 / 11, 0.5),
        ("They eat, bees are wild.", 1.0, 0.0),
        ("What do they do?", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_words_and_pairs_of_the_question_that_a_text_has(text, share, phrases):
    words = ASKED.of(text)
    assert (ASKED.share(words), ASKED.phrases(words)) == (pytest.approx(share), phrases)


def test_a_question_of_common_words_alone_is_about_these():
    asked = TellingWords("Who is it?", Words())
    assert asked.of("Who is it?") == ["who", "is", "it"]
    assert asked.share(["who"]) == pytest.approx(3 / 7) and asked.phrases(["is", "it"]) == 0.5


def test_a_question_without_words_is_covered_by_nothing():
    assert TellingWords("", Words()).share(["bees"]) == TellingWords("", Words()).phrases(["bees"]) == 0.0


@given(st.lists(st.sampled_from(["wild", "bees", "eat", "honey", "what"])), st.sampled_from(["wild", "eat", "tea"]))
def test_more_words_never_cover_less(words, another):
    assert 0.0 <= ASKED.share(words) <= ASKED.share([*words, another]) <= 1.0 + 1e-12
