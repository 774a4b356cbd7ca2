"""The second bracket at a session's end, and against recordings."""

from __future__ import annotations

import pytest

from support.desk import Desk, put, started
from unit.session.owners.test_liveness import (
    LIVE,
    NEVER_MS,
    PAD,
    STRANGER,
    ask,
    counting,
    held,
    play,
    proof,
    quiet,
)
from unit.session.test_bracket import fail, ordinary
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.policy import Policy
from zaichang.session.replay import replay
from zaichang.session.values import Phase

R = ReasonCode


class TestEnd:
    def test_finishing_asks_for_movements_then_for_captures(self) -> None:
        session = play(held(30_000), 20_000)
        out = session.do(e.FinishRequested)
        assert [type(x) for x in out] == [d.OrderPause, d.OrderChallenge]
        assert session.state.challenges.open.kind == "liveness"
        out = session.move()
        assert session.state.credit.credited == ((0, 30_000),)
        assert [x for x in out if isinstance(x, d.OrderCapture)]
        session.round()
        assert session.final().verified_ms == 50_000
        assert session.final().undecided_ms == 0

    def test_with_nothing_proved_yet_movements_come_first_too(self) -> None:
        session = play(counting(), 20_000)
        session.do(e.FinishRequested)
        assert session.state.challenges.open.kind == "liveness"
        assert session.state.proofs.round is None
        session.move()
        session.round()
        assert session.final().verified_ms == 20_000

    def test_where_all_was_proved_by_captures_movements_are_enough(self) -> None:
        session = held(30_000)
        session.do(e.FinishRequested)
        session.move()
        assert session.final().verified_ms == 30_000

    def test_failing_them_leaves_what_captures_proved_to_a_person(self) -> None:
        session = play(held(30_000), 20_000)
        session.do(e.FinishRequested)
        fail(session)
        assert session.final().verified_ms == 0
        assert session.final().undecided_ms == 30_000
        minutes = session.minutes_recorded()
        assert all(minute.verdict is not d.Verdict.VERIFIED for minute in minutes)
        assert R.NOT_SAME_PERSON in minutes[0].reasons

    def test_failing_them_waits_for_no_round_that_has_nothing_to_prove(self) -> None:
        session = ask(play(held(30_000), 20_000))
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        assert session.state.proofs.round is not None
        session.do(e.FinishRequested)
        fail(session)
        assert session.state.playback.phase is Phase.CLOSED
        assert session.final().undecided_ms == 30_000

    def test_ignoring_them_too(self) -> None:
        session = play(held(30_000), 20_000)
        session.do(e.FinishRequested)
        for _ in range(10):
            session.wait(10_000).beat(50_000, playing=False)
            if session.state.playback.phase is Phase.CLOSED:
                break
        assert session.final().undecided_ms == 30_000
        assert session.final().verified_ms == 0

    @pytest.mark.parametrize("how", ["superseded", "abandoned", "gap while closing"])
    def test_never_asked_is_a_persons_too(self, how: str) -> None:
        session = play(held(30_000), 20_000)
        if how == "superseded":
            session.do(e.Superseded)
        elif how == "abandoned":
            session.tick(LIVE.abandon_ms)
        else:
            session.do(e.FinishRequested)
            session.tick(16_000)
        assert session.final().undecided_ms == 30_000
        assert session.final().verified_ms == 0
        reasons = {reason for minute in session.minutes_recorded() for reason in minute.reasons}
        assert R.LIVENESS_MISSING in reasons
        assert R.NO_CLOSING_PROOF in reasons

    def test_what_captures_proved_while_the_last_one_waited_is_a_persons(self) -> None:
        session = ask(held(30_000))
        proof(play(session, 20_000))
        session.do(e.Superseded)
        assert session.final().undecided_ms == 50_000

    def test_what_waited_for_an_ordinary_challenge_is_lost_as_ever(self) -> None:
        session = ordinary(held(30_000))
        proof(play(session, 20_000))
        session.do(e.Superseded)
        assert session.final().undecided_ms == 30_000
        reasons = {reason for minute in session.minutes_recorded() for reason in minute.reasons}
        assert R.NO_CLOSING_PROOF in reasons

    def test_an_open_liveness_challenge_is_the_closing_one(self) -> None:
        session = ask(play(held(30_000), 20_000))
        asked = len(session.of(d.OrderChallenge))
        session.do(e.FinishRequested)
        assert len(session.of(d.OrderChallenge)) == asked
        fail(session)
        assert session.state.playback.phase is Phase.CLOSED, "and there is no second one"
        assert session.final().undecided_ms == 30_000

    def test_an_open_ordinary_challenge_is_answered_first(self) -> None:
        session = ordinary(held(30_000))
        proof(play(session, 20_000))
        session.do(e.FinishRequested)
        assert session.state.challenges.open.kind != "liveness"
        session.answer()
        assert session.state.challenges.open.kind == "liveness"
        session.move()
        assert session.final().verified_ms == 50_000

    def test_an_overdue_challenge_is_replaced_where_something_is_held(self) -> None:
        session = ordinary(held(30_000))
        for _ in range(10):
            session.wait(10_000).beat(session.state.playback.beat_playhead_ms)
        assert session.state.challenges.open.overdue
        session.do(e.FinishRequested)
        assert session.state.challenges.open.kind == "liveness" and not session.state.challenges.open.overdue
        session.move()
        assert session.final().verified_ms == 30_000

    def test_suspended_for_captures_what_is_held_may_still_be_saved(self) -> None:
        session = proof(play(held(30_000), 20_000), STRANGER)
        assert session.state.suspended is R.NOT_SAME_PERSON
        session.do(e.FinishRequested)
        session.move()
        assert session.final().verified_ms == 30_000
        assert session.final().undecided_ms == 0

    def test_suspended_with_nothing_held_closes_at_once(self) -> None:
        session = proof(play(counting(), 20_000), STRANGER)
        session.do(e.FinishRequested)
        assert session.final().verified_ms == session.final().undecided_ms == 0

    def test_offline_closes_at_once(self) -> None:
        session = held(30_000)
        session.tick(16_000)
        session.do(e.FinishRequested)
        assert session.final().undecided_ms == 30_000

    def test_the_end_of_the_lesson_asks_for_movements_at_once(self) -> None:
        session = play(held(30_000), 20_000)
        session.wait(2_000).beat(52_000, playing=False, ended=True)
        assert session.state.challenges.open.kind == "liveness"
        assert session.state.proofs.round is not None
        session.move()
        session.round()
        assert session.state.credit.credited == ((0, 52_000),)
        assert session.state.playback.phase is Phase.SUSPENDED

    def test_the_end_of_the_lesson_with_nothing_to_hold_asks_nothing(self) -> None:
        session = held(30_000)
        ask(session).move()
        play(session, 10_000)
        put(session.state, credit={"covered": len(session.state.credit.pending)})
        session.wait(2_000).beat(40_000, playing=False, ended=True)
        assert session.state.challenges.open is None

    def test_a_pause_asks_for_captures_only(self) -> None:
        session = play(held(30_000), 20_000)
        session.wait(2_000).beat(52_000, playing=False)
        assert session.state.challenges.open is None
        assert session.state.proofs.round is not None


