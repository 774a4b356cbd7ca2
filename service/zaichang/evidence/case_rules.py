"""Rules for review cases: which endings of a session open one, its due time, and its reasons."""

from __future__ import annotations

import hashlib

from zaichang.core.civil import DAY_MS
from zaichang.core.enums import CaseKind
from zaichang.core.ids import CaseId, SessionId
from zaichang.core.reason_table import INDICATORS
from zaichang.ports.records import SessionRow
from zaichang.ports.records_cases import CaseDraft, CaseReason
from zaichang.session.decisions import Final as SessionEnd


def session_case_id(session_id: SessionId) -> CaseId:
    """Return the id of a session's one case. A session's id is random, so its digest reveals nothing."""
    return CaseId(hashlib.sha256(f"zaichang/case/v1|{session_id}".encode()).hexdigest()[:16])


def case_of_session(row: SessionRow, end: SessionEnd, due_days: int) -> CaseDraft | None:
    """Return the case that a session's end opens, or None if no review is needed.

    Args:
        row: The session.
        end: How it ended.
        due_days: Working days until the decision is due.
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
        kind=CaseKind.SESSION,
        subject=row.session_id,
        learner_id=row.learner_id,
        at_ms=end.at_ms,
        due_ms=end.at_ms + due_days * DAY_MS,
        undecided_ms=end.undecided_ms,
        reasons=reasons,
    )
