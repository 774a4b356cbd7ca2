"""Revocations: the verified time of a session that people take back, by minute. No I/O of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zaichang.core.periods import around, year_start_ms
from zaichang.evidence.amendments import view
from zaichang.ports.records import StoredMinute
from zaichang.session.playhead import IntervalSet, difference, normalise

Standing = Mapping[int, IntervalSet]
"""Media that counts, by minute."""


def taken_from(standing: Standing, intervals: IntervalSet) -> dict[int, IntervalSet]:
    """Return the part of the standing time that lies in the given positions.

    Args:
        standing: Media of a session that counts.
        intervals: Positions in the lesson; none: all of them.
    """
    found = {
        minute: difference(parts, difference(parts, intervals)) if intervals else parts
        for minute, parts in standing.items()
    }
    return {minute: parts for minute, parts in found.items() if parts}


def taken_in_year(standing: Standing, minutes: Sequence[StoredMinute], year: str) -> dict[int, IntervalSet]:
    """Return the standing time of the minutes that begin in a year.

    Args:
        standing: Media of a session that counts.
        minutes: The session's minutes.
        year: The first day of the year (``core.periods``).
    """
    begin_ms, end_ms = year_start_ms(year), year_start_ms(around(year)[1])
    inside = {each.index for each in map(view, minutes) if begin_ms <= each.from_ms < end_ms}
    return {minute: parts for minute, parts in standing.items() if minute in inside and parts}


def left_after(standing: Standing, taken: Standing) -> dict[int, IntervalSet]:
    """Return the media that still counts in the minutes that lose time."""
    return {minute: difference(normalise(standing[minute]), parts) for minute, parts in taken.items()}
