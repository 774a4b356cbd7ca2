"""The state's own small questions."""

from __future__ import annotations

from support.desk import POLICY, started
from zaichang.core.reasons import ReasonCode
from zaichang.session.state import State
from zaichang.session.step import start


def fresh() -> State:
    state, _ = start(started(), POLICY)
    return state


def test_the_most_useful_reason_comes_first() -> None:
    state = fresh()
    order = [
        ("proof_hold", ReasonCode.NO_FACE),
        ("link_hold", ReasonCode.NETWORK_GAP),
        ("page_hold", ReasonCode.PAGE_HIDDEN),
        ("player_hold", ReasonCode.PLAYER_PAUSED),
        ("closing", ReasonCode.SESSION_FINISHED),
    ]
    for name, reason in order:
        setattr(state, name, reason)
    for name, reason in order:
        assert state.suspended is reason
        setattr(state, name, None)
    assert state.suspended is None


def test_the_frontier_is_the_furthest_of_what_was_watched() -> None:
    state = fresh()
    assert state.frontier_ms == 0
    for name, end_ms in (("credited", 10), ("pending_set", 20), ("undecided", 30)):
        setattr(state, name, ((0, end_ms),))
        assert state.frontier_ms == end_ms
    state.credited = ((0, 40),)
    assert state.frontier_ms == 40


def test_taken_is_credited_and_pending_but_not_undecided() -> None:
    state = fresh()
    state.credited, state.pending_set, state.undecided = ((0, 10),), ((10, 15),), ((50, 60),)
    assert state.taken == ((0, 15),)
    assert state.pending_ms == 5


def test_a_copy_is_equal_and_apart() -> None:
    state = fresh()
    twin = state.copy()
    assert twin == state and twin is not state
    twin.seq = 9
    assert state.seq == 0 and twin != state
