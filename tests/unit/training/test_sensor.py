"""The stage that teaches that noise and bad light are no attack."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is wanted for training only")

from pad_training.train import sensor  # noqa: E402  (needs torch)


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
