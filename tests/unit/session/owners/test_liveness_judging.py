"""The judgement of a try of active liveness."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import done, put
from support.hands import Hands
from unit.session.owners.test_liveness import LIVE, PAD, ask, at_start, judged, quiet
from zaichang.biometric import challenge as geometry
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e

R = ReasonCode


class TestJudging:
    def answer(self, session: Hands, **changes: Any) -> ReasonCode | None:
        session.move(**changes)
        return judged(session).reason

    def test_all_as_ordered_passes(self) -> None:
        session = at_start()
        assert self.answer(session) is None
        assert session.state.challenges.open is None
        assert session.indicated() == {}

    @pytest.mark.parametrize(
        ("outcome", "reason"),
        [
            ("no_response", R.LIVENESS_NO_RESPONSE),
            ("wrong_action", R.LIVENESS_WRONG_ACTION),
            ("mirrored", R.LIVENESS_WRONG_ACTION),
            ("started_early", R.LIVENESS_TOO_EARLY),
            ("flat", R.LIVENESS_FLAT),
            ("unusable", R.LIVENESS_FAILED),
            ("whatever", R.LIVENESS_FAILED),
        ],
    )
    @pytest.mark.parametrize("place", [0, 1])
    def test_any_step_that_did_not_pass_fails_the_try(self, outcome: str, reason: ReasonCode, place: int) -> None:
        session = at_start()
        order = session.ready()
        steps = list(done(order)["steps"])
        steps[place] = replace(steps[place], outcome=outcome)
        session.move(order, steps=tuple(steps))
        assert judged(session) == d.ChallengeJudged(challenge_id="q0", accepted=False, reason=reason, closed=False)
        assert session.indicated() == {str(reason): 1}
        assert session.state.challenges.open is not None and session.state.challenges.open.attempts == 1

    def test_what_could_not_be_seen_is_said_instead_of_failed(self) -> None:
        for outcome, expected in (("unusable", R.TOO_DARK), ("flat", R.LIVENESS_FLAT)):
            session = at_start()
            order = session.ready()
            steps = tuple(replace(step, outcome=outcome) for step in done(order)["steps"])
            session.move(order, steps=steps, reasons=(R.TOO_DARK,))
            assert judged(session).reason is expected

    @pytest.mark.parametrize(
        ("onset_ms", "reason"),
        [
            (-1, R.LIVENESS_NO_RESPONSE),
            (0, R.LIVENESS_TOO_EARLY),
            (199, R.LIVENESS_TOO_EARLY),
            (200, None),
            (7_000, None),
            (7_001, R.LIVENESS_NO_RESPONSE),
        ],
    )
    def test_the_movement_begins_after_its_order_and_in_its_time(
        self, onset_ms: int, reason: ReasonCode | None
    ) -> None:
        session = at_start()
        order = session.ready()
        steps = tuple(replace(step, onset_ms=onset_ms) for step in done(order)["steps"])
        session.move(order, steps=steps)
        assert judged(session).reason is reason

    def test_what_was_done_must_be_what_was_asked(self) -> None:
        session = at_start()
        order = session.ready()
        steps = tuple(replace(step, action="blush") for step in done(order)["steps"])
        session.move(order, steps=steps)
        assert judged(session).reason is R.LIVENESS_FAILED

    def test_fewer_or_more_steps_are_another_try(self) -> None:
        for change, reasons, reason in (
            (lambda steps: steps[:1], (), R.LIVENESS_INTERRUPTED),
            (lambda steps: steps[:1], (R.NO_FACE,), R.NO_FACE),
            (lambda steps: (), (), R.LIVENESS_INTERRUPTED),
            (lambda steps: (*steps, steps[0]), (), R.LIVENESS_INTERRUPTED),
        ):
            session = at_start()
            order = session.ready()
            session.move(order, steps=change(done(order)["steps"]), reasons=reasons)
            assert judged(session).reason is reason

    def test_anything_wrong_with_the_try_as_a_whole_fails_it(self) -> None:
        assert self.answer(at_start(), reasons=(R.MULTIPLE_FACES,)) is R.MULTIPLE_FACES
        assert self.answer(at_start(), reasons=(R.BACKGROUND_FACE, R.MULTIPLE_FACES)) is R.MULTIPLE_FACES
        assert self.answer(at_start(), reasons=(R.BACKGROUND_FACE,)) is None

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"similarity_bp": 4_100}, None),
            ({"similarity_bp": 4_099}, R.NOT_SAME_PERSON),
            ({"pad_bp": 5_000}, None),
            ({"pad_bp": 4_999}, R.PAD_ATTACK),
            ({"pad_bp": 4_999, "similarity_bp": None}, R.PAD_ATTACK),
            ({"pad_bp": None, "similarity_bp": 100}, R.NOT_SAME_PERSON),
        ],
    )
    def test_it_must_be_the_same_living_person(self, changes: dict[str, int], reason: ReasonCode | None) -> None:
        session = Hands(PAD).round()
        assert self.answer(session, **changes) is reason

    def test_only_what_the_policy_asks_for_is_compared(self) -> None:
        nothing = {"similarity_bp": None, "pad_bp": None}
        assert self.answer(at_start(replace(LIVE, proofs=("presence",))), **nothing) is None
        assert self.answer(at_start(replace(LIVE, proofs=("presence", "pad"))), similarity_bp=None) is None
        assert self.answer(at_start(), pad_bp=None) is None

    def test_another_camera_than_the_captures_fails_once(self) -> None:
        session = at_start()
        assert self.answer(session, camera="cam-2") is R.CAMERA_CHANGED
        assert session.indicated() == {"CAMERA_CHANGED": 1}
        assert self.answer(session, camera="cam-2") is None

    def test_a_try_without_a_frame_says_nothing_of_the_camera(self) -> None:
        session = at_start()
        unusable = (e.LivenessStep(action="turn_left", outcome="unusable"),)
        assert self.answer(session, camera="", steps=unusable) is R.LIVENESS_FAILED
        assert "CAMERA_CHANGED" not in session.indicated()
        seen = (replace(unusable[0], outcome="no_response", frames=20),)
        assert self.answer(session, camera="", steps=seen) is R.CAMERA_CHANGED  # frames of several cameras

    def test_a_virtual_camera_is_indicated(self) -> None:
        session = at_start()
        assert self.answer(session, virtual_camera=True) is None
        assert session.indicated() == {"VIRTUAL_CAMERA": 1}

    def mirror(self, session: Hands) -> None:
        order = session.ready()
        session.move(order, steps=(replace(done(order)["steps"][0], outcome=geometry.Outcome.MIRRORED),))

    def test_after_a_turn_to_the_other_side_the_next_try_is_judged_as_a_mirrors(self) -> None:
        session = at_start()
        self.mirror(session)
        assert not session.of(d.OrderLiveness)[-1].mirrored
        assert judged(session).reason is R.LIVENESS_WRONG_ACTION, "it does not count in this one"
        order = session.ready()
        assert order.mirrored
        session.move(order)
        assert judged(session).reason is None
        session.beat()
        assert ask(quiet(session)).ready().mirrored, "the camera stays one that mirrors"

    def test_no_guess_about_a_mirror_is_for_ever(self) -> None:
        session = at_start(replace(LIVE, challenge_attempts=5))
        for expected in (False, True, False):
            assert session.state.liveness.mirrored is expected
            self.mirror(session)
        put(session.state, liveness={"mirrored": True})
        session.round()
        assert session.state.liveness.mirrored, "the same camera"
        put(session.state, proofs={"due_ms": session.now_ms})
        session.tick()
        session.capture(camera="cam-2")
        assert not session.state.liveness.mirrored

    def test_a_typed_answer_is_no_movement(self) -> None:
        session = at_start()
        session.answer("", after_ms=10)
        assert judged(session).reason is R.CHALLENGE_WRONG
        session.answer("", after_ms=5_000)
        assert judged(session).reason is R.CHALLENGE_WRONG
        assert session.state.challenges.open.attempts == 2
        session.answer("turn_left", after_ms=5_000)
        assert session.state.challenges.open is None
        assert session.state.proofs.hold is R.CHALLENGE_WRONG
