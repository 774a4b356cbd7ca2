"""The run of the lesson: phase, clocks, and how far a playhead may have come since its last report (I1).

Writes ``state.playback`` and nothing else. The counted media time goes to ``credit``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from zaichang.core.reasons import ReasonCode
from zaichang.core.units import BP_ONE
from zaichang.session.decisions import OrderSeek
from zaichang.session.events import HeartbeatReceived
from zaichang.session.judgements import pace
from zaichang.session.owners import credit, samples
from zaichang.session.playhead import IntervalSet, furthest_ms, normalise, total_ms, touches, union
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.session.transitions import require_move
from zaichang.session.turn import Turn
from zaichang.session.values import ACTIVE, CLOSED, Phase

IMPOSSIBLE_RATE = 17
"""Browsers play at most 16x. A playhead that advanced faster than this multiple of the clock was moved."""
LATENESS_KEPT_MS = 60_000
"""After a late heartbeat, early ones may catch up for this long."""
SKIPPED_MAX_MS = 30_000
"""Most media that a first viewing may leave out in all: for rounding, and for players that stop a little late."""
PIECES_MAX = 128
"""Most separate pieces of watched media, so that state and records stay small."""
LIVE_SLACK_MS = 10_000
"""How far the playhead of a live broadcast may be ahead of our clock, because the broadcaster's clock differs."""
RUN_UP_MS = 2_000
"""A learner who left out too much is sent this far before the furthest point, because players stop inexactly."""
TAIL_MIN_MS = 1_000
"""Least unreported playing before the end that is counted; a heartbeat comes at the end anyway."""

_GOES_BACK: Final = frozenset({ReasonCode.SEEK_FORWARD, ReasonCode.AHEAD_OF_LIVE, ReasonCode.NETWORK_GAP})
"""Why a report does not count where the playhead was ordered back."""


def run_to(turn: Turn, to_ms: int) -> None:
    """Advance the session's time to ``to_ms``. Its ACTIVE part must not pass the end of the running minute."""
    playback = turn.state.playback
    elapsed_ms = to_ms - playback.reached_ms
    if elapsed_ms > 0 and playback.phase is ACTIVE:
        playback.active_ms += elapsed_ms
        if turn.drawn:
            samples.stake(turn, elapsed_ms)
        credit.spend(turn, elapsed_ms, to_ms)
    playback.reached_ms = to_ms


def expect(turn: Turn, due_ms: int) -> None:
    """Record when the next timer is due, so that the next event need not look for it."""
    turn.state.playback.due_ms = due_ms


def move(turn: Turn, target: Phase) -> bool:
    """Move to a phase; return whether it is another one.

    Raises:
        IllegalEvent: ``session.no_such_move``.
    """
    playback = turn.state.playback
    changed = target is not playback.phase
    if changed:
        require_move(playback.phase, target)
        if playback.phase is ACTIVE:
            playback.left_ms = playback.reached_ms
        playback.phase = target
    if target is not ACTIVE:
        playback.beat_ms = 0
    return changed


def begin_closing(turn: Turn, reason: ReasonCode) -> None:
    """Record that the session is about to end, and how much was played since the last heartbeat."""
    playback = turn.state.playback
    playback.closing = reason
    unheard_ms = playback.reached_ms - playback.beat_ms
    if playback.phase is ACTIVE and playback.beat_ms and unheard_ms >= TAIL_MIN_MS:
        playback.tail_from_ms, playback.tail_to_ms = playback.beat_ms, playback.reached_ms


def exhaust_strikes(turn: Turn) -> None:
    """End the session because too many proofs have failed."""
    turn.state.playback.closing = ReasonCode.STRIKES_EXHAUSTED


def close(turn: Turn, reason: ReasonCode) -> None:
    """Close the session for good."""
    turn.state.playback.closing = reason
    move(turn, CLOSED)


