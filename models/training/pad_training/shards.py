"""Make the training set once: frames, their crops and the teacher's logits, in shards on disk.

Each shard is a function of (seed, shard number, media, recipe), so a run that is broken off resumes where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from .camera import Bytes, Grain, chance
from .frames import Base, Treatment, make_frame, make_held_frame, views
from .media import Box, FaceFinder, Shot, frames_of, read_shots
from .teacher import Teacher, steady_opinion

TREATMENTS: tuple[Treatment, ...] = ("as_is", "print", "replay_phone", "replay_screen")
SHARD_FRAMES = 1000
LONGEST_BASE_PX = 1000
# ORL's are 92 x 112 grey portraits without surroundings: no camera sends such frames, and the teacher refuses them all.
SHORTEST_BASE_PX = 200
UNKNOWN, ATTACK, LIVE = -1, 0, 1
HELD_OUT = 1_000_000
"""Number of the shard of people who are never trained on."""
HELD_SHARD = 32
"""Number of the first shard whose prints are held in the hand (`held`), beside people in the same rooms."""
HELD_SHARDS = 6
HELD_SHARE = 0.65
"""Portion of prints in those shards."""
# Portions of the training set, in the order of `POOLS`; unlabelled photos are half of it.
POOLS = ("nuaa_genuine", "nuaa_print", "lfw", "other")
_POOL_SHARES = (0.30, 0.16, 0.38, 0.16)
_TREATMENT_SHARES = {
    "nuaa_genuine": (0.46, 0.17, 0.19, 0.18),
    "nuaa_print": (0.90, 0.02, 0.04, 0.04),
}
_OTHER_TREATMENT_SHARES = (0.45, 0.16, 0.20, 0.19)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A base picture with what training may know of it.

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
        teacher: ``(n, 2, 3)`` float32 logits, averaged over both mirror images.
        maps: ``(n, 2, 128, 5, 5)`` float16, the teacher's last maps, likewise.
        label: ``(n,)`` int8: LIVE, ATTACK, or UNKNOWN where the base picture is unlabelled.
        treatment: ``(n,)`` int8 index into TREATMENTS.
        subject: ``(n,)`` subject names.
    """

    views: npt.NDArray[np.uint8]
    teacher: npt.NDArray[np.float32]
    maps: npt.NDArray[np.float16]
    label: npt.NDArray[np.int8]
    treatment: npt.NDArray[np.int8]
    subject: npt.NDArray[np.str_]

    def keep(self, mask: npt.NDArray[np.bool_]) -> Frames:
        """The rows where ``mask`` holds."""
        return Frames(
            views=self.views[mask],
            teacher=self.teacher[mask],
            maps=self.maps[mask],
            label=self.label[mask],
            treatment=self.treatment[mask],
            subject=self.subject[mask],
        )


def load_bases(shared: Path, finder: FaceFinder) -> list[Subject]:
    """Decode every picture that training may read and find its face; pictures without one are left out."""
    bases: list[Subject] = []
    for shot in read_shots(shared):
        if shot.use == "measure":
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
    shot = subject.shot
    if shot.use == "labelled":
        return f"nuaa_{shot.species}"
    return "lfw" if "lfw" in shot.source else "other"


class ShardMaker:
    """Makes numbered shards from the base pictures."""

    def __init__(
        self, bases: Sequence[Subject], teacher: Teacher, *, seed: int, threads: int, pools: Sequence[str] = POOLS
    ) -> None:
        """Sort the bases into ``pools``."""
        self._pools = {name: [b for b in bases if _pool(b) == name] for name in pools}
        shares = np.array([share for name, share in zip(POOLS, _POOL_SHARES, strict=True) if name in self._pools])
        self._shares = shares / shares.sum()
        empty = [name for name, pool in self._pools.items() if not pool]
        if empty:
            raise ValueError(f"no base pictures for {empty}; is the media folder complete?")
        # Backgrounds come from unlabelled photos only, so that leaving NUAA out leaves its rooms out too.
        self._rooms: list[Bytes] = [b.base.picture for b in bases if b.shot.use == "unlabelled"]
        self._teacher = teacher
        self._seed = seed
        self._threads = threads
        self._grain = Grain(seed)
        # Nothing labelled: the same shards serve the network that leaves NUAA out.
        self._people = {name: self._pools[name] for name in ("lfw", "other") if name in self._pools}
        self._anybody = [b for b in bases if b.shot.use == "unlabelled"]

    def make(self, number: int) -> Frames:
        """Make shard ``number``."""
        with ThreadPoolExecutor(self._threads) as pool:
            one = self._frame if number < HELD_SHARD or number == HELD_OUT else self._held_frame
            rows = list(pool.map(lambda i: one(number, i), range(SHARD_FRAMES)))
        crops = np.stack([row[0] for row in rows])
        opinions = [
            steady_opinion(self._teacher, torch.from_numpy(crops[at : at + 100]).float())
            for at in range(0, len(crops), 100)
        ]
        return Frames(
            views=crops,
            teacher=np.concatenate([logits.numpy() for logits, _ in opinions]).astype(np.float32),
            maps=np.concatenate([maps.numpy() for _, maps in opinions]).astype(np.float16),
            label=np.array([row[1] for row in rows], np.int8),
            treatment=np.array([row[2] for row in rows], np.int8),
            subject=np.array([row[3] for row in rows]),
        )

    def _frame(self, shard: int, index: int) -> tuple[Bytes, int, int, str]:
        rng = np.random.default_rng((self._seed, shard, index))
        name = list(self._pools)[int(rng.choice(len(self._pools), p=self._shares))]
        pool = self._pools[name]
        chosen = pool[int(rng.integers(len(pool)))]
        shares = _TREATMENT_SHARES.get(name, _OTHER_TREATMENT_SHARES)
        treatment = int(rng.choice(len(TREATMENTS), p=shares))
        frame, box = make_frame(rng, chosen.base, self._rooms, TREATMENTS[treatment], self._grain)
        label = UNKNOWN
        if chosen.shot.use == "labelled":
            label = LIVE if treatment == 0 and chosen.shot.species == "genuine" else ATTACK
        return views(frame, box), label, treatment, chosen.shot.subject

    def _held_frame(self, shard: int, index: int) -> tuple[Bytes, int, int, str]:
        rng = np.random.default_rng((self._seed, shard, index))
        pool = list(self._people.values())[int(rng.integers(len(self._people)))]
        chosen, other = (some[int(rng.integers(len(some)))] for some in (pool, self._anybody))
        treatment = int(chance(rng, HELD_SHARE))
        frame, box = make_held_frame(rng, chosen.base, other.base if treatment else None, self._grain)
        return views(frame, box), UNKNOWN, treatment, chosen.shot.subject


def save(frames: Frames, path: Path) -> None:
    """Write a shard so that a broken write leaves none."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(
            file,
            views=frames.views,
            teacher=frames.teacher,
            maps=frames.maps,
            label=frames.label,
            treatment=frames.treatment,
            subject=frames.subject,
        )
    partial.rename(path)


def load(paths: Sequence[Path]) -> Frames:
    """Read shards, one after another."""
    parts = [np.load(path) for path in paths]
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0].files}
    return Frames(**joined)


def digest(paths: Sequence[Path]) -> str:
    """SHA-256 over files, in order."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
    return total.hexdigest()
