"""Certificates of hours: issued from a year's statement, replaced, and revoked by two people.

A certificate is a document, an entry in the institution's log that commits to it, and a file that proves both. The
order makes a crash harmless: the row with the entry's exact bytes is stored first, then the entry is logged, then its
index is noted. ``recover`` logs what a crash left out, under the same key, so nothing is logged twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.audit.certificate.document import (
    DOCUMENT,
    NAME,
    Certificate,
    document_bytes,
    name_commitment,
    name_ok,
    read_document,
)
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.audit.changes.rulings import REVOKE_REASONS
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.enums import CertificateState, LeafKind
from zaichang.core.errors import EvidenceError, NotAllowed, NotFound, PeerViolation, ZaichangError
from zaichang.core.ids import NO_LEARNER, InstitutionId, LearnerId, ReviewerId
from zaichang.core.text import plain_lines
from zaichang.hours.certificate_document import certificate_of
from zaichang.hours.fact_files import statement_of
from zaichang.hours.feed import HourFeed
from zaichang.hours.packs import load_rules, shipped_rules
from zaichang.hours.stored import stored_facts
from zaichang.log.reader import LogReader
from zaichang.log.shelf import log_year
from zaichang.log.witness_client import witnessed
from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.hours.certificates import CertificateGate, CertificateRow, CertificateStore
from zaichang.ports.learners import LearnerStore
from zaichang.ports.ledger import HourFacts
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.log.places import LogPlace, LogPlaces
from zaichang.ports.records import Institution
from zaichang.ports.review import StaffStore
from zaichang.tlog.commit import commitment, salt, session_key
from zaichang.tlog.leaf import record
from zaichang.tlog.merkle import leaf_hash

NUMBER_BYTES: Final = 8
NOTE_MAX_CHARS: Final = 500
_DECISION: Final = "decision"
"""Kind of the commitment to the decision behind a revocation."""
_log = logging.getLogger("zaichang.hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePorts:
    """The ports of certificates.

    Attributes:
        clock: Server time.
        store: The certificates.
        facts: The hour ledger's facts.
        learners: The learner's row.
        staff: The audit trail.
        vault: Unlocks the learner's key, from which the salts come.
        logs: The open logs.
        places: Where logs are read.
        gate: Says whether a certificate may be issued.
        token_hex: Source of random numbers.
        badge_key: Public key of the badges, 64 hex digits, or empty.
    """

    clock: Clock
    store: CertificateStore
    facts: HourFacts
    learners: LearnerStore
    staff: StaffStore
    vault: Vault
    logs: OpenLogs
    places: LogPlaces
    gate: CertificateGate
    token_hex: Callable[[int], str]
    badge_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateWanted:
    """A certificate to issue.

    Attributes:
        learner_id: Pseudonym.
        rules: Name of a shipped pack of hour rules.
        year: Label of the year.
        name: The holder's name as it is to be printed, or empty. It is never stored.
        replaces: Number of the certificate to replace, or empty.
    """

    learner_id: LearnerId
    rules: str
    year: int
    name: str = ""
    replaces: str = ""


class CertificateDesk:
    """Issues, replaces and revokes an institution's certificates."""

    def __init__(self, ports: CertificatePorts) -> None:
        """Use the ports."""
        self._ports = ports

    async def issue(
        self, institution: Institution, reviewer_id: ReviewerId, wanted: CertificateWanted
    ) -> CertificateRow:
        """Issue a certificate of the statement as it stands now, or one in the place of another.

        Raises:
            PeerViolation: ``certificate.invalid``, naming the field.
            EvidenceError: ``hours.record`` where a record of this learner is damaged.
            NotFound: ``learner.unknown``; ``certificate.unknown``.
            NotAllowed: ``learner.erased``, ``certificate.nothing``, ``certificate.exists``, ``certificate.closed``,
                ``certificate.proposed`` where the revocation of the one to replace waits, or the gate's own.
        """
        ports, institution_id = self._ports, institution.institution_id
        _check(wanted)
        old = await self._own(institution_id, wanted.replaces) if wanted.replaces else None
        if old is not None and (old.learner_id, old.rules, old.year) != (
            wanted.learner_id,
            wanted.rules,
            str(wanted.year),
        ):
            raise PeerViolation("certificate.invalid", "replaces is a certificate of another learner, year or rules.")
        learner = await ports.learners.learner(institution_id, wanted.learner_id)
        subject_key = ports.vault.unlock(learner).subject_key()
        # A session that has just ended is counted, too: the feed otherwise runs every half minute.
        await HourFeed(ports.facts).feed((institution_id, wanted.learner_id), strict=True)
        facts = await stored_facts(ports.facts, institution_id, wanted.learner_id, {})
        rules = load_rules(wanted.rules)
        statement, values = statement_of(facts, rules, wanted.year, None)
        await ports.gate.check(institution_id, wanted.learner_id, rules, statement, facts)
        number, now_ms = ports.token_hex(NUMBER_BYTES), ports.clock.now_ms()
        key = session_key(subject_key, number)
        log_ms = now_ms if old is None else old.log_ms
        log = await ports.logs.log_for(institution_id, log_ms)
        certificate = certificate_of(
            statement,
            values,
            rules,
            institution,
            number=number,
            origin=log.origin,
            learner=wanted.learner_id,
            issued_ms=now_ms,
            name_c=name_commitment(wanted.name, salt(key, NAME, 0)).hex() if wanted.name else "",
            replaces=wanted.replaces,
            badge_key=ports.badge_key,
        )
        row = CertificateRow(
            number=number,
            institution_id=institution_id,
            learner_id=wanted.learner_id,
            year=certificate.year,
            rules=wanted.rules,
            document=document_bytes(certificate),
            leaf=_leaf_of(certificate, salt(key, DOCUMENT, 0), old),
            log_ms=log_ms,
            issued_ms=now_ms,
            issued_by=reviewer_id,
            replaces=wanted.replaces,
        )
        await ports.store.add_certificate(row)
        await self._note(row, reviewer_id, "certificate.replace" if old else "certificate.issue")
        return await self._log_issue(row)

    async def propose_end(
        self, institution_id: InstitutionId, reviewer_id: ReviewerId, number: str, reason: str, note: str = ""
    ) -> CertificateRow:
        """Propose to revoke a certificate; it stands until another reviewer confirms.

        Raises:
            PeerViolation: ``certificate.invalid``, naming the field.
            NotFound: ``certificate.unknown``, also for another institution's.
            NotAllowed: ``certificate.closed``, ``certificate.proposed``.
        """
        row = await self._own(institution_id, number)
        if reason not in REVOKE_REASONS:
            raise PeerViolation("certificate.invalid", f"reason is one of {', '.join(REVOKE_REASONS)}.")
        if len(note) > NOTE_MAX_CHARS or not plain_lines(note):
            raise PeerViolation("certificate.invalid", "note is too long, or has characters that do not show.")
        now_ms = self._ports.clock.now_ms()
        await self._ports.store.propose_certificate_end(number, reason, note, reviewer_id, now_ms)
        await self._note(row, reviewer_id, "certificate.revoke.propose")
        return await self._ports.store.certificate(number)

    async def confirm_end(self, institution_id: InstitutionId, reviewer_id: ReviewerId, number: str) -> CertificateRow:
        """Confirm another reviewer's proposal: the certificate is revoked, and the log says so.

        Raises:
            NotFound: ``certificate.unknown``, also for another institution's.
            NotAllowed: ``certificate.same_person``, ``certificate.not_proposed``, ``certificate.not_logged``.
        """
        ports, row = self._ports, await self._own(institution_id, number)
        if row.proposed_by and row.proposed_by == reviewer_id:
            raise NotAllowed(
                "certificate.same_person",
                "A revocation is confirmed by another person than the one who proposed it.",
                "Ask a colleague with a key of their own.",
            )
        if row.state is not CertificateState.ISSUED or not row.proposed_by:
            raise NotAllowed("certificate.not_proposed", "No revocation of this certificate waits.")
        if row.entry_index is None:
            raise NotAllowed("certificate.not_logged", "The entry of this certificate is not in the log yet.", "Wait.")
        now_ms = ports.clock.now_ms()
        decision = {
            "certificate": number,
            "reason": row.reason,
            "proposed_by": row.proposed_by,
            "decided_by": reviewer_id,
            "decided_ms": now_ms,
        }
        log = await ports.logs.log_for(institution_id, row.log_ms)
        # The salt is random and not kept: the entry shows that a decision was made, and the trail holds it.
        leaf = record(
            LeafKind.CERTIFICATE,
            log.origin,
            now_ms,
            action="revoke",
            cert_c=commitment(_DECISION, bytes.fromhex(ports.token_hex(32)), canonical_bytes(decision)),
            target=row.entry_index,
            target_hash=leaf_hash(row.leaf),
            reason=row.reason,
        )
        await ports.store.revoke_certificate(row, leaf, reviewer_id, now_ms)
        await self._note(row, reviewer_id, "certificate.revoke.confirm")
        return await self._log_end(await ports.store.certificate(number))

    async def refuse_end(self, institution_id: InstitutionId, reviewer_id: ReviewerId, number: str) -> CertificateRow:
        """Refuse a proposal, or withdraw one's own.

        Raises:
            NotFound: ``certificate.unknown``, also for another institution's.
            NotAllowed: ``certificate.not_proposed``.
        """
        row = await self._own(institution_id, number)
        await self._ports.store.withdraw_certificate_end(number)
        await self._note(row, reviewer_id, "certificate.revoke.refuse")
        return await self._ports.store.certificate(number)

    async def listed(
        self, institution_id: InstitutionId, learner_id: LearnerId | None, limit: int
    ) -> Sequence[CertificateRow]:
        """Return an institution's certificates, or one learner's, the newest first."""
        return await self._ports.store.certificates(institution_id, learner_id, limit)

    async def found(self, institution_id: InstitutionId, number: str) -> CertificateRow:
        """Return an institution's certificate.

        Raises:
            NotFound: ``certificate.unknown``, also for another institution's.
        """
        return await self._own(institution_id, number)

    async def proof(
        self, institution_id: InstitutionId, number: str, name: str = "", learner_id: LearnerId = NO_LEARNER
    ) -> CertificateProof:
        """Return the proof of a certificate at the newest checkpoint that covers it, a cosigned one where there is one.

        Args:
            institution_id: The issuing institution.
            number: The certificate.
            name: The holder's name, to be printed again; it must be the one that was given at issue.
            learner_id: Give it where it is this learner's alone; empty: for the institution.

        Raises:
            PeerViolation: ``certificate.other_name``.
            NotFound: ``certificate.unknown``, also for another institution's or learner's.
            NotAllowed: ``certificate.closed`` for one that was replaced or revoked; ``certificate.not_logged``;
                ``learner.erased``.
        """
        ports, row = self._ports, await self._own(institution_id, number, learner_id)
        if row.state is not CertificateState.ISSUED:
            raise NotAllowed("certificate.closed", "This certificate does not stand any more.", "See the list.")
        if row.entry_index is None:
            raise NotAllowed("certificate.not_logged", "The entry of this certificate is not in the log yet.", "Wait.")
        learner = await ports.learners.learner(institution_id, row.learner_id)
        key = session_key(ports.vault.unlock(learner).subject_key(), number)
        certificate = read_document(parse_canonical_object(row.document))
        name_salt = salt(key, NAME, 0)
        if name and name_commitment(name, name_salt).hex() != certificate.name_c:
            raise PeerViolation(
                "certificate.other_name",
                "This is not the name that was given when the certificate was issued.",
                "Write it as it was, or replace the certificate.",
            )
        place = ports.places.place(institution_id, log_year(row.log_ms))
        reader = await asyncio.to_thread(_reader, place, row.entry_index)
        return CertificateProof(
            certificate=certificate,
            salt=salt(key, DOCUMENT, 0),
            checkpoint=reader.checkpoint.note,
            index=row.entry_index,
            leaf=row.leaf,
            proof=await asyncio.to_thread(reader.prove, row.entry_index),
            name=name,
            name_salt=name_salt if name else b"",
        )

    async def recover(self) -> None:
        """Log the entries that a crash left out. One that fails is left for the next start."""
        for row in await self._ports.store.unlogged_certificates():
            try:
                logged = await self._log_issue(row)
                if logged.state is CertificateState.REVOKED and logged.revoke_index is None:
                    await self._log_end(logged)
            except ZaichangError as error:
                _log.error("certificate %s is not logged yet: %s", row.number, error)

    async def _log_issue(self, row: CertificateRow) -> CertificateRow:
        log = await self._ports.logs.log_for(row.institution_id, row.log_ms)
        index = await log.submit((f"certificate-{row.number}", 0), row.leaf)
        await self._ports.store.note_certificate_logged(row.number, index)
        return await self._ports.store.certificate(row.number)

    async def _log_end(self, row: CertificateRow) -> CertificateRow:
        log = await self._ports.logs.log_for(row.institution_id, row.log_ms)
        index = await log.submit((f"certificate-{row.number}", 1), row.revoke_leaf)
        await self._ports.store.note_certificate_end_logged(row.number, index)
        return await self._ports.store.certificate(row.number)

    async def _own(
        self, institution_id: InstitutionId, number: str, learner_id: LearnerId = NO_LEARNER
    ) -> CertificateRow:
        row = await self._ports.store.certificate(number)
        if row.institution_id != institution_id or (learner_id and row.learner_id != learner_id):
            raise NotFound("certificate.unknown", "There is no such certificate.")
        return row

    async def _note(self, row: CertificateRow, actor: str, action: str) -> None:
        await self._ports.staff.note_audit(row.institution_id, self._ports.clock.now_ms(), actor, action, row.number)


