"""Passkeys as answers: on the route without faces the proof, on the other one at the start and at drawn moments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import NONCE, put
from support.hands import Hands
from unit.session.judgements.test_passkeys import HELD, POLICY
from zaichang.core.enums import ChallengeKind as K
from zaichang.core.enums import Proof
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.events import Passkeys
from zaichang.session.policy import Policy
from zaichang.session.replay import replay
from zaichang.session.schedule import draw

NO_FACES = replace(POLICY, challenge_kinds=(K.CONFIRM,))
FACES = replace(POLICY, proofs=(Proof.PRESENCE, Proof.IDENTITY), passkey_face="required", challenge_kinds=())


def without_faces(policy: Policy = NO_FACES, held: Passkeys | None = HELD) -> Hands:
    return Hands(policy, route="challenge", passkeys=held)


def opened(session: Hands) -> K | None:
    return None if session.state.challenges.open is None else session.state.challenges.open.kind


def verified_ms(session: Hands) -> int:
    return session.state.credit.verified_ms


def undecided_ms(session: Hands) -> int:
    return sum(end_ms - start_ms for start_ms, end_ms in session.state.credit.undecided)


class TestRouteWithoutFaces:
    def test_the_order_names_the_passkeys_and_what_they_sign(self) -> None:
        session = without_faces()
        (order,) = session.of(d.OrderChallenge)
        assert (order.kind, order.options, order.rp_id) == (K.PASSKEY, ("AAE", "AAI"), "learn.example")
        assert order.nonce == draw(session.state.lots, "passkey", 0).hex() and order.code == ""
        other = Hands(NO_FACES, route="challenge", passkeys=HELD, seed="33" * 32).of(d.OrderChallenge)[0]
        assert other.nonce != order.nonce, "it is bound to the session's own draw"
        assert session.state.lots.client_nonce == NONCE

    def test_time_between_two_passkeys_counts(self) -> None:
        session = without_faces()
        session.touch()
        session.beat(0)
        session.play(300_000)
        assert verified_ms(session) > 200_000 and undecided_ms(session) == 0
        assert {order.kind for order in session.of(d.OrderChallenge)} == {K.PASSKEY}

    def test_without_a_passkey_others_ask_and_the_time_goes_to_a_person(self) -> None:
        for held in (None, replace(HELD, keys=())):
            session = without_faces(held=held)
            session.answer()
            session.beat(0)
            session.play(300_000)
            assert verified_ms(session) == 0 and undecided_ms(session) > 200_000
            assert {order.kind for order in session.of(d.OrderChallenge)} == {K.CONFIRM}

    def test_where_a_passkey_is_only_allowed_its_lack_costs_nothing(self) -> None:
        session = without_faces(replace(NO_FACES, passkey_challenge="allowed"), None)
        session.answer()
        session.beat(0)
        session.play(300_000)
        assert verified_ms(session) > 200_000 and undecided_ms(session) == 0

    def test_one_that_was_declined_once_is_asked_for_again_and_only_the_brackets_around_it_wait(self) -> None:
        session = without_faces()
        session.decline()
        assert opened(session) == K.CONFIRM and session.indicated()["PASSKEY_MISSING"] == 1
        session.answer()
        session.beat(0)
        session.play(60_000)
        assert session.of(d.OrderChallenge)[-1].kind == K.PASSKEY
        first_ms = undecided_ms(session)
        assert first_ms > 0 and session.state.challenges.passkey_declined == 0
        session.play(240_000)
        assert verified_ms(session) > 150_000 and undecided_ms(session) < 120_000

    @pytest.mark.parametrize(("cause", "times"), [("unsupported", 1), ("declined", 2)])
    def test_one_that_cannot_be_used_is_asked_for_no_more(self, cause: str, times: int) -> None:
        session = without_faces()
        for _ in range(times):
            session.decline(cause)
            session.answer()
            session.beat(0)
            put(session.state, challenges={"next_active_ms": 0})
            session.tick()
        assert opened(session) == K.CONFIRM
        before = len(session.of(d.OrderChallenge))
        session.decline()
        assert len(session.of(d.OrderChallenge)) == before, "there is no passkey challenge to decline"
        assert session.of(d.ChallengeJudged)[-1].reason is R.CHALLENGE_UNANSWERED

    def test_a_decline_of_another_challenge_changes_nothing(self) -> None:
        session = without_faces()
        session.decline(challenge_id="q9")
        assert opened(session) == K.PASSKEY and session.state.challenges.passkey_declined == 0


class TestAnswer:
    @pytest.mark.parametrize("changes", [{"verified": False}, {"credential_id": "AAM"}])
    def test_one_that_does_not_hold_is_refused_and_costs_an_attempt(self, changes: dict[str, object]) -> None:
        session = without_faces()
        for number in range(NO_FACES.challenge_attempts):
            assert session.state.challenges.open is not None
            assert session.state.challenges.open.attempts == number
            session.touch(**changes)
            assert session.of(d.ChallengeJudged)[-1].reason is R.PASSKEY_FAILED
        assert session.indicated()["PASSKEY_FAILED"] == NO_FACES.challenge_attempts
        assert session.of(d.ChallengeJudged)[-1].closed and session.state.challenges.hold

    def test_what_it_signs_is_no_answer_in_itself(self) -> None:
        session = without_faces()
        session.answer()  # the nonce, which the page was shown
        assert session.of(d.ChallengeJudged)[-1].reason is R.CHALLENGE_WRONG

    def test_a_passkey_answers_no_other_challenge(self) -> None:
        session = without_faces(held=None)
        challenge = session.state.challenges.open
        assert challenge is not None
        session.wait(2_000).do(
            e.PasskeyAnswered, challenge_id=challenge.challenge_id, credential_id=challenge.expected, verified=True,
            client_data="e30", authenticator_data="AA", signature="MEU",
        )  # fmt: skip
        assert session.of(d.ChallengeJudged)[-1].reason is R.PASSKEY_FAILED

    def test_one_that_comes_faster_than_a_touch_is_asked_for_anew(self) -> None:
        session = without_faces()
        before = session.of(d.OrderChallenge)[-1].nonce
        session.touch(after_ms=100)
        assert session.of(d.ChallengeJudged)[-1].reason is R.CHALLENGE_TOO_FAST
        again = session.of(d.OrderChallenge)[-1]
        assert again.kind == K.PASSKEY and again.nonce != before

    def test_the_record_replays_to_the_same_decisions(self) -> None:
        session = without_faces()
        session.touch(verified=False)
        session.decline()
        session.answer()
        session.beat(0)
        session.play(120_000)
        again = replay(session.events, session.policy)
        assert again.state == session.state
        assert [decision for _, decision in again.decisions] == session.log


class TestRouteWithFaces:
    def test_a_required_passkey_is_asked_for_as_soon_as_it_plays_and_holds_the_credit(self) -> None:
        session = Hands(FACES, passkeys=HELD)
        session.begin()
        assert opened(session) == K.PASSKEY
        for _ in range(12):
            session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
            if session.state.proofs.round is not None:
                session.round()
        assert verified_ms(session) == 0
        session.touch()
        session.beat(session.state.playback.beat_playhead_ms + 2_000)
        session.play(60_000)
        assert verified_ms(session) > 60_000 and undecided_ms(session) == 0

    def test_without_a_passkey_the_session_runs_and_a_person_decides(self) -> None:
        session = Hands(FACES, passkeys=None)
        session.begin()
        assert opened(session) is None
        session.play(300_000)
        assert verified_ms(session) == 0 and undecided_ms(session) > 150_000

    def test_what_was_proved_before_a_decline_goes_to_a_person_with_what_follows(self) -> None:
        session = Hands(FACES, passkeys=HELD)
        session.begin()
        session.decline("unsupported")
        for _ in range(12):
            session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
            if session.state.proofs.round is not None:
                session.round()
        session.answer()
        session.beat(session.state.playback.beat_playhead_ms + 3_000)
        session.play(120_000)
        assert verified_ms(session) == 0 and undecided_ms(session) > 100_000

    def test_where_it_is_allowed_it_is_one_kind_among_others(self) -> None:
        kinds = set()
        for number in range(20):
            session = Hands(replace(FACES, passkey_face="allowed", challenge_kinds=(K.CONFIRM,)), passkeys=HELD,
                            seed=f"{number:064x}")  # fmt: skip
            session.begin()
            assert opened(session) is None, "nothing is owed at the start"
            put(session.state, challenges={"next_active_ms": 0})
            session.tick()
            kinds.add(opened(session))
        assert kinds == {K.CONFIRM, K.PASSKEY}

    def test_an_older_policy_asks_for_none(self) -> None:
        session = Hands(Policy(schema=3, proofs=(Proof.PRESENCE,)), passkeys=HELD, route="challenge")
        assert opened(session) != K.PASSKEY
