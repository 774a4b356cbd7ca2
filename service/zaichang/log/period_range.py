"""Chooses the range of a log that proves the bundle of a period complete (``audit.whole.completeness``)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from zaichang.audit.bundle import Period
from zaichang.core.units import ROUND_MS
from zaichang.log.reader import LogReader
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.range_proof import prove_range

MARGIN_MS: Final = 2 * ROUND_MS
"""Leaves dated this much before or after the period are certainly not of it: the lateness that is allowed and more."""


def period_range(reader: LogReader, kept: Sequence[int], from_ms: int, to_ms: int) -> tuple[int, int]:
    """Return the range of leaves that covers a period: the first index, and the index after the last.

    Args:
        reader: The log, at the checkpoint of the bundle.
        kept: Sizes of earlier cosigned checkpoints; they date the range's ends. Empty without witnesses.
        from_ms: The period's begin.
        to_ms: The period's end.
    """
    low, high = _dated_from(reader, from_ms - MARGIN_MS), _dated_from(reader, to_ms + MARGIN_MS)
    sizes = sorted(size for size in set(kept) if size <= reader.size)
    if not sizes:
        return max(0, low - 1), min(reader.size, high + 1)
    first = next((size for size in reversed(sizes) if size <= low), 0)
    end = next((size for size in sizes if size > high), reader.size)
    return first, end


def prove_period(reader: LogReader, place: tuple[int, int], from_ms: int, to_ms: int, own: Collection[int]) -> Period:
    """Return the proof of a range: all of its leaves that belong to no session of the bundle.

    Args:
        reader: The log.
        place: The range, from ``period_range``.
        from_ms: The period's begin.
        to_ms: The period's end.
        own: Indexes of the leaves that the bundle contains anyway.
    """
    first, end = place
    left, right = prove_range(first, end, reader.size, reader.tree.range_hash)
    beside = tuple((index, reader.entry(index)) for index in range(first, end) if index not in own)
    return Period(from_ms=from_ms, to_ms=to_ms, first=first, end=end, left=left, right=right, beside=beside)


def _dated_from(reader: LogReader, at_ms: int) -> int:
    """Return the first index dated at or after a time. Leaves come nearly in the order of their dates."""
    low, high = 0, reader.size
    while low < high:
        middle = (low + high) // 2
        at = parse_leaf(reader.entry(middle))["at"]
        if isinstance(at, int) and at < at_ms:
            low = middle + 1
        else:
            high = middle
    return low
