"""``step``: one event in, the next state and the decisions out. Deterministic; nothing here reads a clock.

Order of work, always the same: (1) refuse what the phase does not accept, (2) let everything overdue happen at its own
time, (3) apply the event, (4) derive the phase from the holds, (5) record the minutes that are now decided.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from zaichang.core.reasons import ReasonCode
from zaichang.session import challenges, credit, delivery, liveness, proofs, rounds, timers
from zaichang.session.credit import Outcome
from zaichang.session.decisions import AckHeartbeat, ChallengeJudged, Decision, RejectHeartbeat, RejectReveal
from zaichang.session.events import (
    BeaconArrived,
    CaptureAssessed,
    CaptureReceived,
    CaptureUnavailable,
    ChallengeAnswered,
    ConnectionLost,
    ConnectionResumed,
    DeadlineReached,
    Event,
    FinishRequested,
    HeartbeatReceived,
    LivenessAssessed,
    LivenessBegun,
    MediaDelivered,
    NonceRevealed,
    SessionStarted,
    Superseded,
)
from zaichang.session.playhead import normalise, total_ms
from zaichang.session.policy import Policy
from zaichang.session.schedule import heartbeat_nonce, opens
from zaichang.session.state import Challenge, Phase, State
from zaichang.session.timers import next_deadline_ms
from zaichang.session.transitions import require_legal

__all__ = ["next_deadline_ms", "start", "step"]

FLOATING: Final = "picture_in_picture"
SECOND_SCREEN: Final = "screen_extended"
_WINDOWS: Final = frozenset({FLOATING, SECOND_SCREEN})
"""Hints of how the learner's windows stand; the others say that something of the page was replaced."""


def start(event: SessionStarted, policy: Policy) -> tuple[State, tuple[Decision, ...]]:
    """Open a session: nothing is drawn before the client reveals its nonce, nothing counts before the first proof."""
    state = State(
        info=event,
        phase=Phase.AWAITING_CAPTURE,
        now_ms=event.at_ms,
        heard_ms=event.at_ms,
        accounted_ms=event.at_ms,
        credited=normalise(event.credited),
    )
    if not rounds.uses_captures(state, policy):
        state.phase = Phase.CHALLENGING
        rounds.indicate(state, ReasonCode.NON_BIOMETRIC)
    return state, ()


def step(state: State, event: Event, policy: Policy) -> tuple[State, tuple[Decision, ...]]:
    """Apply one event.

    Args:
        state: Left as it is.
        event: Dated by the server, not before the last one.
        policy: The one that the session started with.

    Returns:
        The next state, and what the shell must do, in this order.

    Raises:
        IllegalEvent: ``session.closed``, ``session.time_backwards`` or ``session.started_twice``; nothing changed.
    """
    require_legal(state, event)
    state = state.copy()
    out: list[Decision] = []
    timers.advance(state, event.at_ms, policy, out)
    if state.phase is not Phase.CLOSED:
        _apply(state, event, policy, out)
        timers.advance(state, event.at_ms, policy, out)
        credit.record_minutes(state, out)
    return state, tuple(out)


def _apply(state: State, event: Event, policy: Policy, out: list[Decision]) -> None:
    decided: tuple[Outcome, ReasonCode | None] | None = None
    match event:
        case NonceRevealed():
            _revealed(state, event, policy, out)
        case BeaconArrived():
            # Once, and in time: whoever could choose when it comes could choose which draws it changes.
            if not state.beacon and event.at_ms < state.info.at_ms + policy.beacon_wait_ms:
                state.beacon = event.beacon
        case HeartbeatReceived():
            _heartbeat(state, event, policy, out)
        case CaptureReceived():
            rounds.receive(state, event, policy, out)
        case CaptureAssessed():
            decided = rounds.assess(state, event, policy, event.at_ms)
        case CaptureUnavailable():
            decided = rounds.unavailable(state, event, policy, event.at_ms)
        case ChallengeAnswered():
            _answer(state, event, policy, out)
        case LivenessBegun():
            _liveness_begun(state, event, policy, out)
        case LivenessAssessed():
            _liveness_assessed(state, event, policy, out)
        case MediaDelivered():
            delivery.receive(state, event)
        case ConnectionLost():
            state.connected = False
            proofs.cut_try(state, policy, event.at_ms, out)
        case ConnectionResumed():
            _resumed(state, event, policy, out)
        case DeadlineReached():
            pass  # advance has done it all
        case FinishRequested():
            if state.closing is None:
                proofs.finish(state, ReasonCode.SESSION_FINISHED, policy, event.at_ms, out)
        case Superseded():
            credit.note(state, ReasonCode.SUPERSEDED)
            proofs.close(state, ReasonCode.SUPERSEDED, out)
        case SessionStarted():
            raise AssertionError("require_legal refuses a second start")
        case _:
            assert_never(event)
    if decided is not None:
        proofs.decide(state, *decided, policy, event.at_ms, out)


