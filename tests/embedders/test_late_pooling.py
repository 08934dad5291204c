"""Late pooling worked by hand: four tokens with chosen states, and sentences that hold some, all or none of them."""

import numpy as np
import pytest

from assistant.datamodel import Span
from assistant.embedders.late_pooling import sentence_vectors

TEXT = "ab cd. ef gh"
STATES = np.array([(9, 9), (3, 0), (0, 4), (1, 1), (9, 9)], dtype=np.float32)
PLACES = np.array([(0, 0), (0, 2), (3, 5), (7, 9), (0, 0)])  # "gh" is past the window; the ends stand for no characters


def pooled(*spans):
    """The vectors, and the words that were embedded by themselves, as (0, 1)."""
    alone = []
    vectors = sentence_vectors(STATES, PLACES, TEXT, spans, lambda words: alone.append(words) or np.array([0.0, 1.0]))
    return vectors.tolist(), alone


def test_a_sentence_is_the_mean_of_its_tokens_brought_to_length_one():
    # (3, 0) and (0, 4) have the mean (1.5, 2), whose length is 2.5; with (1, 1) it is (4/3, 5/3).
    vectors, alone = pooled(Span(0, 6), Span(0, 2), Span(0, 9))
    assert vectors == [pytest.approx((0.6, 0.8)), [1.0, 0.0], pytest.approx((4 / 41**0.5, 5 / 41**0.5))]
    assert alone == []


def test_a_token_counts_for_every_sentence_that_has_a_part_in_it():
    assert pooled(Span(1, 3), Span(2, 3), Span(4, 5))[0][::2] == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("span", "why"),
    [
        (Span(2, 3), "no token"),
        (Span(10, 12), "past the window"),
        (Span(7, 12), "begun within it"),
    ],
)
def test_what_was_not_seen_whole_is_embedded_by_itself(span, why):
    assert pooled(span, Span(0, 2)) == ([[0.0, 1.0], [1.0, 0.0]], [span.of(TEXT)]), why


def test_no_sentences_have_no_vectors():
    none = sentence_vectors(STATES, PLACES, TEXT, [], lambda words: 1 / 0)
    assert none.shape == (0, 2) and none.dtype == np.float32
