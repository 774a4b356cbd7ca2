"""The core's decisions. The shell carries them out; it never decides itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zaichang.core.enums import ChallengeKind, LivenessAction
from zaichang.core.reasons import ReasonCode
from zaichang.session.playhead import IntervalSet, total_ms


class Verdict(StrEnum):
    """A minute's verdict; the letter goes into the log's segment leaf."""

    VERIFIED = "V"
    REFUSED = "F"
    INDETERMINATE = "U"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """One study minute: up to 60 s of server time in the ACTIVE phase.

    Attributes:
        index: 0, 1, 2, ... within the session.
        from_ms: Server time at which it began.
        to_ms: Server time at which it ended.
        verdict: VERIFIED where at least part was verified; INDETERMINATE where nothing was and a person must look.
        verified: The exact playhead intervals credited; new to this learner, disjoint.
        undecided: Intervals that a person may still grant; a later minute may have verified the same after all.
        reasons: Why the rest did not count, in the order in which it happened.
    """

    index: int
    from_ms: int
    to_ms: int
    verdict: Verdict
    verified: IntervalSet = ()
    undecided: IntervalSet = ()
    reasons: tuple[ReasonCode, ...] = ()

    @property
    def verified_ms(self) -> int:
        """Credited media time, exactly."""
        return total_ms(self.verified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """The session's end.

    Attributes:
        at_ms: Server time.
        reason: Why it ended.
        minutes: Number of minutes recorded.
        verified_ms: Sum over all minutes.
        undecided_ms: What a person may still grant: the union over all minutes, without media verified later.
        indicators: What a reviewer should look at, with counts; never a verdict.
        client_nonce: The client's half of the schedule; empty where it was never revealed.
        beacon: The witness's, which the schedule took in; empty where none came in time.
    """

    at_ms: int
    reason: ReasonCode
    minutes: int
    verified_ms: int
    undecided_ms: int
    indicators: tuple[tuple[ReasonCode, int], ...] = ()
    client_nonce: str = ""
    beacon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AckHeartbeat:
    """A heartbeat was accepted (or was a repeat of the last one).

    Attributes:
        seq: Which.
        next_nonce: To be carried by ``seq + 1``.
        counting: Whether time is being counted now.
        reason: Why not, where it is not.
        verified_ms: Credited in this session so far.
        pending_ms: Played since the last proof; credited when the next one passes.
        frontier_ms: Furthest point a first viewing may be at.
    """

    seq: int
    next_nonce: str
    counting: bool
    reason: ReasonCode | None
    verified_ms: int
    pending_ms: int
    frontier_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectHeartbeat:
    """A heartbeat broke the chain (wrong nonce, replayed, out of order) and was not used."""

    seq: int
    code: str
    expected_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectReveal:
    """What was revealed is not what the client had committed to (or is not what it revealed before): not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCapture:
    """Take a picture now.

    Attributes:
        capture_id: Unique within the session.
        nonce: To be sent back with the picture.
        deadline_ms: Server time by which it must have arrived.
        identity: Whether the picture must show who it is (else presence only).
        prompt: Whether to ask the learner to face the camera, and with which reason.
    """

    capture_id: str
    nonce: str
    deadline_ms: int
    identity: bool
    prompt: ReasonCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseCapture:
    """Have the received picture analysed, and send ``CaptureAssessed``."""

    capture_id: str
    identity: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectCapture:
    """A picture that answers no outstanding order, carries the wrong nonce, or is late: thrown away."""

    capture_id: str
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChallenge:
    """Show a challenge.

    Attributes:
        challenge_id: Unique within the session.
        kind: What it asks for.
        deadline_ms: Server time.
        options: ``confirm``: the buttons' keys in the order to show, drawn anew each time; ``question``: the options
            in the order to show.
        text: ``question``: the question. Empty otherwise.
        code: ``code``: the digits, to be drawn as a picture or spoken by the shell, never sent as text.
        variant: 0..15: which wording, position and look.
        salt: ``code``: secret of the picture's distortion, so that only its pixels tell the digits.
        steps: ``liveness``, ``light``: number of actions that a try consists of; 0 otherwise.
        labels: ``confirm``: what each option stands for, ``here``, ``away`` or ``later``; the shell words them.
    """

    challenge_id: str
    kind: ChallengeKind
    deadline_ms: int
    options: tuple[str, ...] = ()
    text: str = ""
    code: str = ""
    variant: int = 0
    salt: str = ""
    steps: int = 0
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLiveness:
    """Run one try: rest, action, rest, action, ...; then send ``LivenessAssessed``.

    Drawn from the seed, the challenge and the attempt, so that a repeat of a seen order is useless.

    Attributes:
        challenge_id: Which challenge.
        attempt: 1, 2, 3, ... within the challenge.
        actions: What to ask for, in order; ``colour`` for kind ``light``.
        holds_ms: How long the head rests before each action.
        nonces: One for each step (hold, action, hold, action, ...), to be carried by that step's frames.
        step_ms: Time for one action, the learner's allowance included.
        colours: ``light``: what each action shows, as ``#rrggbb``; empty otherwise.
        mirrored: Whether this camera shows turns as ones to the other side.
    """

    challenge_id: str
    attempt: int
    actions: tuple[LivenessAction, ...]
    holds_ms: tuple[int, ...]
    nonces: tuple[str, ...]
    step_ms: int
    colours: tuple[str, ...] = ()
    mirrored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeJudged:
    """Whether an answer was accepted, and why not."""

    challenge_id: str
    accepted: bool
    reason: ReasonCode | None
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPause:
    """Pause the player and say why."""

    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResume:
    """Play on (a player may ask the learner for a click first)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSeek:
    """Go back to the furthest point that still counts."""

    to_ms: int
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMinute:
    """A minute's verdict is final: write it, once (idempotent by session and index)."""

    minute: Minute


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFinal:
    """The session is closed: write its end and tell the player."""

    final: Final


Decision = (
    AckHeartbeat
    | RejectHeartbeat
    | RejectReveal
    | OrderCapture
    | AnalyseCapture
    | RejectCapture
    | OrderChallenge
    | OrderLiveness
    | ChallengeJudged
    | OrderPause
    | OrderResume
    | OrderSeek
    | RecordMinute
    | RecordFinal
)
