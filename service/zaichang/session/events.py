"""The events of a session. Times are the server's (``at_ms``, Unix epoch); everything a client says is a claim.

Nonces, seeds and scores are event fields, so that ``step`` stays deterministic and a session can be replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zaichang.core.assessment import FrameAssessment
from zaichang.core.enums import ChallengeKind
from zaichang.core.ids import CaptureId, ChallengeId, InstitutionId, LearnerId, SessionId
from zaichang.core.lesson import LessonRef, Terms
from zaichang.core.passkeys import Passkey as Passkey
from zaichang.core.passkeys import Passkeys as Passkeys
from zaichang.core.reasons import ReasonCode
from zaichang.core.rules_version import RulesVersion
from zaichang.session.playhead import IntervalSet
from zaichang.session.try_values import KeptCapture as KeptCapture
from zaichang.session.try_values import LivenessGeometry as LivenessGeometry
from zaichang.session.try_values import LivenessStep as LivenessStep
from zaichang.session.try_values import PasskeyAnswered as PasskeyAnswered
from zaichang.session.try_values import PasskeyDeclined as PasskeyDeclined


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the course's own bank.

    Attributes:
        question_id: Identifier within the course.
        text: Its wording.
        options: 2 to 6 answers, in the bank's order; the learner sees them shuffled.
        correct: Index of the right answer in ``options``.
    """

    question_id: str
    text: str
    options: tuple[str, ...]
    correct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leniency:
    """How much of the rules' leniency a learner has used up on a lesson before this session (rules 2).

    Attributes:
        debt_ms: Proved media that is still needed to make up for missed samples.
        calls: Brackets for which the learner came only when called.
        failures: Drawn rounds that failed.
        liveness_failed: Liveness challenges that failed since the last one that passed.
    """

    debt_ms: int = 0
    calls: int = 0
    failures: int = 0
    liveness_failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted:
    """A learner joined with a valid launch token.

    Attributes:
        at_ms: Server time.
        session_id: Random, 32 hex digits.
        institution_id: The institution of the course.
        learner_id: The institution's pseudonym.
        lesson: The lesson, in the version that the session keeps.
        policy_digest: Of the policy in force.
        seed: 64 hex digits, secret until the session ends; committed to in session.start (evidence: schedule).
        client_nonce_c: The client's commitment to its nonce (``schedule.client_commitment``), made before it saw ours.
        credited: Intervals of this time line of the lesson already credited to this learner (I2).
        terms: Route and recorded allowances.
        questions: The bank for ``question`` challenges.
        owed: The kind of the challenge that this learner's last session left open, if it did.
        resumable: Media of the last session of this lesson that went to review for want of a closing liveness alone.
            The first liveness of this one may make up for it, so a learner who comes back goes on from there.
        rules: The version of the rules that judge it, to its end; None in records from before versions were named.
        capture_days: Days for which this session's captures are kept; None where none are, and in records from before
            it was noted.
        leniency: The learner's use of it on this lesson within the policy's period; None: nothing is known.
        period: The period in which its credit counts (``core.periods``); None in records from before it was named.
        passkeys: Those that its page can use; None where it can use none, and in records from before there were any.
    """

    at_ms: int
    session_id: SessionId
    institution_id: InstitutionId
    learner_id: LearnerId
    lesson: LessonRef
    policy_digest: str
    seed: str
    client_nonce_c: str
    credited: IntervalSet = ()
    terms: Terms = field(default_factory=Terms)
    questions: tuple[Question, ...] = ()
    owed: ChallengeKind | None = None
    resumable: IntervalSet = ()
    rules: RulesVersion | None = None
    capture_days: int | None = None
    leniency: Leniency | None = None
    period: str | None = None
    passkeys: Passkeys | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceRevealed:
    """The client opened its commitment. With the seed, its nonce fixes the whole schedule.

    Attributes:
        at_ms: Server time of arrival.
        client_nonce: The revealed nonce, as hex.
    """

    at_ms: int
    client_nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconArrived:
    """A witness signed the first checkpoint that covers the session's start. All later draws use its beacon.

    Attributes:
        at_ms: Server time.
        beacon: 64 hex digits (``tlog.beacon``).
        note: The signed checkpoint that it came from, for those who check the record.
    """

    at_ms: int
    beacon: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatReceived:
    """A sample of the player's state; sent every ``heartbeat_ms`` and at once when something changes.

    Attributes:
        at_ms: Server time of arrival.
        seq: 1, 2, 3, ...
        nonce: The single-use value of the last acknowledgement (I4).
        playhead_ms: Position in the lesson.
        playing: Whether the player says that it plays.
        stalled: Whether it waits for data.
        ended: Whether it reached the end.
        rate_bp: Playback rate it claims, 10000 = 1.0x.
        visible: Page visible.
        focused: Page has focus.
        hints: Codes that the client reports about its page (docs/protocol.md): indicators, never a verdict.
        frames: Pledged frames: SHA-256 of pictures taken since the last report, 64 hex digits each, oldest first. None
            where there are none, and in records from before they were pledged.
    """

    at_ms: int
    seq: int
    nonce: str
    playhead_ms: int
    playing: bool
    stalled: bool = False
    ended: bool = False
    rate_bp: int = 10_000
    visible: bool = True
    focused: bool = True
    hints: tuple[str, ...] = ()
    frames: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureTaken:
    """The client has taken the picture and says so at once, before it sends it: a slow line is then no lateness.

    Attributes:
        at_ms: Server time of arrival.
        capture_id: Which order it answers.
        digest: SHA-256 of the picture that will follow, 64 hex digits.
    """

    at_ms: int
    capture_id: CaptureId
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureReceived:
    """A picture arrived; it is analysed only if the core says so.

    Attributes:
        at_ms: Server time of arrival.
        capture_id: The order that it answers.
        nonce: The order's nonce.
        camera: Opaque digest of the track's settings; a change re-opens the proofs.
        virtual_camera: Whether the client's track looks like a virtual one (a hint, never a verdict).
        picture: SHA-256 of the picture as it arrived, 64 hex digits; None where it is not analysed, and in records
            from before it was noted.
        encrypted: SHA-256 of the picture as it is kept, encrypted; None where it is not kept.
        digest: SHA-256 of the picture where ``CaptureTaken`` or a report spoke of it before; else None.
    """

    at_ms: int
    capture_id: CaptureId
    nonce: str
    camera: str = ""
    virtual_camera: bool = False
    picture: str | None = None
    encrypted: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureAssessed:
    """The analysis of an accepted capture has finished, or was dropped (``assessment`` says NOT_ANALYSED).

    Attributes:
        at_ms: Server time.
        capture_id: The capture.
        assessment: Integers and reasons; the replay boundary.
        seen_before: Whether storage found the same picture in an earlier session of any learner (I7).
        elsewhere: True where another account with this face had a running session at that moment (I3); None: none was
            found, and in records from before it was looked for.
        copies: How many captures of this session were found so far to be near copies of earlier captures (of anyone's,
            within a day); None: none was found.
    """

    at_ms: int
    capture_id: CaptureId
    assessment: FrameAssessment
    seen_before: bool = False
    elsewhere: bool | None = None
    copies: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureUnavailable:
    """The client cannot take this picture (no camera, permission withdrawn, page hidden)."""

    at_ms: int
    capture_id: CaptureId
    reason: ReasonCode = ReasonCode.CAMERA_UNAVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeAnswered:
    """The learner answered a challenge.

    Attributes:
        at_ms: Server time of arrival.
        challenge_id: The challenge.
        answer: Option index in the order shown, or the code typed; at most 64 characters.
    """

    at_ms: int
    challenge_id: ChallengeId
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessBegun:
    """The learner faces the camera and pressed "ready". The actions of the try may be ordered now.

    Attributes:
        at_ms: Server time of arrival.
        challenge_id: The challenge.
        decline: Whether the learner declines coloured light (kind ``light``); movements follow, without penalty.
    """

    at_ms: int
    challenge_id: ChallengeId
    decline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessAssessed:
    """A try at a liveness challenge is over; ``step`` decides whether it passed.

    Attributes:
        at_ms: Server time.
        challenge_id: Which challenge.
        attempt: Which try, as in ``OrderLiveness``.
        steps: One for each ordered action, in order; fewer where the try ended early.
        similarity_bp: The least cosine similarity to the reference over the frames compared; None: not compared.
        pad_bp: The least bona fide score over the same frames; None: no PAD model ran (never a pass).
        camera: Opaque digest of the track's settings, as in ``CaptureReceived``: all frames' one, else empty.
        virtual_camera: Whether the client's track looks like a virtual one (a hint, never a verdict).
        models: Digest of the models and thresholds that produced this (16 hex digits).
        reasons: Problems of the try as a whole, worst first. NOT_ANALYSED is the service's fault and costs
            no attempt.
        geometry: The measurements that the try was judged by; None in records from before it was kept.
        kept: The frames that are kept for a reviewer; None where there are none, and in records from before they were
            noted.
    """

    at_ms: int
    challenge_id: ChallengeId
    attempt: int
    steps: tuple[LivenessStep, ...] = ()
    similarity_bp: int | None = None
    pad_bp: int | None = None
    camera: str = ""
    virtual_camera: bool = False
    models: str = ""
    reasons: tuple[ReasonCode, ...] = ()
    geometry: LivenessGeometry | None = None
    kept: tuple[KeptCapture, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDelivered:
    """The delivery log says which parts of the lesson were sent to this session's player (I5).

    Attributes:
        at_ms: Server time at which the log's records arrived.
        spans: ``(start_ms, end_ms, sent_ms)``: a part of the lesson, and the server time at which sending it began.
    """

    at_ms: int
    spans: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLost:
    """The websocket closed without a finish.

    Attributes:
        at_ms: Server time.
        down_ms: For how long the service itself was down until now, or its clock had jumped: no silence of the learner
            counts in it. None: the service ran.
    """

    at_ms: int
    down_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionResumed:
    """The same player is back; outstanding orders are given again."""

    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineReached:
    """The shell's timer fired. Never needed for a right verdict, only for a prompt one."""

    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRequested:
    """The learner ends the session; a closing proof follows where one is needed."""

    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """The same learner started elsewhere (I3)."""

    at_ms: int


Event = (
    SessionStarted
    | NonceRevealed
    | BeaconArrived
    | HeartbeatReceived
    | CaptureTaken
    | CaptureReceived
    | CaptureAssessed
    | CaptureUnavailable
    | ChallengeAnswered
    | LivenessBegun
    | LivenessAssessed
    | PasskeyAnswered
    | PasskeyDeclined
    | MediaDelivered
    | ConnectionLost
    | ConnectionResumed
    | DeadlineReached
    | FinishRequested
    | Superseded
)
