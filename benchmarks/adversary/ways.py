"""A way to behave: what a learner, a page and a line do, as parameters and a few rules on events.

The search changes ways; ``page`` and ``evening`` turn one into the events of sessions.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from zaichang.core.enums import Route

HEARTBEAT_MS = 5_000


class On(StrEnum):
    """The events that a rule can wait for; ``exposed``: an order for a pledged frame in which the learner is away."""

    JOINED = "joined"
    PLAY = "play"
    STOP = "stop"
    CAPTURE = "capture"
    EXPOSED = "exposed"
    PROMPT = "prompt"
    ROUND = "round"
    LOST = "lost"
    CHALLENGE = "challenge"
    HOLD = "hold"
    CLOCK = "clock"
    END = "end"


class Do(StrEnum):
    """What a rule does."""

    COME = "come"
    LEAVE = "leave"
    GLANCE = "glance"
    PLAY = "play"
    PAUSE = "pause"
    STAND = "stand"
    STALL = "stall"
    REPORT_END = "report_end"
    HIDE = "hide"
    DROP = "drop"
    REOPEN = "reopen"
    FINISH = "finish"
    JUMP = "jump"
    BACK = "back"
    CAMERA = "camera"
    TRY = "try"
    GET_UP = "get_up"


class Seat(StrEnum):
    """The camera's view while the learner is away."""

    EMPTY = "empty"
    OTHER = "other"
    BADLY_SEEN = "badly_seen"
    DUMMY = "dummy"


class Then(StrEnum):
    """The fate of a picture that was held back until the patience was over."""

    SEND = "send"
    REFUSE = "refuse"
    NOTHING = "nothing"


class Script(StrEnum):
    """Which challenges a program answers without the learner."""

    NONE = "none"
    CONFIRM = "confirm"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reaction.

    Attributes:
        on: The event.
        after_ms: How long after it; for ``clock``, the period.
        do: The action.
        for_ms: How long it lasts; 0: until something else ends it. For ``jump`` and ``back``: the media time moved;
            a ``back`` of 0 goes to the first media that is not credited.
        times: Only the first so many events; 0: all.
    """

    on: On
    do: Do
    after_ms: int = 0
    for_ms: int = 0
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """All that is decided before a session begins.

    Attributes:
        rules: Reactions, in order of precedence.
        seat: The camera's view while the learner is away.
        pace_ms: How often the page reports.
        wait_ms: How long a picture is held back while the learner is away.
        then: The fate of that picture.
        hush: Whether reports wait behind a picture that is held back.
        script: Which challenges a program answers.
        react_ms: How long the learner takes to answer a challenge.
        route: With or without faces.
        accounts: How many accounts the learner studies under at once, each with this face enrolled.
        rtt_ms: Round trip of the line.
        picture_ms: How long the line takes to send a picture.
        shutter_ms: How long the camera takes for one; a page may feign a slow one.
        pledges: Whether reports pledge frames.
        finishes: Whether the page asks for the end when the lesson has ended.
        obeys: Whether the page pauses when told to.
        honest: Whether it is an honest day: then absences may be as short as bending down is.
    """

    rules: tuple[Rule, ...] = ()
    seat: Seat = Seat.EMPTY
    pace_ms: int = HEARTBEAT_MS
    wait_ms: int = 0
    then: Then = Then.SEND
    hush: bool = False
    script: Script = Script.NONE
    react_ms: int = 3_000
    route: Route = Route.FACE
    accounts: int = 1
    rtt_ms: int = 60
    picture_ms: int = 100
    shutter_ms: int = 80
    pledges: bool = True
    finishes: bool = True
    obeys: bool = True
    honest: bool = False


PLAIN = Way()
"""A learner who sits there from start to end."""


def rule(on: str, do: str, after_s: float = 0.0, for_s: float = 0.0, times: int = 0) -> Rule:
    """Return a rule, times in seconds."""
    return Rule(on=On(on), do=Do(do), after_ms=round(after_s * 1000), for_ms=round(for_s * 1000), times=times)


def way_to_plain(way: Way) -> dict[str, Any]:
    """Return a way as plain values, without those that are as in ``PLAIN``."""
    plain = asdict(way)
    usual = asdict(PLAIN)
    short = {name: str(value) if isinstance(value, StrEnum) else value for name, value in plain.items()}
    short = {name: value for name, value in short.items() if value != usual[name]}
    short["rules"] = [_rule_to_plain(each) for each in way.rules]
    return short


def _rule_to_plain(each: Rule) -> dict[str, Any]:
    plain: dict[str, Any] = {"on": each.on.value, "do": each.do.value}
    for name in ("after_ms", "for_ms", "times"):
        if getattr(each, name):
            plain[name] = getattr(each, name)
    return plain


def way_from_plain(plain: dict[str, Any]) -> Way:
    """Return the way that ``way_to_plain`` wrote.

    Raises:
        ValueError: A value is not known.
        TypeError: A name is not known.
    """
    enums: dict[str, type[StrEnum]] = {"seat": Seat, "then": Then, "script": Script, "route": Route}
    values: dict[str, Any] = {
        name: enums[name](value) if name in enums else value for name, value in plain.items() if name != "rules"
    }
    rules = tuple(Rule(**{**each, "on": On(each["on"]), "do": Do(each["do"])}) for each in plain.get("rules", ()))
    return Way(rules=rules, **values)
