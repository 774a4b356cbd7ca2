from dataclasses import replace

import pytest

from benchmarks.adversary.classes import ALLOWED, fits, target_ms, tools_of
from benchmarks.adversary.known import KNOWN
from benchmarks.adversary.ways import PLAIN, Seat, Then, rule


def test_tools_are_told_from_rules_and_settings() -> None:
    way = replace(PLAIN, rules=(rule("play", "pause", 13),), wait_ms=9_000, then=Then.REFUSE, seat=Seat.OTHER)
    assert tools_of(way) == {"pause", "refuse", "stand-in"}


def test_a_feigned_slow_camera_and_reports_without_frames_are_tools_of_cheats_alone() -> None:
    slow = replace(PLAIN, shutter_ms=4_000, pledges=False)
    assert tools_of(slow) == {"slow", "bare"}
    assert tools_of(replace(slow, honest=True)) == frozenset()


def test_a_ban_excludes_a_way() -> None:
    way = KNOWN["pauses-every-13-s"]
    assert fits(way, "pause")
    assert not fits(way, "pause", frozenset({"pause"}))
    assert not fits(way, "stand")


@pytest.mark.parametrize("name", KNOWN)
def test_every_known_way_begins_a_class(name: str) -> None:
    assert any(fits(KNOWN[name], kind) for kind in ALLOWED)


def test_the_target_is_two_per_cent_and_a_quarter_minute() -> None:
    assert target_ms(3_600_000) == 87_000
