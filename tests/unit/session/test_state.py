"""The state's own small questions."""

from __future__ import annotations

from dataclasses import fields

from support.desk import POLICY, put, started
from zaichang.core.reasons import ReasonCode
from zaichang.session.state import PARTS, State
from zaichang.session.step import start
from zaichang.session.values import Round


def fresh() -> State:
    state, _ = start(started(), POLICY)
    return state


def test_the_most_useful_reason_comes_first() -> None:
    state = fresh()
    order = [
        (state.proofs, "hold", ReasonCode.NO_FACE),
        (state.link, "hold", ReasonCode.NETWORK_GAP),
        (state.page, "hold", ReasonCode.PAGE_HIDDEN),
        (state.page, "player_hold", ReasonCode.PLAYER_PAUSED),
        (state.playback, "closing", ReasonCode.SESSION_FINISHED),
    ]
    for part, name, reason in order:
        setattr(part, name, reason)
    for part, name, reason in order:
        assert state.suspended is reason
        setattr(part, name, None)
    assert state.suspended is None


def test_the_frontier_is_the_furthest_of_what_was_watched() -> None:
    state = fresh()
    assert state.frontier_ms == 0
    for name, end_ms in (("credited", 10), ("pending_set", 20), ("undecided", 30)):
        setattr(state.credit, name, ((0, end_ms),))
        assert state.frontier_ms == end_ms
    put(state, credit={"credited": ((0, 40),)})
    assert state.frontier_ms == 40


def test_taken_is_credited_and_pending_but_not_undecided() -> None:
    state = fresh()
    put(state, credit={"credited": ((0, 10),), "pending_set": ((10, 15),), "undecided": ((50, 60),)})
    assert state.taken == ((0, 15),)
    assert state.pending_ms == 5


def test_a_copy_is_equal_and_apart() -> None:
    state = fresh()
    for part in PARTS:
        for spec in fields(getattr(state, part)):
            setattr(getattr(state, part), spec.name, object())  # unlike any default: a copy must take it over
    put(state, proofs={"round": Round(number=7, beats=2)})
    twin = state.copy()
    assert twin.proofs.round is not state.proofs.round, "a round is changed in place"
    assert twin == state and twin is not state
    for part in PARTS:
        for spec in fields(getattr(state, part)):
            before = getattr(getattr(state, part), spec.name)
            setattr(getattr(twin, part), spec.name, None)
            assert getattr(getattr(state, part), spec.name) is before, "apart"
    assert twin != state
