"""Distil the teacher into the network.

The loss has three parts: each tower learns the teacher's logits for its view (soft, three classes) and, which is what
makes it quick, the teacher's last map; the joint head learns the label where there is one and the teacher's mean where
there is none. Identity photos thus give the network nothing but the teacher's opinion of them.

Convolutions run in bfloat16 where the processor multiplies it (nearly twice as fast); weights and losses stay float32.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from .export import load_weights
from .network import WIDTHS, PadNetwork, Said
from .shards import HELD_SHARD, HELD_SHARDS, LIVE, UNKNOWN, Frames, load
from .teacher import live_probability

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What decides the result, besides the data.

    Attributes:
        seed: Of weights, order and augmentation.
        looks: Frames looked at in all; the same effort for a network that has fewer frames to look at.
        batch: Frames a step.
        peak_rate: Largest learning rate, cosine from there.
        decay: Weight decay.
        temperature: Softens the teacher's classes.
        hint_weight: Weight of the teacher's last maps.
        label_share: Weight of the label beside the teacher in the joint head's target.
        sensor_share: Part of the frames that is seen through a poor sensor or in bad light (``sensor``).
        leave_out: Subjects whose frames are not seen; a prefix such as ``nuaa:`` leaves a source out.
    """

    seed: int = 20261122
    looks: int = 480_000
    batch: int = 64
    peak_rate: float = 2e-3
    decay: float = 0.02
    temperature: float = 2.0
    hint_weight: float = 2.0
    label_share: float = 0.7
    sensor_share: float = 0.0
    leave_out: tuple[str, ...] = ()


FIRST_SHARDS = tuple(range(32))
LAST_SHARDS = (*range(16), *range(HELD_SHARD, HELD_SHARD + HELD_SHARDS))
"""Of the last stage: photos held in the hand, and enough of the others that nothing is forgotten."""
LAST_STAGE = Recipe(looks=60_000, peak_rate=7e-4)
SENSOR_STAGE = Recipe(looks=60_000, peak_rate=7e-4, sensor_share=0.6)
"""Of the stage after it: dim rooms and noisy sensors are no attack, and hide none. Frames as in the stage before."""
STAGES = {"first": Recipe(), "last": LAST_STAGE, "sensor": SENSOR_STAGE}
HINTS_RATE = 2e-3
"""Peak learning rate of the readers of the teacher's maps, which start anew in each stage."""


def without(frames: Frames, leave_out: tuple[str, ...]) -> Frames:
    """Drop the subjects whose name is, or starts with, one of ``leave_out``."""
    if not leave_out:
        return frames
    return frames.keep(np.array([not str(name).startswith(leave_out) for name in frames.subject]))


