"""Review: reviewers, cases, decisions, sightings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from zaichang.core.appeal_terms import AppealTerms
from zaichang.core.enums import ProposalState, SightingKind
from zaichang.core.ids import CaseId, InstitutionId, LearnerId, ReviewerId, SessionId
from zaichang.ports.records import StoredLeaf
from zaichang.ports.records_cases import Appeal, Case, CaseClosing, CaseDraft, CaseFilter
from zaichang.ports.records_review import Amend, Amendment, AuditEntry, Revocation, Sighting
from zaichang.session.playhead import IntervalSet


class StaffStore(Protocol):
    """Keeps reviewers and the audit trail."""

    async def put_reviewer(
        self, institution_id: InstitutionId, reviewer_id: ReviewerId, key_digest: str, at_ms: int
    ) -> None:
        """Add a reviewer, or give one a new key. Cost: commit."""

    async def revoke_reviewer(self, institution_id: InstitutionId, reviewer_id: ReviewerId, at_ms: int) -> None:
        """End a reviewer's key; ``NotFound`` where there is none. Cost: commit."""

    async def reviewers(self, institution_id: InstitutionId) -> Sequence[tuple[str, int, int | None]]:
        """Return (reviewer, created, revoked). Cost: read."""

    async def reviewer_of_key(self, digest: str) -> tuple[InstitutionId, ReviewerId] | None:
        """Return (institution, reviewer) of a key that is not revoked. Cost: read."""

    async def note_audit(self, institution_id: InstitutionId, at_ms: int, actor: str, action: str, target: str) -> None:
        """Add an entry to the audit trail. Cost: commit."""

    async def audit(self, institution_id: InstitutionId, before_n: int, limit: int) -> Sequence[AuditEntry]:
        """Return the trail, the newest first. Cost: read."""


class CaseStore(Protocol):
    """Keeps the review queue."""

    async def raise_case(self, draft: CaseDraft) -> bool:
        """Open a case or add to it; return whether it has anything new for a reviewer. Cost: commit."""

    async def case(self, case_id: CaseId) -> Case:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def cases(self, which: CaseFilter) -> Sequence[Case]:
        """Return a page, the earliest due first. Cost: read."""

    async def case_counts(self, institution_id: InstitutionId) -> Sequence[tuple[str, int]]:
        """Return how many open cases have each reason; ``("", n)`` is all. Cost: read."""

    async def close_case(self, closing: CaseClosing) -> None:
        """Record a decision that changes no credit. Cost: commit."""


class DecisionStore(Protocol):
    """Keeps decisions about minutes, and appeals."""

    async def amend(self, write: Amend) -> None:
        """Write a decision atomically and durably.

        Cost: commit.

        Raises:
            StorageError: ``storage.conflict`` or ``storage.double_credit``; nothing is kept.
            NotAllowed: ``review.session_open``.
        """

    async def add_leaves(self, session_id: SessionId, leaves: Sequence[StoredLeaf]) -> None:
        """Store the leaves of decisions that were written without them.

        Cost: commit.

        Raises:
            StorageError: ``storage.conflict`` where they do not follow the session's last leaf; nothing is kept.
        """

    async def without_leaf(self) -> Sequence[SessionId]:
        """Return the sessions with decisions that have no leaf yet. Cost: read."""

    async def amendments(self, session_id: SessionId) -> Sequence[Amendment]:
        """Return a session's decisions, the oldest first. Cost: read."""

    async def credited_minutes(self, session_id: str) -> Mapping[int, IntervalSet]:
        """Return the media of a session that counts, by minute. Cost: read."""

    async def add_appeal(self, appeal: Appeal, draft: CaseDraft) -> None:
        """Keep an appeal and open its case, in one transaction. Cost: commit."""

    async def appeals(self, session_id: SessionId) -> Sequence[Appeal]:
        """Return a session's appeals. Cost: read."""

    async def appeal_terms(self, session_id: SessionId) -> AppealTerms | None:
        """Return the promise about appeals under which a session began, or None. Cost: read."""

    async def overdue_appeals(self, now_ms: int) -> Sequence[tuple[InstitutionId, int, int]]:
        """Return each institution with appeals past their due date: how many, and the earliest date. Cost: scan."""


class SightingStore(Protocol):
    """Keeps which devices, addresses and hints sessions were seen with."""

    async def sight(self, sighting: Sighting) -> None:
        """Keep a sighting (once per session, kind and value). Cost: commit."""

    async def sightings(self, session_id: SessionId) -> Sequence[Sighting]:
        """Return the devices, addresses and hints that a session was seen with. Cost: read."""

    async def seen_with(
        self, institution_id: InstitutionId, kind: SightingKind, value: str, since_ms: int
    ) -> Sequence[tuple[str, int]]:
        """Return (learner, sessions) seen with a value. Cost: read."""

    async def values_of(
        self, institution_id: InstitutionId, learner_id: LearnerId, kind: SightingKind, since_ms: int
    ) -> int:
        """Return how many values of a kind a learner was seen with. Cost: read."""

    async def superseded_lately(self, institution_id: InstitutionId, learner_id: LearnerId, since_ms: int) -> int:
        """Return how many sessions of a learner gave way to one of another lesson. Cost: read."""

    async def forget_sightings(self, before_ms: int) -> int:
        """Delete sightings older than that, and closed cases of devices and addresses; return how many sightings.

        Cost: commit.
        """


class RevocationStore(Protocol):
    """Keeps proposals to take verified time back, and their decisions."""

    async def propose_revocation(self, revocation: Revocation) -> None:
        """Keep a proposal. Cost: commit."""

    async def revocation(self, revocation_id: str) -> Revocation:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def revocations(self, institution_id: InstitutionId, limit: int) -> Sequence[Revocation]:
        """Return an institution's, the newest first. Cost: read."""

    async def void_of(self, session_id: SessionId) -> Revocation | None:
        """Return the confirmed decision by which a session counts for nothing, or None. Cost: read."""

    async def unfinished_revocations(self) -> Sequence[Revocation]:
        """Return those that are confirmed and not carried out (start-up). Cost: read."""

    async def decide_revocation(
        self, revocation_id: str, state: ProposalState, decided_by: ReviewerId, at_ms: int
    ) -> None:
        """Decide a proposal, once.

        Cost: commit.

        Raises:
            NotAllowed: ``revocation.decided``, also where the proposer confirms.
        """

    async def finish_revocation(self, revocation_id: str) -> None:
        """Note that it is carried out, with the sum of its changes. Cost: commit."""
