"""Make the training set once: crops of frames, in shards on disk.

Each shard is a function of (seed, shard number, media, recipe), so a run that is broken off resumes where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Bytes, Grain, chance
from .frames import Base, Treatment, make_close_frame, make_frame, make_held_frame, views
from .media import Box, FaceFinder, Shot, frames_of, read_shots
from .screens import OTHER, TRAINED

TREATMENTS: tuple[Treatment, ...] = ("as_is", "print", "replay_phone", "replay_screen")
SHARD_FRAMES = 1000
LONGEST_BASE_PX = 1000
# ORL's are 92 x 112 grey portraits without surroundings: no camera sends such frames, and the teacher refuses them all.
SHORTEST_BASE_PX = 200
HELD_OUT = 1_000_000
"""Number of the shard of people who are never trained on."""
HELD_OUT_CLOSE = 1_000_001
"""Number of the shard of these people close to the camera, and on monitors of other makes than training shows."""
HELD_SHARD = 6
"""Number of the first shard whose prints are held in the hand (`held`), beside people in the same rooms."""
HELD_SHARDS = 3
HELD_SHARE = 0.65
"""Portion of prints in those shards."""
CLOSE_SHARD = HELD_SHARD + HELD_SHARDS
"""Number of the first shard of monitors that fill the frame (`screens`), beside people as close."""
CLOSE_SHARDS = 3
CLOSE_SHARE = 0.55
"""Portion of monitors in those shards."""
POOLS = ("lfw", "other")
_POOL_SHARES = (0.7, 0.3)
_TREATMENT_SHARES = (0.45, 0.16, 0.20, 0.19)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A base picture and where it is from.

    Attributes:
        shot: Where it is from.
        base: The picture and its face box.
    """

    shot: Shot
    base: Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """A set of training frames, column by column; n rows.

    Attributes:
        views: ``(n, 6, 80, 80)`` uint8.
        treatment: ``(n,)`` int8 index into TREATMENTS.
        subject: ``(n,)`` subject names.
    """

    views: npt.NDArray[np.uint8]
    treatment: npt.NDArray[np.int8]
    subject: npt.NDArray[np.str_]


def load_bases(shared: Path, finder: FaceFinder) -> list[Subject]:
    """Decode every unlabelled picture and find its face; pictures without one are left out.

    Nothing labelled is read: NUAA is for choosing between recipes (`check`) and for measuring.
    """
    bases: list[Subject] = []
    for shot in read_shots(shared):
        if shot.use != "unlabelled":
            continue
        for _, picture in frames_of(shared / "media" / "dev" / shot.path, is_clip=False, every=1):
            if max(picture.shape[:2]) < SHORTEST_BASE_PX:
                continue
            shrink = min(1.0, LONGEST_BASE_PX / max(picture.shape[:2]))
            if shrink < 1.0:
                small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
                picture = np.asarray(small, dtype=np.uint8)
            box: Box | None = finder.largest(picture)
            if box is not None:
                bases.append(Subject(shot=shot, base=Base(picture=picture, box_px=box)))
    return bases


def is_held_out(subject: Subject) -> bool:
    """One in sixteen of LFW's people: never trained on, so that the recipe can check itself."""
    return _pool(subject) == "lfw" and hashlib.sha256(subject.shot.subject.encode()).digest()[0] < 16


def _pool(subject: Subject) -> str:
    return "lfw" if "lfw" in subject.shot.source else "other"


class ShardMaker:
    """Makes numbered shards from the base pictures."""

    def __init__(self, bases: Sequence[Subject], *, seed: int, threads: int, pools: Sequence[str] = POOLS) -> None:
        """Sort the bases into ``pools``."""
        self._pools = {name: [b for b in bases if _pool(b) == name] for name in pools}
        shares = np.array([share for name, share in zip(POOLS, _POOL_SHARES, strict=True) if name in self._pools])
        self._shares = shares / shares.sum()
        empty = [name for name, pool in self._pools.items() if not pool]
        if empty:
            raise ValueError(f"no base pictures for {empty}; is the media folder complete?")
        self._bases = list(bases)
        self._rooms: list[Bytes] = [b.base.picture for b in bases]
        self._seed = seed
        self._threads = threads
        self._grain = Grain(seed)

    def make(self, number: int) -> Frames:
        """Make shard ``number``."""
        with ThreadPoolExecutor(self._threads) as pool:
            one = self._maker(number)
            rows = list(pool.map(lambda i: one(number, i), range(SHARD_FRAMES)))
        return Frames(
            views=np.stack([row[0] for row in rows]),
            treatment=np.array([row[1] for row in rows], np.int8),
            subject=np.array([row[2] for row in rows]),
        )

    def _maker(self, number: int) -> Callable[[int, int], tuple[Bytes, int, str]]:
        if number < HELD_SHARD or number == HELD_OUT:
            return self._frame
        return self._held_frame if number < CLOSE_SHARD else self._close_frame

    def _frame(self, shard: int, index: int) -> tuple[Bytes, int, str]:
        rng = np.random.default_rng((self._seed, shard, index))
        pool = list(self._pools.values())[int(rng.choice(len(self._pools), p=self._shares))]
        chosen = pool[int(rng.integers(len(pool)))]
        treatment = int(rng.choice(len(TREATMENTS), p=_TREATMENT_SHARES))
        frame, box = make_frame(rng, chosen.base, self._rooms, TREATMENTS[treatment], self._grain)
        return views(frame, box), treatment, chosen.shot.subject

    def _held_frame(self, shard: int, index: int) -> tuple[Bytes, int, str]:
        rng = np.random.default_rng((self._seed, shard, index))
        pool = list(self._pools.values())[int(rng.integers(len(self._pools)))]
        chosen, other = (some[int(rng.integers(len(some)))] for some in (pool, self._bases))
        treatment = int(chance(rng, HELD_SHARE))
        frame, box = make_held_frame(rng, chosen.base, other.base if treatment else None, self._grain)
        return views(frame, box), treatment, chosen.shot.subject

    def _close_frame(self, shard: int, index: int) -> tuple[Bytes, int, str]:
        rng = np.random.default_rng((self._seed, shard, index))
        pool = list(self._pools.values())[int(rng.integers(len(self._pools)))]
        chosen = pool[int(rng.integers(len(pool)))]
        make = OTHER if shard == HELD_OUT_CLOSE else TRAINED
        is_shown = chance(rng, CLOSE_SHARE)
        frame, box = make_close_frame(rng, chosen.base, self._rooms, self._grain, make, is_shown=is_shown)
        return views(frame, box), TREATMENTS.index("replay_screen") if is_shown else 0, chosen.shot.subject


def save(frames: Frames, path: Path) -> None:
    """Write a shard so that a broken write leaves none."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, views=frames.views, treatment=frames.treatment, subject=frames.subject)
    partial.rename(path)


def load(paths: Sequence[Path]) -> Frames:
    """Read shards, one after another."""
    parts = [np.load(path) for path in paths]
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0].files}
    return Frames(**joined)
