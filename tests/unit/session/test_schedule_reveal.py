"""Commit and reveal: nothing is drawn, asked for or credited before the client has opened its nonce."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import NONCE, POLICY, T0_MS, started
from support.hands import Hands
from zaichang.core.errors import IllegalEvent
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.replay import replay
from zaichang.session.schedule import draw
from zaichang.session.step import step
from zaichang.session.values import Phase


def waiting(policy: Policy = POLICY, **info: Any) -> Hands:
    return Hands(policy, revealed=False, **info)


def reveal(session: Hands, nonce: str = NONCE) -> tuple[d.Decision, ...]:
    return session.do(e.NonceRevealed, client_nonce=nonce)


def test_before_the_reveal_reports_are_heard_and_say_what_is_missing() -> None:
    session = waiting()
    assert session.log == []
    for number in range(30):
        (ack,) = session.wait(5_000).beat(number * 5_000)
        assert isinstance(ack, d.AckHeartbeat)
        assert (ack.counting, ack.reason, ack.pending_ms) == (False, R.AWAITING_NONCE, 0)
    assert (session.state.proofs.round, session.state.challenges.open, session.state.playback.active_ms) == (
        None,
        None,
        0,
    )


@pytest.mark.parametrize("route", ["face", "challenge"])
def test_a_client_that_never_reveals_is_asked_for_nothing_and_earns_nothing(route: str) -> None:
    session = waiting(replace(POLICY, liveness_start=True, liveness_bracket=True), route=route)
    session.wait(POLICY.gap_ms + 5_000).tick()
    assert session.state.link.hold is R.NETWORK_GAP
    session.beat(0)  # who comes back proves at once that it is still them; not so before the reveal
    session.do(e.ConnectionLost)
    session.do(e.ConnectionResumed)
    for number in range(10):
        session.wait(5_000).beat(number * 5_000)
        session.tick()
    session.do(e.LivenessBegun, challenge_id="q0")
    session.do(e.ChallengeAnswered, challenge_id="q0", answer="")
    session.do(e.FinishRequested)
    assert session.state.playback.phase is Phase.CLOSED
    assert not (session.of(d.OrderCapture) or session.of(d.OrderChallenge) or session.of(d.OrderResume))
    assert (session.final().verified_ms, session.final().minutes, session.final().client_nonce) == (0, 0, "")


def test_a_session_that_waits_is_given_up_in_time() -> None:
    session = waiting()
    session.tick(POLICY.abandon_ms)
    assert session.final().reason is R.SESSION_ABANDONED


def test_the_reveal_fixes_the_schedule_and_orders_the_first_proof() -> None:
    session = waiting()
    session.wait(7_000).beat(0)
    (order,) = reveal(session)
    assert isinstance(order, d.OrderCapture)
    assert order.nonce == draw(session.state.lots, "capture", 0)[:16].hex()
    assert order.deadline_ms == session.now_ms + POLICY.capture_deadline_ms
    assert (session.state.link.client_nonce, session.state.lots.client_nonce) == (NONCE, NONCE)
    assert session.state.proofs.hold is R.AWAITING_PROOF
    assert session.state.challenges.next_active_ms > 0 and session.state.liveness.due_active_ms > 0
    session.begin().play(20_000)
    session.do(e.FinishRequested)
    session.round()
    assert session.final().verified_ms == 20_000
    assert session.final().client_nonce == NONCE


def test_without_face_recognition_the_reveal_brings_the_first_challenge() -> None:
    session = waiting(route="challenge")
    assert session.state.playback.phase is Phase.CHALLENGING and session.indicated() == {"NON_BIOMETRIC": 1}
    assert session.tick(60_000) == ()
    (order,) = reveal(session)
    assert isinstance(order, d.OrderChallenge)
    session.answer()
    assert session.state.proofs.hold is None


@pytest.mark.parametrize("nonce", ["23" * 16, "22" * 17, "", "22"])
def test_another_nonce_is_refused_and_indicated_and_the_right_one_still_opens(nonce: str) -> None:
    session = waiting()
    out = reveal(session, nonce)
    assert out == (() if not nonce else (d.RejectReveal(),))
    assert session.indicated() == ({} if not nonce else {"NONCE_REJECTED": 1})
    assert session.state.link.client_nonce == "" and session.state.proofs.hold is R.AWAITING_NONCE
    assert [type(x) for x in reveal(session)] == [d.OrderCapture]


def test_the_same_nonce_again_changes_nothing_and_another_one_is_refused() -> None:
    session = waiting()
    reveal(session)
    before = session.state
    assert reveal(session) == ()
    assert session.state == before
    assert reveal(session, "23" * 16) == (d.RejectReveal(),)
    assert session.state.link.client_nonce == NONCE and session.indicated() == {"NONCE_REJECTED": 1}


def test_a_session_that_has_ended_takes_no_reveal() -> None:
    session = waiting()
    session.do(e.FinishRequested)
    with pytest.raises(IllegalEvent, match=r"session\.closed"):
        step(session.state, e.NonceRevealed(at_ms=session.now_ms, client_nonce=NONCE), POLICY)


def test_the_reveal_is_part_of_what_is_replayed() -> None:
    session = waiting()
    reveal(session)
    session.begin().play(30_000)
    assert replay(session.events, POLICY).state == session.state
    forged = [session.events[0], e.NonceRevealed(at_ms=T0_MS, client_nonce="23" * 16), *session.events[2:]]
    assert replay(forged, POLICY).state.credit.verified_ms == 0
    assert replay([started(), *session.events[2:]], POLICY).state.playback.active_ms == 0