class TestRecordings:
    """Loops and replays (C2, C3, C4, C6) earn nothing beyond the honest time."""

    def desk(self, live_for_ms: int, policy: Policy = LIVE) -> Desk:
        info = started(policy, lesson_duration_ms=1_800_000)
        one = Desk(policy=policy, info=info)
        one.study(live_for_ms)
        honest_ms = one.playhead_ms
        one.moves = None  # from here a recording runs, which passes every capture and cannot obey
        one.study(1_200_000)
        one.finish().study(200_000)
        assert one.final is not None
        assert one.final.verified_ms <= honest_ms
        assert one.final.verified_ms + one.final.undecided_ms <= honest_ms + policy.liveness_max_gap_ms
        assert replay(one.events, policy).final == one.final
        return one

    def test_a_recording_from_the_start_earns_nothing(self) -> None:
        info = started(LIVE, lesson_duration_ms=1_800_000)
        one = Desk(policy=LIVE, info=info, moves=None)
        one.study(1_800_000)
        one.finish()
        assert one.final is not None
        assert one.final.verified_ms == one.final.undecided_ms == 0

    @pytest.mark.parametrize("live_for_ms", [60_000, 300_000, 700_000])
    def test_a_recording_later_earns_nothing_from_then_on(self, live_for_ms: int) -> None:
        one = self.desk(live_for_ms)
        assert one.state.challenges.issued >= 2, "it was asked to move"

    def test_a_recording_that_moves_at_random_passes_no_order(self) -> None:
        info = started(LIVE, lesson_duration_ms=1_800_000)
        one = Desk(policy=LIVE, info=info, moves=wrong)
        one.study(1_200_000)
        one.finish()
        assert one.final is not None and one.final.verified_ms == 0
        assert len(one.ordered(d.OrderLiveness)) > 6

    def test_a_person_who_obeys_loses_nothing(self) -> None:
        info = started(PAD, lesson_duration_ms=1_200_000)
        one = Desk(policy=PAD, info=info)
        one.study(1_400_000)
        one.finish()
        assert one.final is not None
        assert one.final.verified_ms == one.playhead_ms
        assert one.final.undecided_ms == 0
        assert one.playhead_ms > 1_150_000


def wrong(one: Desk) -> dict[str, object]:
    order = one.ordered(d.OrderLiveness)[-1]
    assert isinstance(order, d.OrderLiveness)
    steps = tuple(e.LivenessStep(action=action, outcome="wrong_action", frames=10) for action in order.actions)
    return {"steps": steps}


def test_nothing_is_due_in_a_test_that_says_so() -> None:
    assert quiet(counting()).state.liveness.due_active_ms == NEVER_MS
