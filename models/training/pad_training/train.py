"""Distil the teacher into the network.

The loss has two parts: each tower learns the teacher's logits for its view (soft, three classes), and the joint head
learns the label where there is one and the teacher's mean where there is none. Identity photos thus give the network
nothing but the teacher's opinion of them.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .network import PadNetwork, Said
from .shards import LIVE, UNKNOWN, Frames, load
from .teacher import live_probability

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What decides the result, besides the data.

    Attributes:
        seed: Of weights, order and augmentation.
        epochs: Passes over the data.
        batch: Frames a step.
        peak_rate: Largest learning rate, cosine from there.
        decay: Weight decay.
        temperature: Softens the teacher's classes.
        label_share: Weight of the label beside the teacher in the joint head's target.
        leave_out: Subjects whose frames are not seen; a prefix such as ``nuaa:`` leaves a source out.
    """

    seed: int = 20261122
    epochs: int = 10
    batch: int = 64
    peak_rate: float = 2e-3
    decay: float = 0.02
    temperature: float = 2.0
    label_share: float = 0.7
    leave_out: tuple[str, ...] = ()


def without(frames: Frames, leave_out: tuple[str, ...]) -> Frames:
    """Drop the subjects whose name is, or starts with, one of ``leave_out``."""
    if not leave_out:
        return frames
    return frames.keep(np.array([not str(name).startswith(leave_out) for name in frames.subject]))


def augment(views: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror, shift by up to 3 px, and change brightness and contrast a little; both views alike."""
    count = views.shape[0]
    mirrored = torch.rand(count, generator=generator) < 0.5
    views = torch.where(mirrored[:, None, None, None], views.flip(3), views)
    dy, dx = (int(v) for v in torch.randint(-3, 4, (2,), generator=generator))
    padded = functional.pad(views, (3, 3, 3, 3), mode="replicate")
    views = padded[:, :, 3 + dy : 83 + dy, 3 + dx : 83 + dx]
    gain = 1 + 0.06 * torch.randn((count, 1, 1, 1), generator=generator)
    lift = 4 * torch.randn((count, 1, 1, 1), generator=generator)
    return (views * gain + lift).clamp(0, 255)


def loss_of(said: Said, teacher: Tensor, label: Tensor, recipe: Recipe) -> Tensor:
    """Mean loss of a batch; see the module's text."""
    heat = recipe.temperature
    soft = [
        functional.kl_div(
            functional.log_softmax(logits / heat, 1),
            functional.softmax(teacher[:, view] / heat, 1),
            reduction="batchmean",
        )
        * heat**2
        for view, logits in enumerate((said.near, said.far))
    ]
    opinion = live_probability(teacher)
    known = label != UNKNOWN
    truth = (label == LIVE).float() * 0.98 + 0.01
    target = torch.where(known, recipe.label_share * truth + (1 - recipe.label_share) * opinion, opinion)
    joint = functional.binary_cross_entropy_with_logits(said.live, target)
    return soft[0] + soft[1] + 2 * joint


def train(frames: Frames, recipe: Recipe) -> PadNetwork:
    """Train from random weights.

    Args:
        frames: The training set; subjects in ``recipe.leave_out`` are dropped first.
        recipe: Every choice.

    Returns:
        The network, in evaluation mode.
    """
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    frames = without(frames, recipe.leave_out)
    count = len(frames.label)
    views = torch.from_numpy(frames.views)
    teacher = torch.from_numpy(frames.teacher)
    label = torch.from_numpy(frames.label)
    network = PadNetwork()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.peak_rate, weight_decay=recipe.decay)
    steps = recipe.epochs * (count // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=recipe.peak_rate, total_steps=steps, pct_start=0.08, final_div_factor=1e3
    )
    log.info("%d frames, %d steps", count, steps)
    for epoch in range(recipe.epochs):
        network.train()
        began, total = time.monotonic(), 0.0
        order = torch.randperm(count, generator=generator)
        batches = order[: count // recipe.batch * recipe.batch].view(-1, recipe.batch)
        for rows in batches:
            batch = augment(views[rows].float(), generator).contiguous(memory_format=torch.channels_last)
            loss = loss_of(network(batch), teacher[rows], label[rows], recipe)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        log.info("epoch %d: loss %.4f, %.0f s", epoch, total / len(batches), time.monotonic() - began)
    return network.eval()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Train one network and write its weights.")
    parser.add_argument("--cache", type=Path, required=True, help="folder with the shards")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go (.pt)")
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--leave-out", nargs="*", default=[], help="subjects, or a prefix such as nuaa:")
    parser.add_argument("--threads", type=int, default=2)
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(wanted.threads)
    recipe = Recipe(seed=wanted.seed, epochs=wanted.epochs, leave_out=tuple(wanted.leave_out))
    frames = load([wanted.cache / f"shard_{n:03d}.npz" for n in range(wanted.shards)])
    network = train(frames, recipe)
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), wanted.out)
    log.info("%s", json.dumps({"weights": wanted.out.name, "parameters": sum(p.numel() for p in network.parameters())}))


if __name__ == "__main__":
    main()
