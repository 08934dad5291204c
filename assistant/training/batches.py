"""Turns groups into batches of word pieces, in an order that the seed decides."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch

from assistant.evaluation.styles import any_style
from assistant.training.groups import Group, TaughtPassage
from assistant.training.network import Batch

QUESTION_TOKENS = 64
PASSAGE_TOKENS = 288
QUESTIONS_AT_ONCE = 12
_LOOK_ALIKES = 1
_SORTED_TOGETHER = 30 * QUESTIONS_AT_ONCE
_LENGTH_STEP = 16
"""Lengths are rounded up to its multiples: PyTorch keeps memory for each shape that it has met."""
_TITLED = 0.25
_FOREIGN = 0.12


class _Pair(NamedTuple):
    """A question with a passage, as word pieces; ranges are of tokens of the pair, half-open."""

    ids: list[int]
    first: int
    sentences: list[tuple[int, int]]
    right: list[int]
    spans: list[tuple[int, int]]
    answers: bool


Pairs = list[_Pair]


class Pairing:
    """Makes pairs of word pieces.

    :param tokenizer: the embedding model's, without padding and truncation.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._first, self._between = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        self._known: dict[str, Any] = {}

    def pair(self, question: str, passage: TaughtPassage, titled: bool = False) -> _Pair:
        """Make one pair.

        :param question: its words.
        :param passage: with what is right in it.
        :param titled: whether the title stands before the text.
        :returns: the pair; what does not fit is left out, and with it its labels.
        """
        asked = self._pieces(question).ids[:QUESTION_TOKENS]
        title = self._pieces(passage.title.replace("_", " ")).ids[:16] if titled else []
        pieces = self._pieces(passage.text)
        own, offsets = pieces.ids[:PASSAGE_TOKENS], pieces.offsets[:PASSAGE_TOKENS]
        first = len(asked) + 2
        begin = first + len(title)
        sentences = [_tokens_of(span, offsets, begin) for span in passage.sentences]
        spans = [span for span in (_tokens_of(span, offsets, begin) for span in passage.spans) if span[1] > span[0]]
        ids = [self._first, *asked, self._between, *title, *own, self._between]
        return _Pair(ids, first, sentences, passage.right, spans, bool(passage.right))

    def _pieces(self, text: str) -> Any:
        if text not in self._known:
            self._known[text] = self._tokenizer.encode(text, add_special_tokens=False)
        return self._known[text]


def epoch(groups: Sequence[Group], pairing: Pairing, seed: int) -> Iterator[Batch]:
    """Go once through all groups, with look-alikes and styles drawn anew, groups of like length together.

    :param groups: all that are trained on.
    :param pairing: makes the pairs.
    :param seed: other epochs have others; the same gives the same batches.
    :yields: batches of `QUESTIONS_AT_ONCE` questions.
    """
    chance = random.Random(seed)
    order = list(groups)
    chance.shuffle(order)
    for at in range(0, len(order), _SORTED_TOGETHER):
        drawn = [_drawn(group, pairing, chance) for group in order[at : at + _SORTED_TOGETHER]]
        drawn.sort(key=lambda pairs: max(len(pair.ids) for pair in pairs))
        cuts = [drawn[first : first + QUESTIONS_AT_ONCE] for first in range(0, len(drawn), QUESTIONS_AT_ONCE)]
        chance.shuffle(cuts)
        yield from (batch_of(cut) for cut in cuts)


def batches_in_epoch(groups: Sequence[Group]) -> int:
    """Count the batches that `epoch` gives."""
    whole, rest = divmod(len(groups), _SORTED_TOGETHER)
    return whole * (_SORTED_TOGETHER // QUESTIONS_AT_ONCE) + -(-rest // QUESTIONS_AT_ONCE)


def batch_of(asked: Sequence[Pairs]) -> Batch:
    """Pad pairs to one length and number their sentences.

    :param asked: the pairs of each question.
    :returns: the batch.
    """
    pairs = [(question, pair) for question, group in enumerate(asked) for pair in group]
    longest = max(len(pair.ids) for _, pair in pairs)
    shape = len(pairs), -(-longest // _LENGTH_STEP) * _LENGTH_STEP
    ids, types = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    mask, starts, ends = (torch.zeros(shape, dtype=kind) for kind in (torch.long, torch.bool, torch.bool))
    count = sum(len(pair.sentences) for _, pair in pairs)
    sentence_of = torch.full(shape, count)
    right, of_sentence = torch.zeros(count, dtype=torch.bool), torch.zeros(count, dtype=torch.long)
    number = 0
    for row, (question, pair) in enumerate(pairs):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        mask[row, : len(pair.ids)] = 1
        types[row, pair.first : len(pair.ids)] = 1
        for first, last in pair.spans:
            starts[row, first] = ends[row, last - 1] = True
        for at, (first, last) in enumerate(pair.sentences):
            sentence_of[row, first:last] = number
            right[number], of_sentence[number] = at in pair.right, question
            number += 1
    answers = torch.tensor([pair.answers for _, pair in pairs])
    of_passage = torch.tensor([question for question, _ in pairs])
    readable = types.bool() & mask.bool()
    return Batch(ids, types, mask, readable, starts, ends, sentence_of, right, of_sentence, answers, of_passage)


def _drawn(group: Group, pairing: Pairing, chance: random.Random) -> Pairs:
    question, titled = any_style(group.question, chance), chance.random() < _TITLED
    wrong = list(group.negatives)
    if group.positive is None:  # its own passage looks as if it answered: the one to learn from
        return [pairing.pair(question, wrong[0], titled)]
    wrong = group.foreign if group.foreign and chance.random() < _FOREIGN else wrong
    taken = [group.positive, *chance.sample(wrong, min(len(wrong), _LOOK_ALIKES))]
    return [pairing.pair(question, passage, titled) for passage in taken]


def _tokens_of(span: tuple[int, int], offsets: list[tuple[int, int]], begin: int) -> tuple[int, int]:
    """Find the tokens that touch a range of the text: half-open, and empty where none does."""
    touching = [at for at, (start, end) in enumerate(offsets) if start < span[1] and end > span[0]]
    return (begin + touching[0], begin + touching[-1] + 1) if touching else (0, 0)
