"""Pledged frames: which of them a sample asks for, and when a page counts as one that pledges none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaichang.session.judgements import pledged_frames
from zaichang.session.policy import Policy
from zaichang.session.values import Round

RULES = Policy(schema=5, heartbeat_ms=5_000, pace_pct=150, round_passes=2, frames_required=True)
BACK = replace(RULES, schema=7)
A, B, C, D, E = (letter * 64 for letter in "abcde")


def test_players_are_told_how_often_to_take_a_frame() -> None:
    assert pledged_frames.frames_ms(RULES) == 2_500
    assert pledged_frames.frames_ms(replace(RULES, frames_pledged=0)) == 0
    assert pledged_frames.frames_ms(Policy(schema=4)) == 0


def test_the_frames_of_the_last_reports_are_remembered_each_once() -> None:
    pledged = pledged_frames.remember((), (A, B), 1_000, RULES)
    assert pledged == ((1_000, A), (1_000, B))
    assert pledged_frames.remember(pledged, (B,), 6_000, RULES) == pledged, "an old frame is not taken anew"
    newest = ((1_000, B), (6_000, C), (6_000, D), (6_000, E))
    assert pledged_frames.remember(pledged, (C, D, E), 6_000, RULES) == newest
    assert pledged_frames.remember(pledged, (C, D, E), 6_000, BACK) == ((1_000, A), *newest)


@pytest.mark.parametrize(
    ("at_ms", "chosen"), [(6_000, (C, B)), (8_500, (C, B)), (8_501, (C,)), (13_500, (C,)), (13_501, ())]
)
def test_a_sample_asks_for_the_newest_frames_that_a_report_still_speaks_for(
    at_ms: int, chosen: tuple[str, ...]
) -> None:
    pledged = ((1_000, A), (1_000, B), (6_000, C))
    assert pledged_frames.chosen(pledged, at_ms, RULES) == chosen


@pytest.mark.parametrize(
    ("at_ms", "chosen"), [(6_000, (E, D, C, B)), (13_500, (E, D, C, B)), (13_501, (E, D, C)), (18_501, ())]
)
def test_a_sample_that_looks_back_asks_for_earlier_frames_too(at_ms: int, chosen: tuple[str, ...]) -> None:
    pledged = ((1_000, A), (1_000, B), (6_000, C), (6_000, D), (6_000, E))
    assert pledged_frames.chosen(pledged, at_ms, BACK) == chosen
    assert pledged_frames.chosen(pledged, 6_000, replace(BACK, frames_back=1)) == (E, D), "as many as must pass"


@pytest.mark.parametrize(
    ("elapsed_ms", "progress_ms", "rate_bp", "played"),
    [(5_000, 3_500, 10_000, True), (5_000, 3_499, 10_000, False), (5_000, 2_500, 5_000, True), (200, 0, 10_000, True)],
)
def test_frames_count_where_the_player_ran(elapsed_ms: int, progress_ms: int, rate_bp: int, played: bool) -> None:
    assert pledged_frames.played(elapsed_ms, progress_ms, rate_bp) is played


def test_frames_look_back_where_the_oldest_was_pledged_a_heartbeat_ago() -> None:
    pledged = ((1_000, A), (6_000, B))
    assert pledged_frames.looks_back(pledged, (B, A), 6_000, BACK)
    assert not pledged_frames.looks_back(pledged, (B, A), 5_999, BACK)
    assert not pledged_frames.looks_back(pledged, (B,), 10_000, BACK)
    assert not pledged_frames.looks_back(pledged, (), 10_000, BACK)
    assert not pledged_frames.looks_back(pledged, (B, A), 6_000, RULES)


@pytest.mark.parametrize(
    ("shown", "unseen", "taken", "left"),
    [(0, 3, 3, (A, B)), (1, 0, 1, (A, B)), (1, 0, 2, ()), (1, 1, 2, ())],
)
def test_no_frame_is_asked_for_once_one_has_told(shown: int, unseen: int, taken: int, left: tuple[str, ...]) -> None:
    current = Round(number=0, frames=(A, B), shown=shown, unseen=unseen, taken=taken)
    assert pledged_frames.left_to_ask(current, BACK) == left
    assert pledged_frames.left_to_ask(current, RULES) == (A, B)


@pytest.mark.parametrize(("since_ms", "at_ms", "bare"), [(0, 99_000, False), (1, 10_000, False), (1, 10_001, True)])
def test_a_page_is_bare_after_two_reports_without_frames(since_ms: int, at_ms: int, bare: bool) -> None:
    assert pledged_frames.bare(since_ms, at_ms, RULES) is bare
    assert not pledged_frames.bare(since_ms, at_ms, replace(RULES, frames_required=False))
    assert not pledged_frames.bare(since_ms, at_ms, replace(RULES, frames_pledged=0))
