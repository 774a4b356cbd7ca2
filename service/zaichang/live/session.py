"""One open session: events in, each stored before it has an effect, decisions carried out.

The order never changes: (1) the pure ``step`` computes the effects, (2) one transaction commits the event and
everything that follows from it, (3) only then the state changes and messages are sent. A failed commit leaves the
session as it was. One lock for each session keeps events in order; slow work (analysis, log) never runs under it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Final

from zaichang.core.assessment import not_analysed
from zaichang.core.enums import LeafKind
from zaichang.core.errors import FatalLogError, IllegalEvent, StorageError, ZaichangError
from zaichang.evidence.segments import Segments
from zaichang.live.alarm import Alarm
from zaichang.live.beacon_wait import BeaconWait
from zaichang.live.capture_desk import CaptureDesk
from zaichang.live.connection import Connection
from zaichang.live.liveness_driver import LivenessDesk
from zaichang.live.player_link import PlayerLink
from zaichang.live.recorder import Recorder
from zaichang.live.task_sets import drained
from zaichang.live.transaction import leniency_of, taken_over, transaction_of
from zaichang.ports.encryption import LearnerKey
from zaichang.ports.log.open_logs import Beacon, OpenLog
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.session import SessionPorts
from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.messages import CaptureHeader
from zaichang.session.decisions import (
    AnalyseCapture,
    ChallengeJudged,
    Decision,
    OrderChallenge,
    OrderLiveness,
    RecordFinal,
)
from zaichang.session.decisions import Final as FinalRecord
from zaichang.session.events import (
    BeaconArrived,
    CaptureAssessed,
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
    """One open session. ``SessionHub`` makes it; ``stop`` ends its timers and tasks."""

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
            row: The session, with the epoch under which this process writes and the number of the next event.
            policy: The policy that the session started with.
            state: The state after the last stored event.
            segments: The chain of leaves after that event.
            key: The learner's data key.
            template: The learner's reference, decrypted; None without one.
            ports: Clock, store and other ports.
            log: The session's log.
            recorder: Shared by all sessions.
            fatal: Called where the log has stopped for good.
            ended: Called once, when the session's end is stored.
            lost: Called once, when another process has taken the session over.
            final: The end of a session that is closed; None for an open one.
        """
        self.row = row
        self.policy = policy
        self.hints_seen: set[str] = set()
        self._state = state
        self._segments = segments
        self._ports = ports
        self.log = log
        self._recorder = recorder
        self._fatal = fatal
        self._ended = ended
        self._lost = lost
        self._fenced = False
        self._final = final
        self._next_seq = row.next_seq
        self._lock = asyncio.Lock()
        self._recording = asyncio.Lock()
        self._timer = Alarm(lambda: self._spawn(self._deadline()))
        self._tasks: set[asyncio.Future[None]] = set()
        self._captures = CaptureDesk(ports, row.session_id, key, template, state.info.capture_days)
        self._beacon = BeaconWait(ports, log, row.session_id)
        self._player = PlayerLink(policy.liveness_link_ms)
        self._liveness = LivenessDesk(
            ports,
            template,
            policy,
            send=self._player.send,
            locale=self._player.locale,
            keep=self._captures.keep_now,
            spawn=self._spawn,
            finished=self._liveness_done,
        )

    @property
    def state(self) -> State:
        """The state after the last committed event; do not change it."""
        return self._state

    @property
    def connected(self) -> bool:
        """Whether a player is connected now."""
        return self._player.connected

    @property
    def closed(self) -> bool:
        """Whether the session has ended."""
        return self._state.playback.phase is Phase.CLOSED

    def awaits_other(self, client_nonce_c: str) -> bool:
        """Whether the session waits for a nonce that a client with this commitment (``client_nonce_c``) lacks."""
        waits = not self.closed and not self._state.link.client_nonce
        return waits and self._state.info.client_nonce_c != client_nonce_c

    def is_idle(self) -> bool:
        """Whether the session has ended and no client is connected to it."""
        return self.closed and not self.connected

    @property
    def final(self) -> FinalRecord | None:
        """How the session ended; None while it is open."""
        return self._final

    def start(self, leaf: StoredLeaf) -> None:
        """Record the session's start. Its first event is committed; no client is connected, nothing is ordered."""
        self._record((leaf,))
        self._arm()

    def attach(self, connection: Connection) -> Connection | None:
        """Use a new connection of the player; return the one that it replaces."""
        return self._player.attach(connection)

    async def resumed(self) -> None:
        """Repeat anchored minutes and outstanding orders for a player that is back."""
        self._player.tell_minutes(await self.anchored_minutes())
        if self.closed:
            self.say_goodbye()
        else:
            await self.apply(lambda at_ms: ConnectionResumed(at_ms=at_ms))

    def send_away(self, code: CloseCode, reason: str) -> None:
        """Close the player's connection; the session continues without it.

        Args:
            code: The close code.
            reason: The close reason.
        """
        self._player.end(code, reason)

    async def detached(self, connection: Connection) -> None:
        """Handle the end of a connection; nothing happens where another connection has replaced it."""
        if not self._player.detach(connection):
            return
        self._liveness.end()
        if not self.closed and not self._fenced:
            await self.apply(lambda at_ms: ConnectionLost(at_ms=at_ms))

    async def supersede(self) -> None:
        """End the session, because the learner started elsewhere (rule I3)."""
        if not self.closed:
            await self.apply(lambda at_ms: Superseded(at_ms=at_ms))

    async def count_anchored(self) -> None:
        """Read from storage how much of the verified time is anchored; used after a restart."""
        self._player.count_anchored(await self.anchored_minutes())

    async def recover_captures(self, down_ms: int = 0) -> None:
        """Report captures as not analysed whose picture a restart lost; ``down_ms``: how long the service was down."""
        if down_ms and not self.closed:
            await self.apply(lambda at_ms: ConnectionLost(at_ms=at_ms, down_ms=down_ms))
        current = self._state.proofs.round
        if current is not None and current.capture_id and current.received:
            lost = current.capture_id
            await self.apply(lambda at_ms: CaptureAssessed(at_ms=at_ms, capture_id=lost, assessment=not_analysed()))
        if self._state.link.connected and not self.closed:
            await self.apply(lambda at_ms: ConnectionLost(at_ms=at_ms))
        self._arm()

    async def apply(self, make: Callable[[int], Event], picture: bytes = b"") -> None:
        """Commit one event and carry out its decisions.

        Args:
            make: Given the server time of arrival, returns the event.
            picture: The encoded picture of a ``CaptureReceived`` event.

        Raises:
            IllegalEvent: The phase does not accept the event; nothing changed.
            StorageError: The event could not be committed; nothing changed and nothing was sent.
        """
        # Shielded: a connection that is cut must not leave an event stored and the state behind it.
        work = asyncio.ensure_future(self._apply(make, picture, self._ports.clock.now_ms()))
        self._tasks.add(work)
        work.add_done_callback(self._tasks.discard)
        await asyncio.shield(work)

    async def _apply(self, make: Callable[[int], Event], picture: bytes, arrived_ms: int) -> None:
        async with self._lock:
            if self._fenced:
                raise taken_over(self.row.session_id)
            event = make(max(arrived_ms, self._state.playback.reached_ms))
            state, decisions = step(self._state, event, self.policy)
            try:
                event = await self._captures.take(event, decisions, picture)
                leaves = await self._commit(event, decisions, state)
            except StorageError as error:
                if error.code == "storage.fenced":
                    self._let_go()
                    raise taken_over(self.row.session_id) from error
                self._arm(at_least_ms=RETRY_MS)
                raise
            self._state = state
            self._carry_out(decisions)
            self._record(leaves)
            self._arm()

    def _let_go(self) -> None:
        """Stop: another process owns the session, and the player reconnects there. Stored leaves are still recorded."""
        _log.warning("session %s was taken over by another process", self.row.session_id)
        self._fenced = True
        self._timer.cancel()
        self._beacon.cancel()
        self._liveness.end()
        self.send_away(CloseCode.RESTARTING, "storage.fenced")
        self._lost(self)

    async def anchored_minutes(self) -> Sequence[StoredMinute]:
        """Return the minutes that a signed checkpoint covers; only these may be shown to the learner."""
        history, sid = self._ports.history, self.row.session_id
        anchored = {leaf.leaf_seq for leaf in await history.leaves(sid) if leaf.entry_index is not None}
        return [minute for minute in await history.minutes(sid) if minute.leaf_seq in anchored]

    async def settle(self) -> None:
        """Wait until no analysis, recording or commit is under way."""
        await drained(self._tasks, quietly=True)
        async with self._lock:
            pass

    async def stop(self) -> None:
        """End timers and tasks without an event; the next start finds the session as it is stored."""
        self._timer.cancel()
        self._beacon.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*tuple(self._tasks), return_exceptions=True)

    async def _commit(self, event: Event, decisions: Sequence[Decision], state: State) -> Sequence[StoredLeaf]:
        segments, append = transaction_of(
            event,
            decisions,
            row=self.row,
            seq=self._next_seq,
            segments=self._segments,
            anchor=self.log.anchor(),
            owed=state.challenges.owed,
            leniency=leniency_of(state, self.policy),
            review_days=self._ports.config.review_days,
        )
        await self._ports.sessions.append(append)
        self._next_seq += 1
        self._segments = segments
        return append.leaves

    def _carry_out(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            match decision:
                case AnalyseCapture():
                    self._spawn(self._analyse(decision))
                case RecordFinal():
                    self._final = decision.final
                    self._beacon.cancel()
                    self._ended(self.row)
                case OrderLiveness():
                    self._liveness.begin(decision)
                case _:
                    self._tell(decision)

    def liveness_frame(self, header: CaptureHeader, picture: bytes) -> bool:
        """Take a frame of a liveness try; return whether it was one, even of a try that is over."""
        return self._liveness.frame(header, picture)

    async def _liveness_done(self, found: LivenessAssessed) -> None:
        await self.apply(lambda at_ms: replace(found, at_ms=at_ms))

    def _tell(self, decision: Decision) -> None:
        if isinstance(decision, OrderChallenge) or (isinstance(decision, ChallengeJudged) and decision.closed):
            self._liveness.end()
        self._player.tell(decision, self._ports.clock.now_ms(), self._state)

    def _arm(self, at_least_ms: int = 0) -> None:
        self._timer.cancel()
        dues = [due for due in (next_deadline_ms(self._state, self.policy), self._segments.due_ms) if due is not None]
        if self.closed or self._fenced or not dues:
            return
        delay_ms = max(at_least_ms, min(dues) - self._ports.clock.now_ms(), 0)
        self._timer.set(delay_ms)

    async def _deadline(self) -> None:
        if not self.closed:
            await self.apply(lambda at_ms: DeadlineReached(at_ms=at_ms))

    async def _analyse(self, order: AnalyseCapture) -> None:
        current = self._state.proofs.round
        allowance_ms = (current.deadline_ms if current is not None else 0) - self._ports.clock.now_ms()
        found = await self._captures.assess(order, allowance_ms)
        await self.apply(lambda at_ms: replace(found, at_ms=at_ms))

    def _record(self, leaves: Sequence[StoredLeaf]) -> None:
        if leaves:
            self._spawn(self._record_in_order(leaves))

    async def _record_in_order(self, leaves: Sequence[StoredLeaf]) -> None:
        # A log that holds leaves back keeps their order itself.
        async with nullcontext() if self.log.holds_back else self._recording:
            # A beacon is over a checkpoint that holds the start, so that start is not held back.
            at_once = bool(self.policy.beacon_wait_ms) and leaves[0].kind is LeafKind.START
            work = self._recorder.record(self.row, self.log, leaves, self._anchored, at_once=at_once)
            recording = asyncio.ensure_future(work)
            if any(leaf.kind is LeafKind.FINAL for leaf in leaves):
                wait_ms = 0 if self.log.holds_back else self._ports.config.anchor_timeout_ms
                await asyncio.wait({recording}, timeout=wait_ms / 1000)
                if wait_ms and not recording.done():
                    _log.warning("session %s: the log is slow, the player is let go first", self.row.session_id)
                self.say_goodbye()
            await recording

    def _anchored(self, leaf: StoredLeaf, minutes: Sequence[StoredMinute]) -> None:
        if leaf.kind is LeafKind.START and self.policy.beacon_wait_ms and not self.closed:
            until_ms = self._state.info.at_ms + self.policy.beacon_wait_ms
            self._beacon.begin(until_ms, self._take_beacon, self._guard)
        self._player.count_anchored(minutes)
        self._player.tell_minutes(minutes)

    async def _take_beacon(self, found: Beacon) -> None:
        await self.apply(lambda at_ms: BeaconArrived(at_ms=at_ms, beacon=found.value, note=found.note))

    def say_goodbye(self) -> None:
        """Tell the player how the session ended, and close."""
        if self._final is not None:
            self._player.say_goodbye(self._final)

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, work: Awaitable[None]) -> None:
        """Run background work. An error in it ends the connection (the player resumes), or the process."""
        try:
            await work
        except FatalLogError as error:
            self._fatal(error)
        except IllegalEvent:
            pass  # the session closed while the work was under way: there is nothing left to tell it
        except ZaichangError as error:
            if error.code == "storage.fenced":
                return  # the player was sent away, and the log has its line
            _log.error("session %s: %s", self.row.session_id, error)
            self._player.end(CloseCode.SERVER_ERROR, error.code)
