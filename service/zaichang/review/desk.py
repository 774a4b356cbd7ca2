"""The reviewers' desk: decisions on cases, and learners' appeals.

A decision never edits: each minute it concerns becomes a ``session.amend`` leaf that points at the segment it changes
(I9), written with its record, its credit and the case's end in one transaction, then carried into the log and the
outbox like any other leaf. Where the log still holds the session's own records back, the leaf follows them
(``review.decision_writer``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Final

from zaichang.audit.changes.rulings import GRANT_REASONS, REFUSE_REASONS, SERVICE
from zaichang.core.appeal_terms import working_days_later
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.civil import time_text
from zaichang.core.enums import CaseKind, CaseState, ReviewOutcome, SessionState
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation
from zaichang.core.ids import CaseId, InstitutionId, LearnerId, ReviewerId, SessionId
from zaichang.core.reasons import ReasonCode
from zaichang.core.text import plain_lines
from zaichang.evidence.amendments import AppealBehind, Ruling, left_to_decide, ruling_leaves, view, without_leaf
from zaichang.evidence.case_rules import session_case_id
from zaichang.ports.purposes import Purpose
from zaichang.ports.records import SessionRow, StoredMinute
from zaichang.ports.records_cases import Appeal, Case, CaseClosing, CaseDraft, CaseReason
from zaichang.ports.records_review import Amend
from zaichang.ports.review_desk import ReviewPorts
from zaichang.review.decision_writer import DecisionWriter
from zaichang.session.codec import decode_event
from zaichang.session.decisions import Verdict
from zaichang.session.playhead import IntervalSet, difference, total_ms
from zaichang.tlog.commit import session_key

APPEAL_MAX_CHARS: Final = 1_000
APPEALS_MAX: Final = 20
"""Appeals about one session, answered ones included."""
NOTE_MAX_CHARS: Final = 500
LearnerLock = Callable[[InstitutionId, LearnerId], AbstractAsyncContextManager[None]]
"""Delays a learner's next session while a decision changes the learner's credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """A reviewer's decision.

    Attributes:
        outcome: ``grant`` or ``refuse`` minutes; ``noted`` (seen, nothing to decide) or ``expected`` (an address or
            device that many rightly share: not shown again).
        reason: For grants and refusals.
        minutes: Which minutes; empty for all that are left.
        note: For the institution; erased with the learner.
    """

    outcome: ReviewOutcome
    reason: ReasonCode = ReasonCode.REVIEW_GRANTED
    minutes: tuple[int, ...] = ()
    note: str = ""


