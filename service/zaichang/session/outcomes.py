"""Consequences of a decided proof or challenge: resolve the bracket, hold or release the session, schedule the next.

This is the only place where a proof's outcome meets credit (I6, I10). It writes no part of the state itself.
"""

from __future__ import annotations

from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session import bracket, closing, phase, sampling
from zaichang.session.judgements import passkeys
from zaichang.session.owners import challenges, credit, liveness, page, playback, proofs, samples
from zaichang.session.turn import Turn
from zaichang.session.values import Challenge, Outcome, Phase


def decide(turn: Turn, outcome: Outcome, reason: ReasonCode | None) -> None:
    """Apply a proof that passed, failed, or goes to review."""
    playback.drop_tail(turn)
    decided = proofs.take_decided(turn)
    if decided is not None:
        sampling.decide(turn, decided, outcome, reason)
    elif outcome is Outcome.FAILED:
        bracket.leave_deferred(turn)
        bracket.lose(turn, reason, turn.state.credit.proved)
        _fail(turn, reason or ReasonCode.CAPTURE_MISSED)
    else:
        _pass(turn, outcome, reason)
    _go_on(turn)


def _pass(turn: Turn, outcome: Outcome, reason: ReasonCode | None) -> None:
    state, policy = turn.state, turn.policy
    # (1) A pass that came only when the learner was called uses an excuse, or costs the bracket.
    called = reason if outcome is Outcome.PASSED and state.proofs.hold is None else None
    pardoned = called is not None and proofs.excuse(turn)
    if called is not None and not pardoned:
        # Present only when called, and no excuse is left: the time before stays unproved, but the session goes on.
        bracket.lose(turn, called, state.credit.proved)
        credit.note(turn, called)
        credit.indicate(turn, called)
    # (2) The bracket: proved, and cleared where no challenge is open against it.
    lack = reason if outcome is Outcome.UNDECIDED else None
    bracket.prove(turn, lack or (None if policy.liveness_bracket else state.liveness.lack))
    if called is not None and pardoned and state.proofs.excuses > proofs.CREDITED_EXCUSES:
        credit.leave_proved(turn, called)
    if state.challenges.open is None:
        bracket.clear(turn)
    proofs.ease_doubt(turn)
    # (3) The hold: the first proof may ask for liveness as well, and a failed challenge keeps it.
    if policy.liveness_start and state.playback.phase is Phase.AWAITING_CAPTURE and turn.uses_captures:
        challenges.set_hold(turn, hold=True)
        playback.move(turn, Phase.CHALLENGING)
        challenges.issue(turn, kind=ChallengeKind.LIVENESS)
    elif not state.challenges.hold:
        proofs.set_hold(turn, None)
    # (4) The next round.
    if turn.uses_captures:
        proofs.schedule(turn)


def _fail(turn: Turn, reason: ReasonCode) -> None:
    state = turn.state
    # (1) Count it, unless an earlier failure holds the session already.
    held = state.proofs.hold is not None
    exhausted = proofs.count_failure(turn, held=held)
    if not held:
        credit.indicate(turn, reason)
        credit.note(turn, reason)
    # (2) Hold the session; its strikes may be used up.
    changed = proofs.set_hold(turn, reason)
    if exhausted and state.playback.closing is None:
        playback.exhaust_strikes(turn)
    # (3) The cure: a round soon, but not before a failed challenge is answered.
    if turn.uses_captures and not state.challenges.hold:
        proofs.want_round(turn, turn.now_ms + turn.policy.cure_ms)
    if changed:
        page.order_pause(turn, reason)


def answered(turn: Turn, kind: ChallengeKind, lack: ReasonCode | None) -> None:
    """Apply a correctly answered challenge.

    Args:
        turn: The turn.
        kind: The challenge's kind.
        lack: The missing result, such as a reference to compare with, of a liveness that was done as asked; or None.
    """
    state = turn.state
    if kind == ChallengeKind.LIVENESS and lack is None:
        if liveness.must_repeat(turn):
            challenges.issue(turn, kind=ChallengeKind.LIVENESS)
            return
        if state.liveness.again:
            credit.resolve(turn, Outcome.UNDECIDED, state.liveness.failed_reason, 0, state.credit.held)
    challenges.schedule(turn)
    cured = challenges.set_hold(turn, hold=False)
    missing = passkeys.lack(state, turn.policy)
    if missing is not None and turn.uses_captures:
        credit.leave_proved(turn, missing)
    if kind == ChallengeKind.LIVENESS:
        bracket.cover(turn, lack)
    else:
        bracket.clear(turn)
    if not turn.uses_captures:
        decide(turn, Outcome.PASSED if missing is None else Outcome.UNDECIDED, missing)
        return
    if state.playback.phase is Phase.CHALLENGING and state.proofs.hold is ReasonCode.AWAITING_PROOF:
        proofs.set_hold(turn, None)  # the first proof is complete
    elif cured and state.playback.closing is None:
        proofs.begin_round(turn)
    _go_on(turn)


def fail_challenge(turn: Turn, reason: ReasonCode, *, was_liveness: bool) -> None:
    """Apply a challenge that stayed unanswered or whose attempts are used up: nothing counts until its cure (I6).

    Args:
        turn: The turn.
        reason: Why it failed.
        was_liveness: Whether it asked for liveness: then the time that captures have proved goes to review.
    """
    challenges.set_hold(turn, hold=True)
    if was_liveness and reason not in (ReasonCode.LIVENESS_INTERRUPTED, ReasonCode.CHALLENGE_UNANSWERED):
        liveness.count_failure(turn)
    if was_liveness and reason is ReasonCode.CHALLENGE_UNANSWERED and turn.policy.rules > 6 and turn.uses_captures:
        samples.fail(turn, reason)  # drawn movements found no learner within call: a failed sample (rules 7)
    proofs.want_round(turn, 0)
    bracket.forfeit(turn, reason, was_liveness=was_liveness)
    decide(turn, Outcome.FAILED, reason)


def cut_try(turn: Turn) -> None:
    """End the running liveness try, because the connection was lost and it cannot be finished."""
    challenge = turn.state.challenges.open
    if challenge is not None:
        use_up(turn, challenges.interrupt_try(turn, challenge, lost=True), ReasonCode.LIVENESS_INTERRUPTED)


def use_up(turn: Turn, challenge: Challenge, reason: ReasonCode) -> bool:
    """Fail a challenge whose attempts are used up; return whether they were."""
    if challenge.attempts < challenges.attempts_of(turn, challenge):
        return False
    if challenges.is_liveness(challenge) and liveness.waits(turn, unsure=challenge.unsure):
        _postpone(turn, reason)
        return True
    challenges.fail(turn)
    if challenges.is_liveness(challenge) and liveness.forgive_at_closing(turn):
        return True
    fail_challenge(turn, reason, was_liveness=challenges.is_liveness(challenge))
    return True


def _postpone(turn: Turn, reason: ReasonCode) -> None:
    """Movements were right, and their pictures unsure of the learner: the time waits for the next ones (rules 8).

    Where those are unsure as well, a person decides the time that captures have proved. The lesson goes on.
    """
    challenges.take_away(turn)
    challenges.schedule(turn)
    liveness.schedule(turn)
    bracket.clear(turn)
    if turn.state.liveness.unsure > liveness.UNSURE_MAX:
        bracket.leave_held(turn, reason)
    _go_on(turn)


def _go_on(turn: Turn) -> None:
    if turn.state.playback.closing is not None:
        closing.wind_up(turn)
    else:
        phase.follow_holds(turn)