def account_to_now(turn: Turn) -> None:
    """Mark the time until now as accounted for: no heartbeat will report it."""
    turn.state.playback.accounted_ms = turn.state.playback.reached_ms


def drop_tail(turn: Turn) -> None:
    """Forget the playing before the end: a proof was decided, so its report comes too late."""
    turn.state.playback.tail_to_ms = 0


def drop_lead(turn: Turn) -> None:
    """Require the next stretch to begin within the frontier, because pending time was lost."""
    turn.state.playback.lead_ms = 0


def enter(turn: Turn, beat: HeartbeatReceived, since_ms: int) -> ReasonCode | None:
    """Begin a counted stretch at this heartbeat; return why not, where the playhead is too far ahead.

    A player that was told to go on may have played before this report for as long as ``since_ms`` (time of the previous
    heartbeat) allows. That lead is accepted but not credited. No tokens carry over from before the stretch.
    """
    state, policy, playback = turn.state, turn.policy, turn.state.playback
    if _ahead_of_broadcast(state, beat.at_ms, beat.playhead_ms):
        return _refuse_broadcast(turn, beat)
    lead_ms = min(policy.burst_ms, beat.at_ms - since_ms) * policy.rate_max_bp // BP_ONE + policy.seek_tolerance_ms
    frontier_ms = state.frontier_ms
    if not skips(state, policy) and beat.playhead_ms > frontier_ms + lead_ms:
        return _refuse(turn, ReasonCode.SEEK_FORWARD, frontier_ms)
    if _scattered(state, beat.playhead_ms, frontier_ms, policy):
        return _refuse(turn, ReasonCode.SEEK_FORWARD, frontier_ms - RUN_UP_MS)
    playback.lead_ms = beat.playhead_ms
    playback.moved_ms = beat.at_ms
    playback.tokens_ms = 0
    playback.late_until_ms = 0
    return None


def account(turn: Turn, beat: HeartbeatReceived, away_ms: int = 0) -> tuple[ReasonCode | None, int]:
    """Turn the progress since the last heartbeat into pending time.

    Only progress within one stretch of ACTIVE time that began at a counted heartbeat is accounted for; otherwise
    ``beat_ms`` is 0. The token bucket (I1) gains real time times the highest rate. Left-over tokens are kept only as
    far as a heartbeat was late, and only for a while, because an early one follows then. Otherwise saved-up tokens
    would pay for a skip.

    Args:
        turn: The turn.
        beat: The heartbeat.
        away_ms: For how long no connection was open since the last one.

    Returns:
        Why it does not count, or None; and the lag: milliseconds by which the last played part waits for the clock, to
        be counted with the next one. The lag keeps network delay on the first heartbeat from looking like fast
        playback. It earns nothing, because the counted time never exceeds the tokens.
    """
    policy, playback = turn.policy, turn.state.playback
    if playback.beat_ms == 0 or playback.phase is not ACTIVE:
        return None, 0
    # (1) Earn tokens for the time since the last heartbeat; a report that left too much unsaid earns for a part of it.
    elapsed_ms = beat.at_ms - playback.beat_ms
    counted_ms = _counted_ms(turn, elapsed_ms, away_ms) if turn.drawn else elapsed_ms
    earned_ms = counted_ms * policy.rate_max_bp // BP_ONE
    progress_ms = max(0, beat.playhead_ms - playback.beat_playhead_ms)
    playback.tokens_ms += earned_ms
    if counted_ms < elapsed_ms and progress_ms > playback.tokens_ms:
        _progress(turn, beat, playback.beat_playhead_ms + counted_ms, counted_ms)
        return _refuse(turn, ReasonCode.NETWORK_GAP, turn.state.frontier_ms), 0
    # (2) Let a small excess wait for the clock.
    lag_ms = progress_ms - playback.tokens_ms
    if not 0 < lag_ms <= policy.seek_tolerance_ms:
        lag_ms = 0
    # (3) Count the rest, or refuse it.
    reason = _progress(turn, beat, beat.playhead_ms - lag_ms, progress_ms - lag_ms)
    # (4) Keep left-over tokens only where this heartbeat was late.
    kept_ms = policy.burst_ms
    if turn.drawn:
        kept_ms = pace.saved_ms(policy, elapsed_ms, progress_ms)
        late = kept_ms > policy.seek_tolerance_ms
    else:
        if earned_ms - progress_ms > policy.seek_tolerance_ms:
            playback.late_until_ms = beat.at_ms + LATENESS_KEPT_MS
        late = beat.at_ms < playback.late_until_ms
    kept_ms = kept_ms if late else policy.seek_tolerance_ms
    if playback.tokens_ms > kept_ms:
        playback.tokens_ms = kept_ms
    return reason, 0 if reason else lag_ms


