"""The core's decisions. The shell only carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from zaichang.core.enums import ChallengeKind, LivenessAction
from zaichang.core.ids import CaptureId, ChallengeId
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
        verdict: VERIFIED if at least part was verified; INDETERMINATE if nothing was and it goes to review.
        verified: The exact playhead intervals credited; new to this learner, disjoint.
        undecided: Intervals that a reviewer may still grant; a later minute may have verified some of them.
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
        undecided_ms: Time that a reviewer may still grant: the union over all minutes, without media verified later.
        indicators: Indicators with counts, for reviewers; never a verdict.
        client_nonce: The client's half of the schedule; empty where it was never revealed.
        beacon: The witness's beacon that the schedule used; empty where none came in time.
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
    """Accept a heartbeat, or repeat the acknowledgement of the last one.

    Attributes:
        seq: Number of the heartbeat.
        next_nonce: The nonce that heartbeat ``seq + 1`` must carry.
        counting: Whether time is being counted now.
        reason: Why not, where it is not.
        verified_ms: Credited in this session so far.
        pending_ms: Played since the last proof; credited when the next one passes.
        frontier_ms: Furthest point at which a first viewing may be.
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
    """Reject a heartbeat that broke the chain (wrong nonce, replayed, out of order); it is not used."""

    seq: int
    code: str
    expected_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectReveal:
    """Reject a revealed nonce that differs from the commitment, or from an earlier reveal; it is not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCapture:
    """Order a capture: the player takes a picture now.

    Attributes:
        capture_id: Unique within the session.
        nonce: To be sent back with the picture.
        deadline_ms: Server time by which the picture must have arrived.
        identity: Whether the picture must show the enrolled person; otherwise presence is enough.
        prompt: Why the learner is asked to face the camera; None: no request.
        announce: Whether the page says at once that the picture is taken (rules 2).
        frame: SHA-256 of the pledged frame that is to be sent instead of a new picture; None: a new one (rules 4).
    """

    capture_id: CaptureId
    nonce: str
    deadline_ms: int
    identity: bool
    prompt: ReasonCode | None
    announce: bool | None = None
    frame: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseCapture:
    """Have the received picture analysed, then send ``CaptureAssessed``.

    Attributes:
        capture_id: Which capture.
        identity: Whether to compare it with the reference.
        near: False where no near copy of it is looked for: a frame of seconds before or after another sample's looks
            like it. None: as usual.
    """

    capture_id: CaptureId
    identity: bool
    near: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectCapture:
    """Discard a picture that answers no outstanding order, carries the wrong nonce, or is late."""

    capture_id: CaptureId
    reason: ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChallenge:
    """Show a challenge.

    Attributes:
        challenge_id: Unique within the session.
        kind: Its kind.
        deadline_ms: Server time.
        options: ``confirm``: the buttons' keys in the order to show, drawn anew each time; ``question``: the options
            in the order to show.
        text: ``question``: its wording. Empty otherwise.
        code: ``code``: the digits, to be drawn as a picture or spoken by the shell, never sent as text.
        variant: 0..15: which wording, position and look.
        salt: ``code``: secret of the picture's distortion, so that only its pixels tell the digits.
        steps: ``liveness``, ``light``: number of actions that a try consists of; 0 otherwise.
        labels: ``confirm``: the meaning of each option, ``here``, ``away`` or ``later``; the shell words them.
        nonce: ``passkey``: 64 hex digits that the learner's device signs; ``options`` then names the passkeys.
        rp_id: ``passkey``: the domain of the passkeys.
    """

    challenge_id: ChallengeId
    kind: ChallengeKind
    deadline_ms: int
    options: tuple[str, ...] = ()
    text: str = ""
    code: str = ""
    variant: int = 0
    salt: str = ""
    steps: int = 0
    labels: tuple[str, ...] = ()
    nonce: str | None = None
    rp_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLiveness:
    """Run one try: rest, action, rest, action, ...; then send ``LivenessAssessed``.

    Drawn from the seed, the challenge and the attempt, so that a repeat of a seen order is useless.

    Attributes:
        challenge_id: The challenge.
        attempt: 1, 2, 3, ... within the challenge.
        actions: The ordered actions; ``colour`` for kind ``light``.
        holds_ms: How long the head rests before each action.
        nonces: One for each step (hold, action, hold, action, ...), to be carried by that step's frames.
        step_ms: Time for one action, the learner's allowance included.
        colours: ``light``: the colour of each action, as ``#rrggbb``; empty otherwise.
        mirrored: Whether this camera shows turns as ones to the other side.
    """

    challenge_id: ChallengeId
    attempt: int
    actions: tuple[LivenessAction, ...]
    holds_ms: tuple[int, ...]
    nonces: tuple[str, ...]
    step_ms: int
    colours: tuple[str, ...] = ()
    mirrored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeJudged:
    """Report whether an answer was accepted, and why not."""

    challenge_id: ChallengeId
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
    """Write a minute whose verdict is final, once (idempotent by session and index)."""

    minute: Minute


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFinal:
    """Write the end of a closed session and tell the player."""

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
