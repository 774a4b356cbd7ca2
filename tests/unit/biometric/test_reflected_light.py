from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaichang.biometric import reflected_light
from zaichang.biometric.reflected_light import Colour, LightLimits, LightResult

PALETTE = np.array([(255, 60, 60), (60, 255, 60), (60, 60, 255), (255, 255, 60), (60, 255, 255), (255, 60, 255)], float)


def centi(colours: np.ndarray) -> list[Colour]:
    return [(red, green, blue) for red, green, blue in np.rint(100 * colours).astype(int).tolist()]


def judge_light(shown: np.ndarray, face: np.ndarray, wall: np.ndarray) -> LightResult:
    return reflected_light.judge_light(centi(shown), centi(face), centi(wall))


def sequence(seed: int, steps: int = 20, hold: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picks = [int(rng.integers(6))]
    while len(picks) < steps:
        pick = int(rng.integers(6))
        picks += [pick] if pick != picks[-1] else []
    return np.repeat(PALETTE[picks], hold, axis=0)


def filmed(shown: np.ndarray, seed: int, strength: float, lag: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Face and background under room light, screen light, auto-exposure, white-balance drift and noise."""
    rng = np.random.default_rng(seed)
    count = len(shown)
    late = np.concatenate([np.repeat(shown[:1], lag, axis=0), shown[: count - lag]]) / 255
    gain = np.exp(np.cumsum(rng.normal(0, 0.02, (count, 1)), axis=0))
    balance = np.exp(np.cumsum(rng.normal(0, 0.004, (count, 3)), axis=0))
    face = np.array([170, 120, 100]) * (1 + strength * late) + rng.normal(0, 0.4, (count, 3))
    wall = np.array([110, 115, 120]) * (1 + 0.15 * strength * late) + rng.normal(0, 0.3, (count, 3))
    return np.clip(face * gain * balance, 0, 255), np.clip(wall * gain * balance, 0, 255)


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_a_face_before_the_screen_passes_in_spite_of_auto_exposure(lag: int) -> None:
    shown = sequence(1)
    result = judge_light(shown, *filmed(shown, 2, 0.08, lag))
    assert result.passed
    assert result.lag == lag


def test_a_stream_that_answers_another_sequence_fails_nearly_always() -> None:
    passes = 0
    for seed in range(200):
        face, wall = filmed(sequence(1000 + seed), seed, 0.08)
        passes += judge_light(sequence(seed), face, wall).passed
    assert passes <= 2


def test_a_stream_without_any_light_fails() -> None:
    seen: Counter[bool] = Counter()

    @settings(max_examples=80, deadline=None)
    @given(seed=st.integers(0, 2**31), strength=st.sampled_from((0.0, 0.1)))
    def run(seed: int, strength: float) -> None:
        shown = sequence(seed)
        result = judge_light(shown, *filmed(shown, seed, strength))
        seen[result.passed] += 1
        if strength == 0.0:
            assert result.correlation_bp < 7_000

    run()
    assert seen[True] > 5
    assert seen[False] > 5


def test_too_short_or_too_dark_is_not_judged() -> None:
    shown = sequence(1, steps=12)
    assert not judge_light(shown, *filmed(shown, 1, 0.1)).usable
    long = sequence(1)
    face, wall = filmed(long, 1, 0.1)
    result = judge_light(long, face * 0.02, wall * 0.02)
    assert not result.usable
    assert not result.passed
    with pytest.raises(ValueError, match="80, 79, 80"):
        judge_light(long, face[1:], wall)


def test_a_colour_that_does_not_vary_shows_nothing() -> None:
    shown = sequence(1)
    still = np.full_like(shown, 120.0)
    result = judge_light(shown, still, still)
    assert result == LightResult(correlation_bp=0, lag=0, passed=False, usable=True)


def test_each_limit_counts() -> None:
    shown = centi(sequence(1))
    face, wall = (centi(colours) for colours in filmed(sequence(1), 2, 0.08, 3))
    base = reflected_light.judge_light(shown, face, wall)
    assert base.passed and base.correlation_bp < 10_000
    for limits in (
        LightLimits(correlation_bp=base.correlation_bp + 1),
        LightLimits(lag_frames=1),
        LightLimits(changes=20),
        LightLimits(floor_centi=9_000),
    ):
        assert not reflected_light.judge_light(shown, face, wall, limits).passed, limits
