"""Playhead interval algebra: which milliseconds of a lesson were credited (design I2).

An interval is ``(start_ms, end_ms)``, half open, ``0 <= start_ms < end_ms``. A *set* is a tuple of intervals, sorted,
disjoint and not touching; that form is unique, so equal sets compare equal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Interval = tuple[int, int]
IntervalSet = tuple[Interval, ...]

EMPTY: IntervalSet = ()


def normalise(intervals: Iterable[Interval]) -> IntervalSet:
    """Return the set that covers the same points as ``intervals``.

    Raises:
        ValueError: If an interval is empty, reversed or negative.
    """
    merged: list[Interval] = []
    last_ms = -1  # the end of the last one in ``merged``
    for start_ms, end_ms in sorted(intervals):
        if start_ms < 0 or end_ms <= start_ms:
            raise ValueError(f"not an interval: [{start_ms}, {end_ms})")
        if start_ms > last_ms:
            merged.append((start_ms, end_ms))
            last_ms = end_ms
        elif end_ms > last_ms:
            merged[-1] = (merged[-1][0], end_ms)
            last_ms = end_ms
    return tuple(merged)


def add(base: IntervalSet, interval: Interval) -> IntervalSet:
    """Return ``base`` with ``interval`` added. Fast if it touches only the last interval, as in normal playing."""
    if not base:
        return normalise((interval,))
    last_start_ms, last_end_ms = base[-1]
    start_ms, end_ms = interval
    if last_start_ms <= start_ms <= last_end_ms:
        return (*base[:-1], (last_start_ms, end_ms)) if end_ms > last_end_ms else base
    return normalise((*base, interval))


def union(left: IntervalSet, right: IntervalSet) -> IntervalSet:
    """Return the points in either set."""
    if not left or not right:
        return left or right
    return normalise((*left, *right))


def subtract(interval: Interval, taken: IntervalSet) -> IntervalSet:
    """Return the parts of ``interval`` that ``taken`` does not cover (new to the learner)."""
    start_ms, end_ms = interval
    if start_ms < end_ms and (not taken or taken[-1][1] <= start_ms):
        return (interval,)  # as when playing on
    first = max(0, bisect_right(taken, (start_ms, start_ms)) - 1)
    parts: list[Interval] = []
    for taken_start_ms, taken_end_ms in taken[first:]:
        if taken_start_ms >= end_ms:
            break
        if taken_end_ms <= start_ms:
            continue
        if taken_start_ms > start_ms:
            parts.append((start_ms, taken_start_ms))
        start_ms = max(start_ms, taken_end_ms)
    if start_ms < end_ms:
        parts.append((start_ms, end_ms))
    return tuple(parts)


def difference(left: IntervalSet, right: IntervalSet) -> IntervalSet:
    """Return the points in ``left`` and not in ``right``. Fast where one of them is empty, or ``left`` one interval."""
    if not left or not right:
        return left
    if len(left) == 1:
        return subtract(left[0], right)
    return tuple(part for interval in left for part in subtract(interval, right))


def touches(intervals: IntervalSet, at_ms: int) -> bool:
    """Return whether a point is in the set, or at the end of one of its intervals."""
    place = bisect_right(intervals, (at_ms, 1 << 62)) - 1
    return place >= 0 and intervals[place][1] >= at_ms


def total_ms(intervals: IntervalSet) -> int:
    """Return the covered length, exactly."""
    covered_ms = 0
    for start_ms, end_ms in intervals:  # a sum over a generator takes three times as long for one or two intervals
        covered_ms += end_ms - start_ms
    return covered_ms


def furthest_ms(intervals: IntervalSet) -> int:
    """Return the end of the last interval: the frontier a first viewing may not pass; 0 for the empty set."""
    return intervals[-1][1] if intervals else 0
