"""What a try costs: wrong, unfinished, cut short, the service's fault, a missing result, coloured light."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import done, put
from support.hands import Hands
from unit.session.owners.test_liveness import (
    LIGHT,
    LIVE,
    PAD,
    ask,
    at_start,
    held,
    judged,
    play,
    proof,
    quiet,
)
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import liveness_tries
from zaichang.session.values import Phase

R = ReasonCode


class TestMissingResults:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [({"pad_bp": None}, R.PAD_MISSING), ({"similarity_bp": None}, R.REFERENCE_MISSING)],
    )
    def test_a_missing_result_is_no_pass_but_no_fault_of_the_learner(
        self, changes: dict[str, None], reason: ReasonCode
    ) -> None:
        session = held(policy=PAD)
        ask(session).move(**changes)
        assert judged(session) == d.ChallengeJudged(challenge_id="q1", accepted=True, reason=reason, closed=True)
        assert session.state.credit.undecided == ((0, 30_000),)
        assert session.state.credit.credited == ()
        assert session.state.playback.phase is Phase.ACTIVE
        assert reason in session.state.credit.minutes[-1].reasons
        proof(play(session, 20_000))
        ask(session).move()
        assert session.state.credit.credited == ((30_000, 50_000),), "the next that passes counts again"

    def test_at_the_start_it_leaves_everything_to_a_person_until_one_passes(self) -> None:
        policy = replace(PAD, liveness_bracket=False, challenge_kinds=("liveness",))
        session = Hands(policy).round()
        session.move(pad_bp=None)
        session.beat()
        quiet(session)
        proof(play(session, 20_000))
        assert session.state.credit.undecided == ((0, 20_000),)
        ask(session).move()
        proof(play(session, 20_000))
        proof(play(session, 20_000))
        assert session.state.credit.undecided == ((0, 40_000),), "a bracket needs both its ends"
        assert session.state.credit.credited == ((40_000, 60_000),)

    def test_our_own_fault_costs_no_try_and_no_time(self) -> None:
        session = at_start()
        for _ in range(8):
            for _ in range(5):
                session.wait(10_000).beat()
            session.move(steps=(), similarity_bp=None, reasons=(R.NOT_ANALYSED,))
            assert judged(session).reason is R.NOT_ANALYSED
            assert session.state.challenges.open.deadline_ms == session.now_ms + 90_000
            assert not judged(session).closed
        assert session.state.challenges.open.attempts == 0
        assert not session.state.challenges.open.overdue
        session.move()
        assert session.state.proofs.hold is None
        late = ask(held())
        for _ in range(10):
            late.wait(9_500).beat(30_000)
        assert late.state.challenges.open.overdue
        late.move(steps=(), reasons=(R.NOT_ANALYSED,))
        assert late.state.challenges.open.overdue, "but what was late before stays late"


class TestTries:
    def test_when_all_are_used_up_the_next_comes_later_and_asks_for_movements_again(self) -> None:
        session = held()
        ask(session)
        for _ in range(3):
            session.move(similarity_bp=0)
        assert [one.closed for one in session.of(d.ChallengeJudged)[-3:]] == [False, False, True]
        assert session.state.challenges.open is None
        assert session.state.proofs.hold is R.NOT_SAME_PERSON
        assert session.state.proofs.strikes == 1
        session.beat(30_000)
        session.tick(4_999)
        assert session.state.challenges.open is None
        session.tick(1)
        assert session.state.challenges.open.kind == "liveness"

    def test_an_unfinished_try_is_used_up(self) -> None:
        session = held()
        ask(session)
        first, second = session.ready(), session.ready()
        assert session.state.challenges.open.attempts == 1
        before = session.state
        assert session.do(e.LivenessAssessed, **done(first)) == ()
        assert session.state == before, "its result comes too late"
        session.ready()
        (last,) = session.wait(1_000).do(e.LivenessBegun, challenge_id="q1")[-1:]
        assert last == d.ChallengeJudged(challenge_id="q1", accepted=False, reason=R.LIVENESS_INTERRUPTED, closed=True)
        assert session.state.challenges.open is None
        assert session.state.proofs.hold is R.LIVENESS_INTERRUPTED
        (gone,) = session.do(e.LivenessAssessed, **done(second))
        assert isinstance(gone, d.ChallengeJudged) and gone.closed and not gone.accepted

    def test_a_button_pressed_twice_was_pressed_once(self) -> None:
        session = held()
        ask(session)
        first = session.ready()
        for after_ms, attempts in ((0, 0), (liveness_tries.PRESSED_AGAIN_MS - 1, 0), (1, 1)):
            out = session.wait(after_ms).do(e.LivenessBegun, challenge_id="q1")
            assert session.state.challenges.open.attempts == attempts
            assert len(out) == attempts, "nothing is ordered again"
        assert first.attempt == 1 and session.state.challenges.open.tries == 2

    def test_a_result_without_a_try_is_not_used(self) -> None:
        session = held()
        ask(session)
        before = session.state
        order = liveness_tries.order_of(session.state, replace(before.challenges.open, tries=1), LIVE)
        assert session.do(e.LivenessAssessed, **done(order)) == ()
        assert session.state == before

    def test_a_lost_connection_excuses_one_try(self) -> None:
        session = held()
        ask(session)
        first = session.ready()
        session.do(e.ConnectionLost)
        assert session.state.challenges.open.attempts == 0
        assert not session.state.challenges.open.begun
        session.do(e.ConnectionResumed)
        assert session.state.challenges.open.attempts == 0
        assert session.of(d.OrderChallenge)[-1].challenge_id == "q1"
        assert session.do(e.LivenessAssessed, **done(first)) == ()
        for used in (1, 2):
            session.ready()
            session.do(e.ConnectionResumed)
            assert session.state.challenges.open.attempts == used
        session.ready()
        session.do(e.ConnectionLost)
        assert session.state.challenges.open is None
        assert session.state.proofs.hold is R.LIVENESS_INTERRUPTED

    def test_silence_cuts_a_try_too(self) -> None:
        session = held()
        ask(session).ready()
        session.tick(16_000)
        assert session.state.link.hold is R.NETWORK_GAP
        assert not session.state.challenges.open.begun
        assert session.state.challenges.open.deadline_ms == 0
        session.beat(30_000)
        assert session.state.challenges.open.deadline_ms == session.now_ms + 90_000

    def test_silence_in_the_last_try_uses_it_up(self) -> None:
        session = ask(held())
        session.ready()
        session.do(e.ConnectionLost)
        for _ in range(2):
            session.beat(30_000)
            session.move(similarity_bp=0)
        session.beat(30_000)
        session.ready()
        session.tick(16_000)
        assert session.state.challenges.open is None
        assert session.state.liveness.failed_reason is R.LIVENESS_INTERRUPTED
        assert session.state.challenges.due_ms == session.now_ms + 5_000
        assert d.OrderPause(reason=R.LIVENESS_INTERRUPTED) in session.log

    def test_a_try_begun_while_the_deadline_rests_has_the_whole_time(self) -> None:
        session = held()
        ask(session)
        put(session.state, challenges={"open": replace(session.state.challenges.open, deadline_ms=0)})
        session.ready()
        assert session.state.challenges.open.deadline_ms == session.now_ms + 90_000

    def test_a_try_that_was_begun_in_time_may_be_finished(self) -> None:
        session = held()
        ask(session)
        for _ in range(8):
            session.wait(10_000).beat(30_000)
        order = session.ready(after_ms=session.state.challenges.open.deadline_ms - session.now_ms - 100)
        least_ms = sum(order.holds_ms) + 2 * 2 * (7_000 + 6_000) + 15_000
        assert session.state.challenges.open.deadline_ms == session.now_ms + least_ms
        session.wait(5_000).beat(30_000)
        session.move(order, after_ms=8_000)
        assert judged(session).accepted

    def test_a_try_that_never_ends_is_unanswered(self) -> None:
        session = held()
        ask(session)
        session.ready()
        for _ in range(12):
            session.wait(8_000).beat(30_000)
        assert session.state.challenges.open.overdue
        assert session.state.proofs.hold is R.CHALLENGE_UNANSWERED

    def test_no_capture_is_ordered_while_the_head_turns(self) -> None:
        session = held()
        ask(session)
        order = session.ready()
        put(session.state, proofs={"due_ms": session.now_ms})
        put(session.state, proofs={"next_active_ms": 0})
        session.tick(1_000)
        assert session.state.proofs.round is None
        session.move(order)
        assert session.state.proofs.round is not None, "the round comes as soon as the try is over"

    def test_a_round_rests_meanwhile(self) -> None:
        session = held()
        ask(session)
        put(session.state, proofs={"next_active_ms": 0})
        session.tick()
        session.capture()
        order = session.ready()
        session.tick(5_000)
        assert session.state.proofs.round.capture_id == ""
        session.move(order, after_ms=1_000)
        assert session.state.proofs.round.capture_id

    def test_ready_for_another_kind_of_challenge_does_nothing(self) -> None:
        session = held()
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        before = session.state
        assert before.challenges.open.kind in ("confirm", "code")
        assert session.do(e.LivenessBegun, challenge_id=before.challenges.open.challenge_id) == ()
        assert session.do(e.LivenessAssessed, challenge_id=before.challenges.open.challenge_id, attempt=1) == ()
        assert session.state == before


class TestLight:
    def lit(self) -> Hands:
        return ask(held(policy=LIGHT), "light")

    def test_colours_are_drawn_and_judged_without_an_onset(self) -> None:
        session = self.lit()
        order = session.ready()
        assert order.actions == ("colour",) * 20
        assert len(order.colours) == 20 and set(order.colours) <= set(liveness_tries.PALETTE)
        assert all(one != other for one, other in zip(order.colours, order.colours[1:], strict=False))
        assert order.holds_ms[0] >= 1_000 and set(order.holds_ms[1:]) == {0}
        assert order.step_ms == 400
        assert len(set(order.nonces)) == 40
        steps = tuple(replace(step, onset_ms=-1) for step in done(order)["steps"])
        session.move(order, steps=steps)
        assert judged(session).accepted
        assert session.state.credit.credited == (), "light alone covers nothing: paper reflects it too"
        assert session.state.credit.held == 1

    def test_a_learner_who_declines_moves_instead_at_no_cost(self) -> None:
        session = self.lit()
        session.ready()
        out = session.wait(1_000).do(
            e.LivenessBegun, challenge_id=session.state.challenges.open.challenge_id, decline=True
        )
        assert [type(x) for x in out] == [d.OrderChallenge]
        assert session.state.challenges.open.kind == "liveness"
        assert session.state.challenges.open.attempts == 1, "the try that was begun before"
        order = session.ready()
        assert order.colours == ()
        session.do(e.LivenessBegun, challenge_id=session.state.challenges.open.challenge_id, decline=True)
        assert session.state.challenges.open.begun, "movements cannot be declined"
