import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluation.styles import PLAIN, STYLES

QUESTION = "When did the Oil crisis begin?"


@pytest.mark.parametrize(
    ("style", "asked"),
    [
        ("plain", QUESTION),
        ("unmarked", "When did the Oil crisis begin"),
        ("lowered", "when did the oil crisis begin?"),
        ("keywords", "Oil crisis begin"),
    ],
)
def test_each_style_by_example(style, asked):
    assert STYLES[style](QUESTION, random.Random(0)) == asked


def test_a_typing_mistake_changes_one_letter_and_is_the_same_for_the_same_seed():
    typed = [STYLES["mistyped"](QUESTION, random.Random(seed)) for seed in range(20)]
    assert all(-1 <= len(text) - len(QUESTION) <= 1 for text in typed) and len(set(typed)) > 5
    assert typed == [STYLES["mistyped"](QUESTION, random.Random(seed)) for seed in range(20)]


@given(st.text(min_size=1).filter(str.strip), st.sampled_from(sorted(set(STYLES) - {"unmarked", "keywords"})))
def test_any_text_can_be_asked_in_any_style(text, style):
    assert STYLES[style](text, random.Random(0)).strip()
    assert STYLES[PLAIN](text, random.Random(0)) == text
