"""Trains the reader's network, with checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from assistant.training.batches import Pairing, batches_in_epoch, epoch
from assistant.training.groups import Group
from assistant.training.network import Batch, ReaderNetwork, loss_of

_WARM_UP = 0.06
_LONGEST_STEP = 1.0
_CHECKPOINT_SECONDS = 300


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn; ``rate`` is the highest learning rate, of the heads ``head_rate``."""

    epochs: int = 3
    rate: float = 1e-4
    head_rate: float = 1e-3
    seed: int = 0


def train(
    network: ReaderNetwork,
    groups: Sequence[Group],
    pairing: Pairing,
    plan: Plan,
    checkpoint: Path,
    tell: Callable[[str], None],
) -> None:
    """Train in place; goes on from the checkpoint if there is one.

    Products are computed in bfloat16, weights kept in float32; AdamW (Loshchilov and Hutter 2019,
    https://arxiv.org/abs/1711.05101) with a rate that rises, then falls in a straight line to 0.

    :param network: to train.
    :param groups: what to learn from.
    :param pairing: makes the pairs.
    :param plan: how long and how fast.
    :param checkpoint: written every few minutes, and at the end.
    :param tell: told how far it is.
    """
    steps = plan.epochs * batches_in_epoch(groups)
    optimiser = _optimiser(network, plan)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share_of_rate(step, steps))
    done = _resume(checkpoint, network, optimiser, schedule)
    network.train()
    started = saved = time.monotonic()
    loss_now = 0.0
    for step, batch in enumerate(_all_batches(groups, pairing, plan)):
        if step < done:
            continue
        torch.manual_seed(plan.seed * 1_000_003 + step)  # so that a resumed run drops out the same
        loss = _learn(network, batch, optimiser)
        loss_now = loss if step == done else 0.98 * loss_now + 0.02 * loss
        schedule.step()
        if (step + 1) % 20 == 0:
            left = (time.monotonic() - started) / (step + 1 - done) * (steps - step - 1)
            tell(f"step {step + 1} of {steps}, loss {loss_now:.3f}, {left / 60:.0f} minutes left")
        if time.monotonic() - saved > _CHECKPOINT_SECONDS or step + 1 == steps:
            _save(checkpoint, network, optimiser, schedule, step + 1)
            saved = time.monotonic()


def _all_batches(groups: Sequence[Group], pairing: Pairing, plan: Plan) -> Iterator[Batch]:
    for number in range(plan.epochs):
        yield from epoch(groups, pairing, plan.seed * 1000 + number)


def _learn(network: ReaderNetwork, batch: Batch, optimiser: torch.optim.Optimizer) -> float:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(batch.ids, batch.types, batch.mask)
    loss = loss_of(logits, batch)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), _LONGEST_STEP)
    optimiser.step()
    return loss.item()


def _optimiser(network: ReaderNetwork, plan: Plan) -> torch.optim.Optimizer:
    body = [weight for weight in network.bert.parameters() if weight.requires_grad]
    heads = [weight for name, weight in network.named_parameters() if not name.startswith("bert.")]
    return torch.optim.AdamW(
        [{"params": body, "lr": plan.rate}, {"params": heads, "lr": plan.head_rate}], weight_decay=0.01
    )


def _share_of_rate(step: int, steps: int) -> float:
    warm = max(1, int(_WARM_UP * steps))
    return (step + 1) / warm if step < warm else max(0.0, (steps - step) / (steps - warm))


def _save(
    path: Path,
    network: ReaderNetwork,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
    step: int,
) -> None:
    states = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "step": step,
    }
    unfinished = path.with_suffix(".part")
    torch.save(states, unfinished)
    unfinished.rename(path)


def _resume(
    path: Path,
    network: ReaderNetwork,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LambdaLR,
) -> int:
    if not path.exists():
        return 0
    held = torch.load(path, weights_only=True)
    for name, part in (("network", network), ("optimiser", optimiser), ("schedule", schedule)):
        part.load_state_dict(held[name])
    return int(held["step"])
