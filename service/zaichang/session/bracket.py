"""The bracket: how far captures, challenges and liveness challenges have proved the played media.

``credit.pending`` is a list in the order of playing. Three marks count its leading stretches:

- ``proved``: a capture round passed after them (I10);
- ``held``: they are proved, and no unanswered challenge stands against them (I6);
- ``covered``: they were played before a liveness challenge that passed.

Media is credited when it is held and covered (without the liveness bracket: held), and delivered where the policy
requires a delivery log. Media that captures have proved and no liveness has covered is never lost; at worst it goes
to review. The theory of operation in ``transitions`` explains the marks.
"""

from __future__ import annotations

from zaichang.core.reasons import ReasonCode
from zaichang.session.judgements import captures
from zaichang.session.owners import credit, liveness, playback, proofs, samples
from zaichang.session.turn import Turn
from zaichang.session.values import Outcome, Round


def lose(turn: Turn, reason: ReasonCode | None, first: int, end: int | None = None) -> None:
    """Take pending stretches back, with a reason. The stretch that follows must begin within the frontier."""
    credit.resolve(turn, Outcome.FAILED, reason, first, end)
    playback.drop_lead(turn)


def lose_since_sample(turn: Turn, reason: ReasonCode) -> None:
    """A drawn round failed: take back what was played since the last one that passed, be it proved or waiting."""
    lose(turn, reason, max(turn.state.credit.proved, turn.state.credit.deferred))


def leave_unseen(turn: Turn, current: Round) -> None:
    """A drawn round that passed saw no learner at first, and for long: the media played until then goes to review."""
    now_ms, found_ms = turn.state.samples.staked_ms, current.found_staked_ms
    if turn.policy.rules > 5 and current.unseen and found_ms - current.staked_ms > turn.policy.unseen_max_ms:
        parts = turn.state.credit
        first = max(parts.proved, parts.deferred)
        reason = captures.why_missed(current)
        credit.leave_between(turn, now_ms - current.staked_ms, now_ms - found_ms, reason, first)


def leave_deferred(turn: Turn) -> None:
    """Send the media to review that drawn rounds proved, and that waits for missed samples to be made up for."""
    parts = turn.state.credit
    if parts.deferred > parts.proved:
        reason = turn.state.samples.telling or ReasonCode.CAPTURE_MISSED
        credit.resolve(turn, Outcome.UNDECIDED, reason, parts.proved, parts.deferred)


def leave_held(turn: Turn, reason: ReasonCode) -> None:
    """Send the media to review that captures have proved, and that waits for movements."""
    credit.resolve(turn, Outcome.UNDECIDED, reason, 0, turn.state.credit.held)


def prove(turn: Turn, lack: ReasonCode | None) -> None:
    """Mark pending time as proved by a capture round. If the round lacked a result, that time goes to review."""
    # A bracket that began with a lacking proof stays undecided even if its end passes: both ends must hold.
    credit.prove(turn, lack or turn.state.proofs.opening_lack)
    proofs.open_bracket(turn, lack)


def clear(turn: Turn) -> None:
    """Decide the proved time when no challenge is open: credit it, keep it for the next liveness, or open a review."""
    parts = turn.state.credit
    lack = credit.take_lack(turn)
    if lack is not None:
        credit.resolve(turn, Outcome.UNDECIDED, lack, parts.held, parts.proved)
    credit.hold_proved(turn)
    end = min(parts.held, parts.covered) if liveness.brackets(turn.state, turn.policy) else parts.held
    if turn.policy.delivery_required:
        credit.await_delivery(turn, end)
    else:
        credit.resolve(turn, Outcome.PASSED, None, 0, end)
    credit.join_held(turn)


def cover(turn: Turn, lack: ReasonCode | None) -> None:
    """Mark pending time as covered by a liveness challenge. If that lacked a result, the held time goes to review."""
    liveness.schedule(turn)
    liveness.end_well(turn, lack)
    copied = samples.failed(turn.state, turn.policy) if turn.policy.rules > 7 else None
    if copied is ReasonCode.DUPLICATE_FRAME:  # a recording's: no movements credit its time
        credit.leave_proved(turn, copied)
        leave_held(turn, copied)
    if lack is None:
        proofs.forget_repeats(turn)
        credit.cover(turn)
    clear(turn)
    if lack is not None:
        credit.resolve(turn, Outcome.UNDECIDED, lack, 0, turn.state.credit.held)


