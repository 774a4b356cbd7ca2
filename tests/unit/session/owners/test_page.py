"""The learner's page and player: what holds the session back, and the pause that we ordered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import POLICY, changed
from support.hands import Hands
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.owners import link, page
from zaichang.session.policy import Policy
from zaichang.session.turn import Turn

STRICT = replace(
    POLICY, pause_when_hidden=True, pause_when_floating=True, pause_when_unfocused=True, pause_on_second_screen=True
)


def report(**changes: Any) -> e.HeartbeatReceived:
    values: dict[str, Any] = {"at_ms": 0, "seq": 1, "nonce": "n", "playhead_ms": 0, "playing": True, **changes}
    return e.HeartbeatReceived(**values)


@pytest.mark.parametrize(
    ("changes", "rule", "problem"),
    [
        ({"visible": False}, "pause_when_hidden", R.PAGE_HIDDEN),
        ({"hints": (page.FLOATING,)}, "pause_when_floating", R.PICTURE_IN_PICTURE),
        ({"focused": False}, "pause_when_unfocused", R.PAGE_UNFOCUSED),
        ({"hints": (page.SECOND_SCREEN,)}, "pause_on_second_screen", R.SECOND_SCREEN),
    ],
)
def test_each_rule_of_the_policy_holds_for_its_own_report(changes: Any, rule: str, problem: R) -> None:
    assert page.page_problem(report(**changes), STRICT) is problem
    without: dict[str, Any] = {rule: False}
    assert page.page_problem(report(**changes), replace(STRICT, **without)) is None
    assert page.page_problem(report(), STRICT) is None


def running(policy: Policy = STRICT) -> Hands:
    """Return a session that counts, with nothing pending."""
    session = Hands(policy).begin()
    session.log.clear()
    return session


def test_a_hidden_page_pauses_the_player_once_and_a_visible_one_lets_it_go_on() -> None:
    session = running()
    session.wait(1_000).beat(1_000, visible=False)
    session.wait(1_000).beat(1_000, visible=False)
    assert [order.reason for order in session.of(d.OrderPause)] == [R.PAGE_HIDDEN]
    assert session.state.page.hold is R.PAGE_HIDDEN
    session.wait(1_000).beat(1_000)
    if session.state.proofs.round is not None:
        session.round()
    assert session.state.page.hold is None
    assert len(session.of(d.OrderResume)) == 1 and not session.state.page.pause_ordered


def test_a_hint_that_the_page_was_replaced_is_for_a_reviewer_and_window_hints_are_not() -> None:
    session = running(POLICY)
    page.take_report(session.turn(), report(hints=(page.FLOATING, page.SECOND_SCREEN)))
    assert session.indicated() == {}
    page.take_report(session.turn(), report(hints=(page.FLOATING, "other")))
    assert session.indicated() == {R.PAGE_TAMPERED.value: 1}


@pytest.mark.parametrize(
    ("changes", "hold"),
    [
        ({"playing": False, "ended": True}, R.LESSON_ENDED),
        ({"playing": False, "stalled": True}, R.PLAYER_STALLED),
        ({"playing": False}, R.PLAYER_PAUSED),
        ({}, None),
    ],
)
def test_the_players_own_hold_is_the_most_telling_one(changes: Any, hold: R | None) -> None:
    session = running()
    page.take_report(session.turn(), report(**changes))
    assert session.state.page.player_hold is hold


@pytest.mark.parametrize(
    ("changes", "pending_ms", "proved"),
    [
        ({"playing": False}, page.STOP_PROOF_MS, True),
        ({"playing": False}, page.STOP_PROOF_MS - 1_000, False),
        ({"playing": False, "stalled": True}, page.STOP_PROOF_MS, False),
    ],
)
def test_a_stop_proves_what_is_pending_where_it_is_worth_it(changes: Any, pending_ms: int, proved: bool) -> None:
    session = running(replace(POLICY, challenge_kinds=()))
    for at_ms in range(2_000, pending_ms + 1, 2_000):
        session.wait(2_000).beat(at_ms)
    if pending_ms % 2_000:
        session.wait(1_000).beat(pending_ms)
    assert session.state.proofs.round is None, "no drawn proof is due yet"
    assert session.state.unproved_ms == pending_ms
    session.beat(pending_ms, **changes)
    assert (session.state.proofs.round is not None) is proved


def test_a_pause_of_ours_stays_until_nothing_of_ours_holds() -> None:
    session = running()
    turn = session.turn()
    page.order_pause(turn, R.NO_FACE)
    link.begin_gap(turn)
    page.order_resume(turn)
    assert turn.out == [d.OrderPause(reason=R.NO_FACE)] and session.state.page.pause_ordered
    link.end_gap(turn)
    page.order_resume(turn)
    assert turn.out[1:] == [d.OrderResume()] and not session.state.page.pause_ordered


def test_a_player_that_ran_ahead_goes_back_before_it_goes_on() -> None:
    session = running()
    state = session.state
    most_ms = state.frontier_ms + session.policy.seek_tolerance_ms
    for ahead_ms, orders in ((most_ms, 1), (most_ms + 1, 2)):
        turn = Turn(changed(state, playback={"beat_playhead_ms": ahead_ms}), session.policy, session.now_ms)
        page.order_resume(turn)
        assert len(turn.out) == orders and turn.out[-1] == d.OrderResume()
    assert turn.out[0] == d.OrderSeek(to_ms=state.frontier_ms, reason=R.SEEK_FORWARD)


def test_another_film_in_the_player_counts_nothing_and_is_no_sign_of_tampering() -> None:
    session = Hands().begin()
    session.wait(5_000).beat(5_000, hints=("other_media",))
    assert session.state.page.player_hold is R.PLAYER_PAUSED
    session.wait(5_000).beat(10_000, hints=("other_media",))
    assert session.state.playback.phase.value == "SUSPENDED"
    assert "PAGE_TAMPERED" not in session.indicated()
