"""The reader's network: the embedding model reads question and passage together, and small heads say where the answer is.

The heads see the last layer's token vectors. Per token: how well an answer starts here, how well it ends here (Devlin et
al. 2019, https://arxiv.org/abs/1810.04805), and how much it speaks for its sentence; a sentence's logit is the mean over its
tokens. From the first token: whether the passage answers at all. The losses, each the mean over what it applies to:

* *span*: minus the log of the share of all places where an answer stands, for starts and for ends, among the tokens of
  all passages of the question (shared normalisation, Clark and Gardner 2018, https://arxiv.org/abs/1710.10723);
* *sentence*: the same over the sentences of all passages, and a logistic loss for each sentence;
* *answers*: a softmax over the question's passages, and a logistic loss for each passage.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import parametrize
from transformers import BertModel

from assistant.embedders.onnx_graph import WEIGHT_LIMIT

_NEVER = -1e4


class Logits(NamedTuple):
    """What the network says of a batch.

    ``starts``, ``ends``, ``evidence``: *shape* ``(n_passages, n_tokens)``; ``answers``: *shape* ``(n_passages,)``.
    """

    starts: Tensor
    ends: Tensor
    evidence: Tensor
    answers: Tensor


@dataclass(frozen=True)
class Batch:
    """Question–passage pairs, those of one question together.

    ``ids``, ``types``, ``mask``: *shape* ``(n_passages, n_tokens)``; ``readable`` marks passage tokens; ``starts``,
    ``ends`` mark where answers begin and end; ``sentence_of`` numbers the sentence of each token through the whole batch,
    one number more for tokens of none. ``right`` marks right sentences, ``of_sentence`` gives each sentence's question;
    ``answers`` marks passages that answer, ``of_passage`` gives each passage's question.
    """

    ids: Tensor
    types: Tensor
    mask: Tensor
    readable: Tensor
    starts: Tensor
    ends: Tensor
    sentence_of: Tensor
    right: Tensor
    of_sentence: Tensor
    answers: Tensor
    of_passage: Tensor

    def to(self, device: torch.device) -> Batch:
        """Move it to where the network is."""
        return Batch(*(getattr(self, each.name).to(device) for each in fields(self)))


class _Rounded(nn.Module):
    """Rounds a weight to the steps of the shipped file, a scale an output; gradients pass as if it did not."""

    def forward(self, weight: Tensor) -> Tensor:
        """Round. *Shape:* ``(n_out, n_in)``, as the result."""
        step = weight.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / WEIGHT_LIMIT
        return weight + (torch.round(weight / step) * step - weight).detach()


class ReaderNetwork(nn.Module):
    """The embedding model's transformer with the heads; word vectors stay as they are.

    :param folder: the embedding model's folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        # Dropout of attention costs a third of the time on a CPU and changed nothing that we could measure; without it PyTorch's
        # fused attention can be used, which makes a step a quarter shorter (AVX2, float32).
        self.bert = BertModel.from_pretrained(
            str(folder), add_pooling_layer=False, attn_implementation="sdpa", attention_probs_dropout_prob=0.0
        )
        self.bert.embeddings.word_embeddings.weight.requires_grad = False
        width = self.bert.config.hidden_size
        self.tokens = nn.Linear(width, 3)
        self.mixed = nn.Linear(width, width)
        self.answers = nn.Linear(width, 1)

    def freeze(self, layers: int) -> None:
        """Leave the lowest layers, and what feeds them, as they are; nothing where ``layers`` is 0."""
        for part in [self.bert.embeddings, *self.bert.encoder.layer[:layers]] if layers else []:
            part.requires_grad_(False)

    def round_weights(self) -> None:
        """Let the layers that learn use their weights as the shipped file will hold them, rounded to `WEIGHT_LIMIT` steps a side.

        They learn in full precision below, as if there were no rounding (straight-through estimator, Bengio et al. 2013,
        https://arxiv.org/abs/1308.3432). What is learnt late moves most weights by less than a step, which rounding
        afterwards would undo.
        """
        for layer in self._rounded_layers():
            parametrize.register_parametrization(layer, "weight", _Rounded())

    def keep_rounded(self) -> None:
        """End what `round_weights` began; the rounded weights stay."""
        for layer in self._rounded_layers():
            parametrize.remove_parametrizations(layer, "weight")

    def _rounded_layers(self) -> list[nn.Linear]:
        layers = [each for each in self.bert.encoder.modules() if isinstance(each, nn.Linear)]
        return [each for each in layers if each.bias.requires_grad]

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Logits:
        """Read pairs.

        :param ids: word pieces. *Shape:* ``(n_passages, n_tokens)``.
        :param types: 0 for the question's, 1 for the passage's. *Shape:* as ``ids``.
        :param mask: 1 for tokens, 0 for padding. *Shape:* as ``ids``.
        :returns: the logits, float32.
        """
        states = self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        starts, ends, evidence = self.tokens(states).float().unbind(-1)
        answers = self.answers(torch.tanh(self.mixed(states[:, 0]))).float().squeeze(-1)
        return Logits(starts, ends, evidence, answers)


def loss_of(logits: Logits, batch: Batch) -> Tensor:
    """Sum the losses that the module's docstring lists.

    :param logits: what the network said.
    :param batch: what is right.
    :returns: a scalar.
    """
    questions = int(batch.of_passage.max()) + 1
    tokens_of = batch.of_passage[:, None].expand_as(batch.ids)
    spans = [
        _listwise(said[batch.readable], right[batch.readable], tokens_of[batch.readable], questions)
        for said, right in ((logits.starts, batch.starts), (logits.ends, batch.ends))
    ]
    sentences = sentence_logits(logits.evidence, batch)
    listwise = _listwise(sentences, batch.right, batch.of_sentence, questions)
    each = binary_cross_entropy_with_logits(sentences, batch.right.float())
    passages = _listwise(logits.answers, batch.answers, batch.of_passage, questions)
    answers = binary_cross_entropy_with_logits(logits.answers, batch.answers.float())
    return (spans[0] + spans[1]) / 2 + listwise + each + 0.5 * passages + answers


def sentence_logits(evidence: Tensor, batch: Batch) -> Tensor:
    """Take each sentence's mean over its tokens.

    :param evidence: per token. *Shape:* ``(n_passages, n_tokens)``.
    :param batch: says which token is of which sentence.
    :returns: *shape* ``(n_sentences,)``.
    """
    count = len(batch.right)
    at = batch.sentence_of.reshape(-1)
    sums = evidence.new_zeros(count + 1).index_add(0, at, evidence.reshape(-1))
    sizes = evidence.new_zeros(count + 1).index_add(0, at, torch.ones_like(evidence).reshape(-1))
    return (sums / sizes.clamp(min=1))[:count]


def _listwise(logits: Tensor, right: Tensor, groups: Tensor, count: int) -> Tensor:
    """Mean over the groups that have a right member of minus the log of the right ones' share."""
    every = _log_sum(logits, groups, count)
    found = _log_sum(logits.masked_fill(~right, _NEVER), groups, count)
    has = right.new_zeros(count).index_fill(0, groups[right], True)
    return (every - found)[has].mean() if has.any() else logits.sum() * 0


def _log_sum(logits: Tensor, groups: Tensor, count: int) -> Tensor:
    """Log of the sum of the exponentials within each group."""
    top = logits.new_full((count,), 2 * _NEVER).scatter_reduce(0, groups, logits.detach(), "amax")
    sums = logits.new_zeros(count).index_add(0, groups, torch.exp(logits - top[groups]))
    return top + torch.log(sums.clamp(min=1e-30))
