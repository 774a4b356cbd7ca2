"""Teach one tower the teacher's function for its view, from random weights, without any label.

First *block by block*: each block gets the map that the teacher's block before it made, and learns the map that the
teacher's block makes of it. A block is a small function of small neighbourhoods, so a few thousand frames pin it down,
also on pictures of a kind that was never drawn. Then *whole*: the tower end to end, half of the frames dim, bright,
blurred or noisy, with the teacher's opinion of the frame as it was.

Convolutions run in bfloat16 where the processor multiplies it (nearly twice as fast); weights and losses stay float32.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .looks import poor_sensor, shown
from .media import shared_folder
from .network import SHAPES, Bottleneck, ConvNorm, First, Head, Tower
from .shards import HELD_SHARD, HELD_SHARDS, load
from .teacher import MiniFasNet, Teacher

CHECKOUT = Path(__file__).resolve().parents[3]
SHARDS = tuple(range(HELD_SHARD + HELD_SHARDS))
VIEWS = {"near": slice(0, 3), "far": slice(3, 6)}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What decides the result, besides the frames.

    Attributes:
        seed: Of weights, order and looks.
        batch: Frames a step.
        block_steps: Steps block by block.
        block_rate: Largest learning rate of those.
        whole_steps: Steps end to end.
        whole_rate: Largest learning rate of those.
        first_rows: Frames of a batch that the first block learns from: it is most of the work, and has 400 places each.
        third_rows: Likewise for the blocks at 20 x 20.
        poor_share: Part of the frames that is seen through a poor sensor or in bad light, end to end only.
        heat: Softens the teacher's classes, end to end.
        decay: Weight decay.
    """

    seed: int = 20261127
    batch: int = 32
    block_steps: int = 1600
    block_rate: float = 1.5e-2
    whole_steps: int = 500
    whole_rate: float = 3e-3
    first_rows: int = 8
    third_rows: int = 12
    poor_share: float = 0.5
    heat: float = 2.0
    decay: float = 1e-4


class Pieces:
    """The teacher's network in pieces, and how far each of its maps spreads, channel by channel."""

    def __init__(self, teacher: MiniFasNet, sample: Tensor) -> None:
        """Measure on a sample of crops."""
        self._pieces: list[Callable[[Tensor], Tensor]] = teacher.pieces()
        with torch.no_grad():
            self.sample = [sample, *self.maps(sample)]
        self.spread = []
        for made in self.sample[1:]:
            spread = made.std(_places(made))
            self.spread.append(_along_channels(spread.clamp(min=0.1 * float(spread.mean())), made))

    def maps(self, views: Tensor) -> list[Tensor]:
        """What each piece makes, logits last."""
        out = []
        for piece in self._pieces:
            views = piece(views)
            out.append(views)
        return out

    def error(self, at: int, ours: Tensor, wanted: Tensor) -> Tensor:
        """Mean squared error of a map in units of each channel's spread; 1 for a block that knows only the mean."""
        return ((ours.float() - wanted.float()) / self.spread[at]).clamp(-8, 8).square().mean()


