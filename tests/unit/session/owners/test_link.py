"""The player's line: one nonce, one chain of heartbeats, one beacon, and silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import NONCE, POLICY
from support.hands import Hands
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.owners import link
from zaichang.session.schedule import heartbeat_nonce

BEACON = "be" * 32


def beat(session: Hands, seq: int, nonce: str = "") -> e.HeartbeatReceived:
    right = heartbeat_nonce(session.info, seq)
    return e.HeartbeatReceived(at_ms=session.now_ms, seq=seq, nonce=nonce or right, playhead_ms=0, playing=True)


def reveal(session: Hands, nonce: str) -> tuple[bool, tuple[Any, ...]]:
    turn = session.turn()
    new = link.reveal(turn, e.NonceRevealed(at_ms=session.now_ms, client_nonce=nonce))
    return new, tuple(turn.out)


def test_the_nonce_that_was_committed_to_is_taken_once() -> None:
    session = Hands(POLICY, revealed=False)
    assert reveal(session, NONCE) == (True, ())
    assert session.state.link.client_nonce == NONCE
    assert reveal(session, NONCE) == (False, ()), "sent again after a lost answer, it changes nothing"


def test_another_nonce_is_refused_and_noted_for_a_reviewer() -> None:
    session = Hands(POLICY, revealed=False)
    assert reveal(session, "33" * 16) == (False, (d.RejectReveal(),))
    assert session.state.link.client_nonce == ""
    assert session.indicated() == {R.NONCE_REJECTED.value: 1}


def test_a_beacon_is_taken_once_and_only_in_its_time() -> None:
    policy = replace(POLICY, beacon_wait_ms=60_000)
    for late_ms, taken in ((0, BEACON), (59_999, BEACON), (60_000, "")):
        session = Hands(policy)
        link.take_beacon(session.turn(), e.BeaconArrived(at_ms=session.info.at_ms + late_ms, beacon=BEACON))
        assert session.state.link.beacon == taken
        link.take_beacon(session.turn(), e.BeaconArrived(at_ms=session.info.at_ms, beacon="aa" * 32))
        assert session.state.link.beacon == (taken or "aa" * 32)


def test_a_heartbeat_that_continues_the_chain_is_accepted() -> None:
    session = Hands(POLICY).wait(4_000)
    link.set_connected(session.turn(), connected=False)
    turn = session.turn()
    assert link.accept(turn, beat(session, 1)) and turn.out == []
    held = session.state.link
    assert (held.seq, held.heard_ms, held.connected) == (1, session.now_ms, True)


@pytest.mark.parametrize(
    ("seq", "nonce", "code"),
    [(2, "", "heartbeat.out_of_order"), (0, "", "heartbeat.replayed"), (1, "00" * 16, "heartbeat.nonce")],
)
def test_any_other_heartbeat_is_refused_with_the_one_that_is_expected(seq: int, nonce: str, code: str) -> None:
    session = Hands(POLICY)
    before = replace_of(session)
    turn = session.turn()
    assert not link.accept(turn, beat(session, seq, nonce))
    assert turn.out == [d.RejectHeartbeat(seq=seq, code=code, expected_seq=1)]
    assert replace_of(session) == before
    assert session.indicated() == {R.HEARTBEAT_REJECTED.value: 1}


def replace_of(session: Hands) -> tuple[object, ...]:
    held = session.state.link
    return held.seq, held.heard_ms, held.connected, held.hold


def test_a_gap_holds_the_session_back_until_it_ends() -> None:
    session = Hands(POLICY)
    assert not link.end_gap(session.turn()), "there is none"
    link.begin_gap(session.turn())
    assert session.state.link.hold is R.NETWORK_GAP
    assert link.end_gap(session.turn()) and session.state.link.hold is None


@pytest.mark.parametrize("connected", [True, False])
def test_the_websocket_is_recorded_as_it_is(connected: bool) -> None:
    session = Hands(POLICY)
    link.set_connected(session.turn(), connected=connected)
    assert session.state.link.connected is connected


def test_the_next_nonce_is_kept_from_the_acknowledgement_on() -> None:
    session = Hands(POLICY)
    assert session.state.link.next_nonce == ""
    assert link.expected_nonce(session.state) == heartbeat_nonce(session.info, 1)
    session.wait(5_000).beat()
    (ack,) = session.of(d.AckHeartbeat)
    assert ack.next_nonce == session.state.link.next_nonce == heartbeat_nonce(session.info, 2)
    assert link.expected_nonce(session.state) == ack.next_nonce
    session.wait(5_000).beat(seq=3)
    assert session.state.link.next_nonce == ack.next_nonce, "a rejected report moves nothing"
