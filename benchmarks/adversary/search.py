"""Hill climbing over ways: keep the best few, change them, keep those that are worse for us; then make them small.

One climb is decided by its seed alone: the same budget gives the same ways on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Generic, Protocol, TypeVar

from benchmarks.adversary.evening import Outcome, spend
from benchmarks.adversary.ways import Way
from zaichang.session.policy import Policy

C = TypeVar("C")
ELITE = 6
SEEDS = 3
"""Evenings by which a way is judged; the first alone throws most ways away."""
HOPELESS = 0.6
"""A way whose first evening gives less than this share of the elite's worst is not looked at again."""
SHRUNK = 0.9
"""A smaller way must keep this share of the score."""
FRESH = 0.12


class Space(Protocol[C]):
    """Ways of one kind."""

    kind: str

    def seeds(self) -> list[C]:
        """Return where to begin."""
        ...

    def fresh(self, chance: random.Random) -> C:
        """Return a random one."""
        ...

    def changed(self, candidate: C, chance: random.Random) -> C:
        """Return a neighbour."""
        ...

    def simpler(self, candidate: C) -> Iterator[C]:
        """Return those that say less."""
        ...

    def way(self, candidate: C) -> Way:
        """Return the way that it stands for."""
        ...


@dataclass(frozen=True, slots=True)
class Found(Generic[C]):
    """A way and its score, in ms."""

    score_ms: float
    candidate: C


def beyond(outcome: Outcome) -> float:
    """A cheat's score: time credited and not watched."""
    return outcome.beyond_ms


def lost(outcome: Outcome) -> float:
    """An honest day's score: time watched and lost; 0 if the day did not come to its end."""
    return outcome.lost_ms if outcome.complete else 0.0


def reviewed(outcome: Outcome) -> float:
    """Another score of an honest day: time watched and in review."""
    return outcome.review_ms if outcome.complete else 0.0


class Judge:
    """Spends evenings, and counts them.

    Attributes:
        sessions: Evenings of ten minutes' lesson spent so far, longer ones in proportion.
    """

    def __init__(self, policy: Policy, seed: int, lesson_ms: int, score: Callable[[Outcome], float]) -> None:
        """Judge by this policy and score."""
        self.policy = policy
        self.lesson_ms = lesson_ms
        self.sessions = 0
        self._seed = seed
        self._score = score

    def one(self, way: Way, number: int) -> float:
        """Return the score of one evening."""
        self.sessions += 1
        return self._score(spend(way, self.policy, self._seed * 1_000 + number, self.lesson_ms))

    def mean(self, way: Way, count: int = SEEDS) -> float:
        """Return the mean score over the first ``count`` evenings."""
        return fmean(self.one(way, number) for number in range(count))


def climb(space: Space[C], judge: Judge, chance: random.Random, budget: int) -> Found[C]:
    """Return the worst way found within ``budget`` evenings, made small."""
    elite: list[Found[C]] = []
    waiting = space.seeds()
    spare = max(budget // 5, 4 * SEEDS)
    while judge.sessions < budget - spare or not elite:
        if waiting:
            candidate = waiting.pop(0)
        elif not elite or chance.random() < FRESH:
            candidate = space.fresh(chance)
        else:
            # The better one of two: pressure without losing variety.
            candidate = space.changed(elite[min(chance.randrange(len(elite)) for _ in range(2))].candidate, chance)
        if any(each.candidate == candidate for each in elite):
            judge.sessions += 1  # so that a space without neighbours ends too
            continue
        found = _judged(space, judge, candidate, elite)
        if found is not None:
            elite = sorted((*elite, found), key=lambda each: -each.score_ms)[:ELITE]
    return shrink(space, judge, elite[0], budget)


def _judged(space: Space[C], judge: Judge, candidate: C, elite: list[Found[C]]) -> Found[C] | None:
    way = space.way(candidate)
    first = judge.one(way, 0)
    if len(elite) == ELITE and first < HOPELESS * elite[-1].score_ms:
        return None
    return Found(fmean([first, *(judge.one(way, number) for number in range(1, SEEDS))]), candidate)


def shrink(space: Space[C], judge: Judge, found: Found[C], budget: int) -> Found[C]:
    """Return a way that says less and is nearly as bad, within what is left of the budget."""
    floor_ms = SHRUNK * found.score_ms
    best, smaller = found, True
    while smaller:
        smaller = False
        for candidate in space.simpler(best.candidate):
            if judge.sessions >= budget:
                return best
            score_ms = judge.mean(space.way(candidate))
            if score_ms >= floor_ms:
                best, smaller = Found(score_ms, candidate), True
                break
    return best
