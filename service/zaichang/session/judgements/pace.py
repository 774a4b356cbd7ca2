"""How far a report may speak for the time since the one before it (rules 2). Pure.

A report that comes late, or after a time without a connection, speaks of time in which no sample could have been taken.
A little of that is everybody's line; more of it earns nothing, and the learner watches that part again. Every report
passes here, so the functions compare where ``min`` would say the same.
"""

from __future__ import annotations

from zaichang.session.policy import Policy

MOVES_SHARE = 4
"""A playhead that covers less than one in so many of the time stands still: players go at half speed and more."""
STEP_MS = 1_000
"""A playhead that was set back by this much moved."""


def moves(elapsed_ms: int, progress_ms: int) -> bool:
    """Return whether a playhead that came so far in this time moved as a playing one does."""
    return progress_ms * MOVES_SHARE >= (elapsed_ms if elapsed_ms > 1 else 1) or progress_ms <= -STEP_MS


def paced(policy: Policy, left_ms: int, elapsed_ms: int) -> tuple[int, int]:
    """Return the time that may still count beyond the pace, and the part of the time since the last report that counts.

    Args:
        policy: Of the session.
        left_ms: The rest after the last report.
        elapsed_ms: Time since that.
    """
    left_ms += policy.heartbeat_ms * policy.pace_pct // 100
    if left_ms > policy.gap_ms:
        left_ms = policy.gap_ms
    counted_ms = elapsed_ms if elapsed_ms < left_ms else left_ms
    return left_ms - counted_ms, counted_ms


def unlinked(policy: Policy, left_ms: int, elapsed_ms: int, away_ms: int) -> tuple[int, int]:
    """Return the time that may still be played offline, and the part of the time since the last report that counts.

    Args:
        policy: Of the session.
        left_ms: The rest after the last report.
        elapsed_ms: Time since that.
        away_ms: How much of it no connection was open.
    """
    linked_ms = elapsed_ms - away_ms
    left_ms += linked_ms * policy.unlinked_pct // 100
    if left_ms > policy.unlinked_ms:
        left_ms = policy.unlinked_ms
    counted_ms = away_ms if away_ms < left_ms else left_ms
    return left_ms - counted_ms, linked_ms + counted_ms


def saved_ms(policy: Policy, elapsed_ms: int, progress_ms: int) -> int:
    """Return how much left-over time the next report alone may use: only a late report of a playing player has some."""
    late_ms = elapsed_ms - policy.heartbeat_ms
    playing = progress_ms * 10 >= policy.heartbeat_ms * 8
    return min(policy.burst_ms, policy.seek_tolerance_ms + (late_ms if playing and late_ms > 0 else 0))
