"""Pledged frames: which of them a sample asks for, and when a page counts as one that pledges none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaichang.session.judgements import pledged_frames
from zaichang.session.policy import Policy

RULES = Policy(schema=5, heartbeat_ms=5_000, pace_pct=150, round_passes=2, frames_required=True)
A, B, C, D, E = (letter * 64 for letter in "abcde")


def test_players_are_told_how_often_to_take_a_frame() -> None:
    assert pledged_frames.frames_ms(RULES) == 2_500
    assert pledged_frames.frames_ms(replace(RULES, frames_pledged=0)) == 0
    assert pledged_frames.frames_ms(Policy(schema=4)) == 0


def test_the_frames_of_the_last_reports_are_remembered_each_once() -> None:
    pledged = pledged_frames.remember((), (A, B), 1_000)
    assert pledged == ((1_000, A), (1_000, B))
    assert pledged_frames.remember(pledged, (B,), 6_000) == pledged, "an old frame is not taken anew"
    assert pledged_frames.remember(pledged, (C, D, E), 6_000) == (
        (1_000, B),
        (6_000, C),
        (6_000, D),
        (6_000, E),
    )


@pytest.mark.parametrize(
    ("at_ms", "chosen"), [(6_000, (C, B)), (8_500, (C, B)), (8_501, (C,)), (13_500, (C,)), (13_501, ())]
)
def test_a_sample_asks_for_the_newest_frames_that_a_report_still_speaks_for(
    at_ms: int, chosen: tuple[str, ...]
) -> None:
    pledged = ((1_000, A), (1_000, B), (6_000, C))
    assert pledged_frames.chosen(pledged, at_ms, RULES) == chosen


@pytest.mark.parametrize(("since_ms", "at_ms", "bare"), [(0, 99_000, False), (1, 10_000, False), (1, 10_001, True)])
def test_a_page_is_bare_after_two_reports_without_frames(since_ms: int, at_ms: int, bare: bool) -> None:
    assert pledged_frames.bare(since_ms, at_ms, RULES) is bare
    assert not pledged_frames.bare(since_ms, at_ms, replace(RULES, frames_required=False))
    assert not pledged_frames.bare(since_ms, at_ms, replace(RULES, frames_pledged=0))
