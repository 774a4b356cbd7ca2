"""Rows of review decisions, sightings and the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.enums import ErasureScope, ProposalState, RevocationScope, SightingKind
from zaichang.core.ids import NO_REVIEWER, CaseId, InstitutionId, LearnerId, ReviewerId, SessionId
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records import StoredLeaf
from zaichang.ports.records_cases import CaseClosing
from zaichang.session.decisions import Verdict
from zaichang.session.playhead import IntervalSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A reviewer's decision on one minute (I9); ``body`` is its record, whose digest the leaf carries."""

    session_id: SessionId
    leaf_seq: int
    minute: int
    at_ms: int
    verdict: Verdict
    delta_ms: int
    reason: ReasonCode
    reviewer_id: ReviewerId
    body: bytes
    published: bool = False
    note: str = ""
    revocation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """Verified time that people take back.

    Attributes:
        revocation_id: Random.
        institution_id: Whose.
        learner_id: Pseudonym.
        scope: Positions of a session, a session, or a person's year.
        session_id: The session, or empty.
        year: The first day of the year, or empty.
        intervals: Positions in the lesson, or none.
        reason: One of ``audit.changes.rulings.REVOKE_REASONS``.
        note: For the institution; erased with the learner.
        case_id: The case that it ends, or empty.
        proposed_by: Who proposed it.
        proposed_ms: Server time.
        state: Proposed, confirmed, done or refused.
        decided_by: The second person, or empty.
        decided_ms: Server time, or None.
        revoked_ms: Time that it has taken back.
    """

    revocation_id: str
    institution_id: InstitutionId
    learner_id: LearnerId
    scope: RevocationScope
    session_id: SessionId
    year: str
    intervals: IntervalSet
    reason: ReasonCode
    note: str
    case_id: CaseId
    proposed_by: ReviewerId
    proposed_ms: int
    state: ProposalState = ProposalState.PROPOSED
    decided_by: ReviewerId = NO_REVIEWER
    decided_ms: int | None = None
    revoked_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """One atomic write of a decision: leaves, their records, the credit given and taken back, and the case's end.

    There are no leaves where a record that the decision changes is not in the log yet; they are stored later.
    """

    session_id: SessionId
    leaves: tuple[StoredLeaf, ...]
    amendments: tuple[Amendment, ...]
    credited: tuple[tuple[int, IntervalSet], ...]
    close: CaseClosing | None
    revoked: tuple[tuple[int, IntervalSet], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A session was seen with a device, from an address, or with a hint."""

    session_id: SessionId
    kind: SightingKind
    value: str
    institution_id: InstitutionId
    learner_id: LearnerId
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry of the audit trail: actor, action and target."""

    n: int
    at_ms: int
    actor: str
    action: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A learner's erasure.

    Attributes:
        erasure_id: Random.
        institution_id: Whose.
        learner_id: Pseudonym; once all is erased, the alias.
        scope: The part that is destroyed.
        basis: Legal basis, a word like ``pipl-47``.
        request: SHA-256 of the request document, hex; empty for none.
        note: For the institution; erased with the learner.
        proposed_by: Who proposed it.
        proposed_ms: Server time.
        state: Proposed, confirmed, done or refused.
        decided_by: The second person (``operator`` by command), or empty.
        decided_ms: Server time; None while undecided, and by command.
        alias: Random; names its record until the log holds it. Empty before it is carried out.
        sessions: How many sessions it concerned.
        entry_index: Index of its leaf in the log, or None.
    """

    erasure_id: str
    institution_id: InstitutionId
    learner_id: LearnerId
    scope: ErasureScope
    basis: str
    request: str
    proposed_by: ReviewerId
    proposed_ms: int
    note: str = ""
    state: ProposalState = ProposalState.PROPOSED
    decided_by: ReviewerId = NO_REVIEWER
    decided_ms: int | None = None
    alias: str = ""
    sessions: int = 0
    entry_index: int | None = None
