"""The classes of ways: by the tools that they use beside coming and going."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from benchmarks.adversary.ways import HEARTBEAT_MS, PLAIN, Do, On, Script, Seat, Then, Way
from zaichang.core.enums import Route

PRESENCE: Final = "presence"
EVERYTHING: Final = "everything"
_ACTIONS: Final = MappingProxyType(
    {
        Do.PAUSE: "pause",
        Do.STAND: "stand",
        Do.STALL: "stand",
        Do.REPORT_END: "end",
        Do.HIDE: "hide",
        Do.DROP: "drop",
        Do.REOPEN: "sessions",
        Do.FINISH: "sessions",
        Do.JUMP: "jump",
        Do.BACK: "replay",
        Do.TRY: "movements",
        Do.CAMERA: "movements",
    }
)
_SEATS: Final = MappingProxyType({Seat.OTHER: "stand-in", Seat.BADLY_SEEN: "badly-seen", Seat.DUMMY: "dummy"})
ALLOWED: Final = MappingProxyType(
    {
        PRESENCE: frozenset[str](),
        "pause": frozenset({"pause"}),
        "stand": frozenset({"stand"}),
        "end": frozenset({"end"}),
        "hide": frozenset({"hide"}),
        "drop": frozenset({"drop"}),
        "sessions": frozenset({"sessions"}),
        "jump": frozenset({"jump", "stand", "pause"}),
        "replay": frozenset({"replay"}),
        "movements": frozenset({"movements"}),
        "pace": frozenset({"pace", "hold"}),
        "hold": frozenset({"hold", "bare", "slow"}),
        "refuse": frozenset({"refuse", "bare", "slow"}),
        "slow": frozenset({"slow", "bare", "hold", "refuse"}),
        "stand-in": frozenset({"stand-in"}),
        "badly-seen": frozenset({"badly-seen"}),
        "dummy": frozenset({"dummy"}),
        EVERYTHING: frozenset({*_ACTIONS.values(), *_SEATS.values(), "pace", "hold", "refuse", "bare", "slow"}),
        "unplayed": frozenset({"unplayed", "pace", "jump", "stand", "slow", "stand-in"}),
        "notice": frozenset({"notice", "hold", "refuse", "bare", "slow"}),
        "no-faces": frozenset({"no-faces", "pause"}),
        "accounts": frozenset({"accounts"}),
    }
)
"""By class, the tools that its ways may use; all but ``presence`` and ``everything`` must use the one of their name."""
ACCEPTED: Final = MappingProxyType(
    {
        "notice": "The page tells the learner of each silent order and holds the picture back until then: a learner who"
        " is back within the notice that slow lines need is not told from one who never left. Absences of five seconds"
        " after a round are free so; those of ten are not.",
        "unplayed": "The learner is there all the time, and the page reports a playhead that moves as the clock does"
        " while nothing plays (a rare report hides a stop and a jump). Attention is not measured; a delivery log"
        " asks for the media at least.",
        "no-faces": "The route without faces proves answers, and a program that reads the page can give them.",
        "accounts": "The core sees one session; one face behind two accounts is for the service around it.",
    }
)
"""Classes that earn more than the target today and why; the figures say how much."""
NOTICE_MS: Final = 5_000
"""A learner who comes this soon after a silent order is the class ``notice``: the rules allow a slow line as much."""
TARGET_BP: Final = 200
TARGET_MS: Final = 15_000


def tools_of(way: Way) -> frozenset[str]:
    """Return the tools that a way uses beside coming and going."""
    tools = {_ACTIONS[each.do] for each in way.rules if each.do in _ACTIONS}
    if way.pace_ms != HEARTBEAT_MS or way.hush:
        tools.add("pace")
    if way.wait_ms:
        tools.add("refuse" if way.then is Then.REFUSE else "hold")
    if not way.honest and not way.pledges:
        tools.add("bare")
    if not way.honest and way.shutter_ms != PLAIN.shutter_ms:
        tools.add("slow")
    if way.seat is not Seat.EMPTY:
        tools.add(_SEATS[way.seat])
    stays = all(each.do is not Do.LEAVE for each in way.rules)
    if "jump" in tools and (way.pace_ms != HEARTBEAT_MS or stays):
        tools.add("unplayed")
    if any(each.on is On.CAPTURE and each.do is Do.COME and each.after_ms < NOTICE_MS for each in way.rules):
        tools.add("notice")
    if way.route is Route.CHALLENGE or way.script is not Script.NONE:
        tools.add("no-faces")
    if way.accounts > 1:
        tools.add("accounts")
    return frozenset(tools)


def fits(way: Way, kind: str, banned: frozenset[str] = frozenset()) -> bool:
    """Return whether a way belongs to a class and uses nothing that is banned."""
    tools = tools_of(way)
    if tools & banned or not tools <= ALLOWED[kind]:
        return False
    return kind in (PRESENCE, EVERYTHING) or kind in tools


def target_ms(lesson_ms: int) -> int:
    """Return the most that a class may earn beyond what is fair in a lesson of this length."""
    return lesson_ms * TARGET_BP // 10_000 + TARGET_MS