def _revealed(state: State, event: NonceRevealed, policy: Policy, out: list[Decision]) -> None:
    """Fix the schedule and order the first proof; said again after a lost answer, the same nonce changes nothing."""
    if event.client_nonce == state.client_nonce:
        return
    if not opens(event.client_nonce, state.info.client_nonce_c):
        rounds.indicate(state, ReasonCode.NONCE_REJECTED)
        out.append(RejectReveal())
        return
    state.client_nonce = event.client_nonce
    state.proof_hold = ReasonCode.AWAITING_PROOF
    proofs.schedule_challenge(state, policy)
    liveness.schedule(state, policy)
    if rounds.uses_captures(state, policy):
        if state.info.owed and not policy.liveness_start:
            # The last session left a pop-up open: this one begins with it, and credits nothing before its answer.
            moves = state.info.owed == liveness.LIVENESS and liveness.in_use(state, policy)
            challenges.issue(state, policy, event.at_ms, out, kind=liveness.LIVENESS if moves else "")
        rounds.begin_round(state, policy, event.at_ms, out)
    else:
        challenges.issue(state, policy, event.at_ms, out)


def _heartbeat(state: State, beat: HeartbeatReceived, policy: Policy, out: list[Decision]) -> None:
    expected = state.seq + 1
    if beat.seq != expected or beat.nonce != heartbeat_nonce(state.info, expected):
        rounds.indicate(state, ReasonCode.HEARTBEAT_REJECTED)
        credit.note(state, ReasonCode.HEARTBEAT_REJECTED)
        code = "nonce" if beat.seq == expected else ("replayed" if beat.seq < expected else "out_of_order")
        out.append(RejectHeartbeat(seq=beat.seq, code=f"heartbeat.{code}", expected_seq=expected))
        return
    since_ms = state.heard_ms
    state.seq = beat.seq
    state.heard_ms = beat.at_ms
    state.connected = True
    if state.round is not None:
        rounds.heard(state, state.round, policy, beat.at_ms)
    reason, lag_ms = credit.account(state, beat, policy, out)
    if state.tail_to_ms:
        credit.account_tail(state, beat, policy, out)
    state.accounted_ms = beat.at_ms
    state.beat_playhead_ms = beat.playhead_ms - lag_ms
    if state.link_hold is not None:
        state.link_hold = None
        if rounds.uses_captures(state, policy):
            # Whoever comes back proves at once that it is still them; that also closes the bracket before the gap.
            state.round_due_ms = beat.at_ms
        if state.challenge is not None and state.challenge.deadline_ms == 0:
            challenges.resume(state, policy, beat.at_ms, out)
    if beat.hints and not _WINDOWS.issuperset(beat.hints):
        rounds.indicate(state, ReasonCode.PAGE_TAMPERED)
    _hold_page(state, beat, policy, out)
    _hold_player(state, beat, policy, out)
    proofs.settle(state, policy, out)
    if state.phase is Phase.ACTIVE:
        if state.beat_ms == 0:
            reason = reason or credit.enter(state, beat, since_ms, policy, out)
        state.beat_ms = 0 if reason in (ReasonCode.SEEK_FORWARD, ReasonCode.AHEAD_OF_LIVE) else beat.at_ms
    out.append(
        AckHeartbeat(
            seq=beat.seq,
            next_nonce=heartbeat_nonce(state.info, beat.seq + 1),
            counting=state.phase is Phase.ACTIVE and reason is None,
            reason=reason or state.suspended,
            verified_ms=state.session_verified_ms,
            pending_ms=state.pending_ms + total_ms(state.waiting_set),
            frontier_ms=state.frontier_ms,
        )
    )


def _hold_page(state: State, beat: HeartbeatReceived, policy: Policy, out: list[Decision]) -> None:
    hold = None
    if policy.pause_when_hidden and not beat.visible:
        hold = ReasonCode.PAGE_HIDDEN
    elif policy.pause_when_floating and FLOATING in beat.hints:
        hold = ReasonCode.PICTURE_IN_PICTURE
    elif policy.pause_when_unfocused and not beat.focused:
        hold = ReasonCode.PAGE_UNFOCUSED
    elif policy.pause_on_second_screen and SECOND_SCREEN in beat.hints:
        hold = ReasonCode.SECOND_SCREEN
    if hold is not None and state.page_hold is None:
        credit.note(state, hold)
        timers.excuse_round(state, policy)
        proofs.order_pause(state, hold, out)
    state.page_hold = hold


