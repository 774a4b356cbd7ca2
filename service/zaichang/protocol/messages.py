"""The messages of protocol 1. ``docs/protocol.md`` is the specification; a test holds the two together.

Text frames are JSON objects with a ``t`` field; unknown fields and types are refused. The one binary frame is a
capture: 4 bytes big-endian header length, the JSON header (``CaptureHeader``), then the picture.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Text64 = Annotated[str, Meta(max_length=64)]
Nonce = Annotated[str, Meta(min_length=16, max_length=64, pattern="^[0-9a-f]+$")]
Millis = Annotated[int, Meta(ge=0, lt=2**53)]
Seq = Annotated[int, Meta(ge=1, lt=2**31)]


ClientNonce = Annotated[str, Meta(pattern="^([0-9a-f]{2}){16,32}$")]
"""16 to 32 bytes as hex: an odd digit would name no bytes, and a short nonce could be found from its commitment."""
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class _Message(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all messages; defaults are omitted on the wire."""


# Client to server


class Join(_Message, tag_field="t", tag="join", frozen=True, kw_only=True):
    """First message on every connection.

    Attributes:
        protocol: 1.
        token: The launch token. Never in the address, so that it stays out of access logs.
        client_nonce_c: SHA-256 over ``vm/client-nonce/v1`` and the client's nonce, as hex; fresh for each session.
        sdk: Name and version of the client, for support.
        locale: ``zh-CN`` or ``en``.
        resume: The session to go on with, after a lost connection or a reload.
        device: A random value that the client keeps in its own storage, or empty; the service keeps a keyed digest of
            it for a limited time, to see many accounts on one device (docs/privacy.md). Never a pass, never a refusal.
    """

    protocol: int
    token: Annotated[str, Meta(max_length=4096)]
    client_nonce_c: Digest
    sdk: Text64 = ""
    locale: Text64 = "zh-CN"
    resume: Text64 = ""
    device: Text64 = ""


class Reveal(_Message, tag_field="t", tag="reveal", frozen=True, kw_only=True):
    """Answer to a ``joined`` that asks for it: the nonce that the join committed to. Nothing counts before it."""

    client_nonce: ClientNonce


class Heartbeat(_Message, tag_field="t", tag="heartbeat", frozen=True, kw_only=True):
    """A sample of the player's state, every ``heartbeat_ms`` and at once when something changes."""

    seq: Seq
    nonce: Nonce
    playhead_ms: Millis
    playing: bool
    stalled: bool = False
    ended: bool = False
    rate_bp: Annotated[int, Meta(ge=0, le=1_000_000)] = 10_000
    visible: bool = True
    focused: bool = True
    hints: tuple[Text64, ...] = ()


class CaptureUnavailableMessage(_Message, tag_field="t", tag="capture_unavailable", frozen=True, kw_only=True):
    """The picture cannot be taken: ``no_camera``, ``denied``, ``busy``, ``hidden`` or ``ended``."""

    capture_id: Text64
    cause: Text64


class Answer(_Message, tag_field="t", tag="answer", frozen=True, kw_only=True):
    """Answer to a challenge: the key of the chosen option, its index as text, or the code typed."""

    challenge_id: Text64
    answer: Text64


class Ready(_Message, tag_field="t", tag="ready", frozen=True, kw_only=True):
    """The learner is before the camera and pressed the button: the liveness steps may begin.

    ``decline`` answers kind ``light``: movements follow instead of colours, at no cost.
    """

    challenge_id: Text64
    decline: bool = False


class Finish(_Message, tag_field="t", tag="finish", frozen=True, kw_only=True):
    """The learner ends the session."""


ClientMessage = Join | Reveal | Heartbeat | CaptureUnavailableMessage | Answer | Ready | Finish


class CaptureHeader(_Message, frozen=True, kw_only=True):
    """Header of the binary frame.

    Attributes:
        capture_id: Which order this answers.
        nonce: The order's nonce.
        camera: Opaque digest (hex) of the track's label and settings; a change re-opens the proofs.
        virtual_camera: Whether the track looks like a virtual one; a hint.
        hints: Codes of what the client noticed (docs/protocol.md); never earns credit.
    """

    capture_id: Text64
    nonce: Nonce
    camera: Text64 = ""
    virtual_camera: bool = False
    hints: tuple[Text64, ...] = ()


# Server to client