def augment(views: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirror, shift by up to 1 px, and change brightness and contrast a little; both views alike.

    No more than this: the teacher is not asked again, and its logits for a shift of 3 px already differ by a third of
    their spread (a mirrored frame's do not: `teacher.steady_opinion`). Variety comes from the frames themselves.

    Returns:
        The frames, and which of them were mirrored ``(n,)``.
    """
    count = views.shape[0]
    mirrored = torch.rand(count, generator=generator) < 0.5
    views = torch.where(mirrored[:, None, None, None], views.flip(3), views)
    dy, dx = (int(v) for v in torch.randint(-1, 2, (2,), generator=generator))
    padded = functional.pad(views, (1, 1, 1, 1), mode="replicate")
    views = padded[:, :, 1 + dy : 81 + dy, 1 + dx : 81 + dx]
    gain = 1 + 0.03 * torch.randn((count, 1, 1, 1), generator=generator)
    lift = 2 * torch.randn((count, 1, 1, 1), generator=generator)
    return (views * gain + lift).clamp(0, 255), mirrored


def sensor(views: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Show a share of the frames dimmer or brighter, blurred, and with the noise of a small sensor.

    The targets stay those of the frame as it was: the teacher, asked about noise, calls it an attack. Bona fide frames
    and attacks are treated alike, so that noise itself says nothing. Noise is fine or, as where a small face was
    enlarged, coarse; stronger in dark pictures, as a camera's gain makes it.
    """
    count, _, height, width = views.shape

    def draw(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand((count, 1, 1, 1), generator=generator)

    gain = torch.exp(draw(-1.2, 0.35))
    softened = functional.avg_pool2d(functional.pad(views, (1, 1, 1, 1), mode="replicate"), 3, 1)
    blur = (draw(-1.0, 1.0)).clamp(0, 1)
    shown = (views + blur * (softened - views)) * gain
    fine = torch.randn(views.shape, generator=generator)
    half = torch.randn((count, views.shape[1], height // 2, width // 2), generator=generator)
    coarse = 1.6 * functional.interpolate(half, (height, width), mode="bilinear", align_corners=False)
    sigma = draw(0.0, 10.0) * (0.6 + 0.4 / gain.clamp(0.4, 1.0))
    noise = torch.where(draw(0.0, 1.0) < 0.5, fine, coarse)
    shown = (shown + sigma * noise).round().clamp(0, 255)
    return torch.where(draw(0.0, 1.0) < share, shown, views)


class Hints(nn.Module):
    """Reads the teacher's last maps from ours: one 1x1 convolution a view, thrown away after training."""

    mean: Tensor
    spread: Tensor

    def __init__(self, maps: npt.NDArray[np.float16]) -> None:
        """Learn each teacher channel's mean and spread from (a part of) the training set."""
        super().__init__()
        part = torch.from_numpy(maps[:: max(1, len(maps) // 2000)]).float()
        self.register_buffer("mean", part.mean((0, 3, 4), keepdim=True))
        self.register_buffer("spread", part.std((0, 3, 4), keepdim=True) + 1e-3)
        self.readers = nn.ModuleList(nn.Conv2d(WIDTHS[-1], maps.shape[2], 1) for _ in range(2))

    def forward(self, ours: tuple[Tensor, Tensor], teacher: Tensor) -> Tensor:
        """Mean squared error in units of each channel's spread; about 1 for a network that knows nothing."""
        wanted = ((teacher - self.mean) / self.spread).clamp(-4, 4)
        errors = [functional.mse_loss(reader(ours[view]), wanted[:, view]) for view, reader in enumerate(self.readers)]
        return (errors[0] + errors[1]) / 2


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


def train(frames: Frames, recipe: Recipe, start: PadNetwork | None = None) -> PadNetwork:
    """Train from random weights, or go on from ``start``, which is changed.

    Args:
        frames: The training set; subjects in ``recipe.leave_out`` are dropped first.
        recipe: Every choice.
        start: A network that went through an earlier stage.

    Returns:
        The network, in evaluation mode.
    """
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    frames = without(frames, recipe.leave_out)
    count = len(frames.label)
    views = torch.from_numpy(frames.views)
    maps = torch.from_numpy(frames.maps)
    teacher = torch.from_numpy(frames.teacher)
    label = torch.from_numpy(frames.label)
    network = start or PadNetwork()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
    hints = Hints(frames.maps)
    weights = [*network.parameters(), *hints.parameters()]
    rates = [recipe.peak_rate, HINTS_RATE]
    groups = [
        {"params": list(part.parameters()), "lr": rate} for part, rate in zip((network, hints), rates, strict=True)
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.decay)
    epochs = max(1, round(recipe.looks / count))
    steps = epochs * (count // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rates, total_steps=steps, pct_start=0.08, final_div_factor=1e3
    )
    quick = torch.cpu._is_avx512_bf16_supported()  # anything else only imitates it, slowly
    log.info("%d frames, %d steps, %s", count, steps, "bfloat16" if quick else "float32")
    for epoch in range(epochs):
        network.train()
        began, total, hinted = time.monotonic(), 0.0, 0.0
        order = torch.randperm(count, generator=generator)
        batches = order[: count // recipe.batch * recipe.batch].view(-1, recipe.batch)
        for rows in batches:
            batch, mirrored = augment(views[rows].float(), generator)
            if recipe.sensor_share:
                batch = sensor(batch, recipe.sensor_share, generator)
            with torch.autocast("cpu", torch.bfloat16, enabled=quick):
                said = network(batch.contiguous(memory_format=torch.channels_last)).widened()
            seen = maps[rows].float()
            seen = torch.where(mirrored[:, None, None, None, None], seen.flip(4), seen)
            hint = hints(said.maps, seen)
            loss = loss_of(said, teacher[rows], label[rows], recipe) + recipe.hint_weight * hint
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 5.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
            hinted += float(hint.detach())
        means = (total / len(batches), hinted / len(batches))
        log.info("epoch %d: loss %.4f, hints %.3f, %.0f s", epoch, *means, time.monotonic() - began)
    return network.eval()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Train one network and write its weights.")
    parser.add_argument("--cache", type=Path, required=True, help="folder with the shards")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go (.pt)")
    parser.add_argument("--stage", choices=tuple(STAGES), default="first")
    parser.add_argument("--start", type=Path, help="weights of the stage before")
    parser.add_argument("--leave-out", nargs="*", default=[], help="subjects, or a prefix such as nuaa:")
    parser.add_argument("--threads", type=int, default=1)
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(wanted.threads)
    first = wanted.stage == "first"
    if first != (wanted.start is None):
        parser.error("the first stage starts from nothing, the others need --start")
    recipe = replace(STAGES[wanted.stage], leave_out=tuple(wanted.leave_out))
    frames = load([wanted.cache / f"shard_{n:03d}.npz" for n in (FIRST_SHARDS if first else LAST_SHARDS)])
    network = train(frames, recipe, None if first else load_weights(wanted.start))
    wanted.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), wanted.out)
    log.info("%s", json.dumps({"weights": wanted.out.name, "parameters": sum(p.numel() for p in network.parameters())}))


if __name__ == "__main__":
    main()
