"""Turns groups into batches of word pieces, in an order that the seed decides."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch

from assistant.evaluation.styles import any_style
from assistant.training.groups import Group, TaughtPassage
from assistant.training.network import Batch
from assistant.training.variation import Answers, made_up, without_answer

QUESTION_TOKENS = 64
PASSAGE_TOKENS = 288
QUESTIONS_AT_ONCE = 12
_NEAREST = 3
_ANOTHER = 0.5
"""One of so many first look-alikes, in the order of retrieval, is always shown, and every so often another one."""
_SORTED_TOGETHER = 30 * QUESTIONS_AT_ONCE
_LENGTH_STEP = 16
"""Lengths are rounded up to its multiples: PyTorch keeps memory for each shape that it has met."""
_FOREIGN = 0.6
"""How often the one more look-alike is of another set."""
_TITLED = 0.25
_MADE_UP = 0.5
"""Made-up questions for each real one, where passages are varied."""
_WITHOUT_ANSWER = 0.25
_SWAPPED = 0.6
_HIDDEN, _HIDDEN_TOKENS = 0.5, 0.08
"""How many pairs have tokens hidden, and how many tokens of these."""


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
        self._first, self._between, self._mask = map(tokenizer.token_to_id, ("[CLS]", "[SEP]", "[MASK]"))
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

    def hide(self, pair: _Pair, chance: random.Random) -> _Pair:
        """Put a mask in the place of some tokens, none of an answer.

        :param pair: the pair.
        :param chance: draws the tokens.
        :returns: the pair with the same labels.
        """
        kept = {at for first, last in pair.spans for at in range(first, last)}
        kept |= {at for at, token in enumerate(pair.ids) if token in (self._first, self._between)}
        hidden = [at not in kept and chance.random() < _HIDDEN_TOKENS for at in range(len(pair.ids))]
        return pair._replace(ids=[self._mask if hide else token for token, hide in zip(pair.ids, hidden, strict=True)])

    def _pieces(self, text: str) -> Any:
        if text not in self._known:
            self._known[text] = self._tokenizer.encode(text, add_special_tokens=False)
        return self._known[text]


def epoch(groups: Sequence[Group], pairing: Pairing, seed: int, varied: bool = False) -> Iterator[Batch]:
    """Go once through all groups, with look-alikes and styles drawn anew, groups of like length together.

    :param groups: all that are trained on.
    :param pairing: makes the pairs.
    :param seed: other epochs have others; the same gives the same batches.
    :param varied: whether passages are changed and questions made up (`assistant.training.variation`).
    :yields: batches of `QUESTIONS_AT_ONCE` questions.
    """
    chance = random.Random(seed)
    draw = _Varied(groups, pairing, chance) if varied else _Drawn(pairing, chance)
    order = [*groups, *(_made_up_beside(groups, chance) if varied else ())]
    chance.shuffle(order)
    for at in range(0, len(order), _SORTED_TOGETHER):
        drawn = [draw.pairs(group) for group in order[at : at + _SORTED_TOGETHER]]
        drawn.sort(key=lambda pairs: max(len(pair.ids) for pair in pairs))
        cuts = [drawn[first : first + QUESTIONS_AT_ONCE] for first in range(0, len(drawn), QUESTIONS_AT_ONCE)]
        chance.shuffle(cuts)
        yield from (batch_of(cut) for cut in cuts)


def batches_in_epoch(groups: Sequence[Group], varied: bool = False) -> int:
    """Count the batches that `epoch` gives."""
    count = len(groups) + (_made_up_count(groups) if varied else 0)
    whole, rest = divmod(count, _SORTED_TOGETHER)
    return whole * (_SORTED_TOGETHER // QUESTIONS_AT_ONCE) + -(-rest // QUESTIONS_AT_ONCE)


def _made_up_count(groups: Sequence[Group]) -> int:
    return int(_MADE_UP * len(groups))


def _made_up_beside(groups: Sequence[Group], chance: random.Random) -> list[Group]:
    """Make up questions; where passages give too few, real ones come twice, so that their number is known before."""
    wanted = _made_up_count(groups)
    found = made_up(groups, wanted, chance)
    return found + chance.choices(groups, k=wanted - len(found))


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


class _Drawn:
    """Draws what is shown with a question: its style, and a look-alike beside the passage that answers."""

    def __init__(self, pairing: Pairing, chance: random.Random) -> None:
        self._pairing, self._chance = pairing, chance

    def pairs(self, group: Group) -> Pairs:
        """Draw for one question."""
        question, titled = any_style(group.question, self._chance), self._chance.random() < _TITLED
        return [self._pairing.pair(question, passage, titled) for passage in self._passages(group)]

    def _passages(self, group: Group) -> list[TaughtPassage]:
        wrong = group.negatives
        if group.positive is None:  # its own passage looks as if it answered: the one to learn from
            return [wrong[0], *self._another(wrong[1:_NEAREST])]
        first = self._chance.sample(wrong[:_NEAREST], min(len(wrong), 1))
        others = group.foreign if group.foreign and self._chance.random() < _FOREIGN else wrong
        return [group.positive, *first, *self._another([each for each in others if each not in first])]

    def _another(self, passages: Sequence[TaughtPassage]) -> list[TaughtPassage]:
        return self._chance.sample(passages, 1) if passages and self._chance.random() < _ANOTHER else []


class _Varied(_Drawn):
    """The same with changed passages and hidden tokens."""

    def __init__(self, groups: Sequence[Group], pairing: Pairing, chance: random.Random) -> None:
        super().__init__(pairing, chance)
        self._answers = Answers(groups)

    def pairs(self, group: Group) -> Pairs:
        """Draw for one question."""
        pairs = super().pairs(group)
        return [self._pairing.hide(each, self._chance) if self._chance.random() < _HIDDEN else each for each in pairs]

    def _passages(self, group: Group) -> list[TaughtPassage]:
        if group.positive and self._chance.random() < _WITHOUT_ANSWER and (rest := without_answer(group.positive)):
            return [group.positive, rest]
        return super()._passages(
            self._answers.swapped(group, self._chance) if self._chance.random() < _SWAPPED else group
        )


def _tokens_of(span: tuple[int, int], offsets: list[tuple[int, int]], begin: int) -> tuple[int, int]:
    """Find the tokens that touch a range of the text: half-open, and empty where none does."""
    touching = [at for at, (start, end) in enumerate(offsets) if start < span[1] and end > span[0]]
    return (begin + touching[0], begin + touching[-1] + 1) if touching else (0, 0)
