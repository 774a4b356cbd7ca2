"""China's days and years on integer milliseconds."""

from __future__ import annotations

import datetime

import pytest

from zaichang.core.civil import (
    DAY_MS,
    Date,
    date_at,
    date_of_day,
    date_text,
    day_number,
    hour_at,
    month_days,
    months_between,
    parse_moment,
    start_ms,
    time_text,
)
from zaichang.core.errors import UnreadableInput

CHINA = datetime.timezone(datetime.timedelta(hours=8))


def test_a_day_begins_at_midnight_in_china() -> None:
    new_year = start_ms(Date(2027, 1, 1))
    assert new_year == int(datetime.datetime(2027, 1, 1, tzinfo=CHINA).timestamp()) * 1000
    assert date_at(new_year) == Date(2027, 1, 1)
    assert date_at(new_year - 1) == Date(2026, 12, 31)
    assert date_text(new_year - 1) == "2026-12-31"


def test_every_day_of_four_centuries_agrees_with_the_standard_library() -> None:
    day = datetime.date(1899, 12, 1)
    for number in range(0, 146_200, 13):
        date = day + datetime.timedelta(days=number)
        count = (date - datetime.date(1970, 1, 1)).days
        assert day_number(Date(date.year, date.month, date.day)) == count
        assert date_of_day(count) == (date.year, date.month, date.day)


def test_leap_years() -> None:
    assert [month_days(year, 2) for year in (1900, 2000, 2023, 2024)] == [28, 29, 28, 29]
    assert month_days(2026, 4) == 30


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((2026, 3, 1), (2026, 5, 31), (3, 0)),
        ((2026, 3, 1), (2026, 5, 30), (2, 30)),
        ((2026, 3, 15), (2026, 6, 14), (3, 0)),
        ((2026, 3, 15), (2026, 6, 13), (2, 30)),
        ((2026, 2, 1), (2026, 4, 30), (3, 0)),
        ((2025, 12, 31), (2026, 3, 1), (2, 2)),
        ((2026, 11, 1), (2027, 1, 31), (3, 0)),
        ((2026, 1, 5), (2026, 1, 5), (0, 1)),
    ],
)
def test_months_with_both_days_included(
    first: tuple[int, int, int], last: tuple[int, int, int], expected: tuple[int, int]
) -> None:
    assert months_between(Date(*first), Date(*last)) == expected


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-12-31T23:45:00+08:00", "2026-12-31T15:45:00Z"),
        ("2026-12-31T23:45:00", "2026-12-31T15:45:00Z"),
        ("2026-12-31 23:45", "2026-12-31T10:45:00-05:00"),
        ("2026-12-31T23:45:00.5+08:00", "2026-12-31T15:45:00.500Z"),
    ],
)
def test_times_with_and_without_an_offset(text: str, same: str) -> None:
    assert parse_moment(text) == parse_moment(same)
    assert not parse_moment(text).whole_day


def test_a_date_is_the_whole_day() -> None:
    day = parse_moment("2026-03-01")
    assert (day.ms, day.end_ms) == (start_ms(Date(2026, 3, 1)), start_ms(Date(2026, 3, 1)) + DAY_MS)
    moment = parse_moment("2026-03-01T00:00:00")
    assert moment.ms == moment.end_ms == day.ms


@pytest.mark.parametrize(
    "text",
    ["", "2026-3-1", "2026-13-01", "2026-02-29", "2026-00-01", "2026-01-00", "2026-01-01T24:00:00",
     "2026-01-01T00:60:00", "2026-01-01T00:00:60", "2026-01-01T", "yesterday"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UnreadableInput, match="no date"):
        parse_moment(text)


@pytest.mark.parametrize(
    ("moment", "shown", "hour"),
    [
        ("2026-12-31T15:59:59Z", "2026-12-31 23:59:59", 23),
        ("2026-12-31T16:00:00Z", "2027-01-01 00:00:00", 0),
        ("2026-12-31T23:59:59Z", "2027-01-01 07:59:59", 7),
        ("2027-01-01T00:00:00Z", "2027-01-01 08:00:00", 8),
    ],
)
def test_a_day_begins_at_midnight_in_china_wherever_the_server_stands(moment: str, shown: str, hour: int) -> None:
    at_ms = parse_moment(moment).ms
    assert (time_text(at_ms), date_text(at_ms), hour_at(at_ms)) == (shown, shown[:10], hour)
    assert time_text(at_ms + 999) == shown
