"""The ports of review and the HTTP API, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import CaptureStore, LookStore
from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.erasure import ErasureRequests
from zaichang.ports.evidence import EvidenceStore
from zaichang.ports.learners import LearnerStore
from zaichang.ports.ledger import HourFacts
from zaichang.ports.lessons import LessonStore
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.media_delivery import MediaDeliveryStore
from zaichang.ports.review import CaseStore, DecisionStore, RevocationStore, SightingStore, StaffStore
from zaichang.ports.sessions import SessionHistory
from zaichang.ports.vision import Vision


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPorts:
    """Ended sessions are read, and decisions about them written, through these."""

    clock: Clock
    history: SessionHistory
    captures: CaptureStore
    looks: LookStore
    evidence: EvidenceStore
    learners: LearnerStore
    lessons: LessonStore
    staff: StaffStore
    cases: CaseStore
    decisions: DecisionStore
    revocations: RevocationStore
    erasures: ErasureRequests
    sightings: SightingStore
    media_deliveries: MediaDeliveryStore
    hour_facts: HourFacts
    vault: Vault
    blobs: Blobs
    vision: Vision
    logs: OpenLogs
    token_hex: Callable[[int], str]
