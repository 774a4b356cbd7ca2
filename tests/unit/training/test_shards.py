"""Training reads unlabelled photos only, and a shard can be made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pad_training import shards
from pad_training.frames import Base
from pad_training.media import Shot
from pad_training.shards import ShardMaker, Subject, is_held_out, load, load_bases, save


def shot(use: str, name: str, source: str = "umass-vis-lfw/x") -> Shot:
    return Shot(path=f"{name}.jpg", use=use, species="", source=source, subject=f"lfw:{name}", is_clip=False)


class Finder:
    def largest(self, picture: np.ndarray) -> tuple[float, float, float, float]:
        return (90.0, 60.0, 60.0, 80.0)


def test_only_unlabelled_photos_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[str] = []

    def frames_of(file: Path, *, is_clip: bool, every: int) -> Iterator[tuple[int, np.ndarray]]:
        opened.append(file.name)
        yield 0, np.full((220, 260, 3), 60, np.uint8)

    found = [shot("unlabelled", "a"), shot("labelled", "b"), shot("measure", "c")]
    monkeypatch.setattr(shards, "read_shots", lambda _shared: found)
    monkeypatch.setattr(shards, "frames_of", frames_of)
    bases = load_bases(tmp_path, Finder())
    assert opened == ["a.jpg"]
    assert [base.shot.use for base in bases] == ["unlabelled"]


def people() -> list[Subject]:
    picture = np.random.default_rng(1).integers(0, 255, (220, 260, 3), dtype=np.uint8)
    base = Base(picture=picture, box_px=(90.0, 60.0, 60.0, 80.0))
    lfw = [Subject(shot=shot("unlabelled", f"p{n}"), base=base) for n in range(40)]
    return [*lfw, Subject(shot=shot("unlabelled", "q", "somebody/else"), base=base)]


def test_a_shard_is_a_function_of_its_number(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shards, "SHARD_FRAMES", 6)
    made = [ShardMaker(people(), seed=3, threads=1).make(n) for n in (0, 0, 1, shards.HELD_SHARD)]
    np.testing.assert_array_equal(made[0].views, made[1].views)
    assert not np.array_equal(made[0].views, made[2].views)
    assert made[3].views.shape == (6, 6, 80, 80)
    assert set(made[3].treatment) <= {0, 1}
    save(made[0], tmp_path / "shard.npz")
    again = load([tmp_path / "shard.npz", tmp_path / "shard.npz"])
    assert len(again.views) == 12
    np.testing.assert_array_equal(again.subject[6:], made[0].subject)


def test_some_people_are_held_out_and_none_of_another_source() -> None:
    held = [is_held_out(person) for person in people()]
    assert 0 < sum(held) < 15
    assert not held[-1]
