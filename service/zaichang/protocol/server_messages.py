"""Messages from the server to the client.

A client ignores fields that it does not know, so that an older client works with a newer service.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from zaichang.protocol.field_types import SafeInt, means


class _ServerMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of these messages; defaults are omitted on the wire."""


class Joined(_ServerMessage, tag_field="t", tag="joined", frozen=True, kw_only=True):
    """The session is open."""

    session_id: Annotated[str, means("32 hex digits; keep it for resuming, show it to no other party")]
    resumed: Annotated[bool, means("whether the session existed before")]
    server_ms: Annotated[SafeInt, means("server time, Unix milliseconds: lets a client show server times")]
    seq: Annotated[SafeInt, means("number of the next heartbeat")]
    nonce: Annotated[str, means("nonce of the next heartbeat")]
    heartbeat_ms: Annotated[SafeInt, means("time between two heartbeats")]
    frontier_ms: Annotated[
        SafeInt,
        means("furthest position that counts; a fresh player starts before, at the end of the first part of `counted`"),
    ]
    lesson_duration_ms: Annotated[SafeInt, means("length of the lesson, from the launch")]
    schedule_commitment: Annotated[
        str, means("SHA-256 that binds the server to its secret of the schedule; the last record reveals the secret")
    ]
    policy_name: Annotated[str, means("the rules in force")]
    policy_digest: Annotated[str, means("`GET /v1/policies/<digest>` shows the rules")]
    captures: Annotated[bool, means("whether captures will be ordered (false on the route without face recognition)")]
    notices: Annotated[tuple[str, ...], means("`no_pad`: these rules run without attack detection")] = ()
    pictures_days: Annotated[SafeInt, means("days that kept pictures stay, for the learner; 0: none is kept")] = 0
    reveal: Annotated[bool, means("whether the server waits for `reveal`")] = False
    frames_ms: Annotated[
        SafeInt, means("time between two frames that heartbeats pledge (`frames`), while the camera is on; 0: none")
    ] = 0
    counted: Annotated[
        tuple[str, ...],
        means(
            "parts of the lesson that need no watching, `from-to` in ms, in order: counted, waiting, or for a person"
        ),
    ] = ()
    free_seek: Annotated[
        bool,
        means("a first viewing may skip ahead (live broadcast, or the rules allow it): do not set the player back"),
    ] = False


class Ack(_ServerMessage, tag_field="t", tag="ack", frozen=True, kw_only=True):
    """A heartbeat is stored, and counted as this message reports."""

    seq: Annotated[SafeInt, means("the heartbeat's number")]
    nonce: Annotated[str, means("nonce of the next heartbeat")]
    counting: Annotated[bool, means("whether time is being counted")]
    reason: Annotated[str, means("reason code why it is not")] = ""
    verified_ms: Annotated[SafeInt, means("media time that signed records cover")] = 0
    pending_ms: Annotated[SafeInt, means("media time that waits for its proof or record")] = 0
    frontier_ms: Annotated[SafeInt, means("furthest position that counts")] = 0
    counted: Annotated[tuple[str, ...], means("as in `joined`, with this session's parts")] = ()


class CaptureOrder(_ServerMessage, tag_field="t", tag="capture", frozen=True, kw_only=True):
    """Take a picture and send it within ``within_ms`` of receipt."""

    capture_id: Annotated[str, means("names the order")]
    nonce: Annotated[str, means("goes back in the capture's header")]
    within_ms: Annotated[SafeInt, means("time until the picture must have arrived")]
    width_px: Annotated[SafeInt, means("about this wide")]
    quality_pct: Annotated[SafeInt, means("JPEG quality")]
    prompt: Annotated[str, means("reason code: ask the learner to face the camera; empty: do not interrupt")] = ""
    announce: Annotated[bool, means("send `capture_taken` as soon as the picture is taken, before the picture")] = False
    frame: Annotated[str, means("send the pledged frame with this SHA-256, not a new picture; empty: a new one")] = ""


class ChallengeOrder(_ServerMessage, tag_field="t", tag="challenge", frozen=True, kw_only=True):
    """Show a challenge."""

    challenge_id: Annotated[str, means("names the challenge")]
    kind: Annotated[str, means("`confirm`, `code`, `question`, `passkey`, `liveness` or `light`")]
    within_ms: Annotated[
        SafeInt,
        means("time to answer, from receipt; up to six seconds less than the server waits, for the way there and back"),
    ]
    options: Annotated[
        tuple[str, ...], means("keys or options, in the order to show; `passkey`: which may answer")
    ] = ()
    text: Annotated[str, means("the question")] = ""
    image: Annotated[str, means("PNG, base64 (kind `code`)")] = ""
    audio: Annotated[str, means("WAV, base64; empty where there is none")] = ""
    variant: Annotated[SafeInt, means("place and look, 0 to 15")] = 0
    steps: Annotated[SafeInt, means("`liveness`, `light`: number of actions in a try")] = 0
    labels: Annotated[tuple[str, ...], means("`confirm`: the text of each button, in the order of `options`")] = ()
    nonce: Annotated[str, means("`passkey`: the challenge that the device signs, base64url")] = ""
    rp_id: Annotated[str, means("`passkey`: the domain of the passkeys")] = ""


