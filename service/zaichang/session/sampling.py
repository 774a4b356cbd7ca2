"""What a decided capture round does where only drawn moments prove (rules 2, I11 to I14).

A *drawn* round is a sample: passed, it proves the pending time; missed, called or failed, it is counted (``samples``).
A round that the client brought about (a pause, a return, the end, a cure) says who is there now: it lifts a hold and
lets time go on, and the media played before it waits for the next drawn one.
"""

from __future__ import annotations

from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session import bracket
from zaichang.session.judgements import captures
from zaichang.session.owners import challenges, credit, page, playback, proofs, samples
from zaichang.session.turn import Turn
from zaichang.session.values import Outcome, Phase, Round

STOPPED = frozenset({ReasonCode.PLAYER_PAUSED, ReasonCode.LESSON_ENDED})
"""A learner who stopped the player may leave."""


def decide(turn: Turn, current: Round, outcome: Outcome, reason: ReasonCode | None) -> None:
    """Act on a round that passed, failed, or lacked a result."""
    lack = reason if outcome is Outcome.UNDECIDED else None
    if current.drawn:
        if outcome is Outcome.FAILED:
            _fail_sample(turn, reason or ReasonCode.CAPTURE_MISSED)
        else:
            _take_sample(turn, current, lack)
            _lift(turn)
        samples.count(turn)
        gap_ms = current.staked_ms + turn.policy.capture_min_gap_ms - turn.state.samples.staked_ms
        samples.schedule(turn, gap_ms)
    elif outcome is Outcome.FAILED:
        if _admits(turn, current):
            _lift(turn)
        else:
            _find_nobody(turn, reason or ReasonCode.CAPTURE_MISSED)
    else:
        _find_somebody(turn, current, lack)
        _lift(turn)


def _take_sample(turn: Turn, current: Round, lack: ReasonCode | None) -> None:
    """A drawn round passed, or lacked a result: the pending time is proved, goes to review, or is lost."""
    state, policy = turn.state, turn.policy
    # (1) What it says of the time around it.
    called = samples.take_cut(turn) or captures.called(current, policy)
    if called is None and lack is None:
        samples.see(turn)
    doubt: ReasonCode | None = None
    missed = captures.missed(current, policy)
    for _ in range(missed):
        samples.miss(turn, captures.why_missed(current))
    if called is not None and lack is None:
        doubt = _call(turn, called)
    elif current.shown and current.unseen:
        samples.doubt(turn, captures.why_missed(current), current)
    elif not missed and lack is None:
        samples.clear(turn)
    doubt = doubt or samples.failed(state, policy)
    # (2) What was played while no learner was seen; then the bracket, which waits while too many samples were missed,
    # and else stands as the challenges let it.
    bracket.leave_unseen(turn, current)
    if doubt is None and lack is None and samples.owing(state, policy):
        credit.defer(turn)
        return
    bracket.prove(turn, lack or (None if policy.liveness_bracket else state.liveness.lack))
    if doubt is not None:
        credit.leave_proved(turn, doubt)
    if state.challenges.open is None:
        bracket.clear(turn)


def _call(turn: Turn, called: ReasonCode) -> ReasonCode | None:
    """Count a bracket for which the learner came only when called; return why a person decides it, if one does."""
    policy = turn.policy
    calls = samples.call(turn, called)
    if calls <= policy.called_max:
        return None
    credit.note(turn, called)
    credit.indicate(turn, called)
    if calls > policy.called_max + policy.excuses and not turn.pledged:
        bracket.lose_since_sample(turn, called)
    return called


def _fail_sample(turn: Turn, reason: ReasonCode) -> None:
    """A drawn round failed: the bracket is lost, and the session waits until the learner is there."""
    samples.take_cut(turn)
    samples.fail(turn, reason)
    bracket.lose_since_sample(turn, reason)
    held = turn.state.proofs.hold is not None
    exhausted = proofs.count_failure(turn, held=held)
    if exhausted and turn.state.playback.closing is None:
        playback.exhaust_strikes(turn)
    if not held:
        credit.indicate(turn, reason)
    _hold(turn, reason)


def _admits(turn: Turn, current: Round) -> bool:
    """Return whether a learner whom attack detection alone refuses at the door is let in now: all goes to review."""
    opening = turn.state.playback.phase is Phase.AWAITING_CAPTURE
    if not opening or current.known < turn.policy.round_passes or not samples.refuse_opening(turn):
        return False
    credit.indicate(turn, ReasonCode.PAD_ATTACK)
    return True


def _find_nobody(turn: Turn, reason: ReasonCode) -> None:
    """A round that was not drawn failed: it costs nothing, and a session that is playing waits for its learner."""
    state = turn.state
    if state.playback.closing is not None:
        proofs.set_hold(turn, reason)  # no further round: the session closes
    elif state.proofs.hold is not None or state.page.player_hold not in STOPPED:
        _hold(turn, reason)


def _hold(turn: Turn, reason: ReasonCode) -> None:
    state = turn.state
    if state.proofs.hold is None:
        credit.note(turn, reason)
    changed = proofs.set_hold(turn, reason)
    if not state.challenges.hold:
        proofs.want_round(turn, turn.now_ms + turn.policy.cure_ms)
    if changed:
        page.order_pause(turn, reason)


def _find_somebody(turn: Turn, current: Round, lack: ReasonCode | None) -> None:
    """A round that was not drawn passed, or lacked a result: earlier media waits for the next drawn one."""
    state, policy = turn.state, turn.policy
    called = captures.called(current, policy)
    if called is None and lack is None:
        samples.see(turn)
    if state.playback.closing is not None:
        bracket.close_shown(turn, lack or called or samples.doubted(state, policy))
    elif lack is None and called is None:
        credit.show(turn)
    if state.proofs.hold is not None:
        proofs.open_bracket(turn, lack)


def _lift(turn: Turn) -> None:
    """The learner is there: the first proof may ask for liveness as well, and a failed challenge keeps the hold."""
    state, policy = turn.state, turn.policy
    proofs.ease_doubt(turn)
    if policy.liveness_start and state.playback.phase is Phase.AWAITING_CAPTURE:
        challenges.set_hold(turn, hold=True)
        playback.move(turn, Phase.CHALLENGING)
        challenges.issue(turn, kind=ChallengeKind.LIVENESS)
    elif not state.challenges.hold:
        proofs.set_hold(turn, None)
