"""Revocation of verified time: one reviewer proposes it, another confirms it (渝药监〔2025〕10号 第二十九条).

A revocation edits nothing. Each minute that loses time becomes a ``session.amend`` leaf with a negative change that
points at the minute's segment (I9). The media that it takes back is free to be earned again, and the learner may appeal
it like any other decision. A void goes further: behind these leaves a ``session.void`` leaf says that the session
counts for nothing, and no later decision or appeal changes that.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.audit.changes.rulings import REVOKE_REASONS
from zaichang.core.enums import CaseState, ProposalState, ReviewOutcome, RevocationScope, SessionState
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation, ZaichangError
from zaichang.core.ids import NO_LEARNER, NO_SESSION, CaseId, InstitutionId, LearnerId, ReviewerId, SessionId
from zaichang.core.periods import ONCE, is_period
from zaichang.core.reasons import ReasonCode
from zaichang.core.text import plain_lines
from zaichang.evidence.amendments import Ruling
from zaichang.evidence.revocations import left_after, taken_from, taken_in_year
from zaichang.evidence.voids import void_leaf
from zaichang.ports.records import SessionRow
from zaichang.ports.records_cases import CaseClosing
from zaichang.ports.records_review import Revocation
from zaichang.ports.review_desk import ReviewPorts
from zaichang.review.desk import NOTE_MAX_CHARS, LearnerLock, ReviewDesk
from zaichang.session.playhead import IntervalSet, normalise, total_ms
from zaichang.tlog.commit import session_key

_PAGE: Final = 200
_NEWEST: Final = (2**53 - 1, SessionId("~"))
_log = logging.getLogger("zaichang.review")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A proposal to take time back.

    Attributes:
        scope: Positions of a session, a whole session, all of a person in a year, or the session itself.
        reason: One of ``REVOKE_REASONS``.
        session_id: For intervals, sessions and voids.
        intervals: Positions in the lesson, for intervals.
        learner_id: For a year.
        year: The year's first day, for a year (``core.periods``).
        case_id: The case that it ends, or empty.
        note: For the institution; erased with the learner.
    """

    scope: RevocationScope
    reason: ReasonCode
    session_id: SessionId = NO_SESSION
    intervals: IntervalSet = ()
    learner_id: LearnerId = NO_LEARNER
    year: str = ""
    case_id: CaseId | None = None
    note: str = ""


