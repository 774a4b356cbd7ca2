"""The end of a session: its closing proofs, and the record that closes it."""

from __future__ import annotations

from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session import bracket, phase
from zaichang.session.decisions import Final, RecordFinal
from zaichang.session.events import HeartbeatReceived
from zaichang.session.owners import challenges, credit, liveness, page, playback, proofs, samples
from zaichang.session.playhead import difference, subtract, total_ms
from zaichang.session.state import State
from zaichang.session.turn import Turn
from zaichang.session.values import Phase


def prepare(turn: Turn, beat: HeartbeatReceived) -> None:
    """Order the captures that close the lesson a little before its end: many learners leave the moment it comes."""
    state, policy = turn.state, turn.policy
    challenges.keep(turn)
    left_ms = state.info.lesson.duration_ms - beat.playhead_ms
    if left_ms > policy.heartbeat_ms + policy.end_lead_ms or not policy.end_lead_ms or left_ms <= 0:
        return
    if state.proofs.round is not None or samples.seen_lately(state, turn.now_ms + left_ms):
        return
    if state.unproved_ms or subtract((beat.playhead_ms, beat.playhead_ms + left_ms), state.taken):
        proofs.want_round(turn, turn.now_ms + max(0, left_ms - policy.end_lead_ms))


def give_up_challenge(turn: Turn) -> bool:
    """Take away the open challenge whose time is up, if only the lesson's end asked for it; return whether it was so.

    It is no failure: the next movements, in this session or the learner's next one, cover the media before it.
    """
    challenge = turn.state.challenges.open
    if challenge is None or not challenge.at_end:
        return False
    challenges.take_away(turn)
    bracket.clear(turn)
    if turn.state.playback.closing is not None:
        wind_up(turn)
    return True


def finish(turn: Turn, reason: ReasonCode) -> None:
    """End the session: at once if nothing is pending, otherwise after its closing proofs."""
    state = turn.state
    playback.begin_closing(turn, reason)
    if state.link.hold is not None or not (state.credit.pending or _unheard(state)):
        close(turn, reason)
        return
    page.order_pause(turn, reason)
    current = state.proofs.round
    if turn.sampled and current is not None and not current.drawn:
        proofs.stop(turn)  # a learner who left at a pause and is back for the end is seen anew
    open_challenge = state.challenges.open
    if challenges.is_liveness(open_challenge) and challenges.is_due(open_challenge):
        liveness.ask_at_closing(turn)
    wind_up(turn)


def wind_up(turn: Turn) -> None:
    """Order the proofs that a closing session still needs: liveness, then captures. Close it when none is left.

    It also waits for an open challenge, because the pending time depends on the answer.
    """
    state, policy = turn.state, turn.policy
    # (1) A liveness, once.
    asked = challenges.is_due(state.challenges.open)
    if not asked and not state.liveness.closing_asked and liveness.missing(state, policy):
        liveness.ask_at_closing(turn)
        challenges.take_away(turn)
        challenges.issue(turn, kind=ChallengeKind.LIVENESS, at_end=turn.ends)
        asked = True
    # (2) Captures, or on the route without them a challenge; not beside a liveness that waits for its answer.
    unproved = state.credit.proved < len(state.credit.pending) or _unheard(state)
    moving = asked and challenges.is_liveness(state.challenges.open)
    if unproved and state.proofs.hold is None and not moving:
        if turn.uses_captures:
            proofs.begin_round(turn)
        else:
            challenges.issue(turn)
    # (3) The end, where neither a round nor an answer can change anything any more.
    proving = unproved and state.proofs.round is not None
    coming = turn.drawn and state.challenges.open is None and state.challenges.due_ms > 0
    answering = bool(state.credit.pending) and (challenges.is_due(state.challenges.open) or coming)
    if proving or answering:
        phase.follow_holds(turn)
    else:
        close(turn, state.playback.closing or ReasonCode.SESSION_FINISHED)


def close(turn: Turn, reason: ReasonCode) -> None:
    """Close now. Time that no proof closed is not credited; everything before it stays."""
    state = turn.state
    now_ms = state.playback.reached_ms
    # (1) Decide all that is pending, and record the minutes.
    bracket.abandon(turn, liveness_open=challenges.is_liveness(state.challenges.open))
    credit.end_minute(turn, now_ms)
    playback.account_to_now(turn)
    credit.record_minutes(turn)
    # (2) Leave nothing open; remember the challenge that was.
    challenges.owe(turn, _owed(state))
    challenges.take_away(turn)
    proofs.stop(turn)
    playback.close(turn, reason)
    # (3) Record the end.
    turn.add(
        RecordFinal(
            final=Final(
                at_ms=now_ms,
                reason=reason,
                minutes=state.credit.minutes_recorded,
                verified_ms=state.credit.verified_ms,
                undecided_ms=total_ms(difference(state.credit.undecided, state.credit.credited)),
                indicators=state.credit.indicators,
                client_nonce=state.link.client_nonce,
                beacon=state.link.beacon,
            )
        )
    )


def _unheard(state: State) -> bool:
    """Return whether the time limit cut off the report of the next heartbeat. A learner who finishes has reported."""
    return state.playback.closing is ReasonCode.SESSION_TIME_LIMIT and state.playback.tail_to_ms > 0


def _owed(state: State) -> ChallengeKind | None:
    """Return the kind of challenge that a closing session leaves open; the learner's next session begins with it."""
    if state.challenges.open is not None and not state.challenges.open.at_end:
        return state.challenges.open.kind
    if state.challenges.hold:
        return ChallengeKind.LIVENESS  # it failed, so its successor is still owed
    # A challenge owed from an earlier session stays owed if the learner left before the first proof.
    before = state.playback.phase in (Phase.AWAITING_CAPTURE, Phase.CHALLENGING)
    return state.info.owed if before else None
