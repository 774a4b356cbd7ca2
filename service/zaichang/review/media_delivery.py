"""The delivery log (I5): records of sent media, from an institution's servers or from our own.

Records are kept by launch, because a player may fetch before its session begins. A running session takes them in as
events, which grant the time that still waits for the log. Time that it had given up by then, and time of records that
come after the end, is granted once the session has ended, as a new log entry (I9), where it lacked only the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from zaichang.audit.changes.rulings import SERVICE
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import SessionState
from zaichang.core.errors import IllegalEvent, NotAllowed, PeerViolation, ZaichangError
from zaichang.core.ids import InstitutionId, TokenId, check_id
from zaichang.core.reasons import ReasonCode
from zaichang.launch.tokens import LESSON_MAX_MS
from zaichang.live.session import LiveSession
from zaichang.live.sessions import SessionHub
from zaichang.ports.records import Delivery, SessionRow
from zaichang.ports.review_desk import ReviewPorts
from zaichang.review.desk import ReviewDesk
from zaichang.session.codec import decode_minute
from zaichang.session.events import MediaDelivered
from zaichang.session.judgements.delivery import STEP_MS
from zaichang.session.judgements.late_grants import by_delivery
from zaichang.session.owners.credit_part import Span
from zaichang.session.playhead import IntervalSet

AUTHOR: Final = f"{SERVICE}delivery-log"
"""The author of grants by the log."""
RECORDS_MAX: Final = 2_000
"""Records in one request."""
AHEAD_MS: Final = 300_000
"""How far the log's clock may be ahead of ours."""
SWEEP_S: Final = 60.0
_EVENT_SPANS: Final = 256
_SWEEP_LAUNCHES: Final = 200
_log = logging.getLogger("zaichang.review")


class DeliveryDesk:
    """Takes records in; ``sweep`` retries those that could not be handed over."""

    def __init__(self, ports: ReviewPorts, hub: SessionHub, review: ReviewDesk) -> None:
        """Use the ports; sessions are ``hub``'s, grants are written by ``review``."""
        self._ports = ports
        self._hub = hub
        self._review = review

    async def take(self, institution_id: InstitutionId, records: Sequence[Delivery]) -> int:
        """Keep records and hand them to their sessions; return how many were new. A repeat changes nothing.

        Raises:
            PeerViolation: ``delivery.invalid`` naming the record; nothing is kept.
            NotAllowed: ``delivery.too_many``; nothing is kept.
        """
        now_ms = self._ports.clock.now_ms()
        if len(records) > RECORDS_MAX:
            raise PeerViolation("delivery.invalid", f"A request may hold {RECORDS_MAX} records.", "Send several.")
        checked = [_checked(number, record, now_ms) for number, record in enumerate(records)]
        new = (
            await self._ports.media_deliveries.add_deliveries(institution_id, _joined(checked), now_ms)
            if checked
            else 0
        )
        if new:
            for launch in sorted({record.launch for record in checked}):
                await self.hand_over(institution_id, launch)
        return new

    async def hand_over(self, institution_id: InstitutionId, launch: TokenId) -> None:
        """Give a launch's records to the session that it opened, where there is one."""
        row = await self._ports.history.session_of_token(launch)
        if row is None or row.institution_id != institution_id:
            return
        async with self._hub.learner_lock(institution_id, row.learner_id):
            row = await self._ports.history.session(row.session_id)
            session = self._hub.find(row.session_id)
            if row.state is SessionState.CLOSED:
                await self._after_the_end(row)
            elif session is not None:
                await self.opened(session)

    async def opened(self, session: LiveSession) -> None:
        """Pass the stored records to a running session; the caller holds the learner's lock."""
        ports, row = self._ports, session.row
        while records := await ports.media_deliveries.unused_deliveries(row.institution_id, row.token_id, _EVENT_SPANS):
            spans = tuple((each.start_ms, each.end_ms, each.sent_ms) for each in records)
            try:
                await session.apply(partial(_event, spans))
            except IllegalEvent:
                return  # it closed meanwhile; the next sweep finds it so
            given_up = session.state.credit.undecided
            late = [each for each in records if _overlaps(each, given_up)]
            await ports.media_deliveries.note_deliveries_used(row.institution_id, late, until_the_end=True)
            rest = [each for each in records if each not in late]
            await ports.media_deliveries.note_deliveries_used(row.institution_id, rest)

    async def sweep(self) -> None:
        """Hand over waiting records.

        They are of sessions that another one delayed, that were not in the log yet, or that have ended since they took
        in records of time that they had given up.
        """
        for institution_id, launch in await self._ports.media_deliveries.launches_waiting(_SWEEP_LAUNCHES):
            await self.hand_over(institution_id, launch)

    async def run(self) -> None:
        """Sweep every minute until cancelled; an error is logged and tried again."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self.sweep()
            except ZaichangError as error:
                _log.error("delivery log: %s", error)

    async def _after_the_end(self, row: SessionRow) -> None:
        ports = self._ports
        records = await ports.media_deliveries.unused_deliveries(
            row.institution_id, row.token_id, limit=1_000_000, after_the_end=True
        )
        spans = tuple((each.start_ms, each.end_ms, each.sent_ms) for each in records)
        minutes = [
            decode_minute(parse_canonical_object(each.body)) for each in await ports.history.minutes(row.session_id)
        ]
        found = {minute.index: granted for minute in minutes if (granted := by_delivery(minute, spans))}
        try:
            if found:
                await self._review.grant(row, AUTHOR, ReasonCode.DELIVERY_CONFIRMED, found)
        except NotAllowed as error:
            if error.code not in ("review.session_open", "review.unsealed"):
                raise
            return  # the next sweep tries again
        await ports.media_deliveries.note_deliveries_used(row.institution_id, records)


def _event(spans: tuple[Span, ...], at_ms: int) -> MediaDelivered:
    return MediaDelivered(at_ms=at_ms, spans=spans)


def _overlaps(record: Delivery, parts: IntervalSet) -> bool:
    return any(start_ms < record.end_ms and record.start_ms < end_ms for start_ms, end_ms in parts)


def _checked(number: int, record: Delivery, now_ms: int) -> Delivery:
    what = ""
    if not 0 <= record.start_ms < record.end_ms <= LESSON_MAX_MS:
        what = f"its part of the lesson is not within 0 and {LESSON_MAX_MS} ms, or is empty"
    elif not 0 <= record.sent_ms <= now_ms + AHEAD_MS:
        what = "it was sent in the future (sent_ms is Unix time in milliseconds)"
    if what:
        raise PeerViolation("delivery.invalid", f"Record {number}: {what}.", "See docs/http.md, POST /v1/deliveries.")
    return replace(record, launch=check_id(record.launch, "launch"), sent_ms=min(record.sent_ms, now_ms))


def _joined(records: Sequence[Delivery]) -> list[Delivery]:
    """Join adjacent parts that were sent at about the same time; the later time is kept."""
    joined: list[Delivery] = []
    for record in sorted(records, key=lambda each: (each.launch, each.start_ms, each.end_ms, each.sent_ms)):
        last = joined[-1] if joined else None
        follows = last is not None and (last.launch, last.end_ms) == (record.launch, record.start_ms)
        if last is not None and follows and abs(record.sent_ms - last.sent_ms) < STEP_MS:
            joined[-1] = replace(last, end_ms=record.end_ms, sent_ms=max(last.sent_ms, record.sent_ms))
        else:
            joined.append(record)
    return joined
