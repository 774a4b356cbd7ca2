"""How far what was played has been proved: by captures, by pop-ups, by a liveness challenge.

``state.pending`` is a list in the order of playing; three marks say how many of its leading stretches

- ``proved``: lie before a capture round that passed (I10);
- ``held``: do so, and no unanswered pop-up stands against them (I6);
- ``covered``: were played before a liveness challenge that passed.

Credited is what is held and covered (without the liveness bracket, what is held), and delivered where the policy asks
for that (``delivery``). What captures have proved and no
liveness has covered is never lost: at worst a person decides.
"""

from __future__ import annotations

from zaichang.core.reasons import ReasonCode
from zaichang.session import credit, delivery, liveness
from zaichang.session.credit import Outcome
from zaichang.session.policy import Policy
from zaichang.session.state import State


def prove(state: State, lack: ReasonCode | None) -> None:
    """A capture round passed, or lacked a result: then what it proved is left to a person."""
    # A bracket needs both its ends: one that a lacking proof opened stays undecided even if this one passed.
    state.proved_lack = state.proved_lack or lack or state.opening_lack
    state.proved = len(state.pending)
    state.opening_lack = lack


def clear(state: State, policy: Policy) -> None:
    """No pop-up stands against what rounds have proved: credit it, hold it for the next liveness, or ask a person."""
    lack, state.proved_lack = state.proved_lack, None
    if lack is not None:
        credit.resolve(state, Outcome.UNDECIDED, lack, first=state.held, end=state.proved)
    state.held = state.proved
    waits = liveness.brackets(state, policy)
    end = min(state.held, state.covered) if waits else state.held
    if policy.delivery_required:
        delivery.hold(state, end, policy)
    else:
        credit.resolve(state, Outcome.PASSED, None, end=end)
    if state.held > 1:
        credit.join_pending(state, state.held)


def cover(state: State, lack: ReasonCode | None, policy: Policy) -> None:
    """A liveness challenge passed, or lacked a result: then what is held is left to a person."""
    liveness.schedule(state, policy)
    state.live_wanted = False
    state.live_lack = lack
    if lack is None:
        state.held_reason = None
        state.repeats = 0
        if state.live_first_ms == 0:
            state.live_first_ms, state.live_first_camera = state.now_ms, state.camera
        state.covered = len(state.pending)
    clear(state, policy)
    if lack is not None:
        credit.resolve(state, Outcome.UNDECIDED, lack, end=state.held)


def forfeit(state: State, reason: ReasonCode, *, alive: bool) -> None:
    """A pop-up failed: what rounds proved while it waited is lost, or a person's where it asked for movements."""
    outcome = Outcome.UNDECIDED if alive else Outcome.FAILED
    credit.resolve(state, outcome, reason, first=state.held, end=state.proved)
    state.proved_lack = None
    state.live_wanted = True
    if alive:
        state.held_reason = reason


def abandon(state: State, *, alive: bool) -> None:
    """The session closes: no proof follows any more. ``alive``: whether a liveness challenge waits for its answer."""
    credit.resolve(state, Outcome.FAILED, ReasonCode.NO_CLOSING_PROOF, first=state.proved)
    missing = state.held_reason or ReasonCode.LIVENESS_MISSING
    if not alive:
        credit.resolve(state, Outcome.FAILED, ReasonCode.NO_CLOSING_PROOF, first=state.held)
    credit.resolve(state, Outcome.UNDECIDED, missing)
    delivery.give_up(state)
