"""A way as a scenario file, for the whole service with the real models.

The format says events, cameras and the player's actions; a rule that it cannot say stands in the file as a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.adversary.ways import HEARTBEAT_MS, PLAIN, Do, On, Rule, Script, Seat, Then, Way

FOLDER: Final = Path(__file__).with_name("scenarios")
LESSON_S: Final = 600
EVENING_MS: Final = 2_400_000
REOPENS_MS: Final = 5_000
"""The closing proofs take a while: a page that is opened sooner would supersede them."""
_EVENTS = {
    On.PLAY: "play",
    On.STOP: "stop",
    On.CAPTURE: "capture",
    On.PROMPT: "prompt",
    On.ROUND: "round_over",
    On.CHALLENGE: "challenge",
    On.HOLD: "pause",
    On.END: "end",
}
_LEARNER = 'kind = "clip"'
_AWAY = {
    Seat.EMPTY: 'kind = "absent"',
    Seat.OTHER: 'kind = "clip"\nsource = "builtin:colleague"',
    Seat.BADLY_SEEN: 'kind = "clip"\nsource = "builtin:colleague"\ntransforms = [{ do = "turn", yaw_deg = 45 }]',
    Seat.DUMMY: 'kind = "shown"\nmedium = "phone"',
}
_BENT = 'kind = "clip"\ntransforms = [{ do = "turn", pitch_deg = -35 }]'
_ACTIONS = {
    Do.PLAY: ("play", ""),
    Do.PAUSE: ("pause", "for_s"),
    Do.GET_UP: ("pause", "for_s"),
    Do.STAND: ("pause", "for_s"),
    Do.STALL: ("stall", "for_s"),
    Do.HIDE: ("hide", "for_s"),
    Do.DROP: ("reload", "down_s"),
    Do.REOPEN: ("close", ""),
    Do.FINISH: ("finish", ""),
    Do.JUMP: ("seek", "by_s"),
    Do.BACK: ("seek", "by_s"),
}


def scenario(kind: str, way: Way, said: str, *, honest: bool) -> str:
    """Return the text of a scenario file.

    Args:
        kind: The way's class.
        way: The way.
        said: The way in one line.
        honest: Whether it is an honest day.
    """
    lines = [f"# Found by the search in class {kind}: {said}"]
    lines += [f"# Not in the file: {each}" for each in _unsaid(way)]
    lines += ["format = 1", f'name = "search-{kind}"', f'title = "The worst way that the search found: {kind}"', ""]
    lines += ["[session]", f"lesson_s = {LESSON_S}", f"limit_s = {3 * LESSON_S}"]
    if way.route is not PLAIN.route:
        lines.append(f'route = "{way.route.value}"')
    lines += ["", "[[client]]", 'name = "main"', ""]
    if way.accounts > 1:
        lines += ["[[client]]", 'name = "second"', 'learner = "learner-2"', ""]
    lines += ["[[camera]]", _LEARNER, 'when_asked = "stay"', ""]
    for each in way.rules:
        lines += _entry(each, way)
    lines += _settings(way)
    if honest:
        lines += ["[expect]", "loss_s_max = 60", ""]
    return "\n".join(lines)


def write(ways: dict[str, tuple[Way, str, bool]], folder: Path = FOLDER) -> None:
    """Write a file for each class: its way, the way in one line, and whether it is an honest day."""
    folder.mkdir(exist_ok=True)
    for kind, (way, said, honest) in ways.items():
        (folder / f"{kind}.toml").write_text(scenario(kind, way, said, honest=honest), encoding="utf-8")


def _entry(each: Rule, way: Way) -> list[str]:
    """Return the entries of one rule."""
    looks = {Do.COME: _LEARNER, Do.LEAVE: _AWAY[way.seat], Do.GLANCE: _BENT}
    if each.do in looks:
        if each.on is On.CLOCK and not 0 < _shown_ms(each):
            return []
        return ["[[camera]]", looks[each.do], *_moment(each), *_for("for_s", _shown_ms(each)), ""]
    if each.do is Do.DROP and each.on is On.CLOCK:
        span_s = f"{max(500, each.for_ms) / 1000:g}"
        times = [f"from_s = {each.after_ms / 1000:g}", f"every_s = {each.after_ms / 1000:g}", f"down_s = {span_s}"]
        return ["[[network]]", 'do = "flap"', *times, ""]
    if each.do not in _ACTIONS or _EVENTS.get(each.on, each.on.value) not in _sayable(each):
        return []
    do, span = _ACTIONS[each.do]
    for_ms = -each.for_ms if each.do is Do.BACK else each.for_ms
    lines = ["[[player]]", f'do = "{do}"', *_moment(each)]
    lines += _for(span, for_ms or (1_000 if each.do in (Do.STALL, Do.HIDE, Do.DROP) else 0)) if span else []
    if each.do in (Do.REOPEN, Do.FINISH):
        lines += ["", "[[player]]", 'do = "start"', *_moment(each, max(REOPENS_MS, each.for_ms))]
    return [*lines, ""]


def _sayable(each: Rule) -> tuple[str, ...]:
    return () if each.do is Do.BACK and not each.for_ms else (*_EVENTS.values(), On.CLOCK.value, On.JOINED.value)


def _shown_ms(each: Rule) -> int:
    """Return how long a camera's entry is shown: of a cycle, less than its period."""
    if each.on is On.CLOCK:
        return min(each.for_ms, each.after_ms - 1_000)
    return each.for_ms or (EVENING_MS - 1_000 if each.on is On.JOINED else 0)


