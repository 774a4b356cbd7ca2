"""Erasure of a learner, from legal hold to the leaf that records it. The service must not be running.

The order makes a crash harmless: everything before the store's one transaction can be repeated, and the leaf that will
tell of the erasure is durable before it, without the pseudonym.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import date_text
from zaichang.core.enums import LeafKind
from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId
from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import CaptureStore
from zaichang.ports.clock import Clock
from zaichang.ports.erasure import ErasureStore, LegalHolds, PendingErasures
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.publishing import Outbox
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
        outbox: The lines for the hour ledger.
        holds: Legal holds.
        pending: Leaves that the log does not hold yet.
        logs: The logs.
        token_hex: Source of random aliases.
    """

    clock: Clock
    store: ErasureStore
    captures: CaptureStore
    blobs: Blobs
    outbox: Outbox
    holds: LegalHolds
    pending: PendingErasures
    logs: OpenLogs
    token_hex: Callable[[int], str]


class Eraser:
    """Erases learners of one service."""

    def __init__(self, ports: ErasurePorts) -> None:
        """Use the ports; the caller keeps the service from running meanwhile."""
        self._ports = ports

    async def finish_pending(self) -> int:
        """Log the erasures that a crash left unrecorded; return how many."""
        ports = self._ports
        count = 0
        for institution_id, alias, leaf in ports.pending.all():
            if await ports.store.is_erased(institution_id, alias):
                log = await ports.logs.log_for(institution_id, ports.clock.now_ms())
                await log.submit((alias, 0), leaf)
                count += 1
            ports.pending.done(institution_id, alias)
        return count

    async def erase(
        self, institution_id: InstitutionId, learner_id: LearnerId, basis: str, request: bytes | None
    ) -> tuple[int, int]:
        """Erase a learner; return the number of their sessions and the index of the erasure's leaf.

        Args:
            institution_id: Whose learner.
            learner_id: The pseudonym.
            basis: Legal basis, a word like ``pipl-47``.
            request: The request document, of which the digest is logged; None for none.

        Raises:
            NotAllowed: ``erase.hold``, ``erase.open_session``.
            NotFound: ``learner.unknown``.
        """
        ports = self._ports
        ports.holds.check(institution_id, learner_id)
        sessions = await ports.store.sessions_to_erase(institution_id, learner_id)
        alias, at_ms = LearnerAlias(ALIAS_PREFIX + ports.token_hex(8)), ports.clock.now_ms()
        log = await ports.logs.log_for(institution_id, at_ms)
        day = date_text(at_ms)
        digest = hashlib.sha256(request if request is not None else canonical_bytes({"alias": alias})).digest()
        leaf = record(LeafKind.ERASURE, log.origin, at_ms, request=digest, date=day, basis=basis, sessions=sessions)
        ports.pending.put(institution_id, alias, leaf)
        for row in await ports.captures.captures_of_learner(institution_id, learner_id):
            await asyncio.to_thread(ports.blobs.delete, row.session_id, row.capture_id)
            await ports.captures.note_capture_deleted(row.session_id, row.capture_id, at_ms)
        await asyncio.to_thread(ports.outbox.mask, institution_id, learner_id)
        await ports.store.erase(institution_id, learner_id, alias, at_ms)
        index = await log.submit((alias, 0), leaf)
        ports.pending.done(institution_id, alias)
        return sessions, index
