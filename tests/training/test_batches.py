"""How pairs are put together, token by token, with a tokenizer that makes a token of each word."""

import random
from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from assistant.training.batches import QUESTIONS_AT_ONCE, Pairing, batch_of, batches_in_epoch, epoch
from assistant.training.groups import Group, TaughtPassage

VOCABULARY = {
    "[PAD]": 0,
    "[CLS]": 1,
    "[SEP]": 2,
    "when": 3,
    "it": 4,
    "was": 5,
    "then": 6,
    "now": 7,
    ".": 8,
    "?": 9,
    "[MASK]": 10,
}


@pytest.fixture
def pairing():
    tokenizer = Tokenizer(WordLevel(VOCABULARY, "[PAD]"))
    tokenizer.pre_tokenizer = Whitespace()
    return Pairing(tokenizer)


PASSAGE = TaughtPassage("it was . it was then .", "now", [(0, 8), (9, 22)], [(16, 20)], [1])
WRONG = TaughtPassage("now .", "", [(0, 5)], [], [])


def test_a_pair_is_question_and_passage_with_the_answer_s_place(pairing):
    pair = pairing.pair("when ?", PASSAGE)
    assert pair.ids == [1, 3, 9, 2, 4, 5, 8, 4, 5, 6, 8, 2]
    assert pair.first == 4 and pair.sentences == [(4, 7), (7, 11)]
    assert pair.spans == [(9, 10)] and pair.right == [1] and pair.answers


def test_a_title_stands_before_the_text_and_is_of_no_sentence(pairing):
    pair = pairing.pair("when ?", PASSAGE, titled=True)
    assert pair.ids[4] == VOCABULARY["now"] and pair.sentences == [(5, 8), (8, 12)] and pair.spans == [(10, 11)]


def test_a_batch_numbers_sentences_through_all_pairs(pairing):
    batch = batch_of([[pairing.pair("when ?", PASSAGE), pairing.pair("when ?", WRONG)], [pairing.pair("it ?", WRONG)]])
    assert batch.ids.shape == (3, 16), "lengths are rounded up"
    assert batch.of_passage.tolist() == [0, 0, 1] and batch.of_sentence.tolist() == [0, 0, 0, 1]
    assert batch.right.tolist() == [False, True, False, False] and batch.answers.tolist() == [True, False, False]
    assert batch.sentence_of[0].tolist() == [4, 4, 4, 4, 0, 0, 0, 1, 1, 1, 1, 4, 4, 4, 4, 4]
    assert batch.starts.nonzero().tolist() == batch.ends.nonzero().tolist() == [[0, 9]]
    assert batch.readable[0].tolist() == [False] * 4 + [True] * 8 + [False] * 4


def test_hidden_tokens_are_never_the_answer_s_nor_those_between(pairing):
    pair, chance = pairing.pair("when ?", PASSAGE), random.Random(0)
    hidden = [pairing.hide(pair, chance) for _ in range(300)]
    changed = {at for each in hidden for at, token in enumerate(each.ids) if token != pair.ids[at]}
    assert changed == set(range(len(pair.ids))) - {0, 3, 9, 11}
    assert {each.ids[at] for each in hidden for at in changed} <= {*pair.ids, VOCABULARY["[MASK]"]}
    assert all(each._replace(ids=[]) == pair._replace(ids=[]) for each in hidden), "labels stay"


def test_a_varied_epoch_has_made_up_questions_too(pairing):
    text = "it was then when the Queen of Naples came now ."
    passage = TaughtPassage(text, "", [(0, len(text))], [(7, 11)], [0])
    groups = [Group(str(at), "squad", "when ?", "a", passage, [WRONG], []) for at in range(24)]
    batches = list(epoch(groups, pairing, 1, varied=True))
    assert len(batches) == batches_in_epoch(groups, varied=True) == 3
    assert sum(int(batch.answers.sum()) for batch in batches) == 36


def test_an_epoch_has_every_question_once_and_the_seed_decides(pairing):
    groups = [Group(str(at), "squad", "when ?", "a", PASSAGE, [WRONG], []) for at in range(QUESTIONS_AT_ONCE + 1)]
    first, again, other = (list(epoch(groups, pairing, seed)) for seed in (1, 1, 2))
    assert len(first) == batches_in_epoch(groups) == 2
    assert sum(int(batch.answers.sum()) for batch in first) == len(groups)
    assert all(torch.equal(a.ids, b.ids) for a, b in zip(first, again, strict=True))
    assert any(a.ids.shape != b.ids.shape or not torch.equal(a.ids, b.ids) for a, b in zip(first, other, strict=True))


def test_one_of_the_three_nearest_look_alikes_is_always_shown(pairing):
    near, far = TaughtPassage("then .", "", [(0, 6)], [], []), TaughtPassage("now it .", "", [(0, 8)], [], [])
    right = replace(PASSAGE, title="")
    group = Group("1", "squad", "when ?", "a", right, [near, near, near, *[far] * 9], [])
    shown = [len(row.nonzero()) for seed in range(20) for row in next(epoch([group], pairing, seed)).readable]
    assert shown.count(8) == 20 and shown.count(3) >= 20, "the right passage has 8 tokens, those near 3, the others 4"
    assert 0 < shown.count(4) < 20


def test_a_question_that_nobody_answers_is_shown_with_its_own_passage(pairing):
    group = Group("1", "squad", "when ?", "a", None, [WRONG, PASSAGE], [])
    batches = [next(epoch([group], pairing, seed)) for seed in range(20)]
    assert all(len(batch.readable[0].nonzero()) == 3 for batch in batches)
    assert {len(batch.ids) for batch in batches} == {1, 2}
