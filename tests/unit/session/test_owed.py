"""A pop-up that was left open comes first in the learner's next session, and nothing counts before its answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY
from support.hands import Hands
from unit.session.test_liveness import LIVE
from zaichang.core.errors import EvidenceError
from zaichang.session import codec
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.state import Phase

NEVER_MS = 10_000_000
CONFIRM = replace(POLICY, challenge_kinds=("confirm",))


def playing(policy: Policy = CONFIRM, **info: object) -> Hands:
    session = Hands(policy, **info).begin()
    session.state.next_capture_active_ms = session.state.next_challenge_active_ms = NEVER_MS
    for _ in range(4):
        session.wait(5_000).beat(session.state.beat_playhead_ms + 5_000)
    return session


def asked(session: Hands) -> Hands:
    session.state.next_challenge_active_ms = session.state.active_ms
    session.tick()
    assert session.state.challenge is not None
    return session


def left(session: Hands) -> str:
    session.do(e.Superseded)
    assert session.state.phase is Phase.CLOSED and session.state.challenge is None
    return session.state.owed


class TestWhatIsOwed:
    def test_nothing_without_an_open_pop_up(self) -> None:
        assert left(playing()) == ""

    def test_the_kind_of_the_one_that_was_open(self) -> None:
        assert left(asked(playing())) == "confirm"

    def test_answered_it_is_owed_no_more(self) -> None:
        session = asked(playing())
        session.answer()
        assert left(session) == ""

    def test_one_whose_attempts_were_used_up_is(self) -> None:
        session = asked(playing())
        for _ in range(CONFIRM.challenge_attempts):
            session.answer("wrong")
        assert session.state.challenge is None and session.state.challenge_hold
        assert left(session) == "liveness", "movements, where the rules use them"

    @pytest.mark.parametrize("route", ["face", "challenge"])
    def test_whoever_leaves_before_the_first_proof_still_owes(self, route: str) -> None:
        session = Hands(replace(CONFIRM, liveness_start=True), owed="code", route=route)
        session.state.challenge = None
        assert session.state.phase in (Phase.AWAITING_CAPTURE, Phase.CHALLENGING)
        assert left(session) == "code"

    def test_whoever_passed_it_does_not(self) -> None:
        session = Hands(CONFIRM, owed="confirm")
        session.answer()
        session.round()
        assert left(session) == ""


class TestTheNextSession:
    def test_begins_with_a_pop_up_and_credits_nothing_before_its_answer(self) -> None:
        session = Hands(CONFIRM, owed="confirm")
        assert session.state.challenge is not None and session.state.challenge.kind == "confirm"
        assert session.state.round is not None, "and with captures, as ever"
        session.begin()
        session.state.next_capture_active_ms = session.state.next_challenge_active_ms = NEVER_MS
        for _ in range(4):
            session.wait(5_000).beat(session.state.beat_playhead_ms + 5_000)
        session.state.round_due_ms = session.now_ms
        session.tick()
        session.round()
        assert session.state.credited == (), "proved, but the pop-up is open"
        session.answer()
        assert session.state.credited == ((0, 20_000),)

    def test_unanswered_it_holds_and_is_owed_again(self) -> None:
        session = Hands(CONFIRM, owed="confirm").begin()
        for _ in range(10):
            session.wait(10_000).beat(session.state.beat_playhead_ms + 10_000)
        assert session.state.challenge_hold and session.state.credited == ()
        assert left(session) == "confirm"

    def test_movements_where_movements_are_owed_and_in_use(self) -> None:
        policy = replace(LIVE, liveness_start=False)
        session = Hands(policy, owed="liveness")
        assert session.state.challenge is not None and session.state.challenge.kind == "liveness"
        other = Hands(CONFIRM, owed="liveness")
        assert other.state.challenge is not None and other.state.challenge.kind == "confirm"
        drawn = Hands(policy, owed="confirm")
        assert drawn.state.challenge is not None and drawn.state.challenge.kind != "liveness"

    def test_where_movements_begin_every_session_they_are_it(self) -> None:
        session = Hands(LIVE, owed="confirm")
        assert LIVE.liveness_start and session.state.challenge is None
        session.round()
        assert session.state.challenge is not None and session.state.challenge.kind == "liveness"
        assert session.state.phase is Phase.CHALLENGING

    def test_without_captures_the_first_proof_is_a_pop_up_anyway(self) -> None:
        session = Hands(CONFIRM, owed="confirm", route="challenge")
        assert session.state.challenges == 1

    def test_nothing_owed_nothing_asked(self) -> None:
        assert Hands(CONFIRM).state.challenge is None


def test_an_unknown_kind_is_not_decoded() -> None:
    plain = codec.encode_event(Hands(CONFIRM).info)
    with pytest.raises(EvidenceError, match="owed"):
        codec.decode_event({**plain, "owed": "anything"})
    assert codec.decode_event({**plain, "owed": "liveness"})
