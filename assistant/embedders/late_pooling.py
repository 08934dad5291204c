"""Sentence vectors out of the states that a model computed for the whole text: late pooling.

A text's vector is made of its tokens' final states, and so can a sentence's be: the mean of its own tokens' states. It
costs next to nothing beside the text itself, where embedding each sentence again would double the time of a build; and
its tokens have seen the sentences around them, so "it" carries what it stands for (late chunking, Günther et al. 2024,
https://arxiv.org/abs/2409.04701).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from assistant.datamodel import Span


def sentence_vectors(
    states: np.ndarray,
    places: np.ndarray,
    text: str,
    sentences: Sequence[Span],
    embed_alone: Callable[[str], np.ndarray],
) -> np.ndarray:
    """Pool each sentence's tokens; what the model did not see whole is embedded by itself.

    :param states: final states of the text's tokens. *Shape:* ``(n_tokens, dimension)``, float32.
    :param places: first character of each token and the one after its last, both 0 for tokens that stand for no
        characters. *Shape:* ``(n_tokens, 2)``, integers.
    :param text: the text.
    :param sentences: where its sentences are in it.
    :param embed_alone: gives the unit vector of a sentence's words. *Shape:* ``(dimension,)``, float32.
    :returns: unit vectors in the order of the sentences. *Shape:* ``(n_sentences, dimension)``, float32.
    """
    starts, ends = places.T
    firsts, afters = np.array([(sentence.start, sentence.end) for sentence in sentences]).reshape(-1, 2).T[:, :, None]
    seen_whole = ends.max(initial=0) >= afters  # and not cut off by the model's window
    inside = (starts < afters) & (ends > firsts) & seen_whole
    sums = inside.astype(np.float32) @ states  # the mean points the same way
    for row in np.flatnonzero(~inside.any(axis=1)).tolist():
        sums[row] = embed_alone(sentences[row].of(text))
    return unit(sums)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Bring vectors to length 1. *Shape:* ``(…, dimension)``."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
