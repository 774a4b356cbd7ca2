"""Changes of a cheat's way: random rules, other times, other settings."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.adversary.classes import ALLOWED, EVERYTHING, PRESENCE, fits
from benchmarks.adversary.known import KNOWN
from benchmarks.adversary.ways import HEARTBEAT_MS, Do, On, Rule, Script, Seat, Then, Way
from zaichang.core.enums import Route

RULES_MAX = 8
TRIES = 60
_DO = {
    "pause": (Do.PAUSE,),
    "stand": (Do.STAND, Do.STALL),
    "end": (Do.REPORT_END,),
    "hide": (Do.HIDE,),
    "drop": (Do.DROP,),
    "sessions": (Do.REOPEN, Do.FINISH),
    "jump": (Do.JUMP,),
    "replay": (Do.BACK,),
    "movements": (Do.TRY, Do.CAMERA),
}
_SPANS_MS = (
    0,
    200,
    500,
    1_000,
    2_000,
    3_000,
    5_000,
    8_000,
    9_000,
    11_000,
    13_000,
    14_500,
    20_000,
    30_000,
    45_000,
    90_000,
)
_SEATS = {"stand-in": Seat.OTHER, "badly-seen": Seat.BADLY_SEEN, "dummy": Seat.DUMMY}


class Cheats:
    """The space of cheats' ways of one class."""

    def __init__(self, kind: str, banned: frozenset[str] = frozenset(), begin: tuple[Way, ...] = ()) -> None:
        """Take the class, tools that no way may use, and ways beside the known ones to begin with."""
        self.kind = kind
        self._known = (*KNOWN.values(), *begin)
        self._banned = banned
        self._tools = ALLOWED[kind] - banned
        acts = [do for tool in sorted(self._tools) for do in _DO.get(tool, ())]
        self._acts = (*acts, Do.PLAY) if acts else ()

    def seeds(self) -> list[Way]:
        """Return the known ways of this class."""
        return [way for way in self._known if fits(way, self.kind, self._banned)]

    def fresh(self, chance: random.Random) -> Way:
        """Return a random way of this class; a known one of any class may lend its rules."""
        for _ in range(TRIES):
            lender = chance.choice(self._known)
            rules = tuple(each for each in lender.rules if each.do in (Do.COME, Do.LEAVE) or each.do in self._acts)
            way = self._settings(Way(rules=rules), chance)
            for _ in range(chance.randrange(4)):
                way = replace(way, rules=self._other_rules(way.rules, chance))
            if fits(way, self.kind, self._banned):
                return way
        return self._with_tool(Way(rules=(self._rule(chance),)), chance)

    def changed(self, way: Way, chance: random.Random) -> Way:
        """Return a neighbour of a way, within the class."""
        for _ in range(TRIES):
            new = way
            for _ in range(chance.choice((1, 1, 2, 3))):
                if chance.random() < 0.75:
                    new = replace(new, rules=self._other_rules(new.rules, chance))
                else:
                    new = self._settings(new, chance)
            if new != way and fits(new, self.kind, self._banned):
                return new
        return way

    def way(self, candidate: Way) -> Way:
        """Return the candidate: it is a way already."""
        return candidate

    def simpler(self, way: Way) -> Iterator[Way]:
        """Return ways that say less, within the class."""
        for place in range(len(way.rules)):
            yield from self._if_fits(replace(way, rules=way.rules[:place] + way.rules[place + 1 :]))
        usual = Way()
        for name in ("pace_ms", "wait_ms", "then", "hush", "react_ms", "obeys", "picture_ms", "shutter_ms", "pledges"):
            if getattr(way, name) != getattr(usual, name):
                yield from self._if_fits(replace(way, **{name: getattr(usual, name)}))
        for place, each in enumerate(way.rules):
            for shorter in (other for other in _shorter(each) if other != each):
                yield from self._if_fits(replace(way, rules=(*way.rules[:place], shorter, *way.rules[place + 1 :])))

    def _if_fits(self, way: Way) -> Iterator[Way]:
        if fits(way, self.kind, self._banned):
            yield way

    def _with_tool(self, way: Way, chance: random.Random) -> Way:
        if self.kind == "unplayed":
            jump = Rule(on=On.STOP, do=Do.JUMP, after_ms=11_000, for_ms=10_000)
            return replace(way, rules=(*way.rules, jump), pace_ms=12_000)
        if self.kind == "notice":
            way = replace(way, rules=(*way.rules, Rule(on=On.CAPTURE, do=Do.COME, after_ms=3_000)))
        for do in _DO.get(self.kind, ()):
            return replace(way, rules=(*way.rules, replace(self._rule(chance), do=do)))
        return self._settings(way, chance)

    def _other_rules(self, rules: tuple[Rule, ...], chance: random.Random) -> tuple[Rule, ...]:
        lot = chance.random()
        if not rules or (lot < 0.2 and len(rules) < RULES_MAX):
            place = chance.randrange(len(rules) + 1)
            return (*rules[:place], self._rule(chance), *rules[place:])
        place = chance.randrange(len(rules))
        if lot < 0.35 and len(rules) > 1:
            return rules[:place] + rules[place + 1 :]
        return (*rules[:place], self._other(rules[place], chance), *rules[place + 1 :])

    def _other(self, each: Rule, chance: random.Random) -> Rule:
        lot = chance.random()
        if lot < 0.4:
            return replace(each, after_ms=_near(each.after_ms, chance))
        if lot < 0.7:
            return replace(each, for_ms=_near(each.for_ms, chance))
        if lot < 0.8:
            return replace(each, on=chance.choice(list(On)))
        if lot < 0.9:
            return replace(each, do=self._act(chance))
        return replace(each, times=chance.choice((0, 0, 1, 2, 3, 6)))

    def _act(self, chance: random.Random) -> Do:
        usual = (Do.COME, Do.COME, Do.LEAVE)
        return chance.choice((*usual, *self._acts, *self._acts) if self._acts else usual)

    def _rule(self, chance: random.Random) -> Rule:
        on = chance.choice(list(On))
        after_ms = chance.choice(_SPANS_MS)
        if on is On.CLOCK:
            after_ms = max(5_000, after_ms)
        return Rule(
            on=on,
            do=self._act(chance),
            after_ms=after_ms,
            for_ms=chance.choice(_SPANS_MS) if chance.random() < 0.4 else 0,
            times=chance.choice((0, 0, 0, 1, 2)),
        )

    def _settings(self, way: Way, chance: random.Random) -> Way:
        tools = self._tools
        if tools & {"hold", "refuse"} and chance.random() < 0.6:
            thens = [Then.SEND, Then.NOTHING] if "hold" in tools else []
            thens += [Then.REFUSE] if "refuse" in tools else []
            way = replace(way, wait_ms=_near(way.wait_ms or 9_000, chance), then=chance.choice(thens))
        if "bare" in tools and chance.random() < 0.4:
            way = replace(way, pledges=not way.pledges)
        if "slow" in tools and (self.kind == "slow" or chance.random() < 0.4):
            way = replace(way, shutter_ms=chance.choice((1_000, 2_000, 3_000, 4_000, 6_000, 9_000)))
        if "pace" in tools and (self.kind == "unplayed" or chance.random() < 0.5):
            pace_ms = chance.choice((HEARTBEAT_MS, 1_000, 4_000, 7_400, 9_000, 11_000, 12_000, 14_000, 15_500))
            way = replace(way, pace_ms=pace_ms, hush=chance.random() < 0.5)
        seats = [seat for tool, seat in _SEATS.items() if tool in tools]
        if seats:
            way = replace(way, seat=chance.choice(seats if self.kind != EVERYTHING else [Seat.EMPTY, *seats]))
        if "no-faces" in tools:
            way = replace(way, route=Route.CHALLENGE, script=chance.choice((Script.CONFIRM, Script.ALL)))
            way = replace(way, react_ms=chance.choice((500, 800, 2_000, 5_000, 20_000, 60_000)))
        if "accounts" in tools:
            way = replace(way, accounts=2)
        if self.kind == PRESENCE or chance.random() < 0.3:
            way = replace(way, react_ms=chance.choice((1_500, 3_000, 10_000, 60_000)))
        if chance.random() < 0.1:
            way = replace(way, obeys=not way.obeys)
        return way


def _near(span_ms: int, chance: random.Random) -> int:
    """Return a time near this one, or quite another."""
    if span_ms == 0 or chance.random() < 0.25:
        return chance.choice(_SPANS_MS)
    return max(0, round(int(span_ms * chance.uniform(0.6, 1.5)), -2))


def _shorter(each: Rule) -> Iterator[Rule]:
    """Return rules that say less: without a limit or a time, or with a rounder time."""
    if each.times:
        yield replace(each, times=0)
    if each.for_ms:
        yield replace(each, for_ms=0)
        yield replace(each, for_ms=round(each.for_ms, -3))
    if each.after_ms:
        yield replace(each, after_ms=0)
        yield replace(each, after_ms=round(each.after_ms, -3))
