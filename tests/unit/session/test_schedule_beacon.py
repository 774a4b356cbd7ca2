"""A witness's beacon in the schedule: earlier draws stay, later draws use it; nothing waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import NONCE, POLICY, put
from support.hands import Hands
from zaichang.core.errors import EvidenceError, IllegalEvent
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.codec import decode_event, encode_event
from zaichang.session.owners import challenges
from zaichang.session.replay import replay
from zaichang.session.schedule import Lots, draw, next_due_ms
from zaichang.session.step import step

ASKED = replace(POLICY, beacon_wait_ms=60_000)
BEACON = "ab" * 32


def bring(session: Hands, beacon: str = BEACON) -> tuple[d.Decision, ...]:
    return session.do(e.BeaconArrived, beacon=beacon, note="a note")


def test_a_beacon_orders_nothing_and_moves_nothing_that_was_drawn() -> None:
    session = Hands(ASKED).begin().play(10_000)
    before = session.state
    assert bring(session) == ()
    assert replace_beacon(session) == before
    assert session.state.lots == Lots(
        seed=session.info.seed, session_id=session.info.session_id, client_nonce=NONCE, beacon=BEACON
    )


def replace_beacon(session: Hands) -> object:
    state = session.state.copy()
    put(state, link={"beacon": ""})
    return state


def test_what_is_drawn_after_it_takes_it_in() -> None:
    plain, session = Hands(ASKED).begin(), Hands(ASKED).begin()
    bring(session)
    due_ms = session.state.proofs.next_active_ms
    assert due_ms == plain.state.proofs.next_active_ms, "the first moment was drawn before"
    for each in (plain, session):
        while each.state.proofs.rounds < 2:
            each.play(5_000)
    assert plain.state.proofs.next_active_ms != session.state.proofs.next_active_ms
    assert session.state.proofs.next_active_ms == next_due_ms(
        Lots(seed=session.info.seed, session_id=session.info.session_id, client_nonce=NONCE, beacon=BEACON),
        "capture", due_ms, mean_ms=ASKED.capture_mean_ms, min_gap_ms=ASKED.capture_min_gap_ms,
        max_gap_ms=ASKED.capture_max_gap_ms,
    )  # fmt: skip
    order = session.of(d.OrderCapture)[-1]
    assert order.nonce == draw(session.state.lots, "capture", 1_000 + session_taken(session) - 1)[:16].hex()


def session_taken(session: Hands) -> int:
    return sum(order.capture_id.startswith("c1-") for order in session.of(d.OrderCapture))


def test_it_may_come_before_the_reveal() -> None:
    session = Hands(ASKED, revealed=False)
    assert bring(session) == ()
    (order,) = session.do(e.NonceRevealed, client_nonce=NONCE)
    assert isinstance(order, d.OrderCapture)
    assert order.nonce == draw(session.state.lots, "capture", 0)[:16].hex() and session.state.lots.beacon == BEACON


@pytest.mark.parametrize(
    ("wait_ms", "after_ms", "taken"), [(60_000, 59_999, True), (60_000, 60_000, False), (0, 0, False)]
)
def test_only_in_time_and_only_where_the_policy_asks(wait_ms: int, after_ms: int, taken: bool) -> None:
    session = Hands(replace(POLICY, beacon_wait_ms=wait_ms))
    session.wait(after_ms)
    bring(session)
    assert session.state.link.beacon == (BEACON if taken else "")


def test_the_first_one_stays_and_the_end_reveals_it() -> None:
    session = Hands(ASKED).begin()
    bring(session)
    bring(session, "cd" * 32)
    assert session.state.link.beacon == BEACON
    session.play(20_000)
    session.do(e.FinishRequested)
    session.round()
    assert (session.final().beacon, session.final().client_nonce) == (BEACON, NONCE)
    assert session.final().verified_ms > 0
    assert replay(session.events, ASKED).state == session.state
    with pytest.raises(IllegalEvent, match=r"session\.closed"):
        step(session.state, e.BeaconArrived(at_ms=session.now_ms, beacon=BEACON), ASKED)


@pytest.mark.parametrize("comes", [False, True])
def test_challenges_are_drawn_on_from_the_last_draw_and_anew_after_a_beacon(comes: bool) -> None:
    policy = replace(ASKED, challenge_mean_ms=300_000, challenge_max_gap_ms=900_000)
    session = Hands(policy).begin()
    due = []
    for active_ms in range(0, 60_000, 10_000):
        if comes and active_ms == 30_000:
            bring(session)
        put(session.state, playback={"active_ms": active_ms})
        turn = session.turn()
        challenges.schedule(turn)
        due.append(turn.state.challenges.next_active_ms)
        session.state = turn.state
        assert due[-1] == next_due_ms(
            session.state.lots, "challenge", active_ms, mean_ms=policy.challenge_mean_ms,
            min_gap_ms=policy.challenge_min_gap_ms, max_gap_ms=policy.challenge_max_gap_ms,
        )  # fmt: skip
    assert len(set(due)) == 1 + comes, "the beacon draws another moment, time alone does not"


@pytest.mark.parametrize("beacon", ["", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_a_record_s_beacon_is_a_hash(beacon: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        decode_event(encode_event(e.BeaconArrived(at_ms=1, beacon=beacon)))
    assert (caught.value.code, caught.value.message) == (
        "event.invalid",
        "A BeaconArrived's beacon is not 64 hex digits.",
    )
