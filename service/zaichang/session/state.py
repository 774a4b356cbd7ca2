"""A session's state between two events: small, plain, rebuilt from the stored events at any time.

``State`` is treated as immutable outside ``step``, which works on its own copy (a property test holds that). It is not
a frozen dataclass because ``dataclasses.replace`` on every event would cost more than the rules themselves, and has no
slots because one dictionary is copied several times as fast as fifty slots are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zaichang.core.reasons import ReasonCode
from zaichang.session.events import SessionStarted
from zaichang.session.playhead import EMPTY, IntervalSet, furthest_ms, total_ms, union
from zaichang.session.schedule import Lots

Sighting = tuple[int, ...]
"""Where a face was seen: server time, box (x, y, width, height), yaw, pitch, roll, perceptual hash as an integer."""


class Phase(StrEnum):
    """Where a session stands; the moves between them are in ``transitions``."""

    AWAITING_CAPTURE = "AWAITING_CAPTURE"
    CHALLENGING = "CHALLENGING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A proof in progress: up to n captures of which k must pass.

    Attributes:
        number: 0, 1, 2, ... within the session.
        taken: Captures ordered so far.
        passes: Captures that passed.
        refusals: Captures that showed someone else, a picture, or an old frame.
        lacks: Captures for which a needed result is missing (never a pass).
        reasons: Why captures did not pass, in order.
        capture_id: The outstanding capture, or empty between two.
        nonce: Its nonce.
        deadline_ms: When it must have arrived; once it has, when its analysis must be there.
        received: Whether it has arrived.
        retake_at_ms: When to order the next one; 0 while one is outstanding.
        beats: Heartbeats, a regular interval apart, that came while the outstanding capture did not.
        withheld: Whether the client went on reporting and held a picture of this round back.
    """

    number: int
    taken: int = 0
    passes: int = 0
    refusals: int = 0
    lacks: int = 0
    reasons: tuple[ReasonCode, ...] = ()
    capture_id: str = ""
    nonce: str = ""
    deadline_ms: int = 0
    received: bool = False
    retake_at_ms: int = 0
    beats: int = 0
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """An outstanding pop-up.

    Attributes:
        challenge_id: Unique within the session.
        kind: confirm, code, question, liveness or light.
        expected: The one right answer; empty where movements or light answer.
        options: As shown.
        text: The question.
        variant: Wording and look.
        salt: 16 hex digits that the code's picture is drawn from.
        issued_at_ms: Server time.
        deadline_ms: Server time; 0 while the network is down and the learner is excused.
        attempts: Wrong or impossible answers so far.
        overdue: Whether the deadline has passed; an answer then only cures.
        tries: ``liveness``, ``light``: how many tries were begun.
        begun: Whether a try runs.
        begun_ms: When the last one began.
        labels: ``confirm``: what each option stands for.
        excused: Whether a try that a lost connection cut short was excused already.
    """

    challenge_id: str
    kind: str
    expected: str
    options: tuple[str, ...]
    text: str
    variant: int
    salt: str
    issued_at_ms: int
    deadline_ms: int
    attempts: int = 0
    overdue: bool = False
    tries: int = 0
    begun: bool = False
    begun_ms: int = 0
    labels: tuple[str, ...] = ()
    excused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMinute:
    """A minute that runs, or whose last part waits for the next proof. ``to_ms`` is 0 while it runs."""

    index: int
    from_ms: int
    to_ms: int = 0
    verified: IntervalSet = EMPTY
    undecided: IntervalSet = EMPTY
    reasons: tuple[ReasonCode, ...] = ()


