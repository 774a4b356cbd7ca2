"""China's civil calendar on integer milliseconds: UTC+8 all year, everywhere; no clock and no time zone database.

Hours count in China's days and years. A day begins at 00:00:00.000 in China and is half open.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, NoReturn

from zaichang.core.errors import UnreadableInput

DAY_MS: Final = 86_400_000
AHEAD_MS: Final = 8 * 3_600_000
"""How far China's wall clocks are ahead of UTC."""

_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d:\d\d)?)?"
)
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Date(NamedTuple):
    """A day of the civil calendar."""

    year: int
    month: int
    day: int


class Moment(NamedTuple):
    """A point in time as it was written.

    Attributes:
        ms: Milliseconds since the Unix epoch; for a date alone, the beginning of that day in China.
        whole_day: Whether only a date was written.
    """

    ms: int
    whole_day: bool

    @property
    def end_ms(self) -> int:
        """The end of the day for a date alone; else the moment itself."""
        return self.ms + DAY_MS if self.whole_day else self.ms


def month_days(year: int, month: int) -> int:
    """Return the number of days of a month."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _MONTH_DAYS[month - 1]


def day_number(date: Date) -> int:
    """Return the days from 1970-01-01 to a date (Hinnant's days_from_civil)."""
    year = date.year - (date.month <= 2)
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((date.month + 9) % 12) + 2) // 5 + date.day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def date_of_day(number: int) -> Date:
    """Return the date of a day number (Hinnant's civil_from_days)."""
    era, day_of_era = divmod(number + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = (shifted + 2) % 12 + 1
    return Date(year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1)


def start_ms(date: Date) -> int:
    """Return the moment at which a day begins in China."""
    return day_number(date) * DAY_MS - AHEAD_MS


def date_at(ms: int) -> Date:
    """Return China's date at a moment."""
    return date_of_day((ms + AHEAD_MS) // DAY_MS)


def date_text(ms: int) -> str:
    """Return China's date at a moment as ``YYYY-MM-DD``."""
    return "{:04}-{:02}-{:02}".format(*date_at(ms))


def time_text(ms: int) -> str:
    """Return China's date and time at a moment as ``YYYY-MM-DD HH:MM:SS``."""
    seconds = (ms + AHEAD_MS) % DAY_MS // 1_000
    return f"{date_text(ms)} {seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def hour_at(ms: int) -> int:
    """Return the hour of China's wall clocks at a moment."""
    return (ms + AHEAD_MS) % DAY_MS // 3_600_000


def months_between(first: Date, last: Date) -> tuple[int, int]:
    """Return the whole months and remaining days of the span from ``first`` to ``last``, both included.

    Three months from 1 March end on 31 May, three months from 15 March on 14 June.
    """
    after = date_of_day(day_number(last) + 1)
    months = (after.year - first.year) * 12 + after.month - first.month
    if after.day >= first.day:
        return months, after.day - first.day
    months -= 1
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    anchor = Date(year, month + 1, min(first.day, month_days(year, month + 1)))
    return months, day_number(after) - day_number(anchor)


def parse_moment(text: str) -> Moment:
    """Read a date or an RFC 3339 time; China's time where no offset is written.

    Raises:
        UnreadableInput: ``time.invalid``.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        _refuse(text)
    year, month, day = (int(part) for part in match.group(1, 2, 3))
    if not (1 <= month <= 12 and 1 <= day <= month_days(year, month)):
        _refuse(text)
    begin = start_ms(Date(year, month, day))
    if match[4] is None:
        return Moment(begin, True)
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    if hour > 23 or minute > 59 or second > 59:
        _refuse(text)
    offset = match[8] or "+08:00"
    ahead_ms = 0
    if offset not in ("Z", "z"):
        ahead_ms = (int(offset[1:3]) * 60 + int(offset[4:])) * 60_000
        ahead_ms = -ahead_ms if offset[0] == "-" else ahead_ms
    time_ms = ((hour * 60 + minute) * 60 + second) * 1_000 + int((match[7] or "0").ljust(3, "0")[:3])
    return Moment(begin + AHEAD_MS + time_ms - ahead_ms, False)


def _refuse(text: str) -> NoReturn:
    raise UnreadableInput("time.invalid", f"{text[:40]!r} is no date and no RFC 3339 time.", "Write 2026-03-01.")


def is_day(text: str) -> bool:
    """Whether a text is a day ``YYYY-MM-DD`` of the calendar."""
    try:
        return parse_moment(text).whole_day
    except UnreadableInput:
        return False
