"""What the player, the learner, the network, the clock, the cheat and the server do."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from zaichang_simulation.format.types import Count, Every, Factor, Fraction, Moment, Name, Offset, Source, Span, Table

Rate = Annotated[float, Meta(gt=0, le=16)]

# The player


class _Action(Table, tag_field="do", frozen=True, kw_only=True):
    """What all actions share.

    Attributes:
        client: Whose player.
        at_s: When; with ``on``, from when on.
        every_s: Repeat after this time; 0: once.
        until_s: No repetition (with ``on``: no answer to an event) at or after this moment; 0: to the end.
        on: Not at ``at_s``, but whenever this happens: a pop-up appears, the server orders a capture, or tells the
            player to pause.
        after_s: So long after that event.
    """

    client: Name = "main"
    at_s: Moment
    every_s: Every = 0.0
    until_s: Moment = 0.0
    on: Literal["", "pop_up", "capture", "pause"] = ""
    after_s: Span = 0.0


class Play(_Action, tag="play", frozen=True, kw_only=True):
    """Press play."""


class Pause(_Action, tag="pause", frozen=True, kw_only=True):
    """Press pause; play on after ``for_s`` (0: stay paused until a play)."""

    for_s: Span = 0.0


class Seek(_Action, tag="seek", frozen=True, kw_only=True):
    """Drag the playhead to ``to_s``, or by ``by_s`` where that is given."""

    to_s: Moment = 0.0
    by_s: Annotated[float, Meta(ge=-43_200, le=43_200)] | None = None


class SetRate(_Action, tag="rate", frozen=True, kw_only=True):
    """Choose a playback rate, 1.0 is normal. An honest player reports it."""

    rate: Rate


class Hide(_Action, tag="hide", frozen=True, kw_only=True):
    """Another tab, a minimised window: the page is hidden; shown again after ``for_s`` (0: until a show)."""

    for_s: Span = 0.0


class Show(_Action, tag="show", frozen=True, kw_only=True):
    """The page is visible again."""


class Blur(_Action, tag="blur", frozen=True, kw_only=True):
    """Another window has the focus, the page stays visible; back after ``for_s`` (0: until a focus)."""

    for_s: Span = 0.0


class Focus(_Action, tag="focus", frozen=True, kw_only=True):
    """The page has the focus again."""


class Float(_Action, tag="float", frozen=True, kw_only=True):
    """The video floats in a window of its own (picture in picture), page visible; back after ``for_s`` (0: never)."""

    for_s: Span = 0.0


class SecondScreen(_Action, tag="second_screen", frozen=True, kw_only=True):
    """A second screen is connected, and nothing else changes; unplugged after ``for_s`` (0: it stays)."""

    for_s: Span = 0.0


class Stall(_Action, tag="stall", frozen=True, kw_only=True):
    """The player waits for data for ``for_s``."""

    for_s: Span


class Sleep(_Action, tag="sleep", frozen=True, kw_only=True):
    """The laptop sleeps: no timer runs, the connection dies; awake after ``for_s``, the video paused till then."""

    for_s: Span


class Lock(_Action, tag="lock", frozen=True, kw_only=True):
    """The phone is locked or takes a call: page hidden and frozen, video paused; back after ``for_s``."""

    for_s: Span


class Reload(_Action, tag="reload", frozen=True, kw_only=True):
    """Reload the page: back after ``down_s``, resuming the session at the playhead that the server names."""

    down_s: Span = 2.0


class Crash(_Action, tag="crash", frozen=True, kw_only=True):
    """The browser dies without a word; back after ``down_s``, resuming unless ``keeps_session`` is false."""

    down_s: Span = 30.0
    keeps_session: bool = True


class Close(_Action, tag="close", frozen=True, kw_only=True):
    """Close the tab without finishing; the client does nothing more until a start."""


class Start(_Action, tag="start", frozen=True, kw_only=True):
    """Open the page anew: a new session, which supersedes an older one of the same learner."""


class Finish(_Action, tag="finish", frozen=True, kw_only=True):
    """Press finish."""


PlayerAction = (
    Play
    | Pause
    | Seek
    | SetRate
    | Hide
    | Show
    | Blur
    | Focus
    | Float
    | SecondScreen
    | Stall
    | Sleep
    | Lock
    | Reload
    | Crash
    | Close
    | Start
    | Finish
)

# Answers to pop-ups

Movement = Literal["turn_left", "turn_right", "look_up", "look_down", "blink", "open_mouth"]


class ChallengeRule(Table, frozen=True, kw_only=True):
    """How pop-ups that appear in a period are answered; the last rule that fits counts.

    Attributes:
        client: Whose.
        from_s: From when on.
        until_s: Until when; 0: to the end.
        kinds: Which kinds of pop-up; empty: all.
        answer: See docs/simulation.md.
        reaction_s: ``person``: mean reaction time. ``after`` and ``brute``: the exact time before each answer.
        reaction_sd_s: ``person``: standard deviation (log-normal).
        reaction_least_s: ``person``: never quicker.
        accuracy: ``person``: share of right answers; a wrong one is given again, right, if attempts are left.
        liveness: What the person before the camera does when movements are asked for (see docs/simulation.md); by
            default a person obeys, and where a script answers nobody does.
        move_s: Mean time from a movement's order to its beginning.
        recorded: ``recorded``: movements that the recording shows, one after the other, again and again.
        performer: Another face that makes the movements instead; empty: the person before the camera.
        decline: Whether coloured light is declined, so that movements are asked for instead.
    """

    client: Name = "main"
    from_s: Moment = 0.0
    until_s: Moment = 0.0
    kinds: tuple[Literal["confirm", "code", "question", "liveness", "light"], ...] = ()
    answer: Literal["person", "never", "instantly", "wrongly", "after", "brute", "first"] = "person"
    reaction_s: Span = 7.0
    reaction_sd_s: Span = 4.0
    reaction_least_s: Span = 1.5
    accuracy: Fraction = 0.97
    liveness: Literal["obeys", "ignores", "wrong_action", "late", "recorded"] | None = None
    move_s: Span = 0.8
    recorded: tuple[Movement, ...] = ("turn_left", "open_mouth")
    performer: Annotated[str, Meta(max_length=400)] = ""
    decline: bool = False


# The network

Address = Annotated[str, Meta(max_length=64)]


class _Weather(Table, tag_field="do", frozen=True, kw_only=True):
    """What all network entries share: whose, from when, until when (0: to the end)."""

    client: Name = "main"
    from_s: Moment
    until_s: Moment = 0.0


class Drop(_Weather, tag="drop", frozen=True, kw_only=True):
    """No network: the connection is cut (noticed after ``notice_s``), and none can be made."""

    notice_s: Span = 0.0


class Delay(_Weather, tag="delay", frozen=True, kw_only=True):
    """Messages are late: ``share`` of them by ``delay_s`` plus up to ``jitter_s``; order is kept, as TCP does."""

    delay_s: Span = 0.2
    jitter_s: Span = 0.0
    share: Fraction = 1.0
    direction: Literal["up", "down", "both"] = "both"


class Bandwidth(_Weather, tag="bandwidth", frozen=True, kw_only=True):
    """A slow uplink: messages take their size divided by this rate."""

    up_kbit_s: Annotated[float, Meta(ge=1, le=1_000_000)] = 256.0


class Lose(_Weather, tag="lose", frozen=True, kw_only=True):
    """The connection dies at the moment a message of this type is sent, so that it is lost; ``count`` times."""

    message: Literal["answer", "capture", "ready", "frame", "heartbeat", "finish"] = "answer"
    count: Count = 1
    down_s: Span = 1.0


class Flap(_Weather, tag="flap", frozen=True, kw_only=True):
    """The connection is cut every ``every_s`` for ``down_s``."""

    every_s: Annotated[float, Meta(ge=1, le=43_200)] = 20.0
    down_s: Span = 2.0


class Duplicate(_Weather, tag="duplicate", frozen=True, kw_only=True):
    """Something between sends ``share`` of the client's messages a second time, ``delay_s`` after the first."""

    share: Fraction = 0.1
    delay_s: Span = 0.0


