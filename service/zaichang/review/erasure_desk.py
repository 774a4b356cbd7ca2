"""Erasure on a running service: one reviewer proposes it, another confirms it, and it is carried out.

It is carried out at once, unless the log holds records of the learner back: those name the learner until they are
written, so the confirmed erasure follows them, two rounds of the log (half an hour) later at most. The learner may
study meanwhile: each session that begins before the erasure delays it to half an hour after its own end at most. The
erasure is stored, so no crash loses it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import Final

from zaichang.core.enums import ErasureScope, ProposalState
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation, StorageError, ZaichangError
from zaichang.core.ids import InstitutionId, LearnerId, ReviewerId
from zaichang.core.text import plain_lines
from zaichang.live.session import LiveSession
from zaichang.live.sessions import SessionHub
from zaichang.live.task_sets import drained
from zaichang.ports.records import SessionRow
from zaichang.ports.records_review import Erasure
from zaichang.ports.review_desk import ReviewPorts
from zaichang.review.decision_writer import DecisionWriter
from zaichang.review.desk import NOTE_MAX_CHARS
from zaichang.review.erasure import Eraser

RETRY_S: Final = 1.0
"""Pause before an erasure looks again whether records are still held back."""
BASIS: Final = re.compile(r"[a-z][a-z0-9._-]{0,47}")
"""A legal basis as the log takes it."""
_DIGEST: Final = re.compile(r"([0-9a-f]{64})?")
_log = logging.getLogger("zaichang.review")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureWanted:
    """A proposal to erase a learner.

    Attributes:
        learner_id: The learner.
        scope: The part that is destroyed.
        basis: Legal basis, a word like ``pipl-47``.
        request: SHA-256 of the request document, hex; empty for none.
        note: For the institution; erased with the learner.
    """

    learner_id: LearnerId
    scope: ErasureScope
    basis: str
    request: str = ""
    note: str = ""


class ErasureDesk:
    """Takes proposals, and carries out those that a second person confirms."""

    def __init__(self, ports: ReviewPorts, eraser: Eraser, hub: SessionHub, decisions: DecisionWriter) -> None:
        """Use the ports; ``hub`` keeps the learner's next session waiting, ``decisions`` writes the decisions."""
        self._ports = ports
        self._requests = ports.erasures
        self._eraser = eraser
        self._hub = hub
        self._decisions = decisions
        self._waiting: dict[str, Erasure] = {}
        """Confirmed erasures that the end of a session wakes."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def propose(self, institution_id: InstitutionId, reviewer_id: ReviewerId, wanted: ErasureWanted) -> Erasure:
        """Keep a proposal; nothing is destroyed before another reviewer confirms it.

        Raises:
            PeerViolation: ``erasure.invalid``, naming the field.
            NotFound: ``learner.unknown``.
            NotAllowed: ``erase.hold``.
        """
        for field, holds in (
            ("basis", BASIS.fullmatch(wanted.basis)),
            ("request", _DIGEST.fullmatch(wanted.request)),
            ("note", len(wanted.note) <= NOTE_MAX_CHARS and plain_lines(wanted.note)),
        ):
            if not holds:
                raise PeerViolation("erasure.invalid", f"{field} does not fit an erasure.")
        await self._ports.learners.learner(institution_id, wanted.learner_id)
        self._eraser.check_hold(institution_id, wanted.learner_id)
        erasure = Erasure(
            erasure_id=self._ports.token_hex(16),
            institution_id=institution_id,
            learner_id=wanted.learner_id,
            scope=wanted.scope,
            basis=wanted.basis,
            request=wanted.request,
            note=wanted.note,
            proposed_by=reviewer_id,
            proposed_ms=self._ports.clock.now_ms(),
        )
        await self._requests.propose_erasure(erasure)
        await self._note(reviewer_id, "erasure.propose", erasure)
        return erasure

    async def confirm(self, institution_id: InstitutionId, reviewer_id: ReviewerId, erasure_id: str) -> Erasure:
        """Confirm a proposal and carry it out; where the log holds records of the learner back, after those.

        Raises:
            NotFound: ``erasure.unknown``, also for another institution's; ``learner.unknown``.
            NotAllowed: ``erasure.same_person``, ``erasure.decided``, ``erase.open_session``, ``erase.hold``.
            StorageError: Storage refuses; where the erasure is confirmed already it is tried again.
        """
        erasure = await self._own(institution_id, erasure_id)
        if erasure.proposed_by == reviewer_id:
            raise NotAllowed(
                "erasure.same_person",
                "An erasure is confirmed by another person than the one who proposed it.",
                "Ask a colleague with a key of their own.",
            )
        if erasure.state is not ProposalState.PROPOSED:
            raise NotAllowed("erasure.decided", "This erasure is decided.", "Look at it in the list.")
        async with self._hub.learner_lock(institution_id, erasure.learner_id):
            # Checked first, so that a refusal leaves no confirmed proposal behind.
            await self._eraser.check(institution_id, erasure.learner_id)
            now_ms = self._ports.clock.now_ms()
            await self._requests.decide_erasure(erasure_id, ProposalState.CONFIRMED, reviewer_id, now_ms)
            await self._note(reviewer_id, "erasure.confirm", erasure)
            erasure = await self._requests.erasure(erasure_id)
            for session in self._sessions(erasure):
                if not session.log.holds_back:
                    await session.settle()
            try:
                if await self._held_back(erasure):
                    self._beside(erasure)
                else:
                    await self._carry_out(erasure)
            except StorageError:
                # It is confirmed: it is tried again beside the caller, who hears of the refusal.
                self._beside(erasure)
                raise
        return await self._requests.erasure(erasure_id)

    async def refuse(self, institution_id: InstitutionId, reviewer_id: ReviewerId, erasure_id: str) -> Erasure:
        """Refuse a proposal, or withdraw one's own.

        Raises:
            NotFound: ``erasure.unknown``, also for another institution's.
            NotAllowed: ``erasure.decided``.
        """
        erasure = await self._own(institution_id, erasure_id)
        now_ms = self._ports.clock.now_ms()
        await self._requests.decide_erasure(erasure_id, ProposalState.REFUSED, reviewer_id, now_ms)
        await self._note(reviewer_id, "erasure.refuse", erasure)
        return await self._requests.erasure(erasure_id)

    async def recover(self) -> None:
        """Log the erasures that a stop left unrecorded, and carry confirmed ones out beside the caller.

        The log may hold back records that sessions have written since the start. Where storage refuses, an erasure is
        tried again; one that fails otherwise is left for the session's end or the next start.
        """
        await self._eraser.finish_pending()
        for erasure in await self._requests.unfinished_erasures():
            self._beside(erasure)

    def closed(self, row: SessionRow) -> None:
        """A session has ended: carry out the erasures that waited for its end."""
        owner = (row.institution_id, row.learner_id)
        for erasure in [each for each in self._waiting.values() if (each.institution_id, each.learner_id) == owner]:
            del self._waiting[erasure.erasure_id]
            self._beside(erasure)

    async def settle(self) -> None:
        """Wait until no confirmed erasure waits for the log (simulations and tests)."""
        await drained(self._tasks)

    async def stop(self) -> None:
        """Cancel what waits; the next start carries it out."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*tuple(self._tasks), return_exceptions=True)

    def _beside(self, erasure: Erasure) -> None:
        task = asyncio.ensure_future(self._try(erasure))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, erasure: Erasure) -> None:
        """Carry out an erasure once the learner's records are in the log and storage takes it."""
        told = ""
        while True:
            try:
                if await self._once(erasure):
                    return
            except ZaichangError as error:
                if error.code != told:
                    _log.error("erasure %s is not carried out yet: %s", erasure.erasure_id, error)
                if not isinstance(error, StorageError) or error.code == "storage.closed":
                    return
                told = error.code
            await asyncio.sleep(RETRY_S)

    async def _once(self, erasure: Erasure) -> bool:
        """Try an erasure; return whether it is done, or was done by another task meanwhile.

        Raises:
            NotAllowed: ``erase.open_session``; the session's end wakes the erasure. ``erase.hold``.
            StorageError: Storage refuses.
        """
        owner = (erasure.institution_id, erasure.learner_id)
        # Not under the lock: the learner may study meanwhile.
        for session in self._sessions(erasure):
            await session.settle()
        await self._decisions.settle(*owner)
        async with self._hub.learner_lock(*owner):
            if (await self._requests.erasure(erasure.erasure_id)).state is not ProposalState.CONFIRMED:
                return True
            if await self._held_back(erasure):
                return False
            # Noted before the look at open sessions: the end of one wakes the erasure whenever it comes.
            self._waiting[erasure.erasure_id] = erasure
            try:
                await self._carry_out(erasure)
            except ZaichangError as error:
                if error.code != "erase.open_session":
                    self._waiting.pop(erasure.erasure_id, None)
                raise
            self._waiting.pop(erasure.erasure_id, None)
            return True

    async def _held_back(self, erasure: Erasure) -> bool:
        """Return whether the log still lacks records of the learner, or decisions about them.

        The store knows, also of sessions that no longer are in memory.
        """
        owner = (erasure.institution_id, erasure.learner_id)
        return self._decisions.waits(*owner) or await self._eraser.records_outside_log(*owner)

    def _sessions(self, erasure: Erasure) -> list[LiveSession]:
        owner = (erasure.institution_id, erasure.learner_id)
        return [each for each in self._hub.open_sessions() if (each.row.institution_id, each.row.learner_id) == owner]

    async def _carry_out(self, erasure: Erasure) -> None:
        """Erase; the caller holds the learner's lock."""
        for session in self._sessions(erasure):
            # An ended session may still write records, which name the learner.
            await session.settle()
            await self._hub.release(session)
        await self._eraser.erase(erasure)

    async def _own(self, institution_id: InstitutionId, erasure_id: str) -> Erasure:
        erasure = await self._requests.erasure(erasure_id)
        if erasure.institution_id != institution_id:
            raise NotFound("erasure.unknown", "There is no such erasure.")
        return erasure

    async def _note(self, actor: str, action: str, erasure: Erasure) -> None:
        now_ms, target = self._ports.clock.now_ms(), erasure.erasure_id
        await self._ports.staff.note_audit(erasure.institution_id, now_ms, actor, action, target)