def _counted_ms(turn: Turn, elapsed_ms: int, away_ms: int) -> int:
    """Return the part of the time between two reports that counts: little of it where no sample was possible."""
    playback, policy = turn.state.playback, turn.policy
    playback.paced_ms, counted_ms = pace.paced(policy, playback.paced_ms, elapsed_ms)
    away_ms = away_ms if away_ms < elapsed_ms else elapsed_ms
    playback.unlinked_ms, linked_ms = pace.unlinked(policy, playback.unlinked_ms, elapsed_ms, away_ms)
    return counted_ms if counted_ms < linked_ms else linked_ms


def account_tail(turn: Turn, beat: HeartbeatReceived) -> None:
    """Count the part that was played between the last heartbeat and the beginning of the end."""
    playback = turn.state.playback
    from_ms, to_ms = playback.tail_from_ms, playback.tail_to_ms
    progress_ms = beat.playhead_ms - playback.beat_playhead_ms
    allowed_ms = playback.tokens_ms + (beat.at_ms - from_ms) * turn.policy.rate_max_bp // BP_ONE
    playback.tail_to_ms = 0
    if progress_ms > allowed_ms:
        return
    # Treat the report as if it had come when the end began. Playing after that does not count.
    counted_ms = min(progress_ms, to_ms - from_ms)
    playback.tokens_ms = allowed_ms
    playback.beat_ms = from_ms
    _progress(turn, replace(beat, at_ms=to_ms), playback.beat_playhead_ms + counted_ms, counted_ms)


def report(turn: Turn, beat: HeartbeatReceived, lag_ms: int) -> None:
    """Record the position of this heartbeat, so that the next one's progress can be computed."""
    playback = turn.state.playback
    elapsed_ms = beat.at_ms - playback.accounted_ms
    if not beat.playing or pace.moves(elapsed_ms, beat.playhead_ms - playback.beat_playhead_ms):
        playback.moved_ms = beat.at_ms
    playback.accounted_ms = beat.at_ms
    playback.beat_playhead_ms = beat.playhead_ms - lag_ms


def count_from(turn: Turn, beat: HeartbeatReceived, reason: ReasonCode | None) -> None:
    """Count the next heartbeat's progress from this one, unless ``reason`` says that the playhead must go back."""
    stops = reason is not None and reason in _GOES_BACK
    turn.state.playback.beat_ms = 0 if stops else beat.at_ms


def skips(state: State, policy: Policy) -> bool:
    """Return whether a first viewing may begin further on: if the policy allows it, or in a live broadcast."""
    return policy.skip_allowed or state.info.lesson.live_from_ms > 0


