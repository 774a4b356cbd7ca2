"""Rows of review decisions, sightings and the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.enums import SightingKind
from zaichang.core.ids import InstitutionId, LearnerId, ReviewerId, SessionId
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """One atomic write of a decision: leaves, their records, the credit, and the case's end."""

    session_id: SessionId
    leaves: tuple[StoredLeaf, ...]
    amendments: tuple[Amendment, ...]
    credited: tuple[tuple[int, IntervalSet], ...]
    close: CaseClosing


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
