"""The perceptual hash survives noise and light, and tells pictures apart."""

from __future__ import annotations

import numpy as np
import pytest

from zaichang.biometric.phash import hash_distance, perceptual_hash

TEXTURE = np.clip(np.random.default_rng(0).normal(128, 40, (112, 112)), 0, 255).astype(np.uint8)


def test_the_hash_survives_noise_and_light_but_not_another_picture() -> None:
    rng = np.random.default_rng(1)
    picture = np.add.outer(np.arange(32) * 3, np.arange(32) * 4) // 2 + rng.integers(0, 30, (32, 32))
    noisy = np.clip(picture + rng.integers(-2, 3, (32, 32)), 0, 255)
    same = perceptual_hash(picture.astype(np.uint8))
    assert hash_distance(same, same) == 0
    assert hash_distance(same, perceptual_hash(noisy.astype(np.uint8))) <= 8
    assert hash_distance(same, perceptual_hash((picture * 0.8).astype(np.uint8))) <= 8
    assert hash_distance(same, perceptual_hash(TEXTURE[:32, :32])) > 16
    with pytest.raises(ValueError, match="16 hex"):
        hash_distance(same, "")
    with pytest.raises(ValueError, match="32x32"):
        perceptual_hash(TEXTURE)
