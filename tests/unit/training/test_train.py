"""What training reads, and the stage that teaches that noise and bad light are no attack."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is wanted for training only")

from pad_training.shards import HELD_SHARD, HELD_SHARDS  # noqa: E402  (needs torch)
from pad_training.train import FIRST_SHARDS, LAST_SHARDS, sensor  # noqa: E402  (needs torch)

RUN = Path(__file__).resolve().parents[3] / "models" / "training" / "run"


def test_a_share_is_made_worse_and_the_rest_is_left_alone() -> None:
    generator = torch.Generator().manual_seed(7)
    views = torch.full((400, 6, 8, 8), 120.0)
    seen = sensor(views, 0.6, generator)
    changed = (seen != views).flatten(1).any(1)
    assert 0.5 < float(changed.float().mean()) < 0.7
    assert float(seen.min()) >= 0 and float(seen.max()) <= 255
    means = seen[changed].mean((1, 2, 3))
    assert float(means.min()) < 60 and float(means.max()) > 140, "both dim and bright frames are shown"
    assert float(seen[changed].flatten(1).std(1).max()) > 8, "some are noisy"
    assert torch.equal(sensor(views, 0.0, generator), views)


def test_the_same_seed_shows_the_same() -> None:
    views = torch.rand((8, 6, 8, 8)) * 255
    first, second = (sensor(views, 1.0, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)


def test_the_command_makes_every_shard_that_training_reads() -> None:
    parts = re.findall(r"make_shards --cache \S+(?: --first (\d+))? --count (\d+)", RUN.read_text(encoding="utf-8"))
    made = {n for first, count in parts for n in range(int(first or 0), int(first or 0) + int(count))}
    assert made == set(FIRST_SHARDS) | set(LAST_SHARDS) == set(range(HELD_SHARD + HELD_SHARDS))