class Joined(_Message, tag_field="t", tag="joined", frozen=True, kw_only=True):
    """The session is open. Times are server milliseconds; ``server_ms`` lets a client show them in local time.

    ``pictures_days`` is for the learner: how long kept pictures stay; 0 where none is kept.
    ``schedule_commitment`` binds the service to its half of the schedule; ``reveal`` asks for the client's.
    """

    session_id: str
    resumed: bool
    server_ms: int
    seq: int
    nonce: str
    heartbeat_ms: int
    frontier_ms: int
    lesson_duration_ms: int
    schedule_commitment: str
    policy_name: str
    policy_digest: str
    captures: bool
    notices: tuple[str, ...] = ()
    pictures_days: int = 0
    reveal: bool = False
    free_seek: bool = False


class Ack(_Message, tag_field="t", tag="ack", frozen=True, kw_only=True):
    """A heartbeat was stored and counted as said here."""

    seq: int
    nonce: str
    counting: bool
    reason: str = ""
    verified_ms: int = 0
    pending_ms: int = 0
    frontier_ms: int = 0


class CaptureOrder(_Message, tag_field="t", tag="capture", frozen=True, kw_only=True):
    """Take a picture and send it within ``within_ms`` of receipt.

    ``prompt`` is empty, or a reason code: then ask the learner to face the camera.
    """

    capture_id: str
    nonce: str
    within_ms: int
    width_px: int
    quality_pct: int
    prompt: str = ""


class ChallengeOrder(_Message, tag_field="t", tag="challenge", frozen=True, kw_only=True):
    """Show a pop-up. ``image`` is a PNG as base64 (code challenges); ``audio`` a WAV as base64, or empty."""

    challenge_id: str
    kind: str
    within_ms: int
    options: tuple[str, ...] = ()
    text: str = ""
    image: str = ""
    audio: str = ""
    variant: int = 0
    steps: int = 0
    labels: tuple[str, ...] = ()


class LivenessStepOrder(_Message, tag_field="t", tag="liveness_step", frozen=True, kw_only=True):
    """Show this now, and send frames every ``interval_ms`` until the next step or the result.

    ``action`` is ``hold``, an action to ask for, or ``colour`` with ``colour`` as ``#rrggbb``.
    """

    challenge_id: str
    step: int
    of: int
    action: str
    nonce: str
    within_ms: int
    interval_ms: int = 200
    width_px: int = 480
    quality_pct: int = 80
    colour: str = ""


class LivenessHint(_Message, tag_field="t", tag="liveness_hint", frozen=True, kw_only=True):
    """Guidance while a try runs, at most once a second; an empty ``reason``: good, go on."""

    challenge_id: str
    reason: str = ""
    message: str = ""


class ChallengeResult(_Message, tag_field="t", tag="challenge_result", frozen=True, kw_only=True):
    """Whether the answer was accepted; ``closed`` where the pop-up may go away."""

    challenge_id: str
    accepted: bool
    closed: bool
    reason: str = ""


class Pause(_Message, tag_field="t", tag="pause", frozen=True, kw_only=True):
    """Pause the player; ``message`` says why in the learner's language."""

    reason: str
    message: str


class Resume(_Message, tag_field="t", tag="resume", frozen=True, kw_only=True):
    """Play on."""


class Seek(_Message, tag_field="t", tag="seek", frozen=True, kw_only=True):
    """Go to ``to_ms``, the furthest point that still counts."""

    to_ms: int
    reason: str
    message: str


class MinuteSealed(_Message, tag_field="t", tag="minute", frozen=True, kw_only=True):
    """A minute's verdict, sent once a signed checkpoint covers its record (never before)."""

    index: int
    verdict: str
    verified_ms: int
    reasons: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


class Closed(_Message, tag_field="t", tag="closed", frozen=True, kw_only=True):
    """The session has ended; the connection closes after this."""

    reason: str
    message: str
    verified_ms: int
    undecided_ms: int


class ErrorMessage(_Message, tag_field="t", tag="error", frozen=True, kw_only=True):
    """One error shape; a fatal one closes the connection. ``expected_seq`` is set for a broken heartbeat chain."""

    code: str
    message: str
    hint: str = ""
    fatal: bool = False
    expected_seq: int = 0


ServerMessage = (
    Joined
    | Ack
    | CaptureOrder
    | ChallengeOrder
    | LivenessStepOrder
    | LivenessHint
    | ChallengeResult
    | Pause
    | Resume
    | Seek
    | MinuteSealed
    | Closed
    | ErrorMessage
)