def shuffled(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Rows of ``count``, ``size`` at a time, over and over in another order; the rest waits for the next."""
    while True:
        order = torch.randperm(count, generator=generator)
        yield from order[: count // size * size].view(-1, size)


def _places(made: Tensor) -> tuple[int, ...]:
    return (0, 2, 3) if made.dim() == 4 else (0,)


def _along_channels(values: Tensor, made: Tensor) -> Tensor:
    return values.view(1, -1, 1, 1) if made.dim() == 4 else values.view(1, -1)


def level(tower: Tower, pieces: Pieces) -> None:
    """Start each block's output at the mean and spread of the map it is to make; nothing else is taken over."""
    for at, block in enumerate(tower.blocks):
        before, made = pieces.sample[at], pieces.sample[at + 1]
        if isinstance(block, Head):
            block.classes.bias.data.copy_(made.mean(0))
            continue
        last: nn.Module
        if isinstance(block, Bottleneck):
            last, made = block.down, (made - before if block.residual else made)
        elif isinstance(block, First):
            last = block.body[-1]
        else:
            raise TypeError(f"a tower has no {type(block).__name__}")
        if not isinstance(last, ConvNorm):
            raise TypeError("a block ends in a convolution")
        last.norm.weight.data.copy_(made.std(_places(made)))
        last.norm.bias.data.copy_(made.mean(_places(made)))


class Lesson:
    """One tower, its teacher, and the crops of its view."""

    def __init__(self, view: str, crops: Tensor, teacher: MiniFasNet, recipe: Recipe) -> None:
        """Build the tower with random weights."""
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.crops = crops
        self.tower = Tower(SHAPES[view])
        rows = torch.randperm(len(crops), generator=self.generator)[:256]
        self.pieces = Pieces(teacher, shown(crops[rows].float(), self.generator))
        level(self.tower, self.pieces)
        self.tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
        self.quick = torch.cpu._is_avx512_bf16_supported()  # anything else only imitates it, slowly

    def batches(self) -> Iterator[Tensor]:
        """Crops as both are to see them, over and over in another order."""
        for rows in shuffled(len(self.crops), self.recipe.batch, self.generator):
            yield shown(self.crops[rows].float(), self.generator).contiguous(memory_format=torch.channels_last)

    def block_losses(self, views: Tensor) -> list[Tensor]:
        """Each block's error on the map that the teacher's block before it made."""
        with torch.no_grad():
            wanted = self.pieces.maps(views)
        inputs = [views, *wanted[:-1]]
        losses = []
        for at, block in enumerate(self.tower.blocks):
            places = wanted[at].shape[-1] if wanted[at].dim() == 4 else 1
            count = self.recipe.batch if places < 20 else self.recipe.third_rows if at else self.recipe.first_rows
            losses.append(self.pieces.error(at, block(inputs[at][:count]), wanted[at][:count]))
        return losses

    def whole_loss(self, views: Tensor) -> Tensor:
        """The tower's error on crops through a poor sensor, against the teacher's opinion of them as they were."""
        with torch.no_grad():
            wanted = self.pieces.maps(views)
        made = poor_sensor(views, self.recipe.poor_share, self.generator)
        made = made.contiguous(memory_format=torch.channels_last)
        total = torch.zeros(())
        for at, block in enumerate(self.tower.blocks):
            made = block(made)
            # Late maps count most: an early one shows the noise, and may.
            total = total + ((at + 1) / len(self.tower.blocks)) ** 2 * self.pieces.error(at, made, wanted[at])
        heat = self.recipe.heat
        said, meant = (functional.log_softmax(logits.float() / heat, 1) for logits in (made, wanted[-1]))
        return total + 4 * heat**2 * functional.kl_div(said, meant, reduction="batchmean", log_target=True)


def train(lesson: Lesson) -> Tower:
    """Teach the tower; returns it in evaluation mode."""
    recipe, tower = lesson.recipe, lesson.tower
    optimiser = torch.optim.AdamW(tower.parameters(), betas=(0.9, 0.99), weight_decay=recipe.decay)
    batches = lesson.batches()
    tower.train()
    began, told = time.monotonic(), 0.0
    for step in range(recipe.block_steps + recipe.whole_steps):
        views = next(batches)
        with torch.autocast("cpu", torch.bfloat16, enabled=lesson.quick):
            if step < recipe.block_steps:
                done = step / recipe.block_steps
                rate = recipe.block_rate * falling(done, floor=0.0)
                loss = torch.stack(lesson.block_losses(views)).sum()
                groups = [list(block.parameters()) for block in tower.blocks]
            else:
                rate = recipe.whole_rate * falling((step - recipe.block_steps) / recipe.whole_steps, floor=0.0)
                loss = lesson.whole_loss(views)
                groups = [list(tower.parameters())]
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        for weights in groups:
            nn.utils.clip_grad_norm_(weights, 1.0 if len(groups) > 1 else 5.0)
        optimiser.step()
        told += float(loss.detach())
        if (step + 1) % 200 == 0:
            log.info("step %d: loss %.3f, %.0f s", step + 1, told / 200, time.monotonic() - began)
            told = 0.0
    return tower.eval()


def falling(done: float, *, floor: float) -> float:
    """Learning rate over its peak: up within the first 3 %, then a cosine down to ``floor``."""
    return min(1.0, (done + 1e-3) / 0.03) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done)))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Train the tower of one view and write its weights.")
    parser.add_argument("--cache", type=Path, required=True, help="folder with the shards")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go (.pt)")
    parser.add_argument("--view", choices=tuple(VIEWS), required=True)
    parser.add_argument("--threads", type=int, default=1)
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s " + wanted.view + " %(message)s")
    torch.set_num_threads(wanted.threads)
    frames = load([wanted.cache / f"shard_{n:03d}.npz" for n in SHARDS])
    crops = torch.from_numpy(np.ascontiguousarray(frames.views[:, VIEWS[wanted.view]]))
    teacher = Teacher(shared_folder(CHECKOUT) / "weights")
    lesson = Lesson(wanted.view, crops, getattr(teacher, wanted.view), Recipe())
    log.info("%d frames, %s", len(crops), "bfloat16" if lesson.quick else "float32")
    tower = train(lesson)
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(tower.state_dict(), wanted.out)
    log.info("%s", json.dumps({"weights": wanted.out.name, "parameters": sum(p.numel() for p in tower.parameters())}))


if __name__ == "__main__":
    main()
