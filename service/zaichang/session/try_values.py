"""Answers by body or device: the values that the event of a liveness try holds, and the events of a passkey."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.enums import LivenessAction, PasskeyCause, StepOutcome
from zaichang.core.ids import CaptureId, ChallengeId
from zaichang.core.reasons import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessStep:
    """The result of one ordered action.

    Attributes:
        action: As ordered.
        outcome: Passed, or why not.
        onset_ms: Server time from sending the order to the arrival of the frame in which the movement began; -1
            without one.
        parallax_bp: Largest movement of the nose beyond the face's plane, in eye distances; 0 where none is asked for.
        frames: Frames that were judged.
    """

    action: LivenessAction
    outcome: StepOutcome
    onset_ms: int = -1
    parallax_bp: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LivenessGeometry:
    """The measurements that one try was judged by (``liveness.trial``): no picture and no template.

    Angles and ratios of each frame. One row for each frame that arrived, and for each time that the clock alone moved
    the try on; every column holds one value a row. Times count from the beginning of the try. The measurements are
    those of ``biometric.movement.Face``; ``shape_bp`` is relative to the try's first face, and 0 in a row without one.

    Attributes:
        pick: A number that was drawn for this try: which resting frame is compared with the reference.
        order: Which order the frame answers, counted from 1; 0: none; -1: no frame, the clock alone.
        at_ms: When the frame arrived.
        done_ms: When the look at it was done.
        yaw_cdeg: Turn of the head.
        pitch_cdeg: Nod of the head.
        eye_bp: Eye opening.
        mouth_bp: Mouth opening.
        shape_bp: Width over height of the face.
        sideways_bp: Movement of the nose beyond the face's plane, sideways.
        down_bp: The same, downwards.
        hindered: ``(row, reason)`` for each frame in which something hindered.
        lit: For coloured light: ``(row, red, green, blue of the face, red, green, blue of the room)`` in hundredths of
            a grey level; else empty.
    """

    pick: int
    order: tuple[int, ...] = ()
    at_ms: tuple[int, ...] = ()
    done_ms: tuple[int, ...] = ()
    yaw_cdeg: tuple[int, ...] = ()
    pitch_cdeg: tuple[int, ...] = ()
    eye_bp: tuple[int, ...] = ()
    mouth_bp: tuple[int, ...] = ()
    shape_bp: tuple[int, ...] = ()
    sideways_bp: tuple[int, ...] = ()
    down_bp: tuple[int, ...] = ()
    hindered: tuple[tuple[int, ReasonCode], ...] = ()
    lit: tuple[tuple[int, int, int, int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCapture:
    """A frame of a liveness try that is kept for a reviewer.

    Attributes:
        capture_id: The name that it is kept under.
        picture: SHA-256 of the picture as it arrived, 64 hex digits.
        encrypted: SHA-256 of the picture as it is kept, encrypted.
    """

    capture_id: CaptureId
    picture: str
    encrypted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAnswered:
    """The learner's device answered a ``passkey`` challenge; the shell has verified the assertion.

    Attributes:
        at_ms: Server time of arrival.
        challenge_id: The challenge.
        credential_id: The passkey that was used, base64url.
        verified: Whether the signature is the registered key's, over this challenge and origin, with the user verified.
        client_data: The signed ``clientDataJSON``, base64url.
        authenticator_data: The signed authenticator data, base64url.
        signature: The signature, base64url.
    """

    at_ms: int
    challenge_id: ChallengeId
    credential_id: str
    verified: bool
    client_data: str
    authenticator_data: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyDeclined:
    """The learner cannot use a passkey now; another challenge takes its place.

    Attributes:
        at_ms: Server time of arrival.
        challenge_id: The challenge.
        cause: Why.
    """

    at_ms: int
    challenge_id: ChallengeId
    cause: PasskeyCause
