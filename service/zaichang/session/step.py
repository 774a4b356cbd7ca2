"""``step``: one event in, the next state and the decisions out. Deterministic; nothing here reads a clock."""

from __future__ import annotations

from typing import assert_never

from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session import answers, closing, outcomes, phase, timers
from zaichang.session.decisions import AckHeartbeat, Decision
from zaichang.session.events import (
    BeaconArrived,
    CaptureAssessed,
    CaptureReceived,
    CaptureTaken,
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
    PasskeyAnswered,
    PasskeyDeclined,
    SessionStarted,
    Superseded,
)
from zaichang.session.owners import challenges, credit, link, liveness, page, playback, proofs, samples
from zaichang.session.parts import Challenges, Credit, Link, Liveness, Page, Playback, Proofs
from zaichang.session.playhead import normalise
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.session.timers import next_deadline_ms
from zaichang.session.transitions import require_legal
from zaichang.session.turn import Turn
from zaichang.session.values import ACTIVE, CLOSED, Decided, Phase

__all__ = ["next_deadline_ms", "start", "step"]


def start(event: SessionStarted, policy: Policy) -> tuple[State, tuple[Decision, ...]]:
    """Open a session. Nothing is drawn before the client's nonce is revealed; nothing counts before the first proof."""
    state = State(
        info=event,
        link=Link(heard_ms=event.at_ms),
        playback=Playback(
            reached_ms=event.at_ms,
            accounted_ms=event.at_ms,
            moved_ms=event.at_ms,
            paced_ms=policy.gap_ms,
            unlinked_ms=policy.unlinked_ms,
        ),
        credit=Credit(credited=normalise(event.credited)),
        proofs=Proofs(),
        challenges=Challenges(passkey_first=event.passkeys is not None),
        liveness=Liveness(failed=event.leniency.liveness_failed if event.leniency is not None else 0),
        samples=samples.begun(policy, event.leniency),
        page=Page(),
    )
    turn = Turn(state, policy, event.at_ms)
    if not turn.uses_captures:
        playback.move(turn, Phase.CHALLENGING)
        credit.indicate(turn, ReasonCode.NON_BIOMETRIC)
    return state, ()


def step(state: State, event: Event, policy: Policy) -> tuple[State, tuple[Decision, ...]]:
    """Apply one event.

    Args:
        state: Not changed.
        event: Dated by the server, not before the last one.
        policy: The one that the session started with.

    Returns:
        The next state, and the decisions for the shell to carry out in this order.

    Raises:
        IllegalEvent: ``session.closed``, ``session.time_backwards`` or ``session.started_twice``; nothing changed.
    """
    # (1) Refuse an event that the phase does not accept.
    require_legal(state, event)
    turn = Turn(state.copy(), policy, event.at_ms)
    if isinstance(event, ConnectionLost) and event.down_ms:
        link.excuse_downtime(turn, event.down_ms)
    # (2) Let everything overdue happen at its own time.
    timers.advance(turn)
    if turn.state.playback.phase is not CLOSED and not isinstance(event, DeadlineReached):
        # (3) Apply the event; the phase follows the holds that it changes.
        decided = _apply(turn, event)
        if decided is not None:
            outcomes.decide(turn, *decided)
        # (4) Let everything happen that is due at once because of it.
        timers.settle(turn)
        # (5) Record the minutes that are now decided.
        credit.record_minutes(turn)
    return turn.state, tuple(turn.out)


def _apply(turn: Turn, event: Event) -> Decided | None:
    """Apply an event; return the outcome of the proof that it decided, if it did."""
    match event:
        case HeartbeatReceived():
            _heartbeat(turn, event)
        case CaptureTaken():
            proofs.take(turn, event)
        case CaptureReceived():
            proofs.receive(turn, event)
        case CaptureAssessed():
            return proofs.assess(turn, event)
        case CaptureUnavailable():
            return proofs.refuse_capture(turn, event)
        case ChallengeAnswered() | PasskeyAnswered():
            answers.answer(turn, event)
        case PasskeyDeclined():
            answers.decline_passkey(turn, event)
        case LivenessBegun():
            answers.begin_try(turn, event)
        case LivenessAssessed():
            answers.end_try(turn, event)
        case MediaDelivered():
            credit.deliver(turn, event)
        case NonceRevealed():
            _reveal(turn, event)
        case BeaconArrived():
            link.take_beacon(turn, event)
        case ConnectionLost():
            if turn.sampled:
                proofs.interrupt(turn, ReasonCode.NETWORK_GAP)
            link.set_connected(turn, connected=False)
            outcomes.cut_try(turn)
        case ConnectionResumed():
            _resume(turn)
        case FinishRequested():
            if turn.state.playback.closing is None:
                closing.finish(turn, ReasonCode.SESSION_FINISHED)
        case Superseded():
            if turn.sampled and turn.policy.rules > 7:
                proofs.interrupt(turn, ReasonCode.SUPERSEDED, waits=False)  # else opening anew avoids a missed sample
            credit.note(turn, ReasonCode.SUPERSEDED)
            closing.close(turn, ReasonCode.SUPERSEDED)
        case SessionStarted() | DeadlineReached():
            raise AssertionError("require_legal refuses a second start, and advance does all that a timer asks for")
        case _:
            assert_never(event)
    return None


