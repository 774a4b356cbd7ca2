"""Teach a trained tower's head what its teacher knows badly: a monitor that fills the frame, and a person as close.

The last stage. Only the head learns, from maps that stay as they were: a stage that moves them, even one without any
label, costs what the blocks know of real prints (docs/adr/0030-pad-network.md). Three fifths of each batch go on as
before: frames of every kind, and the teacher's opinion of them. The rest are close frames (`screens`), where what is
meant is a mean of the teacher's opinion and of the known label, because it was drawn: a monitor, or no picture of
a picture. No label of a real picture is read. Light is brighter than before at times, for people and attacks.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .looks import poor_sensor, shown
from .media import shared_folder
from .network import CLASSES, LIVE_CLASS, SHAPES, Tower
from .shards import CLOSE_SHARD, CLOSE_SHARDS, load
from .teacher import MiniFasNet, Teacher
from .train import CHECKOUT, SHARDS, VIEWS, Pieces, falling, shuffled

SCREEN_CLASS = 2
"""The teacher's class for screens."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refining:
    """What decides the result, besides the frames and the tower.

    Attributes:
        seed: Of order and looks.
        steps: How many.
        rate: Largest learning rate.
        others: Frames of a batch that are taught as before.
        close: Frames of a batch of people and monitors close to the camera.
        known_screen: Weight of the known labels of monitors, against the teacher's opinion.
        known_live: Likewise about people.
        free: Last blocks (the head among them) that learn; what they make of close frames need not be the teacher's.
        poor_share: Part of the frames that is seen through a poor sensor or in bad light.
        brightest: Logarithm of the largest gain in such light.
        heat: Softens the teacher's classes where nothing is known.
        decay: Weight decay.
    """

    seed: int = 20261128
    steps: int = 300
    rate: float = 1.5e-3
    others: int = 20
    close: int = 12
    known_screen: float = 0.8
    known_live: float = 0.5
    free: int = 1
    poor_share: float = 0.5
    brightest: float = 0.5
    heat: float = 2.0
    decay: float = 1e-4


class Refinement:
    """A trained tower, its teacher, and the crops of its view."""

    def __init__(self, tower: Tower, teacher: MiniFasNet, others: Tensor, close: Tensor, is_screen: Tensor,
                 recipe: Refining) -> None:  # fmt: skip
        """Measure the teacher's maps on both kinds of crop."""
        self.recipe = recipe
        self.generator = torch.Generator().manual_seed(recipe.seed)
        self.tower: Tower = tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub lacks it
        self.others, self.close, self.is_screen = others, close, is_screen
        rows = torch.randperm(len(others), generator=self.generator)[:256]
        self.pieces = Pieces(teacher, shown(others[rows].float(), self.generator))
        self.quick = torch.cpu._is_avx512_bf16_supported()  # anything else only imitates it, slowly

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Crops as both are to see them, those of unknown kind first, and which of the last ones are monitors."""
        rows = zip(
            shuffled(len(self.others), self.recipe.others, self.generator),
            shuffled(len(self.close), self.recipe.close, self.generator),
            strict=False,
        )
        for before, close in rows:
            views = (
                shown(self.others[before].float(), self.generator),
                # Not mixed with another: known labels would be half true.
                shown(self.close[close].float(), self.generator, is_mixed=False),
            )
            yield torch.cat(views).contiguous(memory_format=torch.channels_last), self.is_screen[close]

    def loss(self, views: Tensor, is_screen: Tensor) -> Tensor:
        """The tower's error on crops through a poor sensor."""
        recipe, blocks = self.recipe, self.tower.blocks
        with torch.no_grad():
            wanted = self.pieces.maps(views)
        made = poor_sensor(views, recipe.poor_share, self.generator, brightest=recipe.brightest)
        made = made.contiguous(memory_format=torch.channels_last)
        total = torch.zeros(())
        for at, block in enumerate(blocks):
            if at < len(blocks) - recipe.free:
                with torch.no_grad():
                    made = block(made)
                continue
            made = block(made)
            error = self.pieces.error(at, made[: recipe.others], wanted[at][: recipe.others])
            total = total + ((at + 1) / len(blocks)) ** 2 * error
        logits, opinion = made.float(), wanted[-1].float()
        first, last = slice(recipe.others), slice(recipe.others, None)
        said, meant = (functional.log_softmax(part[first] / recipe.heat, 1) for part in (logits, opinion))
        total = total + 4 * recipe.heat**2 * functional.kl_div(said, meant, reduction="batchmean", log_target=True)
        known = functional.one_hot(torch.where(is_screen, SCREEN_CLASS, LIVE_CLASS), CLASSES)
        share = torch.where(is_screen, recipe.known_screen, recipe.known_live)[:, None]
        goal = opinion[last].softmax(1) * (1 - share) + known * share
        return total + 4 * functional.kl_div(logits[last].log_softmax(1), goal, reduction="batchmean")


def refine(lesson: Refinement) -> Tower:
    """Go on teaching the tower; returns it in evaluation mode."""
    recipe = lesson.recipe
    tower: Tower = lesson.tower
    optimiser = torch.optim.AdamW(
        tower.blocks[-recipe.free :].parameters(), betas=(0.9, 0.99), weight_decay=recipe.decay
    )
    tower.eval()  # batch norms stay fixed: a short stage that moved them would move every map
    began, told = time.monotonic(), 0.0
    for step, (views, is_screen) in zip(range(recipe.steps), lesson.batches(), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * falling(step / recipe.steps, floor=0.0)
        with torch.autocast("cpu", torch.bfloat16, enabled=lesson.quick):
            loss = lesson.loss(views, is_screen)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        nn.utils.clip_grad_norm_(tower.parameters(), 5.0)
        optimiser.step()
        told += float(loss.detach())
        if (step + 1) % 100 == 0:
            log.info("step %d: loss %.3f, %.0f s", step + 1, told / 100, time.monotonic() - began)
            told = 0.0
    return tower.eval()


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Refine the tower of one view on monitors close to the camera.")
    parser.add_argument("--cache", type=Path, required=True, help="folder with the shards")
    parser.add_argument("--tower", type=Path, required=True, help="weights that `train` wrote (.pt)")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go (.pt)")
    parser.add_argument("--view", choices=tuple(VIEWS), required=True)
    parser.add_argument("--threads", type=int, default=1)
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s " + wanted.view + " %(message)s")
    torch.set_num_threads(wanted.threads)
    groups = SHARDS, range(CLOSE_SHARD, CLOSE_SHARD + CLOSE_SHARDS)
    others, close = (load([wanted.cache / f"shard_{n:03d}.npz" for n in numbers]) for numbers in groups)
    crops = [torch.from_numpy(np.ascontiguousarray(part.views[:, VIEWS[wanted.view]])) for part in (others, close)]
    tower = Tower(SHAPES[wanted.view])
    tower.load_state_dict(torch.load(wanted.tower, map_location="cpu", weights_only=True))
    teacher: MiniFasNet = getattr(Teacher(shared_folder(CHECKOUT) / "weights"), wanted.view)
    is_screen = torch.from_numpy(close.treatment != 0)
    lesson = Refinement(tower, teacher, crops[0], crops[1], is_screen, Refining())
    torch.save(refine(lesson).state_dict(), wanted.out)


if __name__ == "__main__":
    main()
