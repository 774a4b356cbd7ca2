"""The pure trial: its orders, their times, and that only the ordered movements of a solid head pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.trying import DONE, POLICY, REST, Sitter, acting, lit_by, order_of
from zaichang.core.reasons import ReasonCode
from zaichang.liveness import trial
from zaichang.liveness.messages import Compare, Compared, Deadline, FrameSeen, Guide, Keep, Show
from zaichang.liveness.state import Phase
from zaichang.session.policy import Policy

R = ReasonCode
MOVES = [action for action in DONE if action not in ("hold", "colour")]
LIGHT = order_of(*["colour"] * 18)


def outcomes(sitter: Sitter) -> list[str]:
    verdict = sitter.run().verdict
    assert verdict is not None
    return [step.outcome for step in verdict.steps]


class TestMovements:
    @pytest.mark.parametrize("action", MOVES)
    def test_the_ordered_movement_passes_and_is_compared(self, action: str) -> None:
        other = "open_mouth" if action != "open_mouth" else "look_up"
        sitter = Sitter(order_of(action, other))
        verdict = sitter.run().verdict
        assert verdict is not None
        assert [(step.action, step.outcome) for step in verdict.steps] == [(action, "passed"), (other, "passed")]
        assert all(600 <= step.onset_ms <= 1_200 for step in verdict.steps)
        assert (verdict.similarity_bp, verdict.pad_bp, verdict.reasons) == (7_000, 9_000, ())
        shown = [(show.order, show.action, show.within_ms) for show in sitter.shown]
        assert shown == [
            (1, "hold", 4_600), (2, action, 4_000), (3, "hold", 4_600), (4, other, 4_000), (4, "hold", 3_000),
        ]  # fmt: skip
        assert [keep.name for keep in sitter.kept] == ["rest", "peak"]

    @pytest.mark.parametrize(
        ("does", "outcome"),
        [
            (lambda _: REST, "no_response"),
            (lambda action: acting("look_up" if action == "turn_left" else "hold"), "wrong_action"),
            (lambda action: acting("turn_right" if action == "turn_left" else "hold"), "mirrored"),
            (lambda action: acting(action, sideways_bp=100), "flat"),
            (lambda action: acting(action, shape_bp=5_000) if action == "turn_left" else REST, "flat"),
            (lambda action: acting(action, yaw_cdeg=1_499) if action == "turn_left" else REST, "no_response"),
        ],
    )
    def test_anything_else_ends_the_try(self, does: object, outcome: str) -> None:
        sitter = Sitter(order_of("turn_left", "blink"), does=does)  # type: ignore[arg-type]  # of one parameter each
        assert outcomes(sitter) == [outcome]
        assert sitter.compares == []
        assert sitter.state.verdict is not None and sitter.state.verdict.similarity_bp is None

    def test_a_camera_that_mirrors_shows_the_other_side(self) -> None:
        order = order_of("turn_left", mirrored=True)
        right = Sitter(order, does=lambda action: acting("turn_right" if action == "turn_left" else "hold"))
        assert outcomes(right) == ["passed"]
        assert [show.action for show in right.shown] == ["hold", "turn_left", "hold"]
        assert outcomes(Sitter(order)) == ["mirrored"]

    def test_a_mirrored_turn_ends_the_try_at_once(self) -> None:
        mirrored = Sitter(order_of("turn_left"), does=lambda a: acting("turn_right" if a == "turn_left" else "hold"))
        wrong = Sitter(order_of("turn_left"), does=lambda a: acting("look_up" if a == "turn_left" else "hold"))
        assert (outcomes(mirrored), outcomes(wrong)) == (["mirrored"], ["wrong_action"])
        assert mirrored.rows[-1].done_ms < wrong.rows[-1].done_ms - 2_000

    def test_the_onset_counts_from_the_orders_arrival(self) -> None:
        for late_ms in (0, 300, 1_000, 2_500):
            sitter = Sitter(order_of("turn_left"), late_ms=late_ms)
            assert outcomes(sitter) == ["passed"], late_ms
            assert sitter.state.steps[0].onset_ms <= 2_000
        assert outcomes(Sitter(order_of("turn_left"), late_ms=6_000)) != ["passed"]

    def test_a_wrong_answer_is_judged_by_when_its_frame_arrived(self) -> None:
        slow = Sitter(order_of("turn_left"), look_ms=3_000)
        assert outcomes(slow) == ["passed"], "a slow look is no delay of the learner's"

    def test_a_frame_that_arrives_after_the_end_comes_too_late_whether_or_not_the_timer_fired(self) -> None:
        def until_order(timer: bool) -> Sitter:
            sitter = Sitter(order_of("turn_left"), does=lambda _: REST)
            while sitter.state.phase is not Phase.MOVE:
                sitter.give(sitter.frame(200 * (len(sitter.rows) + 1)))
            sitter.give(FrameSeen(at_ms=2_000, done_ms=2_000, order=2, face=REST))
            over_ms = trial.until_ms(sitter.state)
            assert over_ms is not None
            if timer:
                sitter.give(Deadline(done_ms=over_ms))
            for place in range(3):
                sitter.give(
                    FrameSeen(at_ms=over_ms + 1 + place, done_ms=over_ms + 9, order=2, face=acting("turn_left"))
                )
            return sitter

        assert outcomes(until_order(timer=False)) == outcomes(until_order(timer=True)) == ["unusable"]

    def test_a_deadline_that_has_not_come_changes_nothing(self) -> None:
        sitter = Sitter(order_of("turn_left"))
        before = sitter.state
        assert sitter.give(Deadline(done_ms=100)) == ()
        assert sitter.state == before

    def test_the_head_comes_back_after_the_last_action_or_its_time_is_over(self) -> None:
        stays = Sitter(order_of("turn_left"), does=lambda a: acting("turn_left" if stays_turned(a) else "hold"))

        def stays_turned(action: str) -> bool:
            return action == "turn_left" or stays.state.phase is Phase.RETURN

        assert outcomes(stays) == ["passed"]
        comes_back = Sitter(order_of("turn_left"))
        assert outcomes(comes_back) == ["passed"]
        assert stays.rows[-1].done_ms - comes_back.rows[-1].done_ms >= 2_000
        (compare,) = comes_back.compares
        frames = [row for row in comes_back.rows if isinstance(row, FrameSeen)]
        assert frames[compare.frames[1]].face == REST, "the frame that faces the camera most"
        (compare,) = stays.compares
        assert [row for row in stays.rows if isinstance(row, FrameSeen)][compare.frames[1]].order == 2

    def test_frames_of_the_return_without_a_face_are_waited_through(self) -> None:
        sitter = Sitter(order_of("turn_left"))
        while sitter.state.phase is not Phase.RETURN:
            sitter.give(sitter.frame(200 * (len(sitter.rows) + 1)))
        now_ms = sitter.rows[-1].done_ms
        assert sitter.give(FrameSeen(at_ms=now_ms, done_ms=now_ms, order=2)) == ()
        assert sitter.give(FrameSeen(at_ms=now_ms, done_ms=now_ms, order=1, face=REST)) == (), "of an earlier order"
        orders = sitter.give(FrameSeen(at_ms=now_ms, done_ms=now_ms, order=2, face=REST))
        assert any(isinstance(order, Compare) for order in orders)


class TestRest:
    def test_a_head_that_never_faces_the_camera_cannot_be_judged(self) -> None:
        sitter = Sitter(order_of("turn_left"), does=lambda _: acting("hold", yaw_cdeg=1_600))
        assert outcomes(sitter) == ["unusable"]
        assert {guide.frontal for guide in sitter.guides} == {False}
        assert sitter.kept == []
        nods = Sitter(order_of("turn_left"), does=lambda _: acting("hold", pitch_cdeg=-3_000))
        assert outcomes(nods) == ["unusable"]

    def test_a_head_that_never_rests_began_early(self) -> None:
        angles = iter([0, 900, 1_500] * 100)
        sitter = Sitter(order_of("turn_left"), does=lambda _: acting("hold", yaw_cdeg=next(angles)))
        assert outcomes(sitter) == ["started_early"]
        assert [show.action for show in sitter.shown] == ["hold"]
        assert sitter.rows[-1].done_ms > 4_000, "its time was over"

    def test_a_head_that_rested_and_leaves_began_early_at_once(self) -> None:
        angles = iter([0, 0, 0, 1_200, 0])
        sitter = Sitter(order_of("turn_left", hold_ms=3_000), does=lambda _: acting("hold", yaw_cdeg=next(angles)))
        assert outcomes(sitter) == ["started_early"]
        assert sitter.rows[-1].done_ms == 800

    def test_a_rest_lasts_its_drawn_time(self) -> None:
        sitter = Sitter(order_of("turn_left", hold_ms=2_000))
        sitter.run()
        moving = next(row.done_ms for row in sitter.rows if isinstance(row, FrameSeen) and row.order == 2)
        assert 2_000 <= moving <= 2_400

    def test_between_the_actions_the_head_comes_back_to_where_it_rested_first(self) -> None:
        """A camera may stand aside; a head that stays turned after a turn does not rest."""
        aside = Sitter(
            order_of("look_up", "blink"),
            does=lambda action: replace(acting(action), yaw_cdeg=1_000),
        )
        assert outcomes(aside) == ["passed", "passed"]
        turned = Sitter(
            order_of("turn_left", "blink"),
            does=lambda action: acting("turn_left", yaw_cdeg=1_590) if turned.state.steps else acting(action),
        )
        assert outcomes(turned) == ["passed", "unusable"]

    def test_frames_of_another_order_and_empty_ones_do_not_count(self) -> None:
        for answers in (lambda _: 0, lambda number: number + 1):
            sitter = Sitter(order_of("turn_left"), answers=answers)
            assert outcomes(sitter) == ["unusable"]
            assert sitter.guides == []
        assert outcomes(Sitter(order_of("turn_left"), there=False)) == ["unusable"]

    def test_where_no_frame_ever_comes_the_line_has_its_time_and_no_more(self) -> None:
        sitter = Sitter(order_of("turn_left"), every_ms=60_000)
        assert outcomes(sitter) == ["unusable"]
        assert sitter.rows == [Deadline(done_ms=6_000 + 600 + 4_000)]


class TestWhatHinders:
    def test_the_two_most_frequent_reasons_are_told(self) -> None:
        sitter = Sitter(order_of("turn_left"))
        found = [R.TOO_DARK, R.NO_FACE, R.BLURRED, R.NO_FACE, R.BLURRED, R.NO_FACE]
        for number, reason in enumerate(found):
            sitter.give(FrameSeen(at_ms=number, done_ms=number, order=1, reason=reason))
        sitter.there = False
        sitter.run()
        assert sitter.state.verdict is not None
        assert sitter.state.verdict.reasons == (R.NO_FACE, R.BLURRED)

    def test_where_a_third_of_the_frames_was_not_looked_at_it_is_the_services_fault(self) -> None:
        for unseen, reasons in ((10, (R.TOO_DARK,)), (11, (R.NOT_ANALYSED,))):
            sitter = Sitter(order_of("turn_left"))
            for number in range(30):
                reason = R.NOT_ANALYSED if number < unseen else R.TOO_DARK
                sitter.give(FrameSeen(at_ms=number, done_ms=number, order=1, reason=reason))
            sitter.give(Deadline(done_ms=60_000))
            assert sitter.state.verdict is not None and sitter.state.verdict.reasons == reasons

    def test_frames_beyond_the_limit_are_not_taken(self) -> None:
        policy = replace(POLICY, liveness_frames_max=20)
        sitter = Sitter(order_of("turn_left"), policy=policy, there=False)
        for number in range(30):
            sitter.give(FrameSeen(at_ms=number, done_ms=number, order=1, reason=R.TOO_DARK))
        assert sitter.state.frames == 20 and len(sitter.state.hindered) == 20

    def test_guidance_says_whether_the_head_should_be_still(self) -> None:
        sitter = Sitter(order_of("turn_left"))
        sitter.run()
        assert Guide(still=True, frontal=True) in sitter.guides
        assert Guide(still=False, frontal=True) in sitter.guides
        empty = Sitter(order_of("turn_left"))
        while empty.state.phase is not Phase.MOVE:
            empty.give(empty.frame(200 * (len(empty.rows) + 1)))
        now_ms = empty.rows[-1].done_ms
        assert empty.give(FrameSeen(at_ms=now_ms, done_ms=now_ms, order=2)) == (Guide(still=False, frontal=True),)


class TestWho:
    @pytest.mark.parametrize(
        ("compared", "expected"),
        [
            (Compared(similarities_bp=(5_000, 6_000), pads_bp=(9_000, 8_000)), (5_000, 8_000, ())),
            (Compared(similarities_bp=(5_000, None), pads_bp=(None, None)), (None, None, ())),
            (Compared(), (None, None, ())),
            (Compared(similarities_bp=(5_000, 6_000), analysed=False), (None, None, (R.NOT_ANALYSED,))),
        ],
    )
    def test_the_least_counts_and_a_missing_one_is_none(self, compared: Compared, expected: object) -> None:
        sitter = Sitter(order_of("blink"), compared=compared)
        verdict = sitter.run().verdict
        assert verdict is not None
        assert (verdict.similarity_bp, verdict.pad_bp, verdict.reasons) == expected

    def test_the_drawn_number_picks_the_resting_frame(self) -> None:
        picked = set()
        for pick in range(8):
            sitter = Sitter(order_of("turn_left", "blink"), pick=pick)
            rests = sitter.run().rests
            assert sitter.compares[0].frames[0] == rests[pick % len(rests)]
            picked.add(sitter.compares[0].frames[0])
        assert len(picked) > 4

    def test_pictures_of_a_try_that_failed_are_kept_too(self) -> None:
        sitter = Sitter(order_of("turn_left"), does=lambda _: REST)
        sitter.run()
        assert [keep.name for keep in sitter.kept] == ["rest", "peak"]
        assert all(isinstance(keep, Keep) and keep.frame >= 0 for keep in sitter.kept)

    def test_after_the_end_nothing_changes(self) -> None:
        sitter = Sitter(order_of("blink"))
        over = sitter.run()
        for event in (FrameSeen(at_ms=10**6, done_ms=10**6, order=2, face=REST), Deadline(done_ms=10**7), Compared()):
            assert trial.step(over, event) == (over, ())
        waiting = Sitter(order_of("blink"))
        before = waiting.state
        assert trial.step(before, Compared(similarities_bp=(9_000,), pads_bp=(9_000,))) == (before, ())

    def test_what_is_no_event_is_refused(self) -> None:
        with pytest.raises(AssertionError):
            trial.step(Sitter(order_of("blink")).state, object())  # type: ignore[arg-type]  # that is the point


class TestLight:
    def test_a_face_that_takes_on_the_colours_passes(self) -> None:
        sitter = Sitter(LIGHT)
        assert outcomes(sitter) == ["passed"] * 18
        assert [(show.action, show.colour) for show in sitter.shown[1:]] == [("colour", c) for c in LIGHT.colours]
        assert [show.order for show in sitter.shown[1:]] == [2 * number + 2 for number in range(18)]
        assert len(sitter.compares) == 1
        assert sitter.state.steps[0].frames == len(sitter.state.lit) > 18

    def test_another_sequence_does_not(self) -> None:
        other = {colour: LIGHT.colours[(7 * place + 3) % 6] for place, colour in enumerate(LIGHT.colours)}
        swapped = {"#ff2020": "#20ff20", "#20ff20": "#20ff20", "#2020ff": "#20ff20"}
        for wrong in (swapped, dict.fromkeys(other, "#808080")):
            sitter = Sitter(LIGHT, lit=lambda colour, wrong=wrong: lit_by(wrong.get(colour, "#20ff20")))
            assert set(outcomes(sitter)) == {"no_response"}
            assert sitter.compares == []

    def test_without_a_measured_face_it_is_not_judged(self) -> None:
        dark = Sitter(LIGHT, lit=lambda _: None)
        assert set(outcomes(dark)) == {"unusable"} and dark.state.steps[0].frames == 0
        gone = Sitter(LIGHT)
        while gone.state.phase is not Phase.SHINE:
            gone.give(gone.frame(200 * (len(gone.rows) + 1)))
        gone.there = False
        assert set(outcomes(gone)) == {"unusable"}
        assert outcomes(Sitter(LIGHT, there=False)) == ["unusable"], "no rest before it"

    def test_only_colours_that_were_shown_are_answered(self) -> None:
        sitter = Sitter(LIGHT)
        while sitter.state.phase is not Phase.SHINE:
            sitter.give(sitter.frame(200 * (len(sitter.rows) + 1)))
        now_ms = sitter.rows[-1].done_ms
        for order in (0, 1, 3, 4, -2):
            sitter.give(FrameSeen(at_ms=now_ms, done_ms=now_ms, order=order, face=REST, lit=lit_by("#ff2020")))
        assert sitter.state.lit == ()
        sitter.give(FrameSeen(at_ms=now_ms, done_ms=now_ms, order=2, face=REST, lit=lit_by("#ff2020")))
        assert sitter.state.lit == (((25_500, 3_200, 3_200), *lit_by("#ff2020")),)

    def test_late_frames_have_their_time(self) -> None:
        sitter = Sitter(LIGHT)
        sitter.run()
        last_shown = max(at for at in sitter._shown_at.values())
        assert sitter.rows[-1].done_ms >= last_shown + 400 + 2_000

    def test_a_clock_that_stood_still_shows_all_colours_at_once(self) -> None:
        sitter = Sitter(LIGHT)
        while sitter.state.phase is not Phase.SHINE:
            sitter.give(sitter.frame(200 * (len(sitter.rows) + 1)))
        orders = sitter.give(Deadline(done_ms=sitter.rows[-1].done_ms + 60_000))
        assert [type(order) for order in orders] == [Show], "each colour has its time, from when it was shown"


LIMITS = {
    "liveness_yaw_cdeg": 3_000,
    "liveness_parallax_bp": 2_000,
    "liveness_flat_cdeg": 100,
    "liveness_rest_more_ms": 0,
    "liveness_agree_frames": 4,
}


@pytest.mark.parametrize(("name", "value"), LIMITS.items())
def test_a_limit_changed_in_the_policy_changes_the_verdict(name: str, value: int) -> None:
    def does(action: str) -> object:
        # Foreshortened by 5 degrees more than it turns, in three frames only.
        return acting(action, shape_bp=8_700) if action == "turn_left" and moved() < 6 else REST

    def moved() -> int:
        return len(sitter.state.moved)

    sitter = Sitter(order_of("turn_left"), does=does)  # type: ignore[arg-type]  # returns faces
    assert outcomes(sitter) == ["passed"]
    sitter = Sitter(order_of("turn_left"), policy=replace(Policy(), **{name: value}), does=does)  # type: ignore[arg-type]
    assert outcomes(sitter) != ["passed"]
