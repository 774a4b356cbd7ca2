"""Periods: which year holds a moment in China, and which periods overlap."""

from __future__ import annotations

import pytest

from zaichang.core.civil import parse_moment
from zaichang.core.errors import PeerViolation
from zaichang.core.periods import ONCE, around, check_counts_again, holds, is_period, overlap, period_at, year_start_ms


@pytest.mark.parametrize(
    ("counts_again", "moment", "period"),
    [
        ("01-01", "2026-12-31T23:59:59+08:00", "2026-01-01"),
        ("01-01", "2027-01-01T00:00:00+08:00", "2027-01-01"),
        ("01-01", "2026-12-31T16:00:00Z", "2027-01-01"),
        ("11-01", "2026-10-31T23:59:59+08:00", "2025-11-01"),
        ("11-01", "2026-11-01T00:00:00+08:00", "2026-11-01"),
        ("11-01", "2027-01-01T00:00:00+08:00", "2026-11-01"),
        (ONCE, "2027-01-01T00:00:00+08:00", ONCE),
    ],
)
def test_the_period_changes_at_midnight_in_china(counts_again: str, moment: str, period: str) -> None:
    at_ms = parse_moment(moment).ms
    assert period_at(counts_again, at_ms) == period
    assert holds(period, at_ms)


def test_a_period_holds_its_year_and_no_moment_more() -> None:
    begin = year_start_ms("2025-11-01")
    end = year_start_ms("2026-11-01")
    assert (holds("2025-11-01", begin), holds("2025-11-01", end - 1)) == (True, True)
    assert not holds("2025-11-01", begin - 1)
    assert not holds("2025-11-01", end)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("2026-01-01", "2026-01-01", True),
        ("2026-01-01", "2027-01-01", False),
        ("2026-01-01", "2026-11-01", True),
        ("2026-01-01", "2025-11-01", True),
        ("2026-01-01", "2024-11-01", False),
        ("2026-01-01", ONCE, True),
        ("", "2026-01-01", True),
    ],
)
def test_periods_overlap_where_they_share_a_day(one: str, other: str, shared: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is shared
    assert around("2026-11-01") == ("2025-11-01", "2027-11-01")


@pytest.mark.parametrize("value", ["02-29", "13-01", "00-10", "1-1", "2026-01-01", "", "never"])
def test_a_day_that_no_every_year_has_is_refused(value: str) -> None:
    with pytest.raises(PeerViolation, match=r"lesson\.counts_again"):
        check_counts_again(value)


def test_what_a_period_looks_like() -> None:
    assert [check_counts_again(each) for each in ("01-01", "12-31", ONCE)] == ["01-01", "12-31", ONCE]
    assert all(is_period(each) for each in ("2026-01-01", "2025-11-30", ONCE))
    assert not any(is_period(each) for each in ("", "2026", "2026-02-30", "2026-1-1", "2026-01-01 "))
