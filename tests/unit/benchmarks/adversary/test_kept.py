"""The bounded search of the tests: no class may earn more than its limit, by any way that was ever found."""

import random
from pathlib import Path

import pytest

from benchmarks.adversary.campaign import CLASSES, LESSON_MS, honest, score
from benchmarks.adversary.change import Cheats
from benchmarks.adversary.classes import ALLOWED, fits
from benchmarks.adversary.evening import spend
from benchmarks.adversary.kept import load_limits, load_ways, save_ways
from benchmarks.adversary.known import KNOWN
from benchmarks.adversary.search import Judge, beyond, climb
from benchmarks.adversary.ways import Way
from zaichang.launch.policy_packs import load_pack

POLICY = load_pack("default").policy
LIMITS_S = load_limits()
WAYS = load_ways()
SEEDS = (11, 12)
CLIMBED = ("presence", "pause")
BUDGET = 24


def _class_of(way: Way) -> str:
    return next(kind for kind in ALLOWED if fits(way, kind))


def test_every_class_has_a_limit_and_a_worst_way() -> None:
    assert LIMITS_S.keys() == set(CLASSES)
    assert WAYS.keys() == set(CLASSES)


@pytest.mark.parametrize("kind", CLASSES)
def test_the_worst_way_of_a_class_keeps_its_limit(kind: str) -> None:
    found_ms = [score(kind, spend(WAYS[kind], POLICY, seed, LESSON_MS)) for seed in SEEDS]
    assert sum(found_ms) / len(found_ms) <= 1000 * LIMITS_S[kind]


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_way_keeps_the_limit_of_its_class(name: str) -> None:
    way = KNOWN[name]
    assert spend(way, POLICY, SEEDS[0], LESSON_MS).beyond_ms <= 1000 * LIMITS_S[_class_of(way)]


@pytest.mark.parametrize("kind", CLIMBED)
def test_a_short_climb_finds_nothing_above_the_limit(kind: str) -> None:
    judge = Judge(POLICY, 5, LESSON_MS, beyond)
    found = climb(Cheats(kind), judge, random.Random(5), BUDGET)  # noqa: S311  (repeatable)
    assert found.score_ms <= 1000 * LIMITS_S[kind]


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if honest(kind)])
def test_no_honest_day_locks_a_learner_out(kind: str) -> None:
    assert not spend(WAYS[kind], POLICY, SEEDS[0], LESSON_MS).locked_out


def test_ways_come_back_as_they_were_kept(tmp_path: Path) -> None:
    save_ways(dict(KNOWN), tmp_path / "ways.json")
    assert load_ways(tmp_path / "ways.json") == dict(KNOWN)
    assert load_ways(tmp_path / "absent.json") == {}
