import random

import pytest

from benchmarks.adversary.habits import CLASSES, HABITS, Honest


@pytest.mark.parametrize("kind", CLASSES)
def test_days_stay_within_what_people_do(kind: str) -> None:
    chance, space = random.Random(2), Honest(kind)  # noqa: S311  (repeatable)
    day = space.fresh(chance)
    for _ in range(200):
        day = space.changed(day, chance)
        for each in day.habits:
            bounds = HABITS[each.name]
            assert each.name in CLASSES[kind]
            assert 1_000 * bounds.every_s[0] <= each.every_ms <= 1_000 * bounds.every_s[1]
            assert 1_000 * bounds.for_s[0] <= each.for_ms <= 1_000 * bounds.for_s[1]


def test_a_learner_who_is_called_comes() -> None:
    rules = Honest("honest-line").way(Honest("honest-line").seeds()[0]).rules
    assert {each.on.value for each in rules if each.do.value == "come"} == {"prompt", "challenge"}
