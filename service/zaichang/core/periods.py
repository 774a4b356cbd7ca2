"""The period in which a part of a lesson counts once: a year that begins on a given day, or for ever.

A period is written as the first day of its year in China, ``2026-01-01`` or ``2026-11-01``, or as ``once`` for a lesson
that never counts again. Records of earlier releases name none; an empty period overlaps every other, like ``once``.
"""

from __future__ import annotations

import re
from typing import Final

from zaichang.core.civil import Date, date_at, start_ms
from zaichang.core.errors import PeerViolation

ONCE: Final = "once"
"""The period of a lesson that counts once and never again."""
CALENDAR_YEAR: Final = "01-01"
"""Counting begins anew with the calendar year."""

_DAY: Final = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_DAYLESS: Final = ("02-29", "02-30", "02-31", "04-31", "06-31", "09-31", "11-31")
_PERIOD: Final = re.compile(r"\d{4}-(\d\d-\d\d)")


def check_counts_again(value: str) -> str:
    """Return the day on which a lesson counts again, ``MM-DD`` or ``once``, if it is one of every year.

    Raises:
        PeerViolation: ``lesson.counts_again``.
    """
    if value != ONCE and not _is_day(value):
        raise PeerViolation(
            "lesson.counts_again", f"counts_again must be a day of every year like 01-01 or 11-01, or {ONCE}."
        )
    return value


def is_period(value: str) -> bool:
    """Return whether a text is a period."""
    found = _PERIOD.fullmatch(value)
    return value == ONCE or (found is not None and _is_day(found[1]))


def period_at(counts_again: str, at_ms: int) -> str:
    """Return the period that holds a moment.

    Args:
        counts_again: ``MM-DD``, the first day of each year, or ``once``.
        at_ms: The moment, server time.
    """
    if counts_again == ONCE:
        return ONCE
    date = date_at(at_ms)
    year = date.year - (f"{date.month:02}-{date.day:02}" < counts_again)
    return f"{year:04}-{counts_again}"


def holds(period: str, at_ms: int) -> bool:
    """Return whether a moment lies in a period."""
    return period == ONCE or period_at(period[5:], at_ms) == period


def around(period: str) -> tuple[str, str]:
    """Return the periods a year before and after a year's period: those between them overlap it, as texts compare."""
    year, day = int(period[:4]), period[5:]
    return f"{year - 1:04}-{day}", f"{year + 1:04}-{day}"


def overlap(one: str, other: str) -> bool:
    """Return whether two periods share a day."""
    if {one, other} & {ONCE, ""}:
        return True
    low, high = around(one)
    return low < other < high


def year_start_ms(period: str) -> int:
    """Return the moment at which a year's period begins."""
    return start_ms(Date(int(period[:4]), int(period[5:7]), int(period[8:])))


def _is_day(value: str) -> bool:
    return _DAY.fullmatch(value) is not None and value not in _DAYLESS
