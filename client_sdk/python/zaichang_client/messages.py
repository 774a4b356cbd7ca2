"""The messages of protocol 1 (docs/protocol.md). A test holds these types equal to the service's own."""

from __future__ import annotations

import struct
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from zaichang_client.errors import ClientError

PROTOCOL_VERSION = 1
TEXT_MAX_BYTES = 16_384

Text64 = Annotated[str, Meta(max_length=64)]
Nonce = Annotated[str, Meta(min_length=16, max_length=64, pattern="^[0-9a-f]+$")]
ClientNonce = Annotated[str, Meta(pattern="^([0-9a-f]{2}){16,32}$")]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Millis = Annotated[int, Meta(ge=0, lt=2**53)]
Seq = Annotated[int, Meta(ge=1, lt=2**31)]


class _Message(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all messages; defaults are omitted on the wire."""


class Join(_Message, tag_field="t", tag="join", frozen=True, kw_only=True):
    """First message on every connection."""

    protocol: int
    token: Annotated[str, Meta(max_length=4096)]
    client_nonce_c: Digest
    sdk: Text64 = ""
    locale: Text64 = "zh-CN"
    resume: Text64 = ""
    device: Text64 = ""


class Reveal(_Message, tag_field="t", tag="reveal", frozen=True, kw_only=True):
    """The nonce that the join committed to."""

    client_nonce: ClientNonce


class Heartbeat(_Message, tag_field="t", tag="heartbeat", frozen=True, kw_only=True):
    """A sample of the player's state."""

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
    """Answer to a pop-up."""

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
    """Header of the binary frame that carries a picture."""

    capture_id: Text64
    nonce: Nonce
    camera: Text64 = ""
    virtual_camera: bool = False
    hints: tuple[Text64, ...] = ()


class Joined(_Message, tag_field="t", tag="joined", frozen=True, kw_only=True):
    """The session is open."""

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
    """Take a picture and send it within ``within_ms`` of receipt."""

    capture_id: str
    nonce: str
    within_ms: int
    width_px: int
    quality_pct: int
    prompt: str = ""


class ChallengeOrder(_Message, tag_field="t", tag="challenge", frozen=True, kw_only=True):
    """Show a pop-up."""

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
    """Pause the player; ``message`` says why."""

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
    """A minute's verdict, sent once a signed checkpoint covers its record."""

    index: int
    verdict: str
    verified_ms: int
    reasons: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


class Closed(_Message, tag_field="t", tag="closed", frozen=True, kw_only=True):
    """The session has ended."""

    reason: str
    message: str
    verified_ms: int
    undecided_ms: int


class ErrorMessage(_Message, tag_field="t", tag="error", frozen=True, kw_only=True):
    """One error shape; a fatal one closes the connection."""

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

_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()
_LENGTH = struct.Struct(">I")
_M = TypeVar("_M")


def decode(data: str | bytes) -> ServerMessage:
    """Decode a server's text frame.

    Raises:
        ClientError: ``client.bad_message``.
    """
    return _decode(_decoder, data)


def decode_own(data: str | bytes) -> ClientMessage:
    """Decode a client's text frame (for tools that sit between client and server).

    Raises:
        ClientError: ``client.bad_message``.
    """
    return _decode(_client_decoder, data)


def _decode(decoder: msgspec.json.Decoder[_M], data: str | bytes) -> _M:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ClientError("client.bad_message", f"This is no message of protocol 1: {error}.") from None


def encode(message: ClientMessage) -> str:
    """Return the message as JSON text."""
    return _encoder.encode(message).decode()


def encode_capture(header: CaptureHeader, picture: bytes) -> bytes:
    """Return the binary frame: 4 bytes big-endian header length, JSON header, picture."""
    head = _encoder.encode(header)
    return _LENGTH.pack(len(head)) + head + picture
