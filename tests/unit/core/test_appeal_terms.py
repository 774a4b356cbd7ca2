"""Deadlines of appeals and answers: hours after a decision, and working days in China by a calendar."""

from __future__ import annotations

import datetime

import pytest

from zaichang.core.appeal_terms import AppealTerms, terms_of, working_days_later
from zaichang.core.civil import DAY_MS, is_day, parse_moment

CHINA = datetime.timezone(datetime.timedelta(hours=8))
TERMS = AppealTerms(hours=72, working_days=3, rest=("2026-10-01", "2026-10-02"), work=("2026-10-10",))


@pytest.mark.parametrize(
    ("moment", "days", "due"),
    [
        ("2026-11-20T10:00", 3, "2026-11-26T00:00"),  # a Friday: Monday, Tuesday, Wednesday
        ("2026-11-22T23:59", 1, "2026-11-24T00:00"),  # a Sunday
        ("2026-11-23T00:00", 3, "2026-11-27T00:00"),
    ],
)
def test_working_days_are_china_s(moment: str, days: int, due: str) -> None:
    def ms(text: str) -> int:
        return int(datetime.datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000)

    assert working_days_later(ms(moment), days) == ms(due)


def by_the_calendar(at_ms: int, days: int) -> int:
    """Return the due time by ``datetime``, which knows leap days and the days of the week by itself."""
    day = datetime.datetime.fromtimestamp(at_ms / 1000, CHINA).date()
    while days > 0:
        day += datetime.timedelta(days=1)
        days -= day.weekday() < 5
    end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), CHINA)
    return int(end.timestamp() * 1000)


def test_working_days_agree_with_a_calendar_over_leap_years_and_at_midnight() -> None:
    start_ms = 951_667_200_000  # shortly before 29 February 2000 in China
    for day in range(0, 12_000, 5):
        for off_ms in (-1, 0, 1, 8 * 3_600_000 - 1, 16 * 3_600_000 - 1, 16 * 3_600_000):
            at_ms = start_ms + day * DAY_MS + off_ms
            for days in (0, 1, 3, 7):
                assert working_days_later(at_ms, days) == by_the_calendar(at_ms, days)


@pytest.mark.parametrize(
    ("moment", "days", "due"),
    [
        ("2026-09-30T23:59:59", 1, "2026-10-06"),  # Thursday and Friday rest, then a weekend
        ("2026-10-01T00:00:00", 1, "2026-10-06"),
        ("2026-10-09T12:00:00", 1, "2026-10-11"),  # a worked Saturday
        ("2026-10-09T12:00:00", 2, "2026-10-13"),  # Sunday rests as usual
    ],
)
def test_a_calendar_adds_days_of_rest_and_of_work(moment: str, days: int, due: str) -> None:
    found = working_days_later(parse_moment(moment).ms, days, TERMS.rest, TERMS.work)
    assert found == parse_moment(due).ms


def test_an_appeal_may_come_to_the_last_millisecond_and_its_answer_is_due_by_the_calendar() -> None:
    at_ms = parse_moment("2026-09-30T10:00:00").ms
    assert TERMS.until_ms(at_ms) == at_ms + 72 * 3_600_000
    assert TERMS.due_ms(at_ms) == parse_moment("2026-10-08").ms


def test_terms_are_written_and_read_whole() -> None:
    assert terms_of(TERMS.text()) == TERMS
    assert terms_of("") is None


def test_a_day_is_a_date_of_the_calendar() -> None:
    assert [is_day(text) for text in ("2026-02-28", "2026-02-29", "2026-1-1", "2026-01-01T00:00", "")] == [
        True, False, False, False, False,
    ]  # fmt: skip