def _moment(each: Rule, later_ms: int = 0) -> list[str]:
    """Return when an entry begins: at its event, or ``later_ms`` after that."""
    after = f"{(each.after_ms + later_ms) / 1000:g}"
    if each.on is On.CLOCK:
        return [f"at_s = {after}", f"every_s = {each.after_ms / 1000:g}"]
    if each.on is On.JOINED:
        # One cycle that is as long as the evening: the next camera entry by time does not end it.
        return [f"at_s = {after}", *([f"every_s = {EVENING_MS // 1000}"] if each.do not in _ACTIONS else [])]
    lines = ["at_s = 0", f'on = "{_EVENTS.get(each.on, "pause")}"']
    lines += [f"after_s = {after}"] if each.after_ms + later_ms else []
    return lines + ([f"first = {each.times}"] if each.times else [])


def _for(key: str, for_ms: int) -> list[str]:
    return [f"{key} = {for_ms / 1000:g}"] if for_ms else []


def _settings(way: Way) -> list[str]:
    lines: list[str] = []
    if way.pace_ms != HEARTBEAT_MS:
        lines += ["[[cheat]]", 'do = "heartbeat_every"', f"every_s = {way.pace_ms / 1000:g}", ""]
    if way.wait_ms and way.then is Then.SEND:
        lines += ["[[cheat]]", 'do = "captures"', f"delay_s = {way.wait_ms / 1000:g}", 'taken = "when_sent"', ""]
    if any(each.do is Do.STAND for each in way.rules):
        lines += ["[[cheat]]", 'do = "report"', "playing = true", ""]
    if not way.obeys:
        lines += ["[[cheat]]", 'do = "ignore"', 'orders = ["pause"]', ""]
    if way.script is not Script.NONE:
        lines += ["[[challenge]]", 'answer = "after"', f"reaction_s = {way.react_ms / 1000:g}", ""]
    if way.rtt_ms > PLAIN.rtt_ms:
        lines += ["[[network]]", 'do = "delay"', "from_s = 0", f"delay_s = {way.rtt_ms / 2000:g}", ""]
    return lines


def _unsaid(way: Way) -> Iterator[str]:
    """Yield the parts of a way that the format cannot say."""
    for each in way.rules:
        words = re.sub(r"_", " ", f"{each.on.value} + {each.after_ms / 1000:g} s: {each.do.value}")
        if each.on is On.LOST:
            yield f"{words}; a lost round is told as a pause"
        elif each.do in (Do.REPORT_END, Do.CAMERA, Do.TRY) or (each.do is Do.BACK and not each.for_ms):
            yield words
        elif each.on is On.CLOCK and each.do in (Do.COME, Do.LEAVE) and not 0 < _shown_ms(each):
            yield f"{words}; a cycle without an end"
    if way.wait_ms and way.then is not Then.SEND:
        yield f"pictures are held back for {way.wait_ms / 1000:g} s, then {way.then.value}"
    if way.hush:
        yield "reports wait behind a picture that is held back"
    if way.picture_ms != PLAIN.picture_ms or way.shutter_ms != PLAIN.shutter_ms:
        yield f"a picture takes {way.shutter_ms} ms, and {way.picture_ms} ms on the line"
