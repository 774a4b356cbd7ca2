"""Review cases, decisions, and the audit trail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, Cursor, InLogBy, InstitutionNames, Reason, one_of
from zaichang.api.models.sessions import MINUTES_MAX, AppealLine, MinuteIndex, SessionDetail, SessionLine
from zaichang.audit.changes.rulings import GRANT_REASONS, REFUSE_REASONS
from zaichang.core.enums import ReviewOutcome
from zaichang.core.reasons import ReasonCode
from zaichang.review.desk import NOTE_MAX_CHARS

OUTCOMES = tuple(outcome.value for outcome in ReviewOutcome if outcome is not ReviewOutcome.REVOKE)
DECISION_REASONS = tuple(reason.value for reason in (*GRANT_REASONS, *REFUSE_REASONS))


class CountedReason(Reason):
    """A reason and the number of open cases that have it."""

    n: int = Field(description="How many open cases have it.", examples=[3])


class CaseReasonLine(Reason):
    """One reason of a review case."""

    n: int = Field(description="How often it was seen.", examples=[4])
    other: str = Field(description="Another account that it is about, or empty.", examples=[""])


class CaseLine(Answer):
    """A case in one line of the queue."""

    case: str = Field(description="The case's id.", examples=["5f0c" * 8])
    kind: str = Field(description="`session`, `account`, `device` or `address`.", examples=["session"])
    subject: str = Field(description="Session id, pseudonym, or the first digits of a digest.", examples=["5f0c" * 8])
    learner: str = Field(description="The learner's pseudonym; empty for devices and addresses.", examples=["p-17"])
    opened_ms: At
    due_ms: At
    undecided_ms: int = Field(description="How much a person may grant, ms.", examples=[40_000])
    state: str = Field(description="`open` or `closed`.", examples=["open"])
    outcome: str = Field(description="Of its last decision, or empty.", examples=[""])
    closed_ms: int | None = Field(description="Server time of its end, or null.", examples=[None])
    closed_by: str = Field(description="The reviewer of its last decision, or empty.", examples=[""])
    note: str = Field(description="That reviewer's note.", examples=[""])
    reasons: list[CaseReasonLine]


class CasesPage(Answer):
    """A page of the queue, the earliest due first."""

    institution: InstitutionNames
    reviewer: str = Field(description="Whose key asks; empty for the shared staff key.", examples=["ren"])
    now_ms: At
    open: int = Field(description="How many cases are open in all.", examples=[3])
    reasons: list[CountedReason]
    grant_reasons: list[Reason] = Field(description="Reasons that a grant may give.")
    refuse_reasons: list[Reason] = Field(description="Reasons that a refusal may give.")
    cases: list[CaseLine]
    next: Cursor


class HeldAllowance(Answer):
    """The allowances of a learner that are valid now."""

    route: str = Field(description="Empty, `face` or `challenge`.", examples=[""])
    extra_time_pct: int = Field(description="Percent more time.", examples=[0])
    liveness_excluded: list[str] = Field(description="Movements that are never asked for.", examples=[[]])


class AccountLine(Answer):
    """An account that was seen with the case's device or address."""

    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    sessions: int = Field(description="In how many sessions.", examples=[4])


class CaseDetail(CaseLine):
    """A review case with all facts for its decision. The kind of the case decides which parts it has."""

    now_ms: At
    session: SessionDetail | None = Field(default=None, description="The session, for a case of kind `session`.")
    appeals: list[AppealLine] | None = Field(default=None, description="Its appeals, for the same kind.")
    accounts: list[AccountLine] | None = Field(default=None, description="For the kinds `device` and `address`.")
    allowance: HeldAllowance | None = Field(default=None, description="For a case about one learner.")
    sessions: list[SessionLine] | None = Field(default=None, description="That learner's newest sessions.")


class DecidedCase(CaseLine):
    """A case as it stands after a decision."""

    in_log_by_ms: InLogBy


class DecisionRequest(Asked):
    """A reviewer's decision about a case."""

    outcome: Annotated[
        str, one_of(OUTCOMES, "`grant` or `refuse` minutes; `noted`: nothing to decide; `expected`: rightly shared.")
    ]
    reason: Annotated[str, one_of(DECISION_REASONS, "For grants and refusals.", 48)] = ReasonCode.REVIEW_GRANTED.value
    minutes: list[MinuteIndex] = Field(
        default_factory=list,
        max_length=MINUTES_MAX,
        description="Which minutes; empty: all that are left.",
        examples=[[0]],
    )
    note: Annotated[
        str, Field(max_length=NOTE_MAX_CHARS, description="For the institution; erased with the learner.")
    ] = ""


class AuditLine(Answer):
    """One recorded action of staff or of a reviewer."""

    n: int = Field(description="Its number.", examples=[12])
    at_ms: At
    actor: str = Field(description="`staff`, `platform` or a reviewer's id.", examples=["ren"])
    action: str = Field(description="The action.", examples=["picture.view"])
    target: str = Field(description="The session, case or person that it was about.", examples=["5f0c/c1"])


class AuditPage(Answer):
    """A page of the audit trail, the newest first."""

    entries: list[AuditLine]
    next: int = Field(description="The next page's `before`; 0 on the last page.", examples=[0])
