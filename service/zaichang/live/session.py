"""One live session: events in, stored before acted on, decisions carried out.

The order never changes: (1) the pure ``step`` says what would happen, (2) the event and everything that follows from
it are committed in one transaction, (3) only then the state moves on and anybody is told. A commit that fails leaves
the session where it was. One lock per session keeps events in order; nothing slow (analysis, log) runs under it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from zaichang.core.assessment import not_analysed
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import FatalLogError, IllegalEvent, StorageError, ZaichangError
from zaichang.core.frames import IDENTITY, PRESENCE, Frame
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.case_rules import case_of_session
from zaichang.evidence.kept_captures import keep_capture
from zaichang.evidence.segments import Segments, advance
from zaichang.live.connection import Connection
from zaichang.live.liveness_driver import LivenessDesk
from zaichang.live.orders import closed_message, message_for, minute_message, verified_ms_of
from zaichang.live.recorder import Recorder
from zaichang.live.task_sets import drained
from zaichang.ports.encryption import LearnerKey
from zaichang.ports.log.open_logs import OpenLog
from zaichang.ports.records import Append, SessionRow, StoredEvent, StoredLeaf, StoredMinute
from zaichang.ports.records_cases import CaseDraft
from zaichang.ports.session import SessionPorts
from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.messages import CaptureHeader, ServerMessage
from zaichang.session.codec import encode_event, encode_minute
from zaichang.session.decisions import (
    AnalyseCapture,
    ChallengeJudged,
    Decision,
    OrderChallenge,
    OrderLiveness,
    RecordFinal,
    RecordMinute,
)
from zaichang.session.decisions import Final as FinalRecord
from zaichang.session.events import (
    BeaconArrived,
    CaptureAssessed,
    CaptureReceived,
    ConnectionLost,
    ConnectionResumed,
    DeadlineReached,
    Event,
    LivenessAssessed,
    Superseded,
)
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.session.step import next_deadline_ms, step
from zaichang.session.values import Phase

RETRY_MS: Final = 1_000
"""Pause before a timer tries again after storage refused."""

_log = logging.getLogger("zaichang.live")


class LiveSession:
    """The actor of one session. Made by ``SessionHub``; ``stop`` ends its timers and tasks."""

    def __init__(
        self,
        *,
        row: SessionRow,
        policy: Policy,
        state: State,
        segments: Segments,
        key: LearnerKey,
        template: bytes | None,
        ports: SessionPorts,
        log: OpenLog,
        recorder: Recorder,
        fatal: Callable[[FatalLogError], None],
        ended: Callable[[SessionRow], None],
        lost: Callable[[LiveSession], None],
        final: FinalRecord | None = None,
    ) -> None:
        """Take over a session whose events up to now are stored.

        Args:
            row: With the epoch under which this runner writes and the number of the next event.
            policy: The one that the session started with.
            state: After the last stored event.
            segments: The chain of leaves after it.
            key: The learner's data key.
            template: The learner's reference, opened, or None.
            ports: The rest of the service.
            log: The log that the session is recorded in.
            recorder: Shared by all sessions.
            fatal: Called where the log cannot go on.
            ended: Called once, when the session's end is stored.
            lost: Called once, when another process has taken the session over.
            final: The end, for a session that is closed.
        """
        self.row = row
        self.policy = policy
        self.hints_seen: set[str] = set()
        self._state = state
        self._segments = segments
        self._key = key
        self._template = template
        self._ports = ports
        self._log = log
        self._recorder = recorder
        self._fatal = fatal
        self._ended = ended
        self._lost = lost
        self._fenced = False
        self._sealed_ms = 0
        self._final = final
        self._next_seq = row.next_seq
        self._lock = asyncio.Lock()
        self._recording = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        self._pictures: dict[str, bytes] = {}
        self._beacon: asyncio.Future[None] | None = None
        self._connection: Connection | None = None
        self._liveness = LivenessDesk(
            ports,
            template,
            policy,
            send=self._send,
            locale=self._locale,
            keep=self._keep_now,
            spawn=self._spawn,
            finished=self._liveness_done,
        )

    @property
    def state(self) -> State:
        """The state after the last committed event; not to be changed."""
        return self._state

    @property
    def connected(self) -> bool:
        """Whether a player holds the session now."""
        return self._connection is not None

    @property
    def closed(self) -> bool:
        """Whether the session has ended."""
        return self._state.playback.phase is Phase.CLOSED

    def awaits_other(self, client_nonce_c: str) -> bool:
        """Whether the session still waits for its client's nonce, and a client of this commitment cannot have it."""
        waits = not self.closed and not self._state.link.client_nonce
        return waits and self._state.info.client_nonce_c != client_nonce_c

    def is_idle(self) -> bool:
        """Whether the session has ended and nobody is connected to it."""
        return self.closed and not self.connected

    @property
    def final(self) -> FinalRecord | None:
        """How the session ended."""
        return self._final

    def start(self, leaf: StoredLeaf) -> None:
        """Record the session's start; its first event is committed, nobody is connected yet, nothing is ordered."""
        self._record((leaf,))
        self._arm()

    def attach(self, connection: Connection) -> Connection | None:
        """Make ``connection`` the player's; return the one it takes over from."""
        previous, self._connection = self._connection, connection
        return previous

    async def resumed(self) -> None:
        """A player is back: sealed minutes and the core's outstanding orders again."""
        for minute in await self.sealed_minutes():
            self._send_minute(minute)
        if self.closed:
            self.say_goodbye()
        else:
            await self.apply(lambda at_ms: ConnectionResumed(at_ms=at_ms))

    def send_away(self, code: CloseCode, reason: str) -> None:
        """Close the player's connection; the session goes on without it."""
        if self._connection is not None:
            self._connection.end(code, reason)

    async def detached(self, connection: Connection) -> None:
        """A connection ended; nothing happens where another one has taken over."""
        if self._connection is not connection:
            return
        self._connection = None
        self._liveness.end()
        if not self.closed and not self._fenced:
            await self.apply(lambda at_ms: ConnectionLost(at_ms=at_ms))

    async def supersede(self) -> None:
        """The learner started elsewhere (I3)."""
        if not self.closed:
            await self.apply(lambda at_ms: Superseded(at_ms=at_ms))

    async def count_sealed(self) -> None:
        """Read from storage how much of the verified time is sealed (after a restart)."""
        self._sealed_ms = verified_ms_of(await self.sealed_minutes())

    async def recover_captures(self) -> None:
        """After a restart: a picture that had arrived but was not analysed is gone, and says so."""
        current = self._state.proofs.round
        if current is not None and current.capture_id and current.received:
            lost = current.capture_id
            await self.apply(lambda at_ms: CaptureAssessed(at_ms=at_ms, capture_id=lost, assessment=not_analysed()))
        if self._state.link.connected and not self.closed:
            await self.apply(lambda at_ms: ConnectionLost(at_ms=at_ms))
        self._arm()

    async def apply(self, make: Callable[[int], Event], picture: bytes = b"") -> None:
        """Commit one event and carry out what it decides.

        Args:
            make: Given the server time at which the event arrived, returns it.
            picture: For ``CaptureReceived``.

        Raises:
            IllegalEvent: The phase does not accept it; nothing happened.
            StorageError: It could not be committed; nothing happened and nobody was told.
        """
        # Shielded: a connection that is cut must not leave an event stored and the state behind it.
        work = asyncio.ensure_future(self._apply(make, picture, self._ports.clock.now_ms()))
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)
        await asyncio.shield(work)

    async def _apply(self, make: Callable[[int], Event], picture: bytes, arrived_ms: int) -> None:
        async with self._lock:
            if self._fenced:
                raise _taken_over(self.row)
            event = make(max(arrived_ms, self._state.playback.reached_ms))
            state, decisions = step(self._state, event, self.policy)
            try:
                await self._keep_picture(event, decisions, picture)
                leaves = await self._commit(event, decisions, state.challenges.owed or "")
            except StorageError as error:
                if error.code == "storage.fenced":
                    self._let_go()
                    raise _taken_over(self.row) from error
                self._arm(at_least_ms=RETRY_MS)
                raise
            self._state = state
            self._carry_out(decisions)
            self._record(leaves)
            self._arm()

    def _let_go(self) -> None:
        """Another process owns this session now: send the player there and stop. Stored leaves are still recorded."""
        _log.warning("session %s was taken over by another process", self.row.session_id)
        self._fenced = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._stop_waiting()
        self._liveness.end()
        self.send_away(CloseCode.RESTARTING, "storage.fenced")
        self._lost(self)

    async def sealed_minutes(self) -> Sequence[StoredMinute]:
        """Return the minutes that the learner may be told of."""
        sealed = {
            leaf.leaf_seq
            for leaf in await self._ports.history.leaves(self.row.session_id)
            if leaf.entry_index is not None
        }
        minutes = await self._ports.history.minutes(self.row.session_id)
        return [minute for minute in minutes if minute.leaf_seq in sealed]

    async def settle(self) -> None:
        """Wait until nothing is being analysed, recorded or committed."""
        await drained(self._tasks, quietly=True)
        async with self._lock:
            pass

    async def stop(self) -> None:
        """End timers and tasks without an event: the next start finds the session as it is stored."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._stop_waiting()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*tuple(self._tasks), return_exceptions=True)

    def _stop_waiting(self) -> None:
        if self._beacon is not None:
            self._beacon.cancel()
            self._beacon = None

    async def _keep_picture(self, event: Event, decisions: Sequence[Decision], picture: bytes) -> None:
        if not isinstance(event, CaptureReceived) or not any(isinstance(d, AnalyseCapture) for d in decisions):
            return
        self._pictures[event.capture_id] = picture
        await self._keep_blob(event.capture_id, picture, event.at_ms)

    async def _keep_blob(self, capture_id: str, picture: bytes, at_ms: int) -> None:
        if self._ports.config.keep_captures:
            blobs, session_id = self._ports.blobs, self.row.session_id
            size = await asyncio.to_thread(keep_capture, blobs, self._key, session_id, capture_id, picture)
            await self._ports.captures.add_capture(self.row.session_id, capture_id, at_ms, size)

    async def _commit(self, event: Event, decisions: Sequence[Decision], owed: str) -> Sequence[StoredLeaf]:
        body = canonical_bytes(encode_event(event))
        minutes = tuple(decision.minute for decision in decisions if isinstance(decision, RecordMinute))
        final = next((decision.final for decision in decisions if isinstance(decision, RecordFinal)), None)
        segments, leaves = advance(
            self._segments, body, event.at_ms, minutes, final, self._log.anchor(), lambda _: None
        )
        await self._ports.sessions.append(
            Append(
                session_id=self.row.session_id,
                epoch=self.row.epoch,
                first_seq=self._next_seq,
                events=(StoredEvent(at_ms=event.at_ms, body=body),),
                minutes=tuple(
                    StoredMinute(
                        minute=minute.index, body=canonical_bytes(encode_minute(minute)), credited=minute.verified
                    )
                    for minute in minutes
                ),
                leaves=leaves,
                closed_ms=event.at_ms if final is not None else None,
                owed=owed,
                case=self._case(final) if final is not None else None,
            )
        )
        self._next_seq += 1
        self._segments = segments
        return leaves

    def _case(self, final: FinalRecord) -> CaseDraft | None:
        return case_of_session(self.row, final, self._ports.config.review_days)

    def _carry_out(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            match decision:
                case AnalyseCapture():
                    self._spawn(self._analyse(decision))
                case RecordFinal():
                    self._final = decision.final
                    self._stop_waiting()
                    self._ended(self.row)
                case OrderLiveness():
                    self._liveness.begin(decision)
                case _:
                    self._tell(decision)

    def liveness_frame(self, header: CaptureHeader, picture: bytes) -> bool:
        """Take a frame of a liveness try; whether it was one, also of a try that is over."""
        return self._liveness.frame(header, picture)

    async def _liveness_done(self, found: LivenessAssessed) -> None:
        await self.apply(lambda at_ms: replace(found, at_ms=at_ms))

    async def _keep_now(self, capture_id: str, picture: bytes) -> None:
        await self._keep_blob(capture_id, picture, self._ports.clock.now_ms())

    def _send(self, message: ServerMessage) -> None:
        if self._connection is not None:
            self._connection.send(message)

    def _locale(self) -> str:
        return self._connection.locale if self._connection is not None else ""

    def _tell(self, decision: Decision) -> None:
        if isinstance(decision, OrderChallenge) or (isinstance(decision, ChallengeJudged) and decision.closed):
            self._liveness.end()
        connection = self._connection
        if connection is None:
            return
        message = message_for(
            decision, now_ms=self._ports.clock.now_ms(), sealed_ms=self._sealed_ms, locale=connection.locale
        )
        if message is not None:
            connection.send(message)

    def _send_minute(self, minute: StoredMinute) -> None:
        if self._connection is not None:
            self._connection.send(minute_message(minute, self._connection.locale))

    def _arm(self, at_least_ms: int = 0) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        dues = [due for due in (next_deadline_ms(self._state, self.policy), self._segments.due_ms) if due is not None]
        if self.closed or self._fenced or not dues:
            return
        delay_ms = max(at_least_ms, min(dues) - self._ports.clock.now_ms(), 0)
        self._timer = asyncio.get_running_loop().call_later(delay_ms / 1000, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._spawn(self._deadline())

    async def _deadline(self) -> None:
        if not self.closed:
            await self.apply(lambda at_ms: DeadlineReached(at_ms=at_ms))

    async def _analyse(self, order: AnalyseCapture) -> None:
        picture = self._pictures.pop(order.capture_id, b"")
        current = self._state.proofs.round
        allowance_ms = (current.deadline_ms if current is not None else 0) - self._ports.clock.now_ms()
        assessment = not_analysed()
        if picture and allowance_ms > 0:
            frame = Frame(
                data=picture,
                want=IDENTITY if order.identity else PRESENCE,
                reference=self._template,
                deadline_ms_from_now=allowance_ms,
            )
            [assessment] = await self._ports.vision.analyse([frame])
        seen = False
        if assessment.content:
            ports = self._ports
            seen = await ports.captures.seen_elsewhere(assessment.content, self.row.session_id)
            await ports.captures.add_picture(
                assessment.content, assessment.phash, self.row.session_id, order.capture_id
            )
        await self.apply(
            lambda at_ms: CaptureAssessed(
                at_ms=at_ms, capture_id=order.capture_id, assessment=assessment, seen_before=seen
            )
        )

    def _record(self, leaves: Sequence[StoredLeaf]) -> None:
        if leaves:
            self._spawn(self._record_in_order(leaves))

    async def _record_in_order(self, leaves: Sequence[StoredLeaf]) -> None:
        async with self._recording:
            recording = asyncio.ensure_future(self._recorder.record(self.row, self._log, leaves, self._sealed))
            if any(leaf.kind == "session.final" for leaf in leaves):
                await asyncio.wait({recording}, timeout=self._ports.config.seal_timeout_ms / 1000)
                if not recording.done():
                    _log.warning("session %s: the log is slow, the player is let go unsealed", self.row.session_id)
                self.say_goodbye()
            await recording

    def _sealed(self, leaf: StoredLeaf, minutes: Sequence[StoredMinute]) -> None:
        if leaf.kind == "session.start" and self.policy.beacon_wait_ms and not self.closed:
            self._beacon = asyncio.ensure_future(self._guard(self._take_beacon()))
        self._sealed_ms += verified_ms_of(minutes)
        for minute in minutes:
            self._send_minute(minute)

    async def _take_beacon(self) -> None:
        """Take a witness's beacon in, where one comes in time; nobody waits for it, and without it all goes on."""
        left_ms = self._state.info.at_ms + self.policy.beacon_wait_ms - self._ports.clock.now_ms()
        start, *_ = await self._ports.history.leaves(self.row.session_id)
        try:
            async with asyncio.timeout(left_ms / 1000):
                found = await self._log.beacon(start.entry_index or 0)
        except TimeoutError:
            _log.info("session %s: no beacon came in time", self.row.session_id)
            return
        await self.apply(lambda at_ms: BeaconArrived(at_ms=at_ms, beacon=found.value, note=found.note))

    def say_goodbye(self) -> None:
        """Tell the player how the session ended, and close."""
        connection, final = self._connection, self._final
        if connection is not None and final is not None:
            connection.send(closed_message(final, connection.locale))
            superseded = final.reason is ReasonCode.SUPERSEDED
            connection.end(CloseCode.SUPERSEDED if superseded else CloseCode.FINISHED, final.reason.value)

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, work: Awaitable[None]) -> None:
        """Run background work; an error there ends the connection, so that the player resumes, or the process."""
        try:
            await work
        except FatalLogError as error:
            self._fatal(error)
        except IllegalEvent:
            pass  # the session closed while the work was under way: there is nothing left to tell it
        except ZaichangError as error:
            if self._fenced:
                return  # the player was sent away, and the log has its line
            _log.error("session %s: %s", self.row.session_id, error)
            if self._connection is not None:
                self._connection.end(CloseCode.SERVER_ERROR, error.code)


def _taken_over(row: SessionRow) -> StorageError:
    return StorageError(
        "storage.fenced", f"Session {row.session_id} was taken over by another process.", "Reconnect and resume."
    )
