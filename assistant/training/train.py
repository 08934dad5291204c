"""Trains the reader's network, with checkpoints to go on from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import torch

from assistant.errors import UsageError
from assistant.training.batches import Pairing, batches_in_epoch, epoch
from assistant.training.groups import Group
from assistant.training.network import Batch, ReaderNetwork, loss_of

_WARM_UP = 0.06
_LONGEST_STEP = 1.0
_CHECKPOINT_SECONDS = 300


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn: in rounds, the first from questions and passages as they are, the others from varied ones.

    ``varied_epochs`` has a number for each of the others. ``rate`` is the highest learning rate, of the heads ``head_rate``;
    rounds after the first have ``varied_share`` of both. The lowest ``frozen`` layers, and what feeds them, stay as they are: a
    step takes less time by half of their share. ``start`` names the networks that are gone on from by their SHA-256, "" for none.
    """

    epochs: int = 3
    varied_epochs: tuple[int, ...] = (2,)
    varied_share: float = 0.7
    rate: float = 1e-4
    head_rate: float = 1e-3
    seed: int = 0
    frozen: int = 0
    start: str = ""


def train(
    network: ReaderNetwork,
    groups: Sequence[Group],
    pairing: Pairing,
    plan: Plan,
    checkpoint: Path,
    tell: Callable[[str], None],
) -> None:
    """Train in place; goes on from the checkpoint if there is one.

    Products are computed in bfloat16 where that is fast, weights kept in float32; AdamW (Loshchilov and Hutter 2019,
    https://arxiv.org/abs/1711.05101) with a rate that rises, then falls in a straight line to 0, in each round. The network
    becomes the mean of those at the rounds' ends, which does better than any of them (Izmailov et al. 2018,
    https://arxiv.org/abs/1803.05407). Without any epoch it only gets its weights rounded.

    :param network: to train.
    :param groups: what to learn from.
    :param pairing: makes the pairs.
    :param plan: how long and how fast.
    :param checkpoint: written every few minutes, and at the end of each round.
    :param tell: told how far it is.
    :raises UsageError: when the checkpoint is of another plan.
    """
    rounds = _rounds(groups, plan)
    network.freeze(plan.frozen)
    network.round_weights()
    run = _Run(network, plan, rounds, checkpoint)
    network.train()
    started = saved = time.monotonic()
    first, loss_now = run.step, 0.0
    for batch in _batches_from(first, groups, pairing, plan):
        torch.manual_seed(plan.seed * 1_000_003 + run.step)  # so that a resumed run drops out the same
        loss = _learn(network, batch.to(run.device), run.optimiser)
        loss_now = loss if run.step == first else 0.98 * loss_now + 0.02 * loss
        ended = run.stepped()
        if run.step % 20 == 0:
            left = (time.monotonic() - started) / (run.step - first) * (sum(rounds) - run.step)
            tell(f"step {run.step} of {sum(rounds)}, loss {loss_now:.3f}, {left / 60:.0f} minutes left")
        if ended or time.monotonic() - saved > _CHECKPOINT_SECONDS:
            run.save()
            saved = time.monotonic()
    if run.ends:
        network.load_state_dict(mean_of(run.ends))
    network.keep_rounded()


class _Run:
    """What a checkpoint holds: the network, the optimiser's state, and the networks at the ends of rounds."""

    def __init__(self, network: ReaderNetwork, plan: Plan, rounds: Sequence[int], checkpoint: Path) -> None:
        self._network, self._checkpoint, self._plan = network, checkpoint, json.dumps(asdict(plan))
        self._last_steps = set(accumulate(rounds))
        self.optimiser = _optimiser(network, plan)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda step: _share_of_rate(step, rounds, plan.varied_share)
        )
        self.step, self.ends = 0, list[dict[str, torch.Tensor]]()
        self.device = next(network.parameters()).device
        if checkpoint.exists():
            self._resume(torch.load(checkpoint, weights_only=True, map_location=self.device))

    def stepped(self) -> bool:
        """Count a step; tells whether a round ended with it."""
        self._schedule.step()
        self.step += 1
        ended = self.step in self._last_steps
        if ended:
            self.ends.append({name: weight.clone() for name, weight in self._network.state_dict().items()})
        return ended

    def save(self) -> None:
        """Write the checkpoint; the one before stays until it is whole."""
        held = {name: part.state_dict() for name, part in self._parts().items()}
        unfinished = self._checkpoint.with_suffix(".part")
        torch.save({**held, "plan": self._plan, "step": self.step, "ends": self.ends}, unfinished)
        unfinished.rename(self._checkpoint)

    def _resume(self, held: dict[str, Any]) -> None:
        if held.get("plan") != self._plan:
            raise UsageError(
                f"{self._checkpoint.name} is of another plan; delete it to begin anew, or go on with its options."
            )
        for name, part in self._parts().items():
            part.load_state_dict(held[name])
        self.step, self.ends = held["step"], held["ends"]

    def _parts(self) -> dict[str, Any]:
        return {"network": self._network, "optimiser": self.optimiser, "schedule": self._schedule}


def mean_of(states: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Average networks that began as one (Wortsman et al. 2022, https://arxiv.org/abs/2203.05482).

    :param states: weights by name, at least one network's.
    :returns: the mean of each weight.
    """
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def _rounds(groups: Sequence[Group], plan: Plan) -> list[int]:
    """Count the steps of each round."""
    varied = batches_in_epoch(groups, varied=True)
    return [plan.epochs * batches_in_epoch(groups), *(epochs * varied for epochs in plan.varied_epochs)]


def _batches_from(first: int, groups: Sequence[Group], pairing: Pairing, plan: Plan) -> Iterator[Batch]:
    """Give the batches of all epochs but the first ones."""
    for number in range(plan.epochs + sum(plan.varied_epochs)):
        varied = number >= plan.epochs
        count = batches_in_epoch(groups, varied)
        if first < count:
            yield from islice(epoch(groups, pairing, plan.seed * 1000 + number, varied), first, None)
        first = max(0, first - count)


def _learn(network: ReaderNetwork, batch: Batch, optimiser: torch.optim.Optimizer) -> float:
    device = batch.ids.device.type
    with torch.autocast(device, dtype=torch.bfloat16, enabled=device != "cpu" or _has_fast_bfloat16()):
        logits = network(batch.ids, batch.types, batch.mask)
    loss = loss_of(logits, batch)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), _LONGEST_STEP)
    optimiser.step()
    return loss.item()


def _has_fast_bfloat16() -> bool:
    """Tell whether bfloat16 pays: without AVX-512 a step of it takes some twenty times as long as one of float32."""
    return torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def _optimiser(network: ReaderNetwork, plan: Plan) -> torch.optim.Optimizer:
    body = [weight for weight in network.bert.parameters() if weight.requires_grad]
    heads = [weight for name, weight in network.named_parameters() if not name.startswith("bert.")]
    return torch.optim.AdamW(
        [{"params": body, "lr": plan.rate}, {"params": heads, "lr": plan.head_rate}], weight_decay=0.01
    )


def _share_of_rate(step: int, rounds: Sequence[int], varied_share: float) -> float:
    """Rise and fall in each of the rounds."""
    for number, steps in enumerate(rounds):
        if step < steps:
            return _rise_and_fall(step, steps) * (varied_share if number else 1.0)
        step -= steps
    return 0.0


def _rise_and_fall(step: int, steps: int) -> float:
    warm = max(1, int(_WARM_UP * steps))
    return (step + 1) / warm if step < warm else (steps - step) / (steps - warm)
