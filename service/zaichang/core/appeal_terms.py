"""Until when a decision may be appealed, and until when an appeal is answered, by a calendar of working days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from zaichang.core.civil import date_at, date_of_day, day_number, start_ms

HOUR_MS: Final = 3_600_000
DAYS_MAX: Final = 400
"""Most days that a calendar names."""
_SATURDAY: Final = 5
_MONDAY_BEFORE_EPOCH: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealTerms:
    """The promise of a rule pack about appeals.

    Attributes:
        hours: How long a learner may appeal after a decision.
        working_days: Within how many working days an appeal is answered.
        rest: Days from Monday to Friday that are no working days, ``YYYY-MM-DD``.
        work: Saturdays and Sundays that are worked.
    """

    hours: int
    working_days: int
    rest: tuple[str, ...] = ()
    work: tuple[str, ...] = ()

    def until_ms(self, decided_ms: int) -> int:
        """Return the moment until which a decision may be appealed."""
        return decided_ms + self.hours * HOUR_MS

    def due_ms(self, appealed_ms: int) -> int:
        """Return the end of the last working day for the answer, in China."""
        return working_days_later(appealed_ms, self.working_days, self.rest, self.work)

    def text(self) -> str:
        """Return the terms as one JSON text."""
        values = {"hours": self.hours, "working_days": self.working_days, "rest": self.rest, "work": self.work}
        return json.dumps(values, separators=(",", ":"))


def terms_of(text: str) -> AppealTerms | None:
    """Return the terms that ``text`` wrote; None for an empty text: nothing was promised."""
    if not text:
        return None
    values = json.loads(text)
    return AppealTerms(**{**values, "rest": tuple(values["rest"]), "work": tuple(values["work"])})


def working_days_later(at_ms: int, days: int, rest: tuple[str, ...] = (), work: tuple[str, ...] = ()) -> int:
    """Return the end of the ``days``-th working day after a moment, in China.

    Without a calendar Saturdays and Sundays are left out and no public holiday is known, so the answer may be due too
    early, never too late, except where a weekend is worked instead of a holiday.

    Args:
        at_ms: The moment.
        days: How many working days.
        rest: Days from Monday to Friday that are no working days.
        work: Saturdays and Sundays that are worked.
    """
    day, left = day_number(date_at(at_ms)), days
    while left > 0:
        day += 1
        name = "{:04}-{:02}-{:02}".format(*date_of_day(day))
        weekend = (day + _MONDAY_BEFORE_EPOCH) % 7 >= _SATURDAY
        if name in work or not (weekend or name in rest):
            left -= 1
    return start_ms(date_of_day(day + 1))