class LivenessStepOrder(_ServerMessage, tag_field="t", tag="liveness_step", frozen=True, kw_only=True):
    """Show this step now, and send frames every ``interval_ms`` until the next step or the result."""

    challenge_id: Annotated[str, means("the challenge that this belongs to")]
    step: Annotated[SafeInt, means("1, 2, 3, ...")]
    of: Annotated[SafeInt, means("how many steps the try has")]
    action: Annotated[str, means("`hold`, one of the actions, or `colour`")]
    nonce: Annotated[str, means("for the frames of this step")]
    within_ms: Annotated[SafeInt, means("time for this step")]
    interval_ms: Annotated[SafeInt, means("time between two frames")] = 200
    width_px: Annotated[SafeInt, means("about this wide")] = 480
    quality_pct: Annotated[SafeInt, means("JPEG quality")] = 80
    colour: Annotated[str, means("`colour`: fill the screen with this, `#rrggbb`")] = ""


class LivenessHint(_ServerMessage, tag_field="t", tag="liveness_hint", frozen=True, kw_only=True):
    """Guidance while a try runs, at most once a second."""

    challenge_id: Annotated[str, means("the challenge that this belongs to")]
    reason: Annotated[str, means("reason code; empty: all is well")] = ""
    message: Annotated[str, means("its sentence in the learner's language")] = ""


class ChallengeResult(_ServerMessage, tag_field="t", tag="challenge_result", frozen=True, kw_only=True):
    """The verdict on an answer."""

    challenge_id: Annotated[str, means("the challenge that was answered")]
    accepted: Annotated[bool, means("whether the answer was right and in time")]
    closed: Annotated[bool, means("whether the challenge may go away; where not, the learner may answer again")]
    reason: Annotated[str, means("reason code why it was not accepted")] = ""


class Pause(_ServerMessage, tag_field="t", tag="pause", frozen=True, kw_only=True):
    """Pause the player and show why."""

    reason: Annotated[str, means("reason code")]
    message: Annotated[str, means("its sentence in the learner's language")]


class Resume(_ServerMessage, tag_field="t", tag="resume", frozen=True, kw_only=True):
    """The player may play."""


class Seek(_ServerMessage, tag_field="t", tag="seek", frozen=True, kw_only=True):
    """Go back to the furthest position that still counts."""

    to_ms: Annotated[SafeInt, means("the position to go to")]
    reason: Annotated[str, means("reason code")]
    message: Annotated[str, means("its sentence in the learner's language")]


class MinuteSealed(_ServerMessage, tag_field="t", tag="minute", frozen=True, kw_only=True):
    """A minute's verdict. It is sent once a signed checkpoint covers its record, never before."""

    index: Annotated[SafeInt, means("0, 1, 2, ... within the session")]
    verdict: Annotated[str, means("`V` verified, `F` refused, `U` undecided: goes to review")]
    verified_ms: Annotated[SafeInt, means("exact verified media time")]
    reasons: Annotated[tuple[str, ...], means("reason codes")] = ()
    messages: Annotated[tuple[str, ...], means("their sentences, in the same order")] = ()


class Closed(_ServerMessage, tag_field="t", tag="closed", frozen=True, kw_only=True):
    """The session has ended; the connection closes after this message."""

    reason: Annotated[str, means("reason code")]
    message: Annotated[str, means("its sentence in the learner's language")]
    verified_ms: Annotated[SafeInt, means("verified media time of the session")]
    undecided_ms: Annotated[SafeInt, means("media time that a reviewer may still grant")]


class ErrorMessage(_ServerMessage, tag_field="t", tag="error", frozen=True, kw_only=True):
    """The one shape of every error; a fatal one closes the connection."""

    code: Annotated[str, means("stable code (docs/errors.md)")]
    message: Annotated[str, means("the cause")]
    hint: Annotated[str, means("the cure")] = ""
    fatal: Annotated[bool, means("whether the connection closes")] = False
    expected_seq: Annotated[SafeInt, means("set where the chain of heartbeats is broken")] = 0


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