def _reveal(turn: Turn, event: NonceRevealed) -> None:
    """Record the client's nonce, which fixes the schedule, and order the first proof."""
    if not link.reveal(turn, event):
        return
    state, policy = turn.state, turn.policy
    # (1) The schedule.
    proofs.set_hold(turn, ReasonCode.AWAITING_PROOF)
    challenges.schedule(turn)
    liveness.schedule(turn)
    if turn.sampled:
        samples.schedule(turn)
    # (2) The first proof.
    if not turn.uses_captures:
        challenges.issue(turn)
        return
    if state.info.owed and not policy.liveness_start:
        # The last session left a challenge open: this one begins with it, and credits nothing before its answer.
        moves = state.info.owed == ChallengeKind.LIVENESS and liveness.in_use(state, policy)
        challenges.issue(turn, kind=ChallengeKind.LIVENESS if moves else None)
    proofs.begin_round(turn)


def _heartbeat(turn: Turn, beat: HeartbeatReceived) -> None:
    """Account for the playing that a heartbeat reports, follow its page and player, and acknowledge it."""
    state = turn.state
    since_ms = state.link.heard_ms
    # (1) The chain of heartbeats (I4).
    if not link.accept(turn, beat):
        return
    if turn.pledged:
        samples.pledge(turn, beat)
    # (2) The playing since the last one (I1).
    if state.proofs.round is not None:
        proofs.count_beat(turn)
    away_ms = link.take_away_ms(turn) if turn.drawn else 0
    reason, lag_ms = playback.account(turn, beat, away_ms)
    if state.playback.tail_to_ms:
        playback.account_tail(turn, beat)
    playback.report(turn, beat, lag_ms)
    # (3) The end of a gap: a learner who comes back proves at once who it is; that also closes the bracket before it.
    if link.end_gap(turn):
        if turn.uses_captures:
            proofs.want_round(turn, beat.at_ms)
        if state.challenges.open is not None and state.challenges.open.deadline_ms == 0:
            challenges.resume(turn)
    # (4) Page and player, and the phase that results.
    page.take_report(turn, beat)
    phase.follow_holds(turn)
    # (5) The next heartbeat's progress counts from here, where time counts.
    active = state.playback.phase is ACTIVE
    if active:
        if state.playback.beat_ms == 0:
            reason = reason or playback.enter(turn, beat, since_ms)
        playback.count_from(turn, beat, reason)
        if turn.drawn:
            samples.look(turn, beat.playhead_ms)
        if turn.ends:
            closing.prepare(turn, beat)
    turn.add(
        AckHeartbeat(
            seq=beat.seq,
            next_nonce=link.issue_nonce(turn),
            counting=active and reason is None,
            reason=reason if active else reason or state.suspended,
            verified_ms=state.credit.verified_ms,
            pending_ms=state.pending_ms + state.credit.waiting_ms,
            frontier_ms=state.frontier_ms,
        )
    )


def _resume(turn: Turn) -> None:
    """Repeat the open orders to a player that is back."""
    if turn.sampled and turn.state.link.connected:
        proofs.interrupt(turn, ReasonCode.NETWORK_GAP)  # another connection took over from an open one
    if turn.pledged:
        samples.forget_pledged(turn)
    link.set_connected(turn, connected=True)
    outcomes.cut_try(turn)
    proofs.resume(turn)
    challenges.resume(turn)
    if turn.state.page.pause_ordered and turn.state.suspended is not None:
        page.order_pause(turn, turn.state.suspended)
