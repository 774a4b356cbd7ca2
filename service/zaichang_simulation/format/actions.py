"""What the player, the learner and the server do."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from zaichang_simulation.format.types import Event, Every, Fraction, Moment, Name, Offset, Span, Table, Times

Rate = Annotated[float, Meta(gt=0, le=16)]

# The player


class _Action(Table, tag_field="do", frozen=True, kw_only=True):
    """What all actions share.

    Attributes:
        client: Whose player.
        at_s: When; with ``on``, from when on.
        every_s: Repeat after this time; 0: once.
        until_s: No repetition (with ``on``: no answer to an event) at or after this moment; 0: to the end.
        on: Not at ``at_s``, but at every such event (below).
        after_s: So long after that event.
        first: With ``on``: only at the first so many events; 0: at all.
    """

    client: Name = "main"
    at_s: Moment
    every_s: Every = 0.0
    until_s: Moment = 0.0
    on: Event | Literal["pop_up"] = ""
    after_s: Span = 0.0
    first: Times = 0


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

# Answers to challenges

Movement = Literal["turn_left", "turn_right", "look_up", "look_down", "blink", "open_mouth"]


class ChallengeRule(Table, frozen=True, kw_only=True):
    """How challenges that appear in a period are answered; the last matching rule counts.

    Attributes:
        client: Whose.
        from_s: From when on.
        until_s: Until when; 0: to the end.
        kinds: Which kinds of challenge; empty: all.
        answer: See docs/simulation.md.
        reaction_s: ``person``: mean reaction time. ``after`` and ``brute``: the exact time before each answer.
        reaction_sd_s: ``person``: standard deviation (log-normal).
        reaction_least_s: ``person``: never quicker.
        accuracy: ``person``: share of right answers; a wrong one is given again, right, if attempts are left.
        liveness: The behaviour of the person in front of the camera when movements are asked for (below); by
            default a person obeys; a script's answers obey nothing.
        move_s: Mean time from a movement's order to its beginning.
        recorded: ``recorded``: movements that the recording shows, one after the other, again and again.
        performer: Another face that makes the movements instead; empty: the person before the camera.
        decline: Whether coloured light is declined, so that movements are asked for instead.
        first: Only for the first so many challenges that it fits; 0: for all.
        taken: When the rule is chosen: as the challenge appears (``asked``), or when its answer is given
            (``answered``): then a learner who is away comes back to a challenge that is still open.
    """

    client: Name = "main"
    from_s: Moment = 0.0
    until_s: Moment = 0.0
    kinds: tuple[Literal["confirm", "code", "question", "passkey", "liveness", "light"], ...] = ()
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
    first: Times = 0
    taken: Literal["asked", "answered"] = "asked"


# The server


class _Ops(Table, tag_field="do", frozen=True, kw_only=True):
    """What all server entries share."""

    at_s: Moment


class Kill(_Ops, tag="kill", frozen=True, kw_only=True):
    """``kill -9`` of the service; it restarts from its stored data after ``down_s``."""

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
