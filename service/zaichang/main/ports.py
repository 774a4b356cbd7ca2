"""Gives each room its ports, implemented by the adapters of one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zaichang.adapters.sql.store import SqliteStore
from zaichang.hours.certificates import CertificatePorts
from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import NearCopies
from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.hours.activities import EvidenceFiles
from zaichang.ports.hours.certificates import CertificateGate
from zaichang.ports.hours.desk import ActivityPorts
from zaichang.ports.launch import LaunchPorts
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.log.places import LogPlaces
from zaichang.ports.passkeys import PasskeyLibrary
from zaichang.ports.publishing import Outbox
from zaichang.ports.review_desk import ReviewPorts
from zaichang.ports.session import SessionConfig, SessionPorts
from zaichang.ports.vision import Vision


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The adapters of one process. One store implements all store ports."""

    clock: Clock
    store: SqliteStore
    vault: Vault
    blobs: Blobs
    evidence_files: EvidenceFiles
    outbox: Outbox
    vision: Vision
    logs: OpenLogs
    passkey_library: PasskeyLibrary
    token_hex: Callable[[int], str]

    def for_sessions(self, config: SessionConfig, near_copies: NearCopies | None = None) -> SessionPorts:
        """Return the ports of open sessions."""
        store = self.store
        return SessionPorts(
            clock=self.clock,
            sessions=store,
            history=store,
            captures=store,
            learners=store,
            passkeys=store,
            passkey_library=self.passkey_library,
            lessons=store,
            decisions=store,
            publishing=store,
            outbox=self.outbox,
            vault=self.vault,
            blobs=self.blobs,
            vision=self.vision,
            logs=self.logs,
            token_hex=self.token_hex,
            config=config,
            near_copies=near_copies,
        )

    def for_launches(self) -> LaunchPorts:
        """Return the ports of launches and enrolment."""
        store = self.store
        return LaunchPorts(
            clock=self.clock,
            lessons=store,
            learners=store,
            passkeys=store,
            passkey_library=self.passkey_library,
            staff=store,
            vault=self.vault,
            vision=self.vision,
            token_hex=self.token_hex,
        )

    def for_certificates(self, places: LogPlaces, gate: CertificateGate, badge_key: str) -> CertificatePorts:
        """Return the ports of certificates of hours."""
        store = self.store
        return CertificatePorts(
            clock=self.clock,
            store=store,
            facts=store,
            learners=store,
            staff=store,
            vault=self.vault,
            logs=self.logs,
            places=places,
            gate=gate,
            token_hex=self.token_hex,
            badge_key=badge_key,
        )

    def for_activities(self) -> ActivityPorts:
        """Return the ports of the desk of activities."""
        store = self.store
        return ActivityPorts(
            clock=self.clock,
            activities=store,
            employers=store,
            result_keys=store,
            files=self.evidence_files,
            learners=store,
            staff=store,
            vault=self.vault,
            logs=self.logs,
            token_hex=self.token_hex,
        )

    def for_review(self) -> ReviewPorts:
        """Return the ports of review and of the HTTP API."""
        store = self.store
        return ReviewPorts(
            clock=self.clock,
            history=store,
            captures=store,
            looks=store,
            evidence=store,
            learners=store,
            lessons=store,
            staff=store,
            cases=store,
            decisions=store,
            revocations=store,
            erasures=store,
            sightings=store,
            media_deliveries=store,
            hour_facts=store,
            vault=self.vault,
            blobs=self.blobs,
            vision=self.vision,
            logs=self.logs,
            token_hex=self.token_hex,
        )
