"""Who is looked at, until when."""

from __future__ import annotations

import datetime

import pytest

from zaichang.core.enums import SessionState
from zaichang.core.reason_table import INDICATORS
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.case_rules import DAY_MS, case_of_session, working_days_later
from zaichang.ports.records import SessionRow
from zaichang.session.decisions import Final

CHINA = datetime.timezone(datetime.timedelta(hours=8))
ROW = SessionRow(
    session_id="ab" * 16,
    institution_id="i",
    learner_id="l",
    course_id="c",
    lesson_id="n",
    token_id="t",
    policy_digest="p",
    state=SessionState.OPEN,
    opened_ms=0,
)


def end(undecided_ms: int = 0, **indicators: int) -> Final:
    return Final(
        at_ms=1_000,
        reason=ReasonCode.SESSION_FINISHED,
        minutes=3,
        verified_ms=0,
        undecided_ms=undecided_ms,
        indicators=tuple((ReasonCode(code), n) for code, n in indicators.items()),
    )


def test_a_session_without_doubt_opens_no_case() -> None:
    assert case_of_session(ROW, end(), 7) is None
    assert case_of_session(ROW, end(NON_BIOMETRIC=1, CHALLENGE_WRONG=4, CHALLENGE_TOO_FAST=1), 7) is None


def test_undecided_time_or_a_grave_indicator_makes_a_case() -> None:
    case = case_of_session(ROW, end(1), 7)
    assert case is not None and (case.undecided_ms, case.reasons, case.due_ms) == (1, (), 1_000 + 7 * DAY_MS)
    for code, least in INDICATORS.items():
        assert case_of_session(ROW, end(**{code: least - 1}), 7) is None or least == 1
        case = case_of_session(ROW, end(**{code: least}), 7)
        assert case is not None and [(reason.code, reason.n) for reason in case.reasons] == [(code, least)]


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