def _progress(turn: Turn, beat: HeartbeatReceived, playhead_ms: int, progress_ms: int) -> ReasonCode | None:
    """Count the progress up to ``playhead_ms``; return why it does not count, where it does not."""
    state, policy, playback = turn.state, turn.policy, turn.state.playback
    lesson, start_ms = state.info.lesson, playback.beat_playhead_ms
    end_ms = playhead_ms if playhead_ms < lesson.duration_ms else lesson.duration_ms
    if end_ms <= start_ms:
        return None  # going back or standing still costs nothing
    if lesson.live_from_ms and _ahead_of_broadcast(state, beat.at_ms, playhead_ms):
        return _refuse_broadcast(turn, beat)
    # (1) Faster than the clock allows: the playhead was moved, or played too fast.
    if progress_ms > playback.tokens_ms or beat.rate_bp > policy.rate_max_bp:
        moved = progress_ms > IMPOSSIBLE_RATE * max(1, beat.at_ms - playback.beat_ms)
        if skips(state, policy) and beat.rate_bp <= policy.rate_max_bp:
            # A jump to the live edge, or a skip that the policy allows: a new stretch begins there, and
            # the part between counts as not seen.
            if lesson.live_from_ms:
                credit.note(turn, ReasonCode.LIVE_JUMP)
            elif not moved:
                credit.note(turn, ReasonCode.RATE_TOO_FAST)
            return None
        # In a broadcast the furthest point may be hours away, or from an earlier session: use the last report.
        to_ms = start_ms if lesson.live_from_ms else state.frontier_ms
        return _refuse(turn, ReasonCode.SEEK_FORWARD if moved else ReasonCode.RATE_TOO_FAST, to_ms)
    # (2) Beyond the furthest point allowed for a first viewing.
    frontier_ms = state.frontier_ms
    allowed_ms = max(frontier_ms, playback.lead_ms)
    if start_ms > allowed_ms + policy.seek_tolerance_ms and not skips(state, policy):
        return _refuse(turn, ReasonCode.SEEK_FORWARD, frontier_ms)
    if _scattered(state, start_ms, allowed_ms, policy):
        return _refuse(turn, ReasonCode.SEEK_FORWARD, frontier_ms - RUN_UP_MS)
    # (3) Played: it waits for the next proof.
    playback.tokens_ms -= progress_ms
    credit.pend(turn, (start_ms, end_ms), playback.beat_ms, beat.at_ms)
    return None


def _ahead_of_broadcast(state: State, at_ms: int, playhead_ms: int) -> bool:
    """Return whether a playhead claims a position that the live broadcast has not reached."""
    return 0 < state.info.lesson.live_from_ms and playhead_ms > _broadcast_edge_ms(state, at_ms) + LIVE_SLACK_MS


def _broadcast_edge_ms(state: State, at_ms: int) -> int:
    return max(0, at_ms - state.info.lesson.live_from_ms)


def _refuse_broadcast(turn: Turn, beat: HeartbeatReceived) -> ReasonCode:
    return _refuse(turn, ReasonCode.AHEAD_OF_LIVE, _broadcast_edge_ms(turn.state, beat.at_ms))


def _scattered(state: State, start_ms: int, allowed_ms: int, policy: Policy) -> bool:
    """Return whether small skips have added up to a fast-forward, so that a stretch must not begin here."""
    parts = state.credit
    ahead = start_ms > allowed_ms and not skips(state, policy)
    pieces = len(parts.credited) + len(parts.pending_set) + len(parts.undecided) + len(parts.waiting)
    if not ahead and pieces < PIECES_MAX:
        return False
    watched = union(union(state.taken, parts.undecided), state.info.resumable)
    if ahead:
        left_out_ms = _left_out_ms(watched)
        if left_out_ms >= SKIPPED_MAX_MS:
            before = union(normalise(state.info.credited), state.info.resumable)
            if left_out_ms - _left_out_ms(before) >= SKIPPED_MAX_MS:
                return True
    return len(watched) >= PIECES_MAX and not touches(watched, start_ms)


def _left_out_ms(watched: IntervalSet) -> int:
    return furthest_ms(watched) - total_ms(watched)


def _refuse(turn: Turn, reason: ReasonCode, to_ms: int) -> ReasonCode:
    credit.note(turn, reason)
    turn.add(OrderSeek(to_ms=max(0, to_ms), reason=reason))
    return reason
