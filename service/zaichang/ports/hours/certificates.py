"""Certificates of hours: their rows, and the question whether one may be issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zaichang.core.enums import CertificateState
from zaichang.core.ids import NO_REVIEWER, InstitutionId, LearnerId, ReviewerId
from zaichang.ledger.facts import Fact
from zaichang.ledger.rules import HourRules
from zaichang.ledger.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """A certificate as stored. It holds no name: names are in the PDF alone.

    Attributes:
        number: 16 hex digits, random.
        institution_id: The issuing institution.
        learner_id: Pseudonym; an alias once all of the learner is erased.
        year: Label of the year.
        rules: Name of the pack of hour rules.
        state: Issued, replaced or revoked.
        document: Canonical bytes of its document; empty once all of the learner is erased.
        leaf: The entry of its issue, as it is submitted to the log.
        log_ms: The time that names its log: that of the first certificate in its chain of replacements.
        issued_ms: Server time.
        issued_by: The reviewer who issued it.
        replaces: Number of the certificate in whose place it stands, or empty.
        replaced_by: Number of the one in its place, or empty.
        entry_index: Index of its entry; None until it is logged.
        reason: Reason of a proposed or confirmed revocation, or empty.
        note: The proposer's note, for the institution.
        proposed_by: Who proposed to revoke it, or empty.
        proposed_ms: Server time, or None.
        decided_by: Who confirmed that, or empty.
        decided_ms: Server time, or None.
        revoke_leaf: The entry of its revocation, or empty.
        revoke_index: Index of that entry; None until it is logged.
        status_place: Its place in the institution's status lists, drawn by the store at the issue.
    """

    number: str
    institution_id: InstitutionId
    learner_id: LearnerId
    year: str
    rules: str
    document: bytes
    leaf: bytes
    log_ms: int
    issued_ms: int
    issued_by: ReviewerId
    state: CertificateState = CertificateState.ISSUED
    replaces: str = ""
    replaced_by: str = ""
    entry_index: int | None = None
    reason: str = ""
    note: str = ""
    proposed_by: ReviewerId = NO_REVIEWER
    proposed_ms: int | None = None
    decided_by: ReviewerId = NO_REVIEWER
    decided_ms: int | None = None
    revoke_leaf: bytes = b""
    revoke_index: int | None = None
    status_place: int = -1


class CertificateStore(Protocol):
    """Keeps certificates. Each change checks the state that it needs, in its own transaction."""

    async def add_certificate(self, row: CertificateRow) -> None:
        """Keep a new certificate; one that it replaces becomes replaced in the same transaction.

        It gets a drawn place in the status lists (``audit.certificate.status_list``) that no other one has; each list
        is filled by half, so that drawing stays quick.

        Cost: commit.

        Raises:
            NotAllowed: ``certificate.exists`` where one of the year and rules stands already; ``certificate.closed``
                where the one to replace does not stand; ``certificate.proposed`` where its revocation waits;
                ``learner.erased``.
        """

    async def certificate(self, number: str) -> CertificateRow:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def certificates(
        self, institution_id: InstitutionId, learner_id: LearnerId | None, limit: int
    ) -> Sequence[CertificateRow]:
        """Return an institution's, or one learner's, the newest first. Cost: read."""

    async def unlogged_certificates(self) -> Sequence[CertificateRow]:
        """Return those with an entry that is not known to be logged (start-up). Cost: read."""

    async def note_certificate_logged(self, number: str, entry_index: int) -> None:
        """Note the index of the entry of its issue. Cost: commit."""

    async def propose_certificate_end(
        self, number: str, reason: str, note: str, proposed_by: ReviewerId, at_ms: int
    ) -> None:
        """Keep a proposal to revoke it.

        Cost: commit.

        Raises:
            NotAllowed: ``certificate.closed`` where it does not stand; ``certificate.proposed`` where one waits.
        """

    async def withdraw_certificate_end(self, number: str) -> None:
        """Delete a proposal; ``NotAllowed`` ``certificate.not_proposed`` where none waits. Cost: commit."""

    async def revoke_certificate(self, read: CertificateRow, leaf: bytes, decided_by: ReviewerId, at_ms: int) -> None:
        """Carry out the proposal that ``read`` holds, by another person than the one who made it.

        Cost: commit.

        Raises:
            NotAllowed: ``certificate.not_proposed``, also where another proposal waits by now.
        """

    async def note_certificate_end_logged(self, number: str, entry_index: int) -> None:
        """Note the index of the entry of its revocation. Cost: commit."""

    async def has_status_list(self, institution_id: InstitutionId, first: int, end: int) -> bool:
        """Return whether a certificate has a place in a range. Cost: read."""

    async def ended_places(self, institution_id: InstitutionId, first: int, end: int) -> Sequence[int]:
        """Return the places in a range whose certificates were replaced or revoked. Cost: read."""


class CertificateGate(Protocol):
    """Says whether a certificate may be issued, where the rules ask for more than the statement shows.

    附件1 二（一）of 渝药监〔2025〕10号 asks that the hours be accepted by the authority first.
    """

    async def check(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        rules: HourRules,
        statement: Statement,
        facts: Sequence[Fact],
    ) -> None:
        """Return where a certificate of a statement may be issued; otherwise raise ``NotAllowed``. Cost: read."""
