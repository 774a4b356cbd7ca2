"""Which endings of a session come before a person, until when, and for what reasons."""

from __future__ import annotations

import datetime
import hashlib
from typing import Final

from zaichang.core.reason_table import INDICATORS
from zaichang.ports.records import SessionRow
from zaichang.ports.records_cases import SESSION, CaseDraft, CaseReason
from zaichang.session.decisions import Final as SessionEnd

DAY_MS: Final = 86_400_000
CHINA: Final = datetime.timezone(datetime.timedelta(hours=8))


def session_case_id(session_id: str) -> str:
    """Return the id of a session's one case: a session's id is random, so its digest tells nobody anything."""
    return hashlib.sha256(f"zaichang/case/v1|{session_id}".encode()).hexdigest()[:16]


def case_of_session(row: SessionRow, end: SessionEnd, due_days: int) -> CaseDraft | None:
    """Return the case that a session's end makes, or None where nobody needs to look.

    Args:
        row: The session.
        end: How it ended.
        due_days: Days a person has.
    """
    reasons = tuple(
        CaseReason(code=code.value, n=count)
        for code, count in end.indicators
        if code in INDICATORS and count >= INDICATORS[code]
    )
    if not reasons and not end.undecided_ms:
        return None
    return CaseDraft(
        case_id=session_case_id(row.session_id),
        institution_id=row.institution_id,
        kind=SESSION,
        subject=row.session_id,
        learner_id=row.learner_id,
        at_ms=end.at_ms,
        due_ms=end.at_ms + due_days * DAY_MS,
        undecided_ms=end.undecided_ms,
        reasons=reasons,
    )


def working_days_later(at_ms: int, days: int) -> int:
    """Return the end of the ``days``-th working day after a moment, in China's time.

    Saturdays and Sundays are left out; public holidays are not known here, so the answer may be due too early, never
    too late, except where a weekend is worked instead of a holiday.
    """
    day = datetime.datetime.fromtimestamp(at_ms / 1000, CHINA).date()
    left = days
    while left > 0:
        day += datetime.timedelta(days=1)
        if day.weekday() < 5:
            left -= 1
    end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), CHINA)
    return int(end.timestamp() * 1000)
