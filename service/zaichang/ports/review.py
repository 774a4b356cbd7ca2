"""What review keeps: cases, decisions, appeals, allowances, sightings, the audit trail; part of the ``Store`` port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zaichang.ports.stored_leaf import StoredLeaf
from zaichang.session.playhead import IntervalSet

SESSION, ACCOUNT, DEVICE, ADDRESS = "session", "account", "device", "address"
CASE_KINDS = (SESSION, ACCOUNT, DEVICE, ADDRESS)
HINT = "hint"
"""Kind of a sighting beside DEVICE and ADDRESS: a code of what the client noticed."""


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
        kind: One of ``CASE_KINDS``.
        subject: Session id, pseudonym, or digest.
        learner_id: Pseudonym, empty for devices and addresses.
        at_ms: Server time.
        due_ms: Until when a person should have decided.
        undecided_ms: What a person may grant.
        reasons: Why.
    """

    case_id: str
    institution_id: str
    kind: str
    subject: str
    at_ms: int
    due_ms: int
    learner_id: str = ""
    undecided_ms: int = 0
    reasons: tuple[CaseReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it stands; ``outcome``, ``closed_by`` and ``note`` are of its last decision."""

    case_id: str
    institution_id: str
    kind: str
    subject: str
    learner_id: str
    opened_ms: int
    due_ms: int
    undecided_ms: int
    state: str
    outcome: str = ""
    closed_ms: int | None = None
    closed_by: str = ""
    note: str = ""
    reasons: tuple[CaseReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases; empty fields match all. ``after`` is the last case of the page before: (due_ms, case_id)."""

    institution_id: str
    state: str = "open"
    kind: str = ""
    reason: str = ""
    learner_id: str = ""
    after: tuple[int, str] = (-1, "")
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A person's decision about one minute (I9); ``body`` is its record, whose digest the leaf carries."""

    session_id: str
    leaf_seq: int
    minute: int
    at_ms: int
    verdict: str
    delta_ms: int
    reason: str
    reviewer_id: str
    body: bytes
    delivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """One atomic write of a decision: leaves, what they say, what they credit, and the case's end."""

    session_id: str
    leaves: tuple[StoredLeaf, ...]
    amendments: tuple[Amendment, ...]
    credited: tuple[tuple[int, IntervalSet], ...]
    close: CaseClosing


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosing:
    """The end of a case; ``left_ms`` and ``open`` where parts of it stay undecided."""

    case_id: str
    at_ms: int
    reviewer_id: str
    outcome: str
    note: str = ""
    left_ms: int = 0
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """A learner's appeal; the words are sealed with the learner's key."""

    session_id: str
    number: int
    at_ms: int
    minutes: tuple[int, ...]
    sealed: bytes
    answered_ms: int | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What an institution grants a learner in every later session; why is not kept (it may be about health).

    Attributes:
        version: 1, 2, 3, ...; older ones stay as the record of what held when.
        at_ms: Server time.
        set_by: ``platform``, ``operator`` or a reviewer's id.
        route: ``face``, ``challenge`` (without face recognition), or empty: as the launch asks.
        extra_time_pct: So many percent more time for answers and captures.
        liveness_excluded: Movements that are never asked for.
    """

    version: int
    at_ms: int
    set_by: str
    route: str = ""
    extra_time_pct: int = 0
    liveness_excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A session was seen with a device, from an address, or with a hint."""

    session_id: str
    kind: str
    value: str
    institution_id: str
    learner_id: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which session or case."""

    n: int
    at_ms: int
    actor: str
    action: str
    target: str


class ReviewStore(Protocol):
    """The part of the store that review needs."""

    async def put_reviewer(self, institution_id: str, reviewer_id: str, key_digest: str, at_ms: int) -> None:
        """Add a reviewer, or give one a new key."""

    async def revoke_reviewer(self, institution_id: str, reviewer_id: str, at_ms: int) -> None:
        """End a reviewer's key; ``NotFound`` where there is none."""

    async def reviewers(self, institution_id: str) -> Sequence[tuple[str, int, int | None]]:
        """Return (reviewer, created, revoked)."""

    async def reviewer_of_key(self, digest: str) -> tuple[str, str] | None:
        """Return (institution, reviewer) of a key that is not revoked."""

    async def raise_case(self, draft: CaseDraft) -> bool:
        """Open a case or add to it; whether a person has something new to look at."""

    async def case(self, case_id: str) -> Case:
        """Return it, or raise ``NotFound``."""

    async def case_of(self, institution_id: str, kind: str, subject: str) -> Case | None:
        """Return the case of a subject."""

    async def cases(self, which: CaseFilter) -> Sequence[Case]:
        """Return a page, the earliest due first."""

    async def case_counts(self, institution_id: str) -> Sequence[tuple[str, int]]:
        """Return how many open cases have each reason; ``("", n)`` is all."""

    async def close_case(self, closing: CaseClosing) -> None:
        """Note a decision that changes no credit."""

    async def amend(self, write: Amend) -> None:
        """Write a decision atomically and durably.

        Raises:
            StorageError: ``storage.conflict`` or ``storage.double_credit``; nothing is kept.
            NotAllowed: ``review.session_open``.
        """

    async def amendments(self, session_id: str) -> Sequence[Amendment]:
        """Return a session's decisions, the oldest first."""

    async def undelivered_amendments(self) -> Sequence[Amendment]:
        """Return decisions whose leaf is sealed and whose outbox line is not noted as written."""

    async def note_amendment_delivered(self, session_id: str, leaf_seq: int) -> None:
        """Note that the outbox holds it."""

    async def add_appeal(self, appeal: Appeal, draft: CaseDraft) -> None:
        """Keep an appeal and open its case, in one transaction."""

    async def appeals(self, session_id: str) -> Sequence[Appeal]:
        """Return a session's appeals."""

    async def put_allowance(self, institution_id: str, learner_id: str, allowance: Allowance) -> None:
        """Keep a new version."""

    async def allowances(self, institution_id: str, learner_id: str) -> Sequence[Allowance]:
        """Return all versions, the newest first."""

    async def sight(self, sighting: Sighting) -> None:
        """Keep a sighting (once per session, kind and value)."""

    async def sightings(self, session_id: str) -> Sequence[Sighting]:
        """Return what a session was seen with."""

    async def seen_with(self, institution_id: str, kind: str, value: str, since_ms: int) -> Sequence[tuple[str, int]]:
        """Return (learner, sessions) seen with a value."""

    async def values_of(self, institution_id: str, learner_id: str, kind: str, since_ms: int) -> int:
        """Return how many values of a kind a learner was seen with."""

    async def superseded_lately(self, institution_id: str, learner_id: str, since_ms: int) -> int:
        """Return how many sessions of a learner gave way to one of another lesson."""

    async def forget_sightings(self, before_ms: int) -> int:
        """Delete sightings older than that, and closed cases of devices and addresses; return how many sightings."""

    async def note_audit(self, institution_id: str, at_ms: int, actor: str, action: str, target: str) -> None:
        """Keep who did what."""

    async def audit(self, institution_id: str, before_n: int, limit: int) -> Sequence[AuditEntry]:
        """Return the trail, the newest first."""
