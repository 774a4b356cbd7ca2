"""Rows of review cases: drafts, cases, filters, closings, appeals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zaichang.core.enums import CaseKind, CaseState, ReviewOutcome
from zaichang.core.ids import NO_LEARNER, CaseId, InstitutionId, LearnerId, ReviewerId, SessionId

ELSEWHERE: Final = "elsewhere"
"""Stands in a case for an account of another institution, whose pseudonym a reviewer must not learn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReason:
    """Why a case is there.

    Attributes:
        code: Reason code.
        other: Another account that it is about, or empty.
        n: How often, or how many.
        at_ms: When last.
    """

    code: str
    n: int = 1
    other: str = ""
    at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """A case to be opened, or added to where there is one.

    Attributes:
        case_id: For a new one, random.
        institution_id: Whose.
        kind: The kind of the subject.
        subject: Session id, pseudonym, or digest.
        learner_id: Pseudonym, empty for devices and addresses.
        at_ms: Server time.
        due_ms: Server time by which a reviewer should have decided.
        undecided_ms: Time that a reviewer may grant.
        reasons: Why.
    """

    case_id: CaseId
    institution_id: InstitutionId
    kind: CaseKind
    subject: str
    at_ms: int
    due_ms: int
    learner_id: LearnerId = NO_LEARNER
    undecided_ms: int = 0
    reasons: tuple[CaseReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands; ``outcome``, ``closed_by`` and ``note`` are of its last decision."""

    case_id: CaseId
    institution_id: InstitutionId
    kind: CaseKind
    subject: str
    learner_id: LearnerId
    opened_ms: int
    due_ms: int
    undecided_ms: int
    state: CaseState
    outcome: ReviewOutcome | None = None
    closed_ms: int | None = None
    closed_by: str = ""
    note: str = ""
    reasons: tuple[CaseReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases; empty fields and None match all. ``after`` ends the page before: (due_ms, case_id)."""

    institution_id: InstitutionId
    state: CaseState = CaseState.OPEN
    kind: CaseKind | None = None
    reason: str = ""
    learner_id: LearnerId = NO_LEARNER
    after: tuple[int, str] = (-1, "")
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosing:
    """The end of a case; ``left_ms`` and ``open`` where parts of it stay undecided."""

    case_id: CaseId
    at_ms: int
    reviewer_id: ReviewerId
    outcome: ReviewOutcome
    note: str = ""
    left_ms: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """A learner's appeal; the words are encrypted with the learner's key."""

    session_id: SessionId
    number: int
    at_ms: int
    minutes: tuple[int, ...]
    encrypted: bytes
    answered_ms: int | None = None
    outcome: ReviewOutcome | None = None
