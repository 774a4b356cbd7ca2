"""Erasure of a learner, from legal hold to the leaf that records it and the lines that tell consumers.

The order makes a crash harmless: everything before the store's one transaction can be repeated, and the leaf that will
tell of the erasure is durable before it, without the pseudonym.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.civil import date_text
from zaichang.core.enums import ErasureScope, LeafKind, ProposalState
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId
from zaichang.live.publishing import erasure_lines
from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import CaptureStore
from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.erasure import ErasureStore, LegalHolds, PendingErasures
from zaichang.ports.hours.activities import EvidenceFiles
from zaichang.ports.learners import LearnerStore
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.publishing import Outbox
from zaichang.ports.purposes import MarkKind, Purpose
from zaichang.ports.records_review import Erasure
from zaichang.tlog.leaf import record

ALIAS_PREFIX: Final = "erased-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePorts:
    """The ports of erasure.

    Attributes:
        clock: Server time.
        store: The learner's rows.
        captures: Which pictures are kept.
        blobs: The pictures.
        evidence: Files of activities.
        outbox: The lines for the hour ledger.
        holds: Legal holds.
        pending: Leaves that the log does not hold yet.
        logs: The logs.
        learners: The learner's row.
        vault: Marks and keys.
        token_hex: Source of random aliases.
    """

    clock: Clock
    store: ErasureStore
    captures: CaptureStore
    blobs: Blobs
    evidence: EvidenceFiles
    outbox: Outbox
    holds: LegalHolds
    pending: PendingErasures
    logs: OpenLogs
    learners: LearnerStore
    vault: Vault
    token_hex: Callable[[int], str]


class Eraser:
    """Erases learners of one service."""

    def __init__(self, ports: ErasurePorts) -> None:
        """Use the ports; the caller sees to it that no session of the learner runs meanwhile."""
        self._ports = ports
        self.on_erased: list[Callable[[InstitutionId, LearnerId], None]] = []

    async def finish_pending(self) -> int:
        """Log the erasures that a crash left unrecorded; return how many."""
        ports = self._ports
        count = 0
        for institution_id, alias, leaf in ports.pending.all():
            if await ports.store.is_erased(institution_id, alias):
                await self._tell(institution_id, alias, leaf)
                count += 1
            ports.pending.done(institution_id, alias)
        return count

    def check_hold(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """Refuse where the learner's data is held.

        Raises:
            NotAllowed: ``erase.hold``.
        """
        self._ports.holds.check(institution_id, learner_id)

    async def check(self, institution_id: InstitutionId, learner_id: LearnerId) -> int:
        """Return how many sessions an erasure would concern.

        Raises:
            NotAllowed: ``erase.hold``, ``erase.open_session``.
            NotFound: ``learner.unknown``.
        """
        self.check_hold(institution_id, learner_id)
        return await self._ports.store.sessions_to_erase(institution_id, learner_id)

    async def records_outside_log(self, institution_id: InstitutionId, learner_id: LearnerId) -> bool:
        """Return whether the log still lacks records of the learner, or decisions about them."""
        return await self._ports.store.records_outside_log(institution_id, learner_id)

    async def erase(self, wanted: Erasure) -> tuple[int, int]:
        """Erase a learner; return the number of their sessions and the index of the erasure's leaf.

        Args:
            wanted: The erasure; state, alias and number of sessions are set here.

        Raises:
            NotAllowed: ``erase.hold``, ``erase.open_session``; ``erase.not_in_log`` where all is to be erased and the
                log still lacks records: they would be lost, and their lines would name the learner.
            NotFound: ``learner.unknown``.
        """
        ports, owner = self._ports, (wanted.institution_id, wanted.learner_id)
        sessions = await self.check(*owner)
        if wanted.scope is ErasureScope.ALL and await self.records_outside_log(*owner):
            raise NotAllowed(
                "erase.not_in_log",
                "Records of this learner are not in the log yet.",
                "Start the service, which writes them, stop it, and erase again.",
            )
        alias, at_ms = LearnerAlias(ALIAS_PREFIX + ports.token_hex(8)), ports.clock.now_ms()
        log = await ports.logs.log_for(wanted.institution_id, at_ms)
        request = bytes.fromhex(wanted.request) or hashlib.sha256(canonical_bytes({"alias": alias})).digest()
        leaf = record(
            LeafKind.ERASURE,
            log.origin,
            at_ms,
            request=request,
            date=date_text(at_ms),
            basis=wanted.basis,
            sessions=sessions,
            scope=wanted.scope.value,
        )
        ports.pending.put(wanted.institution_id, alias, leaf)
        for row in await ports.captures.captures_of_learner(*owner):
            await asyncio.to_thread(ports.blobs.delete, row.session_id, row.capture_id)
            await ports.captures.note_capture_deleted(row.session_id, row.capture_id, at_ms)
        erasure = replace(wanted, alias=alias, sessions=sessions, state=ProposalState.DONE)
        if wanted.scope is ErasureScope.ALL:
            for activity_id, file_id in await ports.store.evidence_to_erase(*owner):
                await asyncio.to_thread(ports.evidence.delete, activity_id, file_id)
            await asyncio.to_thread(ports.outbox.mask, *owner)
            await ports.store.erase(erasure, ports.vault.mark(MarkKind.LEARNER, *owner), at_ms)
        else:
            await self._erase_biometrics(erasure, at_ms)
        for listener in self.on_erased:
            listener(*owner)
        index = await self._tell(wanted.institution_id, alias, leaf)
        ports.pending.done(wanted.institution_id, alias)
        return sessions, index

    async def _erase_biometrics(self, erasure: Erasure, at_ms: int) -> None:
        """Destroy references and captures with their key; the words of appeals are encrypted with the new one."""
        ports = self._ports
        old = await ports.learners.learner(erasure.institution_id, erasure.learner_id)
        new = ports.vault.without_biometrics(old)
        before, after = ports.vault.unlock(old), ports.vault.unlock(new)
        appeals = []
        for session_id, number, encrypted in await ports.store.appeals_of(erasure.institution_id, erasure.learner_id):
            place = f"{session_id}.{number}"
            words = before.decrypt(Purpose.APPEAL, place, encrypted)
            appeals.append((session_id, number, after.encrypt(Purpose.APPEAL, place, words)))
        await ports.store.erase_biometrics(erasure, new, appeals, at_ms)

    async def _tell(self, institution_id: InstitutionId, alias: LearnerAlias, leaf: bytes) -> int:
        """Write the erasure's leaf and its outbox lines; return the leaf's index. May be repeated."""
        ports = self._ports
        at_ms = ports.clock.now_ms()
        log = await ports.logs.log_for(institution_id, at_ms)
        index = await log.submit((alias, 0), leaf)
        scope = parse_canonical_object(leaf).get("scope", ErasureScope.ALL.value)
        sessions = await ports.store.erased_sessions(institution_id, alias)
        lines = erasure_lines(institution_id, str(scope), sessions, log.origin, index)
        await asyncio.to_thread(ports.outbox.append, lines, at_ms)
        await ports.store.note_erasure_logged(institution_id, alias, index)
        return index
