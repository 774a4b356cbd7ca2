"""A challenge that was left open comes first in the learner's next session, and nothing counts before its answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, put
from support.hands import Hands
from unit.session.owners.test_liveness import LIVE
from zaichang.core.enums import ChallengeKind
from zaichang.core.errors import EvidenceError
from zaichang.session import codec
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.values import Phase

NEVER_MS = 10_000_000
CONFIRM = replace(POLICY, challenge_kinds=("confirm",))


def playing(policy: Policy = CONFIRM, **info: object) -> Hands:
    session = Hands(policy, **info).begin()
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    for _ in range(4):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


def asked(session: Hands) -> Hands:
    put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    assert session.state.challenges.open is not None
    return session


def left(session: Hands) -> ChallengeKind | None:
    session.do(e.Superseded)
    assert session.state.playback.phase is Phase.CLOSED and session.state.challenges.open is None
    return session.state.challenges.owed


class TestWhatIsOwed:
    def test_nothing_without_an_open_challenge(self) -> None:
        assert left(playing()) is None

    def test_the_kind_of_the_one_that_was_open(self) -> None:
        assert left(asked(playing())) == "confirm"

    def test_answered_it_is_owed_no_more(self) -> None:
        session = asked(playing())
        session.answer()
        assert left(session) is None

    def test_one_whose_attempts_were_used_up_is(self) -> None:
        session = asked(playing())
        for _ in range(CONFIRM.challenge_attempts):
            session.answer("wrong")
        assert session.state.challenges.open is None and session.state.challenges.hold
        assert left(session) == "liveness", "movements, where the rules use them"

    @pytest.mark.parametrize("route", ["face", "challenge"])
    def test_a_learner_who_leaves_before_the_first_proof_still_owes(self, route: str) -> None:
        session = Hands(replace(CONFIRM, liveness_start=True), owed="code", route=route)
        put(session.state, challenges={"open": None})
        assert session.state.playback.phase in (Phase.AWAITING_CAPTURE, Phase.CHALLENGING)
        assert left(session) == "code"

    def test_a_learner_who_passed_it_does_not(self) -> None:
        session = Hands(CONFIRM, owed="confirm")
        session.answer()
        session.round()
        assert left(session) is None


class TestTheNextSession:
    def test_begins_with_a_challenge_and_credits_nothing_before_its_answer(self) -> None:
        session = Hands(CONFIRM, owed="confirm")
        assert session.state.challenges.open is not None and session.state.challenges.open.kind == "confirm"
        assert session.state.proofs.round is not None, "and with captures, as ever"
        session.begin()
        put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
        for _ in range(4):
            session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
        put(session.state, proofs={"due_ms": session.now_ms})
        session.tick()
        session.round()
        assert session.state.credit.credited == (), "proved, but the challenge is open"
        session.answer()
        assert session.state.credit.credited == ((0, 20_000),)

    def test_unanswered_it_holds_and_is_owed_again(self) -> None:
        session = Hands(CONFIRM, owed="confirm").begin()
        for _ in range(10):
            session.wait(10_000).beat(session.state.playback.beat_playhead_ms + 10_000)
        assert session.state.challenges.hold and session.state.credit.credited == ()
        assert left(session) == "confirm"

    def test_movements_where_movements_are_owed_and_in_use(self) -> None:
        policy = replace(LIVE, liveness_start=False)
        session = Hands(policy, owed="liveness")
        assert session.state.challenges.open is not None and session.state.challenges.open.kind == "liveness"
        other = Hands(CONFIRM, owed="liveness")
        assert other.state.challenges.open is not None and other.state.challenges.open.kind == "confirm"
        drawn = Hands(policy, owed="confirm")
        assert drawn.state.challenges.open is not None and drawn.state.challenges.open.kind != "liveness"

    def test_where_movements_begin_every_session_they_are_it(self) -> None:
        session = Hands(LIVE, owed="confirm")
        assert LIVE.liveness_start and session.state.challenges.open is None
        session.round()
        assert session.state.challenges.open is not None and session.state.challenges.open.kind == "liveness"
        assert session.state.playback.phase is Phase.CHALLENGING

    def test_without_captures_the_first_proof_is_a_challenge_anyway(self) -> None:
        session = Hands(CONFIRM, owed="confirm", route="challenge")
        assert session.state.challenges.issued == 1

    def test_nothing_owed_nothing_asked(self) -> None:
        assert Hands(CONFIRM).state.challenges.open is None


def test_an_unknown_kind_is_not_decoded() -> None:
    plain = codec.encode_event(Hands(CONFIRM).info)
    with pytest.raises(EvidenceError, match="owed"):
        codec.decode_event({**plain, "owed": "anything"})
    assert codec.decode_event({**plain, "owed": "liveness"})
