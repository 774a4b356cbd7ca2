"""Sets of half-open integer intervals, as sorted lists of pairs that do not touch."""

from __future__ import annotations

from bisect import bisect_left
from typing import TypeAlias

Intervals: TypeAlias = "list[tuple[int, int]]"


def uncovered(covered: Intervals, begin: int, end: int) -> Intervals:
    """Return the parts of ``[begin, end)`` that no interval covers."""
    found: Intervals = []
    place = max(0, bisect_left(covered, (begin, begin)) - 1)
    for low, high in covered[place:]:
        if low >= end:
            break
        if low > begin:
            found.append((begin, low))
        begin = max(begin, high)
    if begin < end:
        found.append((begin, end))
    return found


def cover(covered: Intervals, begin: int, end: int) -> None:
    """Add ``[begin, end)`` in place."""
    if not covered or covered[-1][1] < begin:
        covered.append((begin, end))
        return
    first = max(0, bisect_left(covered, (begin, begin)) - 1)
    if covered[first][1] < begin:
        first += 1
    last = first
    while last < len(covered) and covered[last][0] <= end:
        begin, end = min(begin, covered[last][0]), max(end, covered[last][1])
        last += 1
    covered[first:last] = [(begin, end)]


def length(parts: Intervals) -> int:
    """Return the sum of the intervals' lengths."""
    return sum(high - low for low, high in parts)
