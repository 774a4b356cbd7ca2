"""The eight parts of a session's state. Only the module with a part's name writes it.

A part is mutable, but only on the copy that ``step`` made. ``State.copy`` copies every part, and all values inside are
immutable but the round in progress, which is copied with its part. Copies name every field because that is the fastest
way to copy slots, and every event copies all parts. A field that does not count in comparisons follows from the others;
it is kept so that the next event need not compute it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session.owners.credit_part import Credit as Credit
from zaichang.session.owners.liveness_part import Liveness as Liveness
from zaichang.session.owners.sample_part import Samples as Samples
from zaichang.session.values import Challenge, Phase, Round, Shot, Sighting


@dataclass(slots=True)
class Link:
    """The player's link: its nonce, its heartbeats, and its connection.

    Attributes:
        client_nonce: The client's nonce; empty until it is revealed, and nothing is drawn before.
        beacon: A witness's beacon, used by every later draw; empty where none came in time.
        connected: Whether a websocket is open.
        seq: Last accepted heartbeat.
        heard_ms: Server time of the last accepted heartbeat (or of the start).
        hold: NETWORK_GAP or None.
        lost_ms: When the websocket closed; 0 while one is open.
        away_ms: For how long none was open since the last accepted heartbeat.
        jitter_ms: How late regular reports came of late.
        answer_ms: The quickest answer to a capture order on this connection; -1: none yet.
        down_ms: For how long the service was down since the last accepted heartbeat.
        next_nonce: The value that the next heartbeat must carry; empty until the first one was acknowledged.
    """

    client_nonce: str = ""
    beacon: str = ""
    connected: bool = True
    seq: int = 0
    heard_ms: int = 0
    hold: ReasonCode | None = None
    lost_ms: int = 0
    away_ms: int = 0
    answer_ms: int = -1
    jitter_ms: int = 0
    down_ms: int = 0
    next_nonce: str = field(default="", compare=False)

    def copy(self) -> Link:
        """Return a copy."""
        twin = Link.__new__(Link)
        twin.client_nonce = self.client_nonce
        twin.beacon = self.beacon
        twin.connected = self.connected
        twin.seq = self.seq
        twin.heard_ms = self.heard_ms
        twin.hold = self.hold
        twin.lost_ms = self.lost_ms
        twin.away_ms = self.away_ms
        twin.answer_ms = self.answer_ms
        twin.jitter_ms = self.jitter_ms
        twin.down_ms = self.down_ms
        twin.next_nonce = self.next_nonce
        return twin


@dataclass(slots=True)
class Playback:
    """The run of the lesson: the phase, the clocks, and the playhead's account with the clock (I1).

    Attributes:
        phase: See ``Phase``.
        closing: Why the session is about to close, once its last proof is decided; None otherwise.
        reached_ms: Server time up to which everything that fell due has happened.
        active_ms: Time spent in ACTIVE so far; schedules run on it, so that a pause gains nothing.
        accounted_ms: Server time up to which playing is accounted for.
        beat_ms: Server time from which the next heartbeat's progress counts; 0 where it must not count.
        beat_playhead_ms: Playhead at ``beat_ms``, less the part that still waits for the clock to be counted.
        tokens_ms: Media time that may be credited at once (token bucket, I1).
        late_until_ms: Until when left-over tokens are kept, because a heartbeat came late.
        lead_ms: Playhead at which the present stretch began; a little ahead of the frontier is accepted,
            uncredited.
        tail_from_ms: Server time of the last heartbeat before the closing began, where time was counted; 0:
            none.
        tail_to_ms: When it began: the next heartbeat still counts up to here.
        moved_ms: When the playhead last moved as a playing one does.
        left_ms: When ACTIVE was last left, by server time; 0: never.
        paced_ms: Time between reports that may still count beyond the regular pace.
        unlinked_ms: Time without a connection that may still count.
        due_ms: No timer is due before this server time, unless another event comes first; 0: not known.
    """

    phase: Phase = Phase.AWAITING_CAPTURE
    closing: ReasonCode | None = None
    reached_ms: int = 0
    active_ms: int = 0
    accounted_ms: int = 0
    beat_ms: int = 0
    beat_playhead_ms: int = 0
    tokens_ms: int = 0
    late_until_ms: int = 0
    lead_ms: int = 0
    tail_from_ms: int = 0
    tail_to_ms: int = 0
    moved_ms: int = 0
    left_ms: int = 0
    paced_ms: int = 0
    unlinked_ms: int = 0
    due_ms: int = field(default=0, compare=False)

    def copy(self) -> Playback:
        """Return a copy."""
        twin = Playback.__new__(Playback)
        twin.phase = self.phase
        twin.closing = self.closing
        twin.reached_ms = self.reached_ms
        twin.active_ms = self.active_ms
        twin.accounted_ms = self.accounted_ms
        twin.beat_ms = self.beat_ms
        twin.beat_playhead_ms = self.beat_playhead_ms
        twin.tokens_ms = self.tokens_ms
        twin.late_until_ms = self.late_until_ms
        twin.lead_ms = self.lead_ms
        twin.tail_from_ms = self.tail_from_ms
        twin.tail_to_ms = self.tail_to_ms
        twin.moved_ms = self.moved_ms
        twin.left_ms = self.left_ms
        twin.paced_ms = self.paced_ms
        twin.unlinked_ms = self.unlinked_ms
        twin.due_ms = self.due_ms
        return twin


@dataclass(slots=True)
class Proofs:
    """Capture rounds: the one in progress, the next one, and the pictures of earlier ones.

    Attributes:
        hold: Why the proofs do not hold at present, or None.
        opening_lack: The result that the proof which opened the present bracket lacked: credit then needs
            a review.
        round: The proof in progress.
        decided: The round that was decided last, until its outcome is acted on (rules 2).
        rounds: How many rounds began.
        due_ms: Server time at which a round is due whatever the schedule says; 0: none.
        next_active_ms: ``active_ms`` at which the next scheduled round is due.
        excuses: How often a hidden page, the network, or coming only when called was excused.
        strikes: Failed proofs.
        doubt: Rounds for which the schedule stays denser after a failure.
        camera: Digest of the camera in use.
        virtual: Whether the last picture's camera looked like a virtual one.
        frame_px: Width and height of the last picture.
        contents: The last pictures' content hashes, newest last.
        sightings: Where the face was in the last captures, newest last.
        repeats: Captures that repeated an earlier one, exactly or nearly.
        shots: The last captures, newest last: when each was taken at the latest, its content hash, and whether it is a
            pledged frame (rules 8).
    """

    hold: ReasonCode | None = ReasonCode.AWAITING_NONCE
    opening_lack: ReasonCode | None = None
    round: Round | None = None
    decided: Round | None = None
    rounds: int = 0
    due_ms: int = 0
    next_active_ms: int = 0
    excuses: int = 0
    strikes: int = 0
    doubt: int = 0
    camera: str = ""
    virtual: bool = False
    frame_px: tuple[int, int] = (0, 0)
    contents: tuple[str, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    repeats: int = 0
    shots: tuple[Shot, ...] = ()

    def copy(self) -> Proofs:
        """Return a copy."""
        twin = Proofs.__new__(Proofs)
        twin.hold = self.hold
        twin.opening_lack = self.opening_lack
        twin.round = self.round.copy() if self.round is not None else None
        twin.decided = self.decided
        twin.rounds = self.rounds
        twin.due_ms = self.due_ms
        twin.next_active_ms = self.next_active_ms
        twin.excuses = self.excuses
        twin.strikes = self.strikes
        twin.doubt = self.doubt
        twin.camera = self.camera
        twin.virtual = self.virtual
        twin.frame_px = self.frame_px
        twin.contents = self.contents
        twin.sightings = self.sightings
        twin.repeats = self.repeats
        twin.shots = self.shots
        return twin


@dataclass(slots=True)
class Challenges:
    """Challenges: the open one, the next one, and how earlier ones were answered.

    Attributes:
        open: The open challenge.
        issued: How many were issued.
        hold: Whether a challenge that failed still waits for its cure.
        next_active_ms: ``active_ms`` at which the next scheduled one is due.
        due_ms: Server time of the next one after a failed one; 0: none.
        failures: Failed challenges in a row; each makes the next one wait longer.
        reactions_ms: The last reaction times, for the regularity indicator.
        picks: Positions of the last chosen options; ``-1 - position`` for a wrong choice.
        owed: Once closed: the kind of the challenge that was left open.
        passkey_first: Whether the session still owes its first passkey, which is asked for as soon as it plays.
        passkey_declined: How often a passkey was declined since one passed; ``UNSUPPORTED`` counts as often enough.
        drawn: The last draw of the next one: the beacon that it was made with, and the moment.
    """

    open: Challenge | None = None
    issued: int = 0
    hold: bool = False
    next_active_ms: int = 0
    due_ms: int = 0
    failures: int = 0
    reactions_ms: tuple[int, ...] = ()
    picks: tuple[int, ...] = ()
    owed: ChallengeKind | None = None
    passkey_first: bool = False
    passkey_declined: int = 0
    drawn: tuple[str, int] = field(default=("", 0), compare=False)

    def copy(self) -> Challenges:
        """Return a copy."""
        twin = Challenges.__new__(Challenges)
        twin.open = self.open
        twin.issued = self.issued
        twin.hold = self.hold
        twin.next_active_ms = self.next_active_ms
        twin.due_ms = self.due_ms
        twin.failures = self.failures
        twin.reactions_ms = self.reactions_ms
        twin.picks = self.picks
        twin.owed = self.owed
        twin.passkey_first = self.passkey_first
        twin.passkey_declined = self.passkey_declined
        twin.drawn = self.drawn
        return twin


@dataclass(slots=True)
class Page:
    """The learner's page: the reasons that hold the session back, and the last order to its player.

    Attributes:
        hold: PAGE_HIDDEN, PICTURE_IN_PICTURE, PAGE_UNFOCUSED, SECOND_SCREEN or None.
        player_hold: PLAYER_PAUSED, PLAYER_STALLED, LESSON_ENDED or None.
        pause_ordered: Whether the player waits for our OrderResume.
    """

    hold: ReasonCode | None = None
    player_hold: ReasonCode | None = ReasonCode.PLAYER_PAUSED
    pause_ordered: bool = True

    def copy(self) -> Page:
        """Return a copy."""
        twin = Page.__new__(Page)
        twin.hold = self.hold
        twin.player_hold = self.player_hold
        twin.pause_ordered = self.pause_ordered
        return twin
