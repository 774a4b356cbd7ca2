import math

import numpy as np
import pytest

from benchmarks.accuracy.pad_metrics import (
    Rate,
    accepted,
    equal_error,
    passes_k_of_n,
    rejected,
    strictest_threshold,
)


@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [(0, 3, 0.0, 0.7076), (5, 100, 0.0164, 0.1128), (3, 3, 0.2924, 1.0), (1, 215, 0.0001, 0.0256)],
)
def test_intervals_are_the_published_clopper_pearson_ones(errors: int, trials: int, low: float, high: float) -> None:
    found = Rate(errors=errors, trials=trials).interval()
    assert found == pytest.approx((low, high), abs=6e-5)


def test_a_score_at_the_threshold_passes() -> None:
    scores = np.array([0.2, 0.5, 0.9])
    assert accepted(scores, 0.5) == Rate(errors=2, trials=3)
    assert rejected(scores, 0.5) == Rate(errors=1, trials=3)


def test_equal_error_of_separable_scores_is_zero_and_of_equal_ones_is_half() -> None:
    rate, threshold = equal_error(np.array([0.8, 0.9]), np.array([0.1, 0.2]))
    assert rate == 0
    assert 0.2 < threshold <= 0.8
    same = np.linspace(0, 1, 101)
    assert equal_error(same, same)[0] == pytest.approx(0.5, abs=0.01)


def test_equal_error_takes_the_larger_rate() -> None:
    # At 0.5 one of four genuine is refused and none of ten attacks passes; no threshold makes them equal.
    rate, _ = equal_error(np.array([0.4, 0.6, 0.7, 0.8]), np.full(10, 0.45))
    assert rate == pytest.approx(0.25)


def test_the_strictest_threshold_refuses_at_most_the_limit() -> None:
    genuine = np.linspace(0, 1, 100)
    threshold = strictest_threshold(genuine, 0.05)
    assert rejected(genuine, threshold).errors == 5
    assert rejected(genuine, np.nextafter(threshold, 2)).errors == 6


def test_k_of_n_is_drawn_without_putting_back() -> None:
    passed = [True, True, False, False]
    assert passes_k_of_n(passed, 1, 1) == pytest.approx(0.5)
    assert passes_k_of_n(passed, 2, 2) == pytest.approx(1 / 6)
    assert passes_k_of_n(passed, 3, 3) == 0
    assert math.isnan(passes_k_of_n(passed, 1, 5))
