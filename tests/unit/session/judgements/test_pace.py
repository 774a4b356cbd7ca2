"""The time for which a report may speak: a little lateness is everybody's line, and more of it earns nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY
from zaichang.session.judgements.pace import MOVES_SHARE, STEP_MS, moves, paced, saved_ms, unlinked
from zaichang.session.policy import Policy

RULES: Policy = replace(POLICY)
BEAT_MS = RULES.heartbeat_ms
GAIN_MS = BEAT_MS * RULES.pace_pct // 100


@pytest.mark.parametrize(
    ("elapsed_ms", "progress_ms", "moved"),
    [
        (4_000, 1_000, True), (4_000, 999, False), (0, 1, True), (0, 0, False), (4_000, -STEP_MS, True),
        (4_000, 1 - STEP_MS, False), (MOVES_SHARE * 5_000, 5_000, True),
    ],
)  # fmt: skip
def test_a_playhead_moves_at_a_quarter_of_the_time_or_when_it_is_set_back(
    elapsed_ms: int, progress_ms: int, moved: bool
) -> None:
    assert moves(elapsed_ms, progress_ms) is moved


def test_a_report_in_time_counts_whole_and_lateness_uses_up_the_rest() -> None:
    left_ms, counted_ms = paced(RULES, 0, BEAT_MS)
    assert counted_ms == min(BEAT_MS, GAIN_MS) and left_ms == min(RULES.gap_ms, GAIN_MS) - counted_ms
    assert paced(RULES, 0, 10**9) == (0, min(RULES.gap_ms, GAIN_MS)), "a late report speaks for no more"
    assert paced(RULES, 10**9, 0) == (RULES.gap_ms, 0), "the rest does not grow for ever"


def test_time_without_a_connection_counts_as_far_as_connected_time_has_earned_it() -> None:
    assert unlinked(RULES, 0, BEAT_MS, 0)[1] == BEAT_MS
    left_ms, counted_ms = unlinked(RULES, RULES.unlinked_ms, BEAT_MS, BEAT_MS)
    assert (left_ms, counted_ms) == (max(0, RULES.unlinked_ms - BEAT_MS), min(BEAT_MS, RULES.unlinked_ms))
    assert unlinked(RULES, 0, BEAT_MS, BEAT_MS) == (0, 0), "nothing was earned"
    assert unlinked(RULES, 10**9, 0, 0)[0] == RULES.unlinked_ms


def test_only_a_late_report_of_a_playing_player_saves_time_for_the_next() -> None:
    tolerance_ms = RULES.seek_tolerance_ms
    late_ms = BEAT_MS + 700
    assert saved_ms(RULES, late_ms, late_ms) == min(RULES.burst_ms, tolerance_ms + 700)
    assert saved_ms(RULES, late_ms, BEAT_MS * 8 // 10 - 1) == min(RULES.burst_ms, tolerance_ms), "it stood still"
    assert saved_ms(RULES, BEAT_MS, BEAT_MS) == min(RULES.burst_ms, tolerance_ms), "it was not late"
    assert saved_ms(RULES, 10**9, 10**9) == RULES.burst_ms