class Reorder(_Weather, tag="reorder", frozen=True, kw_only=True):
    """Something between holds ``share`` of the client's messages back for ``delay_s``, so that later ones overtake."""

    share: Fraction = 0.1
    delay_s: Span = 1.0


class Move(_Weather, tag="move", frozen=True, kw_only=True):
    """Another network (Wi-Fi to mobile data): the connection dies at ``from_s``; the next comes from ``address``.

    Attributes:
        address: The client's address from then on.
        down_s: No network for so long.
    """

    address: Address
    down_s: Span = 2.0


NetworkEntry = Drop | Delay | Bandwidth | Lose | Flap | Duplicate | Reorder | Move

# The client's clock


class ClockEntry(Table, frozen=True, kw_only=True):
    """The client's clock from a moment on; protocol 1 carries no client time, so none of this may matter.

    Attributes:
        client: Whose.
        at_s: From when on.
        offset_s: Wall clock minus true time (a day is 86400; daylight saving 3600).
        zone: Time zone, recorded only.
        timer_speed: How fast the page's timers and clock run (1 true; a hooked ``setInterval`` 16).
        timer_least_s: The page's timers fire no oftener than this (a battery saver, a throttled tab: 60); 0: as asked.
    """

    client: Name = "main"
    at_s: Moment = 0.0
    offset_s: Offset = 0.0
    zone: Annotated[str, Meta(max_length=64)] = "Asia/Shanghai"
    timer_speed: Factor = 1.0
    timer_least_s: Span = 0.0