class RevocationDesk:
    """Takes proposals, and carries out those that a second person confirms."""

    def __init__(self, ports: ReviewPorts, review: ReviewDesk, lock: LearnerLock) -> None:
        """Use the ports; ``review`` writes the entries, ``lock`` keeps the learner's next session waiting."""
        self._ports = ports
        self._review = review
        self._lock = lock

    async def propose(self, institution_id: InstitutionId, reviewer_id: ReviewerId, wanted: Wanted) -> Revocation:
        """Keep a proposal; nothing changes before another reviewer confirms it.

        Raises:
            PeerViolation: ``revocation.invalid``, naming the field.
            NotFound: ``session.unknown``, ``learner.unknown``, ``case.unknown``.
            NotAllowed: ``revocation.nothing`` where no time of that kind counts; ``review.closed``.
        """
        _check(wanted)
        ports, learner_id = self._ports, wanted.learner_id
        if wanted.scope is not RevocationScope.YEAR:
            row = await ports.history.session(wanted.session_id)
            if row.institution_id != institution_id:
                raise NotFound("session.unknown", "There is no such session.")
            learner_id = row.learner_id
        await ports.learners.learner(institution_id, learner_id)
        if wanted.case_id:
            case = await ports.cases.case(wanted.case_id)
            if case.institution_id != institution_id:
                raise NotFound("case.unknown", "There is no such case.")
            if case.state is not CaseState.OPEN:
                raise NotAllowed("review.closed", "This case is decided.", "Look at it under decided cases.")
        revocation = Revocation(
            revocation_id=ports.token_hex(16),
            institution_id=institution_id,
            learner_id=learner_id,
            scope=wanted.scope,
            session_id=wanted.session_id,
            year=wanted.year,
            intervals=normalise(wanted.intervals),
            reason=wanted.reason,
            note=wanted.note,
            case_id=wanted.case_id or CaseId(""),
            proposed_by=reviewer_id,
            proposed_ms=ports.clock.now_ms(),
        )
        void = wanted.scope is RevocationScope.VOID
        if await ports.revocations.void_of(wanted.session_id) if void else not await self.standing_ms(revocation):
            raise NotAllowed("revocation.nothing", "No time of this kind counts.", "There is nothing to take back.")
        await ports.revocations.propose_revocation(revocation)
        await self._note(reviewer_id, "revocation.propose", revocation)
        return revocation

    async def standing_ms(self, revocation: Revocation) -> int:
        """Return how much time a revocation would take back now."""
        found = 0
        async for row in self._sessions(revocation):
            standing = await self._ports.decisions.credited_minutes(row.session_id)
            found += sum(total_ms(parts) for parts in (await self._taken(revocation, row, standing)).values())
        return found

    async def confirm(self, institution_id: InstitutionId, reviewer_id: ReviewerId, revocation_id: str) -> Revocation:
        """Confirm a proposal and carry it out.

        Raises:
            NotFound: ``revocation.unknown``, also for another institution's.
            NotAllowed: ``revocation.same_person``, ``revocation.decided``, ``review.session_open``,
                ``review.unsealed``.
        """
        revocation = await self._own(institution_id, revocation_id)
        if revocation.proposed_by == reviewer_id:
            raise NotAllowed(
                "revocation.same_person",
                "A revocation is confirmed by another person than the one who proposed it.",
                "Ask a colleague with a key of their own.",
            )
        async for row in self._sessions(revocation):
            if row.state is not SessionState.CLOSED:
                raise NotAllowed("review.session_open", "A session concerned still runs.", "Wait until it has ended.")
        now_ms = self._ports.clock.now_ms()
        await self._ports.revocations.decide_revocation(revocation_id, ProposalState.CONFIRMED, reviewer_id, now_ms)
        await self._note(reviewer_id, "revocation.confirm", revocation)
        await self._carry_out(await self._ports.revocations.revocation(revocation_id))
        return await self._ports.revocations.revocation(revocation_id)

    async def refuse(self, institution_id: InstitutionId, reviewer_id: ReviewerId, revocation_id: str) -> Revocation:
        """Refuse a proposal, or withdraw one's own.

        Raises:
            NotFound: ``revocation.unknown``, also for another institution's.
            NotAllowed: ``revocation.decided``.
        """
        revocation = await self._own(institution_id, revocation_id)
        now_ms = self._ports.clock.now_ms()
        await self._ports.revocations.decide_revocation(revocation_id, ProposalState.REFUSED, reviewer_id, now_ms)
        await self._note(reviewer_id, "revocation.refuse", revocation)
        return await self._ports.revocations.revocation(revocation_id)

    async def recover(self) -> None:
        """Carry out confirmed revocations that a crash interrupted. One that fails is left for the next start."""
        for revocation in await self._ports.revocations.unfinished_revocations():
            try:
                await self._carry_out(revocation)
            except ZaichangError as error:
                _log.error("revocation %s is not carried out yet: %s", revocation.revocation_id, error)

    async def _carry_out(self, revocation: Revocation) -> None:
        """Take back the time that still stands, so doing it again changes nothing."""
        ports = self._ports
        async with self._lock(revocation.institution_id, revocation.learner_id):
            async for row in self._sessions(revocation):
                standing = await ports.decisions.credited_minutes(row.session_id)
                taken = await self._taken(revocation, row, standing)
                if not taken:
                    continue
                ruling = Ruling(
                    reviewer_id=revocation.decided_by,
                    outcome=ReviewOutcome.REVOKE,
                    reason=revocation.reason,
                    note=revocation.note,
                    granted={},
                    at_ms=ports.clock.now_ms(),
                    revoked=taken,
                    empty=frozenset(minute for minute, rest in left_after(standing, taken).items() if not rest),
                    proposer=revocation.proposed_by,
                    revocation_id=revocation.revocation_id,
                )
                await self._review.rule(row, await ports.history.minutes(row.session_id), ruling, None)
        if revocation.scope is not RevocationScope.VOID or not await self._void(revocation):
            await ports.revocations.finish_revocation(revocation.revocation_id)
        if revocation.case_id and (await ports.cases.case(revocation.case_id)).state is CaseState.OPEN:
            await ports.cases.close_case(
                CaseClosing(
                    case_id=revocation.case_id,
                    at_ms=ports.clock.now_ms(),
                    reviewer_id=revocation.decided_by,
                    outcome=ReviewOutcome.REVOKE,
                    note=revocation.note,
                )
            )

    async def _void(self, revocation: Revocation) -> bool:
        """Write the void of a session, which finishes the revocation; False where an earlier one voided it.

        The caller has taken its time back, so a crash before the void leaves no time that counts.
        """
        ports = self._ports
        first = await ports.revocations.void_of(revocation.session_id)
        if first is None or first.revocation_id != revocation.revocation_id:
            return False
        row = await ports.history.session(revocation.session_id)
        log = await ports.logs.log_for(row.institution_id, row.opened_ms)
        learner = await ports.learners.learner(row.institution_id, row.learner_id)
        key = session_key(ports.vault.unlock(learner).subject_key(), row.session_id)
        await self._review.writer.carry_void(
            row,
            log,
            lambda leaves: void_leaf(row, log.origin, leaves, revocation, key),
            lambda: ports.revocations.finish_revocation(revocation.revocation_id),
        )
        return True

    async def _taken(
        self, revocation: Revocation, row: SessionRow, standing: Mapping[int, IntervalSet]
    ) -> dict[int, IntervalSet]:
        if revocation.scope is RevocationScope.YEAR:
            return taken_in_year(standing, await self._ports.history.minutes(row.session_id), revocation.year)
        return taken_from(standing, revocation.intervals)

    async def _sessions(self, revocation: Revocation) -> AsyncIterator[SessionRow]:
        history = self._ports.history
        if revocation.scope is not RevocationScope.YEAR:
            yield await history.session(revocation.session_id)
            return
        before, rows = _NEWEST, await self._page(revocation, _NEWEST)
        while rows:
            for row in rows:
                yield row
            before = (rows[-1].opened_ms, rows[-1].session_id)
            rows = await self._page(revocation, before)

    async def _page(self, revocation: Revocation, before: tuple[int, SessionId]) -> Sequence[SessionRow]:
        history = self._ports.history
        return await history.sessions_page(revocation.institution_id, revocation.learner_id, before, _PAGE)

    async def _own(self, institution_id: InstitutionId, revocation_id: str) -> Revocation:
        revocation = await self._ports.revocations.revocation(revocation_id)
        if revocation.institution_id != institution_id:
            raise NotFound("revocation.unknown", "There is no such revocation.")
        return revocation

    async def _note(self, actor: str, action: str, revocation: Revocation) -> None:
        now_ms, target = self._ports.clock.now_ms(), revocation.revocation_id
        await self._ports.staff.note_audit(revocation.institution_id, now_ms, actor, action, target)


def _check(wanted: Wanted) -> None:
    year = wanted.scope is RevocationScope.YEAR
    for field, holds in (
        ("reason", wanted.reason in REVOKE_REASONS),
        ("session", bool(wanted.session_id) is not year),
        ("learner", bool(wanted.learner_id) is year),
        ("year", is_period(wanted.year) and wanted.year != ONCE if year else not wanted.year),
        ("intervals", bool(wanted.intervals) is (wanted.scope is RevocationScope.INTERVALS)),
        ("intervals", all(0 <= low < high for low, high in wanted.intervals)),
        ("note", len(wanted.note) <= NOTE_MAX_CHARS and plain_lines(wanted.note)),
    ):
        if not holds:
            raise PeerViolation("revocation.invalid", f"{field} does not fit a revocation of scope {wanted.scope}.")