def _hold_player(state: State, beat: HeartbeatReceived, policy: Policy, out: list[Decision]) -> None:
    hold = None
    if beat.ended:
        hold = ReasonCode.LESSON_ENDED
    elif beat.stalled:
        hold = ReasonCode.PLAYER_STALLED
    elif not beat.playing:
        hold = ReasonCode.PLAYER_PAUSED
    if hold is not None and hold is not state.player_hold:
        credit.note(state, hold)
        held_back = state.page_hold is not None or state.proof_hold is not None or state.closing is not None
        if hold is not ReasonCode.PLAYER_STALLED and not held_back and rounds.uses_captures(state, policy):
            _stopped(state, hold, policy, beat.at_ms, out)
    state.player_hold = hold


def _stopped(state: State, hold: ReasonCode, policy: Policy, at_ms: int, out: list[Decision]) -> None:
    """Close the bracket now, so that whoever stops here, for good perhaps, loses nothing."""
    if state.unproved_ms >= proofs.STOP_PROOF_MS:
        rounds.begin_round(state, policy, at_ms, out)
    ended = hold is ReasonCode.LESSON_ENDED and state.pending_ms >= proofs.STOP_PROOF_MS
    if ended and liveness.missing(state, policy):
        challenges.issue(state, policy, at_ms, out, kind=liveness.LIVENESS)


def _answer(state: State, event: ChallengeAnswered, policy: Policy, out: list[Decision]) -> None:
    challenge = state.challenge
    reason = challenges.judge(state, event, policy, out)
    if challenge is None or reason is ReasonCode.CHALLENGE_UNANSWERED:
        return
    if reason is None:
        proofs.answered(state, challenge.kind, None, policy, event.at_ms, out)
        return
    attempts = challenge.attempts + 1
    if not proofs.use_up(state, replace(challenge, attempts=attempts), reason, policy, event.at_ms, out):
        if reason is ReasonCode.CHALLENGE_TOO_FAST:
            state.live_wanted = True
            state.challenge = None
            challenges.issue(state, policy, event.at_ms, out, attempts=attempts, avoid=challenge.kind)


def _liveness_begun(state: State, event: LivenessBegun, policy: Policy, out: list[Decision]) -> None:
    challenge = _asked_to_move(state, event.challenge_id, out)
    if challenge is None or (not event.decline and liveness.pressed_again(challenge, event.at_ms)):
        return
    challenge = liveness.interrupt(state, challenge, lost=False)
    interrupted = ReasonCode.LIVENESS_INTERRUPTED
    if proofs.use_up(state, challenge, interrupted, policy, event.at_ms, out):
        out.append(_judged(challenge, interrupted, closed=True))
    elif event.decline and challenge.kind == liveness.LIGHT:
        state.challenge = None
        challenges.issue(state, policy, event.at_ms, out, attempts=challenge.attempts, kind=liveness.LIVENESS)
    else:
        liveness.begin(state, challenge, policy, event.at_ms, out)


def _liveness_assessed(state: State, event: LivenessAssessed, policy: Policy, out: list[Decision]) -> None:
    challenge = _asked_to_move(state, event.challenge_id, out)
    if challenge is None or not challenge.begun or event.attempt != challenge.tries:
        return  # of a try that was cut short
    reason = liveness.problem(state, event, challenge, policy)
    after = liveness.settle_try(state, challenge, reason, policy, event.at_ms)
    closed = after is None or after.attempts >= policy.challenge_attempts
    out.append(_judged(challenge, reason, closed=closed, accepted=after is None))
    if after is None:
        proofs.answered(state, challenge.kind, reason, policy, event.at_ms, out)
    else:
        proofs.use_up(state, after, reason or ReasonCode.LIVENESS_FAILED, policy, event.at_ms, out)


def _asked_to_move(state: State, challenge_id: str, out: list[Decision]) -> Challenge | None:
    """Return the pop-up if it is outstanding and asks for movements or light; say so where none is outstanding."""
    if state.challenge is None or state.challenge.challenge_id != challenge_id:
        challenges.refuse(challenge_id, out)
        return None
    return state.challenge if state.challenge.kind in liveness.KINDS else None


def _judged(
    challenge: Challenge, reason: ReasonCode | None, *, closed: bool, accepted: bool = False
) -> ChallengeJudged:
    return ChallengeJudged(challenge_id=challenge.challenge_id, accepted=accepted, reason=reason, closed=closed)


def _resumed(state: State, event: ConnectionResumed, policy: Policy, out: list[Decision]) -> None:
    state.connected = True
    proofs.cut_try(state, policy, event.at_ms, out)
    current = state.round
    if current is not None and current.capture_id and not current.received:
        # The order may never have arrived; a fresh deadline costs an excuse, so that it cannot be dodged for ever.
        if proofs.excused(state, policy):
            deadline_ms = event.at_ms + rounds.extended_ms(state, policy.capture_deadline_ms)
            state.round = replace(current, deadline_ms=deadline_ms, beats=0)
        rounds.repeat_order(state, policy, out)
    challenges.resume(state, policy, event.at_ms, out)
    if state.pause_ordered and state.suspended is not None:
        proofs.order_pause(state, state.suspended, out)
