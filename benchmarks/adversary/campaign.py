"""A whole search: every class climbed several times on all cores, the worst of each judged anew."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from benchmarks.adversary import habits
from benchmarks.adversary.change import Cheats
from benchmarks.adversary.classes import ACCEPTED, ALLOWED, target_ms
from benchmarks.adversary.evening import Outcome, spend
from benchmarks.adversary.habits import Honest
from benchmarks.adversary.kept import load_ways
from benchmarks.adversary.search import Judge, beyond, climb, lost, reviewed
from benchmarks.adversary.ways import Way
from zaichang.session.policy import Policy

LESSON_MS = 600_000
HOUR_MS = 3_600_000
CLIMB_SESSIONS = 1_500
"""A class with a larger budget is climbed several times, from other random ways."""
FRESH_EVENINGS = 8
"""Evenings by which the worst way of a class is judged anew: those of the climb were the ones that it was chosen by."""
HOURS = 3
CLASSES = (*ALLOWED, *habits.CLASSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One climb."""

    kind: str
    policy: Policy
    seed: int
    budget: int
    banned: frozenset[str]
    begin: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The worst way of a class.

    Attributes:
        kind: The class.
        way: The way.
        score_s: What it earns (or costs an honest learner) in ten minutes of a lesson, by fresh evenings.
        fair_s: Watched by the right person.
        credited_s: Credited.
        hour_s: The score in an hour's lesson.
        target_s: What an hour may give.
        accepted: Why a higher figure is accepted; empty where it is not.
        sessions: Evenings spent on the class.
        locked_out: Whether one of the evenings credited nothing to an honest learner.
    """

    kind: str
    way: Way
    score_s: float
    fair_s: float
    credited_s: float
    hour_s: float
    target_s: float
    accepted: str
    sessions: int
    locked_out: bool

    @property
    def kept(self) -> bool:
        """Whether the class keeps its target, or is accepted."""
        return bool(self.accepted) or (self.hour_s <= self.target_s and not self.locked_out)


def honest(kind: str) -> bool:
    """Return whether the class is one of honest days."""
    return kind in habits.CLASSES


def score(kind: str, outcome: Outcome) -> float:
    """Return the score of an evening, in ms, by the measure of its class."""
    if not honest(kind):
        return beyond(outcome)
    return reviewed(outcome) if kind == habits.REVIEW else lost(outcome)


def run(task: Task) -> tuple[str, float, Way, int]:
    """Climb once; return the class, the score in ms, the way, and the evenings spent."""
    judge = Judge(task.policy, task.seed, LESSON_MS, lambda outcome: score(task.kind, outcome))
    chance = random.Random(task.seed)  # noqa: S311  (repeatable by its seed)
    space: Any = Honest(task.kind) if honest(task.kind) else Cheats(task.kind, task.banned, task.begin)
    found = climb(space, judge, chance, task.budget)
    return task.kind, found.score_ms, space.way(found.candidate), judge.sessions


def tasks(kinds: Sequence[str], policy: Policy, seed: int, sessions: int, banned: frozenset[str]) -> list[Task]:
    """Return the climbs of a search."""
    each = max(40, sessions // len(kinds))
    climbs = max(1, round(each / CLIMB_SESSIONS))
    begin = tuple(load_ways().values())
    return [
        Task(kind=kind, policy=policy, seed=seed + number, budget=each // climbs, banned=banned, begin=begin)
        for number in range(climbs)
        for kind in kinds
        if honest(kind) or not {kind} & banned
    ]


def search(todo: Iterable[Task], jobs: int) -> Iterator[tuple[str, float, Way, int]]:
    """Return the results of all climbs as they come."""
    if jobs == 1:
        yield from map(run, todo)
        return
    with get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(run, todo)


def speed_said(sessions: int, took_s: float, jobs: int) -> str:
    """Return how fast the climbs ran, in one line; the evenings that judge their results are not among them."""
    per_s = sessions / took_s if took_s > 0 else 0.0
    per_hour = round(per_s * 3_600, -3)
    return f"{sessions} sessions in {took_s:.0f} s on {jobs} processes: {per_s:.1f} a second, {per_hour:.0f} an hour"


def judged(kind: str, way: Way, policy: Policy, sessions: int, *, hours: int = HOURS) -> Worst:
    """Judge a way by evenings that no climb has seen."""
    fresh = [spend(way, policy, 77_000_000 + number, LESSON_MS) for number in range(FRESH_EVENINGS)]
    long = [spend(way, policy, 78_000_000 + number, HOUR_MS) for number in range(hours)]
    return Worst(
        kind=kind,
        way=way,
        score_s=_mean_s(score(kind, each) for each in fresh),
        fair_s=_mean_s(each.fair_ms for each in fresh),
        credited_s=_mean_s(each.credited_ms for each in fresh),
        hour_s=_mean_s(score(kind, each) for each in long),
        target_s=(habits.TARGET_MS if honest(kind) else target_ms(HOUR_MS)) / 1000,
        accepted=ACCEPTED.get(kind, ""),
        sessions=sessions,
        locked_out=honest(kind) and any(each.locked_out for each in (*fresh, *long)),
    )


def _mean_s(values: Iterable[float]) -> float:
    found = list(values)
    return round(sum(found) / len(found) / 1000, 1) if found else 0.0
