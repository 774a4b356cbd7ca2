"""Interval algebra: sorted, disjoint, not touching, exact."""

from __future__ import annotations

import pytest

from zaichang.session.playhead import EMPTY, add, difference, furthest_ms, normalise, subtract, total_ms, touches, union


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ()),
        ([(5, 9), (0, 2)], ((0, 2), (5, 9))),
        ([(0, 2), (2, 4)], ((0, 4),)),
        ([(0, 9), (2, 4)], ((0, 9),)),
        ([(0, 2), (3, 4)], ((0, 2), (3, 4))),
        ([(0, 1)], ((0, 1),)),
    ],
)
def test_normalise_sorts_and_merges(given: list[tuple[int, int]], expected: tuple[tuple[int, int], ...]) -> None:
    assert normalise(given) == expected


@pytest.mark.parametrize("wrong", [(3, 3), (4, 3), (-1, 3)])
def test_normalise_names_what_is_no_interval(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"not an interval: \[{wrong[0]}, {wrong[1]}\)"):
        normalise([(0, 1), wrong])


@pytest.mark.parametrize(
    ("base", "interval", "expected"),
    [
        (EMPTY, (3, 5), ((3, 5),)),
        (((0, 5),), (5, 8), ((0, 8),)),
        (((0, 5),), (0, 3), ((0, 5),)),
        (((0, 5),), (2, 3), ((0, 5),)),
        (((0, 5),), (6, 8), ((0, 5), (6, 8))),
        (((0, 2), (6, 8)), (2, 6), ((0, 8),)),
        (((0, 2), (6, 8)), (7, 9), ((0, 2), (6, 9))),
        (((4, 6),), (1, 5), ((1, 6),)),
    ],
)
def test_add(
    base: tuple[tuple[int, int], ...], interval: tuple[int, int], expected: tuple[tuple[int, int], ...]
) -> None:
    assert add(base, interval) == expected


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [(0, False), (1, True), (2, True), (3, True), (4, False), (5, False), (6, True), (9, True), (10, False)],
)
def test_touches_counts_both_ends_of_an_interval(at_ms: int, expected: bool) -> None:
    assert touches(((1, 3), (6, 9)), at_ms) is expected
    assert not touches(EMPTY, at_ms)


def test_union_takes_either_set_whole_when_the_other_is_empty() -> None:
    some = ((1, 2), (4, 6))
    assert union(EMPTY, some) is some
    assert union(some, EMPTY) is some
    assert union(some, ((2, 4),)) == ((1, 6),)


@pytest.mark.parametrize(
    ("interval", "taken", "expected"),
    [
        ((0, 10), EMPTY, ((0, 10),)),
        ((0, 10), ((0, 10),), ()),
        ((2, 8), ((0, 10),), ()),
        ((0, 10), ((3, 5),), ((0, 3), (5, 10))),
        ((0, 10), ((0, 3),), ((3, 10),)),
        ((0, 10), ((7, 12),), ((0, 7),)),
        ((4, 10), ((0, 5), (6, 7)), ((5, 6), (7, 10))),
        ((4, 10), ((0, 4), (10, 12)), ((4, 10),)),
        ((5, 6), ((0, 1), (2, 3), (9, 10)), ((5, 6),)),
        ((5, 8), ((5, 6),), ((6, 8),)),
        ((4, 10), ((0, 3), (5, 6)), ((4, 5), (6, 10))),
    ],
)
def test_subtract(
    interval: tuple[int, int], taken: tuple[tuple[int, int], ...], expected: tuple[tuple[int, int], ...]
) -> None:
    assert subtract(interval, taken) == expected


def test_difference_of_sets() -> None:
    assert difference(((0, 5), (8, 12)), ((3, 9),)) == ((0, 3), (9, 12))
    assert difference(((0, 5),), EMPTY) == ((0, 5),)


def test_measures() -> None:
    assert total_ms(((0, 5), (8, 12))) == 9
    assert total_ms(EMPTY) == 0
    assert furthest_ms(((0, 5), (8, 12))) == 12
    assert furthest_ms(EMPTY) == 0
