"""The learner's page and player: whether they hold the session back, and the ordered pause.

Writes ``state.page`` and nothing else.
"""

from __future__ import annotations

from typing import Final

from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import OrderPause, OrderResume, OrderSeek
from zaichang.session.events import HeartbeatReceived
from zaichang.session.owners import challenges, credit, liveness, playback, proofs, samples
from zaichang.session.policy import Policy
from zaichang.session.turn import Turn

FLOATING: Final = "picture_in_picture"
SECOND_SCREEN: Final = "screen_extended"
OTHER_MEDIA: Final = "other_media"
_WINDOWS: Final = frozenset({FLOATING, SECOND_SCREEN, OTHER_MEDIA})
"""Hints about the learner's windows and film. The other hints report that a part of the page was replaced."""
STOP_PROOF_MS: Final = 10_000
"""A pause or the lesson's end asks for a proof when at least this much is pending."""


def take_report(turn: Turn, beat: HeartbeatReceived) -> None:
    """Record the report on page and player that a heartbeat carries."""
    if beat.hints and not _WINDOWS.issuperset(beat.hints):
        credit.indicate(turn, ReasonCode.PAGE_TAMPERED)
    page = turn.state.page
    hold = page_problem(beat, turn.policy)
    if hold is not page.hold:
        _hold_page(turn, hold)
    problem = _player_problem(beat)
    if problem is None and turn.drawn and beat.at_ms - turn.state.playback.moved_ms >= turn.policy.still_ms:
        problem = ReasonCode.PLAYER_STALLED
    if problem is not page.player_hold:
        _hold_player(turn, problem)


def page_problem(beat: HeartbeatReceived, policy: Policy) -> ReasonCode | None:
    """Return why the page holds the session back, or None."""
    if policy.pause_when_hidden and not beat.visible:
        return ReasonCode.PAGE_HIDDEN
    if policy.pause_when_floating and FLOATING in beat.hints:
        return ReasonCode.PICTURE_IN_PICTURE
    if policy.pause_when_unfocused and not beat.focused:
        return ReasonCode.PAGE_UNFOCUSED
    if policy.pause_on_second_screen and SECOND_SCREEN in beat.hints:
        return ReasonCode.SECOND_SCREEN
    return None


def _player_problem(beat: HeartbeatReceived) -> ReasonCode | None:
    if beat.ended:
        return ReasonCode.LESSON_ENDED
    if beat.stalled:
        return ReasonCode.PLAYER_STALLED
    return None if beat.playing and OTHER_MEDIA not in beat.hints else ReasonCode.PLAYER_PAUSED


def order_pause(turn: Turn, reason: ReasonCode) -> None:
    """Order the player to pause, and remember to order it to play on."""
    turn.state.page.pause_ordered = True
    turn.add(OrderPause(reason=reason))


def order_resume(turn: Turn) -> None:
    """Order a player that we paused to play on, once no hold of ours is left; seek back if it is too far ahead."""
    state = turn.state
    page = state.page
    if state.proofs.hold or page.hold or state.link.hold or state.playback.closing:
        return
    page.pause_ordered = False
    frontier_ms = state.frontier_ms
    ahead = state.playback.beat_playhead_ms > frontier_ms + turn.policy.seek_tolerance_ms
    if ahead and not playback.skips(state, turn.policy):
        turn.add(OrderSeek(to_ms=frontier_ms, reason=ReasonCode.SEEK_FORWARD))
    turn.add(OrderResume())


def _hold_page(turn: Turn, hold: ReasonCode | None) -> None:
    page = turn.state.page
    if hold is not None and page.hold is None:
        credit.note(turn, hold)
        proofs.call_off(turn, hold)
        order_pause(turn, hold)
    page.hold = hold


def _hold_player(turn: Turn, hold: ReasonCode | None) -> None:
    state = turn.state
    page = state.page
    if hold is not None and hold is not page.player_hold:
        credit.note(turn, hold)
        held_back = page.hold is not None or state.proofs.hold is not None or state.playback.closing is not None
        if hold is not ReasonCode.PLAYER_STALLED and not held_back and turn.uses_captures:
            if turn.sampled:
                proofs.interrupt(turn, hold)
            _prove_at_stop(turn, hold)
    page.player_hold = hold


def _prove_at_stop(turn: Turn, hold: ReasonCode) -> None:
    """Ask for a proof now, so that a learner who stops here, perhaps for good, loses nothing."""
    ended = hold is ReasonCode.LESSON_ENDED
    if ended and turn.ends and samples.seen_lately(turn.state, turn.now_ms):
        credit.show(turn)  # the round that was ordered before the end has passed already
    elif turn.state.unproved_ms >= (1 if ended and turn.ends else STOP_PROOF_MS):
        proofs.begin_round(turn)
    if ended and turn.state.pending_ms >= STOP_PROOF_MS and liveness.missing(turn.state, turn.policy):
        challenges.issue(turn, kind=ChallengeKind.LIVENESS, at_end=turn.ends)
