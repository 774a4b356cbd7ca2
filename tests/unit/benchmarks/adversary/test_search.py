import random
from collections.abc import Iterator

from benchmarks.adversary.evening import Outcome
from benchmarks.adversary.search import Found, Judge, climb, lost, shrink
from benchmarks.adversary.ways import Way
from zaichang.session.policy import Policy


class _Hill(Judge):
    """Scores without an evening: the reaction time alone."""

    def one(self, way: Way, number: int) -> float:
        self.sessions += 1
        return min(way.react_ms, 50_000) + number


class _Times:
    """Candidates are reaction times."""

    kind = "times"

    def seeds(self) -> list[int]:
        return [1_000]

    def fresh(self, chance: random.Random) -> int:
        return chance.randrange(2_000)

    def changed(self, candidate: int, chance: random.Random) -> int:
        return candidate + chance.randrange(-1_000, 2_000)

    def simpler(self, candidate: int) -> Iterator[int]:
        yield candidate - 500

    def way(self, candidate: int) -> Way:
        return Way(react_ms=candidate)


def _judge() -> Judge:
    return _Hill(Policy(), 1, 600_000, lost)


def test_it_climbs() -> None:
    found = climb(_Times(), _judge(), random.Random(1), 900)  # noqa: S311  (repeatable)
    assert found.score_ms > 30_000


def test_the_seed_decides() -> None:
    first, second = (climb(_Times(), _judge(), random.Random(4), 300) for _ in range(2))  # noqa: S311  (repeatable)
    assert first == second


def test_it_stays_within_its_budget() -> None:
    judge = _judge()
    climb(_Times(), judge, random.Random(1), 300)  # noqa: S311  (repeatable)
    assert judge.sessions <= 303


def test_a_smaller_way_keeps_nine_tenths_of_the_score() -> None:
    found = shrink(_Times(), _judge(), Found(40_000, 40_000), 1_000)
    assert 36_000 <= found.score_ms < 36_500


def test_a_day_that_did_not_end_counts_nothing() -> None:
    values = {"credited_ms": 0, "fair_ms": 9, "beyond_ms": 0, "lost_ms": 9, "review_ms": 0, "sessions": 1}
    outcome = Outcome(**values, server_ms=1, locked_out=False, complete=False)
    assert lost(outcome) == 0
