"""Scores and angles are quantised once; what could not be computed never looks good."""

from __future__ import annotations

import math

import pytest

from zaichang.core.units import BP_ONE, MINUTE_MS, to_bp, to_cdeg


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, 0), (1.0, 10_000), (-1.0, -10_000), (0.407, 4_070), (0.40704, 4_070), (0.40706, 4_071),
        (1.5, 10_000), (-7.0, -10_000), (math.inf, 10_000), (-math.inf, -10_000), (math.nan, -10_000),
    ],
)  # fmt: skip
def test_basis_points(value: float, expected: int) -> None:
    result = to_bp(value)
    assert result == expected
    assert type(result) is int


@pytest.mark.parametrize(("degrees", "expected"), [(0.0, 0), (12.345, 1_234), (-90.0, -9_000), (math.nan, 18_000)])
def test_hundredths_of_a_degree(degrees: float, expected: int) -> None:
    result = to_cdeg(degrees)
    assert abs(result - expected) <= 1
    assert type(result) is int


def test_constants() -> None:
    assert (BP_ONE, MINUTE_MS) == (10_000, 60_000)