# Cheats: a client that does not do what the SDK does


class _Cheat(Table, tag_field="do", frozen=True, kw_only=True):
    """What all cheats share: whose, from when, until when (0: to the end)."""

    client: Name = "main"
    from_s: Moment = 0.0
    until_s: Moment = 0.0


class Ignore(_Cheat, tag="ignore", frozen=True, kw_only=True):
    """Do not do what the server orders: ``challenge`` is not shown, ``capture`` is not answered."""

    orders: tuple[Literal["pause", "seek", "challenge", "capture", "offline"], ...] = ("pause", "seek")


class Report(_Cheat, tag="report", frozen=True, kw_only=True):
    """Put these values into every heartbeat, whatever is true; ``hints`` are what the player noticed of its page."""

    playing: bool | None = None
    stalled: bool | None = None
    ended: bool | None = None
    visible: bool | None = None
    focused: bool | None = None
    rate: Annotated[float, Meta(ge=0, le=100)] | None = None
    playhead_s: Moment | None = None
    hints: tuple[Annotated[str, Meta(max_length=64)], ...] = ()


class Playhead(_Cheat, tag="playhead", frozen=True, kw_only=True):
    """Invent the playhead: at ``from_s`` jump to ``jump_s`` (or not), then run at ``speed``, whatever is played."""

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

# The server


class _Ops(Table, tag_field="do", frozen=True, kw_only=True):
    """What all server entries share."""

    at_s: Moment


class Kill(_Ops, tag="kill", frozen=True, kw_only=True):
    """``kill -9`` of the service; up again, from what was stored, after ``down_s``."""

    down_s: Span = 5.0


class Overload(_Ops, tag="overload", frozen=True, kw_only=True):
    """The analysis has no capacity for ``for_s``: pictures are dropped, and reported as not analysed."""

    for_s: Span


class SlowAnalysis(_Ops, tag="slow_analysis", frozen=True, kw_only=True):
    """Each analysis takes ``delay_s`` for ``for_s``."""

    for_s: Span
    delay_s: Span


class ServerClock(_Ops, tag="clock", frozen=True, kw_only=True):
    """The server's wall clock is stepped by ``by_s`` (negative: backwards)."""

    by_s: Offset


ServerEntry = Kill | Overload | SlowAnalysis | ServerClock
