"""Several clients of one scenario: whose link is passed on, and the time that was honest."""

from __future__ import annotations

import pytest

from support.sim import HEAD, play

TWO = '[session]\nlesson_s = 20\n[[client]]\nname = "a"\n[[client]]\nname = "b"\nstart_s = 5\ntoken_of = "a"\n'


@pytest.mark.parametrize(
    ("expect", "honest_ms"), [("honest_s = 12", 12_000), ("honest_until_s = 0.0", 0), ("sessions = 1", 20_000)]
)
def test_the_honest_time_is_what_the_scenario_says_or_what_was_played(expect: str, honest_ms: int) -> None:
    result = play("[session]\nlesson_s = 20\n[expect]\n" + expect, head=HEAD)
    assert result.honest_ms == honest_ms


def test_a_link_that_is_passed_on_opens_nothing_while_its_owner_studies() -> None:
    assert play(TWO).refusals == (("b", "token.in_use"),)
