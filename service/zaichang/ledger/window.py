"""The window of a year: the moments that belong to it, and the day of the statement."""

from __future__ import annotations

from typing import Final, NamedTuple

from zaichang.core.civil import DAY_MS, Date, date_at, start_ms
from zaichang.ledger.rules import HourRules

FAR_MS: Final = 253_402_300_800_000
"""The year 10000: later than anything."""


class Window(NamedTuple):
    """A year of hour rules.

    Attributes:
        label: Name of the year.
        from_ms: Its first moment.
        to_ms: The first moment after it.
        known_ms: The statement knows only what happened before this moment.
        audit_ms: The first moment after its audit's deadline.
        stated: Whether it is the year of the statement, to which facts without a date belong.
    """

    label: int
    from_ms: int
    to_ms: int
    known_ms: int
    audit_ms: int
    stated: bool = True

    @property
    def until_ms(self) -> int:
        """The first moment after the part of the year that is known."""
        return min(self.to_ms, self.known_ms)


def window_of(rules: HourRules, label: int, known_ms: int = FAR_MS, *, stated: bool = True) -> Window:
    """Return the window of a year, named after the calendar year in which it ends."""
    month, day = rules.year_starts
    early = 1 if (month, day) != (1, 1) else 0
    audit_ms = start_ms(Date(label, *rules.audit_by)) + DAY_MS if rules.audit_by else FAR_MS
    return Window(
        label,
        start_ms(Date(label - early, month, day)),
        start_ms(Date(label + 1 - early, month, day)),
        known_ms,
        audit_ms,
        stated,
    )


def label_of(rules: HourRules, at_ms: int) -> int:
    """Return the label of the year to which a moment belongs."""
    date = date_at(at_ms)
    late = rules.year_starts != (1, 1) and (date.month, date.day) >= rules.year_starts
    return date.year + late