def forfeit(turn: Turn, reason: ReasonCode, *, was_liveness: bool) -> None:
    """Forfeit the time proved while the failed challenge was open; after a liveness challenge it goes to review."""
    parts = turn.state.credit
    if was_liveness:
        credit.resolve(turn, Outcome.UNDECIDED, reason, parts.held, parts.proved)
    else:
        lose(turn, reason, parts.held, parts.proved)
    credit.take_lack(turn)
    liveness.end_badly(turn, reason if was_liveness else None)


def close_shown(turn: Turn, lack: ReasonCode | None) -> None:
    """The round that closes a session passed: it was not drawn, so it proves one greatest gap at most (I11)."""
    parts = turn.state.credit
    leave_deferred(turn)
    _cover_tail(turn)
    credit.show(turn)
    if _prove_shown(turn):
        credit.resolve(turn, Outcome.UNDECIDED, ReasonCode.AWAITING_PROOF, parts.proved)
    lack = lack or turn.state.proofs.opening_lack
    if lack is not None:
        credit.leave_proved(turn, lack)
    if turn.state.challenges.open is None:
        clear(turn)


def _grant_shown(turn: Turn) -> None:
    """The session ends without a closing round: media before an earlier undrawn round is granted likewise."""
    parts, policy = turn.state.credit, turn.policy
    if parts.shown <= parts.proved:
        return
    if _prove_shown(turn):
        credit.resolve(turn, Outcome.UNDECIDED, ReasonCode.AWAITING_PROOF, parts.proved, parts.shown)
    lack = samples.doubted(turn.state, policy) or turn.state.proofs.opening_lack
    if lack is not None:
        credit.leave_proved(turn, lack)
    if turn.state.challenges.open is None and not turn.state.challenges.hold:
        clear(turn)


def _prove_shown(turn: Turn) -> bool:
    """Prove what was played before an undrawn round, one greatest gap at most; return whether there was any more.

    The learner chooses when a session stops before the lesson's end, and each new one brings as much. What it grants so
    weighs among the missed samples (rules 8).
    """
    state, policy = turn.state, turn.policy
    before_ms = state.unproved_ms
    more = credit.prove_shown(turn, policy.capture_max_gap_ms)
    ends = state.frontier_ms + policy.seek_tolerance_ms >= state.info.lesson.duration_ms
    if policy.rules > 7 and not ends:
        samples.charge(turn, before_ms - state.unproved_ms)
    return more


def _cover_tail(turn: Turn) -> None:
    """The session ends soon after movements that passed: they cover the media since then too (rules 5)."""
    if liveness.brackets(turn.state, turn.policy) and liveness.tails(turn.state, turn.policy):
        credit.cover(turn)
        if turn.state.challenges.open is None and not turn.state.challenges.hold:
            clear(turn)


def abandon(turn: Turn, *, liveness_open: bool) -> None:
    """Decide the remaining pending time of a closing session: no further proof will come.

    Args:
        turn: The turn.
        liveness_open: Whether a liveness challenge still waits for its answer.
    """
    parts = turn.state.credit
    if turn.sampled:
        leave_deferred(turn)
        _cover_tail(turn)
        _grant_shown(turn)
    lose(turn, ReasonCode.NO_CLOSING_PROOF, parts.proved)
    if not liveness_open:
        lose(turn, ReasonCode.NO_CLOSING_PROOF, parts.held)
    lack = credit.take_lack(turn) if turn.policy.rules > 7 else None
    if lack is not None:  # else later movements would grant what only a person may
        credit.resolve(turn, Outcome.UNDECIDED, lack, parts.held, parts.proved)
    missing = turn.state.liveness.failed_reason or ReasonCode.LIVENESS_MISSING
    credit.resolve(turn, Outcome.UNDECIDED, missing)
    credit.give_up_waiting(turn)
