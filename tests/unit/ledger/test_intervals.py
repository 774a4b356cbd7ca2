"""Sets of intervals against a set of integers."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zaichang.ledger.intervals import Intervals, cover, length, uncovered

SPAN = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(SPAN, max_size=12), SPAN)
def test_what_is_uncovered_is_what_no_interval_holds(spans: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    covered: Intervals = []
    points: set[int] = set()
    for low, high in spans:
        cover(covered, low, high)
        points |= set(range(low, high))
    left = uncovered(covered, *asked)
    assert {point for low, high in left for point in range(low, high)} == set(range(*asked)) - points
    assert length(covered) == len(points)
    assert all(first[1] < second[0] for first, second in pairwise(covered))


def test_a_gap_between_two_intervals() -> None:
    covered: Intervals = [(0, 2), (4, 6)]
    assert uncovered(covered, 1, 9) == [(2, 4), (6, 9)]
    assert uncovered(covered, 0, 3) == [(2, 3)]
    cover(covered, 2, 3)
    assert covered == [(0, 3), (4, 6)]
    cover(covered, 8, 9)
    cover(covered, 7, 8)
    assert covered == [(0, 3), (4, 6), (7, 9)]
