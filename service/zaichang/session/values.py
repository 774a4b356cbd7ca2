"""Values inside a session's state: the phase, a proof in progress, an open challenge, an open minute.

All but the round are immutable, so that copying a part of the state copies references only. A round changes with almost
every event while it lasts: it is copied with its part, and changed in place like one (``parts``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from zaichang.core.enums import ChallengeKind
from zaichang.core.ids import NO_CAPTURE, CaptureId, ChallengeId
from zaichang.core.reasons import ReasonCode
from zaichang.session.playhead import EMPTY, IntervalSet

Sighting = tuple[int, ...]
"""Where a face was seen: server time, box (x, y, width, height), yaw, pitch, roll, perceptual hash as an integer."""


Shot = tuple[int, str, bool]
"""A capture: server time by which it was taken, its content hash, whether it is a pledged frame."""


class Phase(StrEnum):
    """Where a session stands; the moves between them are in ``transitions``."""

    AWAITING_CAPTURE = "AWAITING_CAPTURE"
    CHALLENGING = "CHALLENGING"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


ACTIVE: Final = Phase.ACTIVE
CLOSED: Final = Phase.CLOSED
"""The two phases that every event asks for: a module's name is read several times as fast as an enum's member."""


class Outcome(StrEnum):
    """How a proof ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


Decided = tuple[Outcome, ReasonCode | None]
"""A proof's outcome and its reason. A pass has a reason if the learner came only when called."""


@dataclass(slots=True, kw_only=True)
class Round:
    """A proof in progress: up to n captures of which k must pass. Only ``proofs`` writes it.

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
        drawn: Whether the draw alone chose its moment (rules 2); else it says who is there now, and proves nothing.
        staked_ms: ``samples.staked_ms`` when it began: the least time to the next one counts from here.
        ordered_ms: When the outstanding capture was ordered on this connection.
        order_seq: The last heartbeat accepted before that: the second one after it shows that the order arrived.
        answered_ms: When word came that the picture is taken; 0: not yet.
        digest: What that word committed to.
        late: Whether an answer came later than the line explains, so that the learner may have been called.
        before_ms: When the last capture of this round was counted; 0: none was.
        cut: Why the round is cut off as soon as the picture that has arrived, or the last frame, is judged, or None.
        renewed: Whether a lost connection has renewed a frame's deadline after that.
        known: Pictures that attack detection alone refused: the face is the learner's.
        seen: Unprompted pictures that passed, or recognised the learner at least weakly.
        unseen: Unprompted pictures that did neither.
        frames: Pledged frames that are still to be ordered, newest first (rules 4).
        frame: The one that the outstanding order asks for; empty where it asks for a new picture.
        shown: Pledged frames that passed, or recognised the learner at least weakly.
        bare: Whether the reports before pledged no frames although the policy requires them.
        back: Whether its frames look back for a heartbeat at least, so that an absence which they show is no short one.
        span: All frames that its sample may ask for, newest first (rules 7).
        span_ms: When each of them was pledged (rules 8).
        places: Places in ``span`` of the earlier frames that are drawn.
        absent: So many frames in a row without the learner are an absence.
        here: Places of the frames that show the learner.
        gone: Places of those that do not.
        found_staked_ms: ``samples.staked_ms`` at the first new picture that recognised the learner; 0: none did yet.
        earlier: Frames beyond ``round_passes`` that did not pass: they bring no prompt, and no end, any sooner.
    """

    number: int
    taken: int = 0
    passes: int = 0
    refusals: int = 0
    lacks: int = 0
    reasons: tuple[ReasonCode, ...] = ()
    capture_id: CaptureId = NO_CAPTURE
    nonce: str = ""
    deadline_ms: int = 0
    received: bool = False
    retake_at_ms: int = 0
    beats: int = 0
    withheld: bool = False
    drawn: bool = False
    staked_ms: int = 0
    ordered_ms: int = 0
    order_seq: int = 0
    answered_ms: int = 0
    digest: str = ""
    late: bool = False
    before_ms: int = 0
    known: int = 0
    cut: ReasonCode | None = None
    renewed: bool = False
    seen: int = 0
    unseen: int = 0
    frames: tuple[str, ...] = ()
    frame: str = ""
    shown: int = 0
    bare: bool = False
    back: bool = False
    earlier: int = 0
    found_staked_ms: int = 0
    span: tuple[str, ...] = ()
    span_ms: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    absent: int = 0
    here: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()

    def copy(self) -> Round:
        """Return a copy."""
        twin = Round.__new__(Round)
        twin.number = self.number
        twin.taken = self.taken
        twin.passes = self.passes
        twin.refusals = self.refusals
        twin.lacks = self.lacks
        twin.reasons = self.reasons
        twin.capture_id = self.capture_id
        twin.nonce = self.nonce
        twin.deadline_ms = self.deadline_ms
        twin.received = self.received
        twin.retake_at_ms = self.retake_at_ms
        twin.beats = self.beats
        twin.withheld = self.withheld
        twin.drawn = self.drawn
        twin.staked_ms = self.staked_ms
        twin.ordered_ms = self.ordered_ms
        twin.order_seq = self.order_seq
        twin.answered_ms = self.answered_ms
        twin.digest = self.digest
        twin.late = self.late
        twin.before_ms = self.before_ms
        twin.known = self.known
        twin.cut = self.cut
        twin.renewed = self.renewed
        twin.seen = self.seen
        twin.unseen = self.unseen
        twin.frames = self.frames
        twin.frame = self.frame
        twin.shown = self.shown
        twin.bare = self.bare
        twin.back = self.back
        twin.earlier = self.earlier
        twin.found_staked_ms = self.found_staked_ms
        twin.span = self.span
        twin.span_ms = self.span_ms
        twin.places = self.places
        twin.absent = self.absent
        twin.here = self.here
        twin.gone = self.gone
        return twin


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """An open challenge.

    Attributes:
        challenge_id: Unique within the session.
        kind: Its kind.
        expected: The only correct answer; empty where a liveness try answers; ``passkey``: what the device signs.
        options: As shown; ``passkey``: the passkeys that may answer.
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
        labels: ``confirm``: the meaning of each option.
        excused: Whether a try that a lost connection cut short was excused already.
        faceless: Whether a try without a face was counted as a missed sample.
        first_deadline_ms: The deadline before the tries extended it; a try without a face gives it back.
        unsure: Whether a try had right movements, and pictures that were unsure of the learner (rules 8).
        unblinking: Whether a try saw no blink: the next ones ask for none (rules 8).
        at_end: Whether the lesson's end asked for it, not the draw: left open, it costs nothing by itself (rules 5).
    """

    challenge_id: ChallengeId
    kind: ChallengeKind
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
    first_deadline_ms: int = 0
    faceless: bool = False
    unsure: bool = False
    unblinking: bool = False
    at_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMinute:
    """A minute that runs, or whose last part waits for the next proof. ``to_ms`` is 0 while it runs."""

    index: int
    from_ms: int
    to_ms: int = 0
    verified: IntervalSet = EMPTY
    undecided: IntervalSet = EMPTY
    reasons: tuple[ReasonCode, ...] = ()
