"""Interval algebra against sets of single milliseconds."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from support.effort import effort
from zaichang.session.playhead import (
    Interval,
    IntervalSet,
    add,
    difference,
    furthest_ms,
    normalise,
    subtract,
    total_ms,
    union,
)  # fmt: skip

INTERVALS = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))
SETS = st.lists(INTERVALS, max_size=8).map(normalise)


def points(intervals: IntervalSet) -> set[int]:
    return {ms for start_ms, end_ms in intervals for ms in range(start_ms, end_ms)}


def is_normal(intervals: IntervalSet) -> bool:
    return all(a[1] < b[0] for a, b in itertools.pairwise(intervals)) and all(a < b for a, b in intervals)


@effort(150)
@given(st.lists(INTERVALS, max_size=8))
def test_normal_form_is_unique(intervals: list[Interval]) -> None:
    normal = normalise(intervals)
    assert is_normal(normal)
    assert points(normal) == points(tuple(intervals))
    assert normalise(reversed(intervals)) == normal == normalise(normal)


@effort(150)
@given(SETS, SETS, INTERVALS)
def test_operations_are_those_of_sets(left: IntervalSet, right: IntervalSet, interval: Interval) -> None:
    for result, expected in (
        (add(left, interval), points(left) | points((interval,))),
        (union(left, right), points(left) | points(right)),
        (difference(left, right), points(left) - points(right)),
        (subtract(interval, right), points((interval,)) - points(right)),
    ):
        assert is_normal(result)
        assert points(result) == expected
        assert total_ms(result) == len(expected)
        assert furthest_ms(result) == max(expected, default=-1) + 1
