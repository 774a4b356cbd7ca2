"""When movements are asked for: at once in doubt, and before the longest gap has passed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from support.desk import POLICY, Desk, frame, good_face, put, started
from support.hands import Hands
from unit.session.owners.test_liveness import LIVE, ask, held, judged, play, quiet
from unit.session.test_bracket import ordinary
from zaichang.core.assessment import not_analysed
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session.owners import liveness
from zaichang.session.policy import Policy
from zaichang.session.schedule import next_due_ms

R = ReasonCode


class TestDoubt:
    def at_once(self, session: Hands) -> bool:
        """Whether a liveness challenge came, before anything else was due."""
        challenge = session.state.challenges.open
        return challenge is not None and challenge.kind == "liveness"

    def due_round(self, session: Hands) -> Hands:
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        return session

    def test_an_exact_repeat(self) -> None:
        session = play(held(), 5_000)
        self.due_round(session)
        session.capture(frame(good_face(), content=session.state.proofs.contents[0]))
        assert self.at_once(session)
        assert session.state.proofs.repeats == 1
        session.move()
        assert session.state.proofs.repeats == 0, "a person who moves as told is no recording"
        assert not session.state.liveness.wanted

    def test_a_near_repeat(self) -> None:
        session = play(held(), 5_000)
        for _ in range(2):
            self.due_round(session)
            for _ in range(2):
                shown = replace(session.picture(), phash="00" * 8)
                session.capture(shown)
            play(session, 15_000)
        assert session.state.proofs.repeats >= 1
        assert self.at_once(session)

    def test_another_camera(self) -> None:
        session = play(held(), 5_000)
        self.due_round(session).capture(camera="cam-2")
        assert self.at_once(session)

    def test_the_first_picture_is_no_change(self) -> None:
        session = Hands(POLICY)
        session.capture()
        assert session.state.proofs.frame_px == (480, 360)
        assert session.state.liveness.wanted is False

    def test_another_camera_in_a_try_takes_back_what_passed_in_the_round_in_progress(self) -> None:
        session = ask(play(held(), 5_000))
        self.due_round(session).capture()
        assert session.state.proofs.round is not None and session.state.proofs.round.passes == 1
        session.move(camera="cam-2")
        assert session.state.proofs.round is not None and session.state.proofs.round.passes == 0
        assert judged(session).reason is R.CAMERA_CHANGED

    def test_another_resolution(self) -> None:
        session = play(held(), 5_000)
        self.due_round(session).capture(replace(session.picture(), height_px=640))
        assert session.state.proofs.frame_px == (480, 640)
        assert self.at_once(session)

    def test_the_same_resolution_and_pictures_without_one_are_nothing(self) -> None:
        session = play(held(), 5_000)
        self.due_round(session).capture(not_analysed())
        session.capture()
        assert session.state.proofs.frame_px == (480, 360)
        assert not self.at_once(session)

    def test_a_virtual_camera_once(self) -> None:
        session = play(held(), 5_000)
        self.due_round(session).round(virtual_camera=True)
        assert self.at_once(session)
        session.move(virtual_camera=True)
        session.beat(35_000)
        self.due_round(session).round(virtual_camera=True)
        assert not self.at_once(session), "the same camera is not asked about again"
        self.due_round(session).round()
        self.due_round(session).capture(virtual_camera=True)
        assert self.at_once(session)

    def test_an_inhumanly_quick_answer(self) -> None:
        session = ordinary(held())
        session.answer(after_ms=100)
        assert self.at_once(session)
        assert session.state.challenges.open.attempts == 1

    def test_while_an_ordinary_challenge_is_open_it_waits_for_that(self) -> None:
        session = ordinary(held())
        put(session.state, liveness={"wanted": True})
        session.tick(1_000)
        assert session.state.challenges.open.kind != "liveness"
        session.answer()
        session.tick()
        assert self.at_once(session)

    def test_it_waits_until_time_counts(self) -> None:
        session = held()
        session.beat(30_000, playing=False)
        put(session.state, liveness={"wanted": True})
        session.tick(10_000)
        assert session.state.challenges.open is None
        session.beat(30_000)
        assert self.at_once(session)

    @pytest.mark.parametrize("policy", [POLICY, replace(LIVE, proofs=())])
    def test_never_where_movements_are_not_in_use(self, policy: Policy) -> None:
        session = Hands(policy)
        put(session.state, liveness={"wanted": True})
        one = Desk(policy=policy)
        put(one.state, liveness={"wanted": True})
        one.study(300_000)
        assert all(order.kind != "liveness" for order in one.ordered(d.OrderChallenge))


class TestMoments:
    def kinds(self, policy: Policy, seed: int, span_ms: int = 2_400_000) -> list[tuple[int, str]]:
        info = started(policy, seed=f"{seed:064x}", lesson_duration_ms=14_400_000)
        one = Desk(policy=policy, info=info)
        asked: list[tuple[int, str]] = []
        while one.now_ms < info.at_ms + span_ms:
            known = len(one.ordered(d.OrderChallenge))
            one.study(10_000)
            asked += [(one.state.playback.active_ms, order.kind) for order in one.ordered(d.OrderChallenge)[known:]]
        assert one.state.credit.verified_ms > 0
        return asked

    def test_two_passes_are_never_further_apart_than_the_longest_gap(self) -> None:
        for kinds in ((), ("confirm", "code")):
            policy = replace(LIVE, challenge_kinds=kinds, challenge_mean_ms=200_000, challenge_min_gap_ms=60_000)
            for seed in range(2):
                asked = self.kinds(policy, seed)
                times = [0, *(at_ms for at_ms, kind in asked if kind == "liveness")]
                gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
                assert len(gaps) >= 8
                assert max(gaps[1:]) <= 300_000 + 15_000, "the challenge comes in time, the answer a little later"
                assert min(gaps[1:]) >= 150_000 - 10_000, "and not all the time"
                assert len({gap // 10_000 for gap in gaps}) > 4, "at unforeseeable moments"
                assert {kind for _, kind in asked} - {"liveness"} <= set(kinds)

    def test_challenges_soon_after_a_pass_are_ordinary(self) -> None:
        policy = replace(LIVE, challenge_mean_ms=60_000, challenge_min_gap_ms=30_000, challenge_max_gap_ms=90_000)
        asked = self.kinds(policy, 1)
        assert {kind for _, kind in asked} == {"liveness", "confirm", "code"}

    @pytest.mark.parametrize("policy", [replace(POLICY, liveness_start=True), replace(POLICY, liveness_bracket=True)])
    def test_either_switch_lets_doubt_ask(self, policy: Policy) -> None:
        session = Hands(policy).round()
        if session.state.challenges.open is not None:
            session.move()
        session.beat()
        quiet(session)
        put(session.state, liveness={"wanted": True})
        session.tick()
        assert session.state.challenges.open is not None and session.state.challenges.open.kind == "liveness"

    def test_the_start_alone_asks_only_once(self) -> None:
        policy = replace(POLICY, liveness_start=True, liveness_max_gap_ms=60_000, challenge_kinds=())
        assert [kind for _, kind in self.kinds(policy, 1, 900_000)] == ["liveness"]

    def test_the_next_moment_is_drawn_in_the_second_half_of_the_gap(self) -> None:
        session = held()
        put(session.state, playback={"active_ms": 123_456})
        liveness.schedule(session.turn())
        assert session.state.liveness.from_active_ms == 123_456 + 150_000
        assert type(session.state.liveness.from_active_ms) is int
        assert session.state.liveness.due_active_ms == next_due_ms(
            session.state.lots, "liveness", 123_456, mean_ms=225_000, min_gap_ms=150_000, max_gap_ms=300_000
        )
        dues = set()
        for number in range(40):
            session.state.info = replace(session.info, seed=f"{number:064x}")
            liveness.schedule(session.turn())
            assert session.state.liveness.due_active_ms == next_due_ms(
                session.state.lots, "liveness", 123_456, mean_ms=225_000, min_gap_ms=150_000, max_gap_ms=300_000
            )
            dues.add(session.state.liveness.due_active_ms)
        assert len(dues) > 20 and min(dues) > 123_456 + 150_000 and max(dues) <= 123_456 + 300_000

    def test_after_half_of_the_gap_any_challenge_asks_for_movements(self) -> None:
        session = held()
        put(session.state, liveness={"from_active_ms": session.state.playback.active_ms + 5_000})
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms + 5_000})
        play(session, 5_000)
        assert session.state.challenges.open.kind == "liveness"

    def test_without_the_bracket_they_come_as_one_kind_of_many(self) -> None:
        policy = replace(
            POLICY, challenge_kinds=("confirm", "liveness"), challenge_mean_ms=60_000, challenge_min_gap_ms=30_000,
            challenge_max_gap_ms=90_000,
        )  # fmt: skip
        assert {kind for _, kind in self.kinds(policy, 1)} == {"confirm", "liveness"}
