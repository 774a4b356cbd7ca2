"""Honest days: lines, devices and habits, each within what people and networks really do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from benchmarks.adversary.ways import Do, On, Rule, Way

HABITS_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A habit's bounds.

    Attributes:
        do: What the page or the learner does.
        every_s: Least and greatest time from one to the next.
        for_s: Least and greatest length.
        times: The most of them in a day; 0: any number.
    """

    do: Do
    every_s: tuple[int, int]
    for_s: tuple[float, float]
    times: int = 0


HABITS: Final = MappingProxyType(
    {
        "bends-down": Kind(do=Do.LEAVE, every_s=(30, 300), for_s=(1, 6)),
        "takes-notes": Kind(do=Do.GLANCE, every_s=(20, 200), for_s=(2, 25)),
        "gets-up-with-a-pause": Kind(do=Do.GET_UP, every_s=(60, 400), for_s=(10, 240)),
        "pauses-and-stays": Kind(do=Do.PAUSE, every_s=(20, 300), for_s=(2, 60)),
        "line-drops": Kind(do=Do.DROP, every_s=(20, 300), for_s=(0.5, 90)),
        "hides-the-page": Kind(do=Do.HIDE, every_s=(30, 300), for_s=(1, 60)),
        "goes-back": Kind(do=Do.BACK, every_s=(60, 300), for_s=(5, 60)),
        "buffers": Kind(do=Do.STALL, every_s=(20, 200), for_s=(1, 15)),
        "changes-camera": Kind(do=Do.CAMERA, every_s=(60, 400), for_s=(0, 0), times=2),
        "opens-anew": Kind(do=Do.REOPEN, every_s=(100, 400), for_s=(2, 20), times=2),
    }
)
CLASSES: Final = MappingProxyType(
    {
        "honest-line": frozenset({"line", "line-drops", "buffers"}),
        "honest-camera": frozenset({"camera", "changes-camera"}),
        "honest-habits": frozenset({"bends-down", "takes-notes", "gets-up-with-a-pause", "pauses-and-stays"}),
        "honest-page": frozenset({"hides-the-page", "goes-back", "opens-anew", "pauses-and-stays"}),
        "honest-everything": frozenset({"line", "camera", *HABITS}),
        "honest-review": frozenset({"line", "camera", *HABITS}),
    }
)
"""By class, what may vary; ``honest-review`` is judged by the time in review, the others by the lost time."""
REVIEW: Final = "honest-review"
TARGET_MS: Final = 60_000
"""The most that an honest day may lose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One habit of a day: which, how often, how long each time, how many times (0: any number)."""

    name: str
    every_ms: int
    for_ms: int
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """An honest day; the fields are those of ``Way``."""

    habits: tuple[Habit, ...] = ()
    rtt_ms: int = 60
    picture_ms: int = 100
    shutter_ms: int = 80
    react_ms: int = 3_000


USUAL: Final = Day()


class Honest:
    """The space of honest days of one class."""

    def __init__(self, kind: str) -> None:
        """Take the class."""
        self.kind = kind
        self._allowed = CLASSES[kind]
        self._names = sorted(self._allowed & HABITS.keys())

    def seeds(self) -> list[Day]:
        """Return one day of each habit."""
        chance = random.Random(0)  # noqa: S311  (repeatable)
        return [replace(USUAL, habits=(self._habit(name, chance),)) for name in self._names]

    def fresh(self, chance: random.Random) -> Day:
        """Return a random day."""
        names = [chance.choice(self._names) for _ in range(chance.randrange(1, 4))] if self._names else []
        habits = tuple(self._habit(name, chance) for name in dict.fromkeys(names))
        return self._device(replace(USUAL, habits=habits), chance)

    def changed(self, day: Day, chance: random.Random) -> Day:
        """Return a neighbour of a day."""
        if not self._names or chance.random() < 0.3:
            return self._device(day, chance)
        lot, habits = chance.random(), list(day.habits)
        if not habits or (lot < 0.25 and len(habits) < HABITS_MAX):
            name = chance.choice(self._names)
            if all(each.name != name for each in habits):
                return replace(day, habits=(*habits, self._habit(name, chance)))
            return day
        place = chance.randrange(len(habits))
        if lot < 0.35:
            del habits[place]
        else:
            habits[place] = _near(habits[place], chance)
        return replace(day, habits=tuple(habits))

    def simpler(self, day: Day) -> Iterator[Day]:
        """Return days of which less is unusual."""
        for place in range(len(day.habits)):
            yield replace(day, habits=day.habits[:place] + day.habits[place + 1 :])
        for name in ("rtt_ms", "picture_ms", "shutter_ms", "react_ms"):
            if getattr(day, name) != getattr(USUAL, name):
                yield replace(day, **{name: getattr(USUAL, name)})
        for place, each in enumerate(day.habits):
            for name in ("every_ms", "for_ms"):
                if getattr(each, name) % 1_000:
                    rounded = max(1_000, round(getattr(each, name), -3))
                    other = replace(each, **{name: rounded})
                    yield replace(day, habits=(*day.habits[:place], other, *day.habits[place + 1 :]))

    def way(self, day: Day) -> Way:
        """Return the actions of such a learner; one who is called comes back."""
        rules: list[Rule] = []
        for each in day.habits:
            kind = HABITS[each.name]
            rules.append(Rule(on=On.CLOCK, do=kind.do, after_ms=each.every_ms, for_ms=each.for_ms, times=each.times))
        rules += [Rule(on=On.PROMPT, do=Do.COME, after_ms=1_500), Rule(on=On.CHALLENGE, do=Do.COME, after_ms=3_000)]
        return Way(
            rules=tuple(rules),
            rtt_ms=day.rtt_ms,
            picture_ms=day.picture_ms,
            shutter_ms=day.shutter_ms,
            react_ms=day.react_ms,
            honest=True,
        )

    def _habit(self, name: str, chance: random.Random) -> Habit:
        kind = HABITS[name]
        return Habit(
            name=name,
            every_ms=1_000 * chance.randint(*kind.every_s),
            for_ms=round(int(1_000 * chance.uniform(*kind.for_s)), -2),
            times=kind.times,
        )

    def _device(self, day: Day, chance: random.Random) -> Day:
        lot = chance.random()
        if "line" in self._allowed and lot < 0.3:
            return replace(day, rtt_ms=chance.choice((20, 200, 600, 1_200, 2_000)))
        if "line" in self._allowed and lot < 0.6:
            return replace(day, picture_ms=chance.choice((50, 400, 1_000, 2_500, 5_000, 8_000)))
        if "camera" in self._allowed and lot < 0.8:
            return replace(day, shutter_ms=chance.choice((80, 500, 1_000, 2_000, 4_000)))
        return replace(day, react_ms=chance.choice((1_500, 3_000, 8_000, 25_000, 60_000)))


def _near(each: Habit, chance: random.Random) -> Habit:
    kind = HABITS[each.name]
    if chance.random() < 0.5:
        every_ms = round(int(each.every_ms * chance.uniform(0.6, 1.6)), -2)
        return replace(each, every_ms=max(1_000 * kind.every_s[0], min(1_000 * kind.every_s[1], every_ms)))
    for_ms = round(int(each.for_ms * chance.uniform(0.5, 1.8)), -2)
    return replace(each, for_ms=max(round(1_000 * kind.for_s[0]), min(round(1_000 * kind.for_s[1]), for_ms)))