def _check(wanted: CertificateWanted) -> None:
    for field, holds in (
        ("rules", wanted.rules in shipped_rules()),
        ("year", 2000 <= wanted.year <= 9999),
        ("name", not wanted.name or name_ok(wanted.name)),
    ):
        if not holds:
            raise PeerViolation("certificate.invalid", f"{field} does not fit a certificate.")


def _leaf_of(certificate: Certificate, document_salt: bytes, old: CertificateRow | None) -> bytes:
    cert_c = certificate.commitment(document_salt)
    at_ms, origin = certificate.issued_ms, certificate.origin
    if old is None:
        return record(LeafKind.CERTIFICATE, origin, at_ms, action="issue", cert_c=cert_c)
    if old.entry_index is None:
        raise NotAllowed("certificate.not_logged", "The entry of this certificate is not in the log yet.", "Wait.")
    target, target_hash = old.entry_index, leaf_hash(old.leaf)
    return record(
        LeafKind.CERTIFICATE, origin, at_ms, action="replace", cert_c=cert_c, target=target, target_hash=target_hash
    )


def _reader(place: LogPlace, index: int) -> LogReader:
    """Return a reader of the newest cosigned checkpoint that covers an entry; of the newest where none does yet."""
    try:
        cosigned = LogReader(place.published, witnessed(place.side_files))
        if cosigned.size > index:
            return cosigned
    except (NotFound, EvidenceError):
        pass
    return LogReader(place.published)
