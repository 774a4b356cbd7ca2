"""What a client does that the SDK does not do: cheats."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from zaichang_simulation.format.types import Every, Fraction, Moment, Name, Source, Span, Table


class _Cheat(Table, tag_field="do", frozen=True, kw_only=True):
    """What all cheats share: whose, from when, until when (0: to the end)."""

    client: Name = "main"
    from_s: Moment = 0.0
    until_s: Moment = 0.0


class Ignore(_Cheat, tag="ignore", frozen=True, kw_only=True):
    """Do not do what the server orders: ``challenge`` is not shown, ``capture`` is not answered."""

    orders: tuple[Literal["pause", "seek", "challenge", "capture", "offline"], ...] = ("pause", "seek")


class Report(_Cheat, tag="report", frozen=True, kw_only=True):
    """Put these values into every heartbeat, regardless of the truth; ``hints`` are codes about its page."""

    playing: bool | None = None
    stalled: bool | None = None
    ended: bool | None = None
    visible: bool | None = None
    focused: bool | None = None
    rate: Annotated[float, Meta(ge=0, le=100)] | None = None
    playhead_s: Moment | None = None
    hints: tuple[Annotated[str, Meta(max_length=64)], ...] = ()


class Playhead(_Cheat, tag="playhead", frozen=True, kw_only=True):
    """Invent the playhead: at ``from_s`` jump to ``jump_s`` (or not), then run at ``speed``, playing or not."""

    jump_s: Moment | None = None
    speed: Annotated[float, Meta(ge=-100, le=10_000)] = 1.0
    hold_when_paused: bool = False


class Nonce(_Cheat, tag="nonce", frozen=True, kw_only=True):
    """Break the heartbeat chain in ``share`` of the heartbeats.

    Attributes:
        nonce: ``wrong`` (random), ``previous`` (used already), ``first`` (the session's first), ``right``.
        skip: Leave out this many sequence numbers.
        share: Of the heartbeats.
    """

    nonce: Literal["wrong", "previous", "first", "right"] = "wrong"
    skip: Annotated[int, Meta(ge=0, le=1000)] = 0
    share: Fraction = 1.0


class Reveal(_Cheat, tag="reveal", frozen=True, kw_only=True):
    """Do not reveal the nonce that ``join`` committed to (``never``), or reveal another one (``wrong``)."""

    how: Literal["never", "wrong"] = "never"


class ReplayHeartbeats(_Cheat, tag="replay_heartbeats", frozen=True, kw_only=True):
    """Send the last ``count`` heartbeats again, byte for byte, every ``every_s``."""

    every_s: Annotated[float, Meta(ge=0.02, le=3600)] = 1.0
    count: Annotated[int, Meta(ge=1, le=1000)] = 5


class Segments(_Cheat, tag="segments", frozen=True, kw_only=True):
    """Report finished segments: ``length_s`` of the lesson in each heartbeat, one every ``every_s``, well chained."""

    length_s: Annotated[float, Meta(gt=0, le=14_400)] = 100.0
    every_s: Annotated[float, Meta(ge=0.02, le=3600)] = 0.2
    start_s: Moment = 0.0


class HeartbeatEvery(_Cheat, tag="heartbeat_every", frozen=True, kw_only=True):
    """Report at this interval instead of the server's."""

    every_s: Annotated[float, Meta(ge=0.02, le=3600)] = 1.0


class Captures(_Cheat, tag="captures", frozen=True, kw_only=True):
    """Answer captures otherwise than from the camera.

    Attributes:
        send: ``camera`` (the camera's), ``first`` (the first picture sent, byte for byte), ``previous`` (the last
            one), ``source`` (a file), ``garbage`` (bytes that are no picture), ``empty`` (no bytes).
        source: For ``source``.
        nonce: The order's (``right``), random (``wrong``), or that of the order before (``previous``).
        delay_s: Wait before sending.
        taken: When the camera's picture is taken: ``at_once``, or only ``when_sent``, after the wait.
        copies: How often the message is sent.
        unasked_every_s: Also send one without an order, at this interval; 0: never.
    """

    send: Literal["camera", "first", "previous", "source", "garbage", "empty"] = "camera"
    source: Source = "builtin:astronaut"
    nonce: Literal["right", "wrong", "previous"] = "right"
    delay_s: Span = 0.0
    taken: Literal["at_once", "when_sent"] = "at_once"
    copies: Annotated[int, Meta(ge=1, le=100)] = 1
    unasked_every_s: Every = 0.0


class Raw(_Cheat, tag="raw", frozen=True, kw_only=True):
    """Send this text (or these bytes, as hex) at ``from_s`` and then every ``every_s`` (0: once)."""

    text: Annotated[str, Meta(max_length=200_000)] = ""
    hex: Annotated[str, Meta(max_length=200_000, pattern="^([0-9a-f]{2})*$")] = ""
    every_s: Every = 0.0


class Token(_Cheat, tag="token", frozen=True, kw_only=True):
    """Join with a token that is ``forged``, ``expired`` or ``absent``."""

    how: Literal["forged", "expired", "absent"] = "forged"


CheatEntry = (
    Ignore | Report | Playhead | Nonce | Reveal | ReplayHeartbeats | Segments | HeartbeatEvery | Captures | Raw | Token
)