@dataclass
class State:
    """Everything the rules need to know.

    Attributes:
        info: The start event.
        phase: See ``Phase``.
        now_ms: Server time of the last event.
        client_nonce: The client's, once revealed; until then empty, and nothing is drawn or asked for.
        beacon: A witness's, which every draw from now on takes in; empty where none came in time.
        active_ms: Time spent in ACTIVE so far; schedules run on it, so that a pause gains nothing.
        proof_hold: Why the proofs do not hold at present, or None.
        opening_lack: What the proof that opened the present bracket lacked: then no credit follows without a person.
        challenge_hold: Whether an overdue pop-up still waits for its answer.
        player_hold: PLAYER_PAUSED, PLAYER_STALLED, LESSON_ENDED or None.
        page_hold: PAGE_HIDDEN, PICTURE_IN_PICTURE, PAGE_UNFOCUSED, SECOND_SCREEN or None.
        link_hold: NETWORK_GAP or None.
        closing: Why the session is about to close, once its last proof is decided; None otherwise.
        closing_asked: Whether the closing liveness was asked for.
        tail_from_ms: Server time of the last heartbeat before the closing began, where time was counted; 0: none.
        tail_to_ms: When it began: the next heartbeat still counts up to here.
        pause_ordered: Whether the player waits for our OrderResume.
        connected: Whether a websocket is open.
        seq: Last accepted heartbeat.
        heard_ms: Server time of the last accepted heartbeat (or of the start).
        beat_ms: Server time from which the next heartbeat's progress counts; 0 where it must not count.
        beat_playhead_ms: Playhead at ``beat_ms``, less what still waits for the clock to be counted.
        accounted_ms: Server time up to which playing is accounted for.
        tokens_ms: Media time that may be credited at once (token bucket, I1).
        late_until_ms: Until when left-over tokens are kept, because a heartbeat came late.
        lead_ms: Playhead at which the present stretch began; a little ahead of the frontier is accepted, uncredited.
        credited: All verified playhead intervals, earlier sessions' included.
        undecided: Intervals that a person may still grant.
        pending: ``(minute, start_ms, end_ms)`` played since the last proof.
        pending_set: The same as a set.
        waiting: ``(minute, start_ms, end_ms, due_ms)`` proved in every way, but not known to be delivered (I5): by
            when the delivery log must say so.
        waiting_set: The same as a set.
        delivered: ``(start_ms, end_ms, sent_ms)`` delivered and not yet credited; ``sent_ms`` is 0 where it was sent
            before the end of every open minute.
        session_verified_ms: Verified in this session.
        minutes: Open minutes, oldest first.
        next_minute: Index of the next minute.
        minutes_recorded: How many were recorded.
        minute_active_ms: ACTIVE time spent in the running minute.
        round: The proof in progress.
        rounds: How many rounds began.
        round_due_ms: Server time at which a round is due whatever the schedule says; 0: none.
        next_capture_active_ms: ``active_ms`` at which the next scheduled round is due.
        challenge: The outstanding pop-up.
        challenges: How many were issued.
        next_challenge_active_ms: As for captures.
        reactions_ms: The last reaction times, for the regularity indicator.
        picks: The places of the last chosen options; -1 - place where the choice was wrong.
        camera: Digest of the camera in use.
        mirrored: Whether the last turn it showed went to the other side: then the next try is judged so.
        contents: The last pictures' content hashes, newest last.
        sightings: Where the face was in the last captures, newest last.
        repeats: Captures that repeated an earlier one, exactly or nearly.
        frame_px: Width and height of the last picture.
        virtual: Whether the last picture's camera looked like a virtual one.
        proved: How many leading entries of ``pending`` a round has proved (``bracket``).
        proved_lack: What that proof lacked, or None.
        held: How many of them no pop-up stands against (I6): they wait for a liveness only.
        held_reason: Why the last liveness failed; None after one that passed.
        covered: How many leading entries of ``pending`` were played before a liveness that passed.
        live_wanted: Whether something may not be live: the next pop-up comes at once and asks for movements.
        live_lack: What the last liveness lacked, or None.
        live_from_active_ms: ``active_ms`` from which any pop-up asks for movements.
        live_due_active_ms: ``active_ms`` at which one does whatever others come.
        challenge_due_ms: Server time of the next pop-up after a failed one; 0: none.
        challenge_failures: Failed pop-ups in a row; each makes the next one wait longer.
        excuses: How often a hidden page, the network, or coming only when called was excused.
        strikes: Failed proofs.
        doubt: Rounds for which the schedule stays denser after a failure.
        indicators: What a reviewer should look at, with counts.
        owed: Once closed: the kind of the pop-up that was left open, or empty.
        live_first_ms: Server time at which a liveness challenge first passed; 0: none has.
        live_first_camera: Digest of the camera that it passed before.
    """

    info: SessionStarted
    phase: Phase
    now_ms: int
    client_nonce: str = ""
    beacon: str = ""
    active_ms: int = 0
    proof_hold: ReasonCode | None = ReasonCode.AWAITING_NONCE
    opening_lack: ReasonCode | None = None
    challenge_hold: bool = False
    player_hold: ReasonCode | None = ReasonCode.PLAYER_PAUSED
    page_hold: ReasonCode | None = None
    link_hold: ReasonCode | None = None
    closing: ReasonCode | None = None
    closing_asked: bool = False
    tail_from_ms: int = 0
    tail_to_ms: int = 0
    pause_ordered: bool = True
    connected: bool = True
    seq: int = 0
    heard_ms: int = 0
    beat_ms: int = 0
    beat_playhead_ms: int = 0
    accounted_ms: int = 0
    tokens_ms: int = 0
    late_until_ms: int = 0
    lead_ms: int = 0
    credited: IntervalSet = EMPTY
    undecided: IntervalSet = EMPTY
    pending: tuple[tuple[int, int, int], ...] = ()
    pending_set: IntervalSet = EMPTY
    waiting: tuple[tuple[int, int, int, int], ...] = ()
    waiting_set: IntervalSet = EMPTY
    delivered: tuple[tuple[int, int, int], ...] = ()
    session_verified_ms: int = 0
    minutes: tuple[OpenMinute, ...] = ()
    next_minute: int = 0
    minutes_recorded: int = 0
    minute_active_ms: int = 0
    round: Round | None = None
    rounds: int = 0
    round_due_ms: int = 0
    next_capture_active_ms: int = 0
    challenge: Challenge | None = None
    challenges: int = 0
    next_challenge_active_ms: int = 0
    reactions_ms: tuple[int, ...] = ()
    picks: tuple[int, ...] = ()
    camera: str = ""
    mirrored: bool = False
    contents: tuple[str, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    repeats: int = 0
    frame_px: tuple[int, int] = (0, 0)
    virtual: bool = False
    proved: int = 0
    proved_lack: ReasonCode | None = None
    held: int = 0
    held_reason: ReasonCode | None = None
    covered: int = 0
    live_wanted: bool = False
    live_lack: ReasonCode | None = None
    live_from_active_ms: int = 0
    live_due_active_ms: int = 0
    challenge_due_ms: int = 0
    challenge_failures: int = 0
    excuses: int = 0
    strikes: int = 0
    doubt: int = 0
    indicators: tuple[tuple[ReasonCode, int], ...] = ()
    owed: str = ""
    live_first_ms: int = 0
    live_first_camera: str = ""

    @property
    def lots(self) -> Lots:
        """What the session's draws depend on."""
        info = self.info
        return Lots(seed=info.seed, session_id=info.session_id, client_nonce=self.client_nonce, beacon=self.beacon)

    @property
    def suspended(self) -> ReasonCode | None:
        """Why nothing is being counted, the learner's most useful reason first; None while ACTIVE."""
        return self.proof_hold or self.link_hold or self.page_hold or self.player_hold or self.closing

    @property
    def pending_ms(self) -> int:
        """Media time played since the last proof."""
        return total_ms(self.pending_set)

    @property
    def unproved_ms(self) -> int:
        """Media time that no capture round has proved yet."""
        return sum(end_ms - start_ms for _, start_ms, end_ms in self.pending[self.proved :])

    @property
    def frontier_ms(self) -> int:
        """The furthest point that a first viewing may be at (快进禁止)."""
        watched = (self.credited, self.pending_set, self.waiting_set, self.undecided, self.info.resumable)
        return max(furthest_ms(intervals) for intervals in watched)

    @property
    def taken(self) -> IntervalSet:
        """What earns nothing more at present: credited, or waiting for the next proof or the delivery log."""
        return union(union(self.credited, self.pending_set), self.waiting_set)

    def copy(self) -> State:
        """Return a copy that ``step`` may work on; all values inside are immutable."""
        twin = object.__new__(State)
        twin.__dict__ = self.__dict__.copy()
        return twin
