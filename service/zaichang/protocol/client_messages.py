"""Messages from the client to the server, and the header of a capture.

Unknown fields are refused, and every text has a limit, because clients are not trusted.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from zaichang.protocol.field_types import (
    Base64Url,
    ClientNonce,
    Digest,
    Digests,
    Millis,
    Nonce,
    RateBp,
    Seq,
    Text64,
    Token,
    means,
)


class _ClientMessage(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Base of these messages; defaults are omitted on the wire."""


class Join(_ClientMessage, tag_field="t", tag="join", frozen=True, kw_only=True):
    """First message on every connection."""

    protocol: Annotated[int, means("1")]
    token: Annotated[Token, means("the launch token; never put it into an address, which access logs record")]
    client_nonce_c: Annotated[Digest, means("commitment to the client's nonce, 64 digits; fresh for each session")]
    sdk: Annotated[Text64, means("name and version of the client, for support")] = ""
    locale: Annotated[Text64, means("`zh-CN` or `en`")] = "zh-CN"
    resume: Annotated[Text64, means("id of the session to resume")] = ""
    device: Annotated[
        Text64,
        means(
            "a random value that the client keeps in its own storage; the service keeps a keyed digest of it for a "
            "limited time (docs/privacy.md), to see many accounts on one device; it never passes or refuses anyone"
        ),
    ] = ""
    passkey: Annotated[bool, means("whether the page can use passkeys; else none is asked for")] = False


class Reveal(_ClientMessage, tag_field="t", tag="reveal", frozen=True, kw_only=True):
    """Opens the commitment of ``join`` when ``joined`` asks for it. Nothing counts before it."""

    client_nonce: Annotated[ClientNonce, means("the nonce that `join` committed to: 32 to 64 digits, whole bytes")]


class Heartbeat(_ClientMessage, tag_field="t", tag="heartbeat", frozen=True, kw_only=True):
    """The player's state, every ``heartbeat_ms`` and at once when something changes."""

    seq: Annotated[Seq, means("1, 2, 3, ...")]
    nonce: Annotated[Nonce, means("from the last `ack`, or from `joined`")]
    playhead_ms: Annotated[Millis, means("position in the lesson")]
    playing: Annotated[bool, means("whether the position moves")]
    stalled: Annotated[bool, means("the player waits for data")] = False
    ended: Annotated[bool, means("the player reached the end")] = False
    rate_bp: Annotated[RateBp, means("playback rate, 10000 = 1.0x")] = 10_000
    visible: Annotated[bool, means("the page is visible")] = True
    focused: Annotated[bool, means("the page has the focus")] = True
    hints: Annotated[tuple[Text64, ...], means("codes for observations of the client; they never earn credit")] = ()
    frames: Annotated[
        Digests,
        means(
            "pledged frames: SHA-256 of pictures taken since the last heartbeat, oldest first, at most 4. The client "
            "keeps the last 64, since `capture` may ask for one. Only where `joined` says `frames_ms`"
        ),
    ] = ()


class CaptureTakenMessage(_ClientMessage, tag_field="t", tag="capture_taken", frozen=True, kw_only=True):
    """The picture is taken: sent at once, where the order asks for it, before the picture goes on its slow way."""

    capture_id: Annotated[Text64, means("the order that this answers")]
    digest: Annotated[Digest, means("SHA-256 of the picture that follows, 64 hex digits")]


class CaptureUnavailableMessage(_ClientMessage, tag_field="t", tag="capture_unavailable", frozen=True, kw_only=True):
    """The picture cannot be taken."""

    capture_id: Annotated[Text64, means("the order that this answers")]
    cause: Annotated[Text64, means("`no_camera`, `denied`, `busy`, `hidden` or `ended`")]


class Answer(_ClientMessage, tag_field="t", tag="answer", frozen=True, kw_only=True):
    """Answer to a challenge."""

    challenge_id: Annotated[Text64, means("the challenge that this answers")]
    answer: Annotated[Text64, means("the key of the chosen button, the index of the chosen option, or the digits")]


class PasskeyAssertion(_ClientMessage, tag_field="t", tag="passkey", frozen=True, kw_only=True):
    """The learner's device signed a `passkey` challenge."""

    challenge_id: Annotated[Text64, means("the challenge that this answers")]
    credential_id: Annotated[Base64Url, means("the passkey that was used, one of the order's `options`")]
    client_data: Annotated[Base64Url, means("the signed `clientDataJSON`")]
    authenticator_data: Annotated[Base64Url, means("the signed authenticator data")]
    signature: Annotated[Base64Url, means("the signature")]


class PasskeyUnavailable(_ClientMessage, tag_field="t", tag="passkey_unavailable", frozen=True, kw_only=True):
    """The learner cannot use a passkey now; another challenge takes its place."""

    challenge_id: Annotated[Text64, means("the challenge that this answers")]
    cause: Annotated[Text64, means("`unsupported` (the browser cannot) or `declined` (the learner's choice)")]


class Ready(_ClientMessage, tag_field="t", tag="ready", frozen=True, kw_only=True):
    """The learner faces the camera and pressed the button. The liveness steps may begin."""

    challenge_id: Annotated[Text64, means("the challenge that this answers")]
    decline: Annotated[bool, means("kind `light`: ask for movements instead of colours, at no cost")] = False


class Finish(_ClientMessage, tag_field="t", tag="finish", frozen=True, kw_only=True):
    """The learner ends the session."""


ClientMessage = (
    Join
    | Reveal
    | Heartbeat
    | CaptureTakenMessage
    | CaptureUnavailableMessage
    | Answer
    | PasskeyAssertion
    | PasskeyUnavailable
    | Ready
    | Finish
)


class CaptureHeader(_ClientMessage, frozen=True, kw_only=True):
    """Header of the binary frame that carries a picture."""

    capture_id: Annotated[Text64, means("the order that this answers; for a liveness frame the `challenge_id`")]
    nonce: Annotated[Nonce, means("the order's, or the liveness step's")]
    camera: Annotated[Text64, means("digest (hex) of the track's label and settings; a change re-opens proofs")] = ""
    virtual_camera: Annotated[bool, means("whether the track looks like a virtual camera; a hint")] = False
    hints: Annotated[tuple[Text64, ...], means("codes for observations about the camera")] = ()
