"""Who is looked at, until when."""

from __future__ import annotations

from zaichang.core.enums import SessionState
from zaichang.core.reason_table import INDICATORS
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.case_rules import DAY_MS, case_of_session
from zaichang.ports.records import SessionRow
from zaichang.session.decisions import Final

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
