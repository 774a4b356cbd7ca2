import random

import pytest

from benchmarks.adversary.change import RULES_MAX, Cheats
from benchmarks.adversary.classes import ALLOWED, fits


@pytest.mark.parametrize("kind", ALLOWED)
def test_changes_stay_in_the_class(kind: str) -> None:
    chance, space = random.Random(3), Cheats(kind)  # noqa: S311  (repeatable)
    way = space.fresh(chance)
    assert fits(way, kind)
    for _ in range(100):
        way = space.changed(way, chance)
        assert fits(way, kind)
        assert len(way.rules) <= RULES_MAX
        assert all(fits(each, kind) for each in space.simpler(way))


def test_a_banned_tool_is_never_used() -> None:
    chance, space = random.Random(3), Cheats("everything", frozenset({"pause", "stand"}))  # noqa: S311  (repeatable)
    ways = [space.fresh(chance) for _ in range(30)]
    assert all(each.do.value not in ("pause", "stand", "stall") for way in ways for each in way.rules)
    assert all(fits(way, "everything", frozenset({"pause", "stand"})) for way in space.seeds())