class ReviewDesk:
    """Decides cases and takes appeals."""

    def __init__(self, ports: ReviewPorts, writer: DecisionWriter, lock: LearnerLock, appeal_days: int) -> None:
        """Use the ports; appeals are due within ``appeal_days`` working days."""
        self._ports = ports
        self._writer = writer
        self._lock = lock
        self._appeal_days = appeal_days

    @property
    def writer(self) -> DecisionWriter:
        """Writes decisions into the log."""
        return self._writer

    async def decide(
        self, institution_id: InstitutionId, reviewer_id: ReviewerId, case_id: CaseId, wanted: Verdicts
    ) -> Case:
        """Carry out a decision; return the case as it then stands.

        Raises:
            NotFound: ``case.unknown``, also for another institution's.
            PeerViolation: ``review.invalid``, naming the field.
            NotAllowed: ``review.closed``, ``review.decided``, ``review.session_open``, ``review.unsealed``.
        """
        ports = self._ports
        case = await ports.cases.case(case_id)
        if case.institution_id != institution_id:
            raise NotFound("case.unknown", "There is no such case.")
        _check(case, wanted)
        now_ms = self._ports.clock.now_ms()
        if wanted.outcome in (ReviewOutcome.NOTED, ReviewOutcome.EXPECTED):
            await ports.cases.close_case(
                CaseClosing(
                    case_id=case_id,
                    at_ms=now_ms,
                    reviewer_id=reviewer_id,
                    outcome=wanted.outcome,
                    note=wanted.note,
                    left_ms=case.undecided_ms,
                )
            )
        else:
            async with self._lock(institution_id, case.learner_id):
                await self._amend(case, reviewer_id, wanted, now_ms)
        await ports.staff.note_audit(institution_id, now_ms, reviewer_id, f"decide.{wanted.outcome}", case_id)
        return await ports.cases.case(case_id)

    async def left(self, session_id: SessionId) -> Mapping[int, IntervalSet]:
        """Return the time of a session that a reviewer may still grant, by minute."""
        row = await self._ports.history.session(session_id)
        return await self._left(row, await self._ports.history.minutes(session_id))

    async def appeal(
        self, owner: tuple[InstitutionId, LearnerId], session_id: SessionId, minutes: Sequence[int], words: str
    ) -> None:
        """Take a learner's appeal about one of their sessions.

        Args:
            owner: Institution and pseudonym of the learner who appeals.
            session_id: Theirs, ended.
            minutes: Which minutes; empty for all that do not count.
            words: 1 to ``APPEAL_MAX_CHARS`` characters.

        Raises:
            NotFound: ``session.unknown``, also for another learner's.
            PeerViolation: ``appeal.invalid``.
            NotAllowed: ``appeal.open``, ``appeal.session_open``, ``appeal.too_many``, ``appeal.too_late``,
                ``appeal.voided``.
        """
        ports = self._ports
        row = await ports.history.session(session_id)
        if (row.institution_id, row.learner_id) != owner:
            raise NotFound("session.unknown", "There is no such session.")
        if row.state is not SessionState.CLOSED:
            raise NotAllowed("appeal.session_open", "This session has not ended.", "Appeal once it has.")
        if await ports.revocations.void_of(session_id) is not None:
            raise NotAllowed(
                "appeal.voided",
                "Two people voided this session: it counts for nothing.",
                "Ask the institution in person.",
            )
        until_ms = await self.appeal_until_ms(row)
        if until_ms is not None and ports.clock.now_ms() > until_ms:
            raise NotAllowed(
                "appeal.too_late",
                f"This could be appealed until {time_text(until_ms)} (China's time).",
                "Ask the institution in person.",
            )
        known = [view(minute) for minute in await ports.history.minutes(session_id)]
        lost = {each.minute for each in await ports.decisions.amendments(session_id) if each.delta_ms < 0}
        chosen = tuple(sorted(set(minutes))) or tuple(
            each.index for each in known if each.verdict != Verdict.VERIFIED or each.index in lost
        )
        if not set(chosen) <= {each.index for each in known}:
            raise PeerViolation("appeal.invalid", "minutes names a minute that the session does not have.")
        text = words.strip()
        if not 1 <= len(text) <= APPEAL_MAX_CHARS:
            raise PeerViolation("appeal.invalid", f"text must have 1 to {APPEAL_MAX_CHARS} characters.")
        if not plain_lines(text):
            raise PeerViolation("appeal.invalid", "text must not hold control or format characters.")
        number = len(await ports.decisions.appeals(session_id))
        if number >= APPEALS_MAX:
            raise NotAllowed("appeal.too_many", f"A session may be appealed {APPEALS_MAX} times.", "Ask in person.")
        key = ports.vault.unlock(await ports.learners.learner(*owner))
        now_ms = ports.clock.now_ms()
        terms = await ports.decisions.appeal_terms(session_id)
        await ports.decisions.add_appeal(
            Appeal(
                session_id=session_id,
                number=number,
                at_ms=now_ms,
                minutes=chosen,
                encrypted=key.encrypt(Purpose.APPEAL, f"{session_id}.{number}", text.encode()),
            ),
            CaseDraft(
                case_id=session_case_id(session_id),
                institution_id=row.institution_id,
                kind=CaseKind.SESSION,
                subject=session_id,
                learner_id=row.learner_id,
                at_ms=now_ms,
                due_ms=terms.due_ms(now_ms) if terms is not None else working_days_later(now_ms, self._appeal_days),
                undecided_ms=sum(total_ms(part) for part in (await self.left(session_id)).values()),
                reasons=(CaseReason(code=ReasonCode.APPEALED.value, n=number + 1),),
            ),
        )

    async def appeal_until_ms(self, row: SessionRow) -> int | None:
        """Return until when an ended session may be appealed; None: it still runs, or its rules promised no period.

        The period begins with the session's end, and again with each later decision about it.
        """
        terms = await self._ports.decisions.appeal_terms(row.session_id)
        if terms is None or row.closed_ms is None:
            return None
        decided = [each.at_ms for each in await self._ports.decisions.amendments(row.session_id)]
        return terms.until_ms(max(row.closed_ms, *decided, 0))

    async def words_of(self, row: SessionRow, appeal: Appeal) -> str:
        """Return the learner's text."""
        key = self._ports.vault.unlock(await self._ports.learners.learner(row.institution_id, row.learner_id))
        return key.decrypt(Purpose.APPEAL, f"{appeal.session_id}.{appeal.number}", appeal.encrypted).decode()

    async def _waiting(self, row: SessionRow) -> AppealBehind | None:
        """Return the appeal of a session that waits for its answer."""
        appeals = await self._ports.decisions.appeals(row.session_id)
        waiting = next((appeal for appeal in appeals if appeal.answered_ms is None), None)
        if waiting is None:
            return None
        words = await self.words_of(row, waiting)
        return AppealBehind(number=waiting.number, at_ms=waiting.at_ms, minutes=waiting.minutes, words=words)

    async def _left(self, row: SessionRow, minutes: Sequence[StoredMinute]) -> dict[int, IntervalSet]:
        ports = self._ports
        if await ports.revocations.void_of(row.session_id) is not None:
            return {}
        waiting = [appeal for appeal in await ports.decisions.appeals(row.session_id) if appeal.answered_ms is None]
        appealed = {minute for appeal in waiting for minute in appeal.minutes}
        events = (
            [decode_event(parse_canonical_object(body)) for body in await ports.history.events(row.session_id)]
            if appealed
            else []
        )
        return left_to_decide(
            minutes,
            {
                each.minute
                for each in await ports.decisions.amendments(row.session_id)
                if not each.reviewer_id.startswith(SERVICE)
            },
            await ports.history.credited(
                row.institution_id, row.learner_id, row.course_id, row.lesson_id, row.timeline, row.period
            ),
            appealed,
            events,
        )

    async def _amend(self, case: Case, reviewer_id: ReviewerId, wanted: Verdicts, now_ms: int) -> None:
        ports = self._ports
        row = await ports.history.session(SessionId(case.subject))
        if row.state is not SessionState.CLOSED:
            raise NotAllowed("review.session_open", "This session still runs.", "Decide once it has ended.")
        minutes = await ports.history.minutes(row.session_id)
        left = await self._left(row, minutes)
        chosen = wanted.minutes or tuple(left)
        taken = [minute for minute in chosen if minute not in left]
        if taken or not chosen:
            which = f"Minute {taken[0] + 1}" if taken else "This session"
            raise NotAllowed(
                "review.decided",
                f"{which} has nothing left to be decided.",
                "Close the case as noted where nothing is left.",
            )
        ruling = Ruling(
            reviewer_id=reviewer_id,
            outcome=wanted.outcome,
            reason=wanted.reason,
            note=wanted.note,
            granted={minute: left[minute] if wanted.outcome is ReviewOutcome.GRANT else () for minute in chosen},
            at_ms=now_ms,
            empty=await self._emptied(row.session_id),
        )
        ruling = replace(ruling, appeal=await self._waiting(row))
        rest_ms = sum(total_ms(part) for minute, part in left.items() if minute not in chosen)
        await self.rule(row, minutes, ruling, _closing(case.case_id, ruling, rest_ms))

    async def _emptied(self, session_id: SessionId) -> frozenset[int]:
        """Return the minutes of which people took back all."""
        decisions = self._ports.decisions
        lost = {each.minute for each in await decisions.amendments(session_id) if each.delta_ms < 0}
        return frozenset(lost - (await decisions.credited_minutes(session_id)).keys())

    async def grant(self, row: SessionRow, author: str, reason: ReasonCode, found: Mapping[int, IntervalSet]) -> int:
        """Grant time without a review, as a new log entry (I9); return the milliseconds.

        The caller holds the learner's lock. Minutes that a reviewer has decided stay as they are.

        Args:
            row: The session, closed.
            author: Who grants; begins with ``SERVICE``, as no reviewer's id may.
            reason: Why.
            found: Time that may be granted, by minute; at most the undecided time.

        Raises:
            NotAllowed: ``review.session_open``, ``review.unsealed``: try again later.
        """
        minutes = await self._ports.history.minutes(row.session_id)
        left = await self._left(row, minutes)
        granted: dict[int, IntervalSet] = {}
        for minute, part in left.items():
            wanted = difference(part, difference(part, found.get(minute, ())))
            if wanted:
                granted[minute] = wanted
        if not granted:
            return 0
        ruling = Ruling(
            reviewer_id=ReviewerId(author),
            outcome=ReviewOutcome.GRANT,
            reason=reason,
            note="",
            granted=granted,
            at_ms=self._ports.clock.now_ms(),
        )
        granted_ms = sum(total_ms(part) for part in granted.values())
        rest_ms = sum(total_ms(part) for part in left.values()) - granted_ms
        await self.rule(row, minutes, ruling, _closing(session_case_id(row.session_id), ruling, rest_ms))
        return granted_ms

    async def rule(
        self, row: SessionRow, minutes: Sequence[StoredMinute], ruling: Ruling, close: CaseClosing | None
    ) -> None:
        """Write a decision as new log entries, and carry them into the log and the outbox.

        The caller holds the learner's lock. Where the log holds records back, the decision is stored when this returns,
        and its entries follow.

        Args:
            row: The session, closed.
            minutes: All its minutes.
            ruling: The decision.
            close: The end of the case that it decides, or None.

        Raises:
            NotAllowed: ``review.session_open``, ``review.unsealed``: try again later.
            StorageError: ``storage.conflict`` where another decision came in between.
        """
        ports = self._ports
        log = await self._ports.logs.log_for(row.institution_id, row.opened_ms)
        learner = await ports.learners.learner(row.institution_id, row.learner_id)
        key = session_key(ports.vault.unlock(learner).subject_key(), row.session_id)
        stored = await ports.history.leaves(row.session_id)
        waiting = without_leaf(stored, await ports.decisions.amendments(row.session_id))
        leaves, amendments = ruling_leaves(row, log.origin, log.anchor(), stored, minutes, ruling, key, waiting)
        await ports.decisions.amend(
            Amend(
                session_id=row.session_id,
                leaves=leaves,
                amendments=amendments,
                credited=tuple((minute, part) for minute, part in ruling.granted.items() if part),
                close=close,
                revoked=tuple(ruling.revoked.items()),
            )
        )
        await self._writer.carry(row, log, leaves)


