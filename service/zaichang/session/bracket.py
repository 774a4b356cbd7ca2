"""How far the played media has been proved: by captures, by challenges, by a liveness challenge.

``credit.pending`` is a list in the order of playing; three marks say how many of its leading stretches

- ``proved``: lie before a capture round that passed (I10);
- ``held``: do so, and no unanswered challenge stands against them (I6);
- ``covered``: were played before a liveness challenge that passed.

Credited is media that is held and covered (without the liveness bracket, held), and delivered where the policy asks for
that. Media that captures have proved and no liveness has covered is never lost: at worst a person decides. The theory
of operation in ``transitions`` shows the marks at work.
"""

from __future__ import annotations

from zaichang.core.reasons import ReasonCode
from zaichang.session.owners import credit, liveness, playback, proofs
from zaichang.session.turn import Turn
from zaichang.session.values import Outcome


def lose(turn: Turn, reason: ReasonCode | None, first: int, end: int | None = None) -> None:
    """Take pending stretches back, with a reason; a stretch that follows must begin within the frontier."""
    credit.resolve(turn, Outcome.FAILED, reason, first, end)
    playback.drop_lead(turn)


def prove(turn: Turn, lack: ReasonCode | None) -> None:
    """A capture round passed, or lacked a result: then a person decides the stretches that it proved."""
    # A bracket needs both its ends: one that a lacking proof opened stays undecided even if this one passed.
    credit.prove(turn, lack or turn.state.proofs.opening_lack)
    proofs.open_bracket(turn, lack)


def clear(turn: Turn) -> None:
    """Credit the proved time, keep it until the next liveness, or send it to a person: no challenge is open."""
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
    """A liveness challenge passed, or lacked a result: then a person decides the held time."""
    liveness.schedule(turn)
    liveness.end_well(turn, lack)
    if lack is None:
        proofs.forget_repeats(turn)
        credit.cover(turn)
    clear(turn)
    if lack is not None:
        credit.resolve(turn, Outcome.UNDECIDED, lack, 0, turn.state.credit.held)


def forfeit(turn: Turn, reason: ReasonCode, *, was_liveness: bool) -> None:
    """A challenge failed: the time that rounds proved while it was open is lost, or undecided after a liveness."""
    parts = turn.state.credit
    if was_liveness:
        credit.resolve(turn, Outcome.UNDECIDED, reason, parts.held, parts.proved)
    else:
        lose(turn, reason, parts.held, parts.proved)
    credit.take_lack(turn)
    liveness.end_badly(turn, reason if was_liveness else None)


def abandon(turn: Turn, *, liveness_open: bool) -> None:
    """The session closes: no proof follows any more.

    Args:
        turn: The turn.
        liveness_open: Whether a liveness challenge waits for its answer.
    """
    parts = turn.state.credit
    lose(turn, ReasonCode.NO_CLOSING_PROOF, parts.proved)
    if not liveness_open:
        lose(turn, ReasonCode.NO_CLOSING_PROOF, parts.held)
    missing = turn.state.liveness.failed_reason or ReasonCode.LIVENESS_MISSING
    credit.resolve(turn, Outcome.UNDECIDED, missing)
    credit.give_up_waiting(turn)