def _closing(case_id: CaseId, ruling: Ruling, rest_ms: int) -> CaseClosing:
    return CaseClosing(
        case_id=case_id,
        at_ms=ruling.at_ms,
        reviewer_id=ruling.reviewer_id,
        outcome=ruling.outcome,
        note=ruling.note,
        left_ms=rest_ms,
        open=rest_ms > 0,
    )


def _check(case: Case, wanted: Verdicts) -> None:
    if case.state is not CaseState.OPEN:
        raise NotAllowed("review.closed", "This case is decided.", "Look at it under decided cases.")
    kinds = {ReviewOutcome.GRANT: GRANT_REASONS, ReviewOutcome.REFUSE: REFUSE_REASONS}
    if wanted.outcome in kinds:
        if case.kind is not CaseKind.SESSION:
            raise PeerViolation("review.invalid", f"{wanted.outcome} is for sessions; this case is of a {case.kind}.")
        if wanted.reason not in kinds[wanted.outcome]:
            allowed = ", ".join(reason.value for reason in kinds[wanted.outcome])
            raise PeerViolation("review.invalid", f"The reason of a {wanted.outcome} must be one of {allowed}.")
    elif wanted.outcome is ReviewOutcome.REVOKE:
        raise PeerViolation("review.invalid", "Time is taken back by two people: POST /v1/revocations.")
    elif wanted.minutes:
        raise PeerViolation("review.invalid", f"{wanted.outcome} is about the whole case, not about minutes.")
    elif wanted.outcome is ReviewOutcome.EXPECTED and case.kind is CaseKind.SESSION:
        raise PeerViolation("review.invalid", "expected is for accounts, devices and addresses.")
    if len(wanted.note) > NOTE_MAX_CHARS:
        raise PeerViolation("review.invalid", f"note may have {NOTE_MAX_CHARS} characters.")
    if not plain_lines(wanted.note):
        raise PeerViolation("review.invalid", "note must not hold control or format characters.")
