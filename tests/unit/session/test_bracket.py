"""The second bracket: proved time is credited only once a liveness challenge after it has passed."""

from __future__ import annotations

from dataclasses import replace

from support.desk import POLICY, frame, good_face, put
from support.hands import Hands
from unit.session.owners.test_liveness import (
    LIVE,
    PAD,
    STRANGER,
    ask,
    counting,
    held,
    judged,
    play,
    proof,
    quiet,
)
from zaichang.core.reasons import ReasonCode
from zaichang.session import events as e
from zaichang.session.playhead import total_ms
from zaichang.session.values import Phase

R = ReasonCode
LACKING = frame(good_face(similarity_bp=None))
"""There was nothing to compare with; another capture would not mend it."""


def fail(session: Hands, **changes: object) -> Hands:
    """Use up all tries of the open liveness challenge."""
    for _ in range(session.policy.challenge_attempts):
        session.beat(session.state.playback.beat_playhead_ms)
        session.move(**{"similarity_bp": 0, **changes})
    return session


def cure(session: Hands) -> Hands:
    """Wait for the next liveness challenge, pass it, and the captures after it."""
    while session.state.challenges.open is None:
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms)
    session.move()
    session.round()
    return quiet(session)


def ordinary(session: Hands) -> Hands:
    """Let a challenge of an ordinary kind fall due."""
    put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    assert session.state.challenges.open.kind in ("confirm", "code")
    return quiet(session)


class TestHeld:
    def test_captures_alone_credit_nothing_and_a_liveness_after_them_all_of_it(self) -> None:
        session = held(60_000)
        proof(play(session, 60_000))
        assert session.state.credit.held == session.state.credit.proved > 0
        assert session.state.credit.credited == () and session.minutes_recorded() == []
        ask(session).move()
        assert session.state.credit.credited == ((0, 120_000),)
        assert session.state.credit.pending == ()
        assert session.state.credit.verified_ms == 120_000

    def test_what_was_played_since_the_last_captures_needs_captures_still(self) -> None:
        session = play(held(30_000), 10_000)
        ask(session).move()
        assert session.state.credit.credited == ((0, 30_000),)
        assert session.state.pending_ms == 10_000
        assert session.state.credit.covered == len(session.state.credit.pending)
        play(session, 20_000)
        proof(session)
        assert session.state.credit.credited == ((0, 40_000),), (
            "and no second liveness; what came after it waits for the next"
        )
        assert session.state.pending_ms == 20_000
        ask(session).move()
        assert session.state.credit.credited == ((0, 60_000),)

    def test_the_mark_does_not_grow_with_what_is_played_on(self) -> None:
        session = play(counting(), 10_000)
        ask(session).move()
        play(session, 10_000)
        assert [stretch[1:] for stretch in session.state.credit.pending] == [(0, 10_000), (10_000, 20_000)]
        assert session.state.credit.covered == 1

    def test_failed_captures_take_back_only_what_no_captures_proved(self) -> None:
        session = proof(play(held(30_000), 20_000), STRANGER)
        assert session.state.pending_ms == 30_000
        assert session.state.playback.phase is Phase.SUSPENDED
        session.tick(session.policy.cure_ms)
        session.round()
        session.beat(30_000)
        ask(session).move()
        assert session.state.credit.credited == ((0, 30_000),)

    def test_captures_that_lack_a_result_leave_only_their_own_stretch_to_a_person(self) -> None:
        session = held(30_000)
        proof(play(session, 20_000), LACKING)
        assert session.state.credit.undecided == ((30_000, 50_000),)
        assert session.state.pending_ms == 30_000
        proof(play(session, 10_000))
        assert session.state.credit.undecided == ((30_000, 60_000),), "a bracket needs both its ends"
        ask(session).move()
        assert session.state.credit.credited == ((0, 30_000),)

    def test_coming_only_when_called_loses_that_stretch_and_not_the_held_time(self) -> None:
        session = held(30_000, policy=replace(LIVE, excuses=0))
        play(session, 20_000)
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        for _ in range(3):
            session.capture(frame())
        quiet(session.round())
        assert session.state.pending_ms == 30_000
        assert session.state.credit.credited == session.state.credit.undecided == ()

    def test_without_the_switch_captures_credit_at_once(self) -> None:
        session = Hands(replace(POLICY, liveness_start=True)).round()
        session.move()
        session.beat()
        proof(play(quiet(session), 30_000))
        assert session.state.credit.credited == ((0, 30_000),)

    def test_neighbours_are_joined_so_that_the_state_stays_small(self) -> None:
        session = held(10_000)
        for _ in range(30):
            proof(play(session, 10_000))
        assert session.state.pending_ms == 310_000
        assert len(session.state.credit.pending) <= 12, "about one for each minute"
        assert session.state.credit.held == session.state.credit.proved == len(session.state.credit.pending)
        ask(session).move()
        assert session.state.credit.credited == ((0, 310_000),)
        assert sum(minute.verified_ms for minute in session.minutes_recorded()) == sum(
            total_ms(minute.verified) for minute in session.minutes_recorded()
        )


class TestFailed:
    def test_a_failed_liveness_leaves_what_is_held_held(self) -> None:
        session = held(30_000)
        play(session, 10_000)
        fail(ask(session))
        assert session.state.credit.credited == () and session.state.credit.undecided == ()
        assert session.state.pending_ms == 30_000, "time that no captures proved is lost"
        assert session.state.liveness.failed_reason is R.NOT_SAME_PERSON
        assert session.state.suspended is R.NOT_SAME_PERSON
        cure(session)
        assert session.state.credit.credited == ((0, 30_000),), "a cure that passes verifies it"
        assert session.state.liveness.failed_reason is None
        assert session.state.playback.phase is Phase.ACTIVE

    def test_what_captures_proved_while_it_waited_is_a_persons(self) -> None:
        session = held(30_000)
        ask(session)
        proof(play(session, 20_000))
        play(session, 10_000)
        assert (session.state.credit.held, session.state.credit.proved) == (1, 2)
        fail(session)
        assert session.state.credit.undecided == ((30_000, 50_000),)
        assert session.state.pending_ms == 30_000
        cure(session)
        assert session.state.credit.credited == ((0, 30_000),)
        assert session.state.credit.undecided == ((30_000, 50_000),), "no cure reaches back past a failed liveness (I6)"

    def test_what_captures_proved_while_it_waited_is_credited_once_it_passes(self) -> None:
        session = held(30_000)
        ask(session)
        proof(play(session, 20_000))
        session.move()
        assert session.state.credit.credited == ((0, 50_000),)

    def test_unanswered_is_failed(self) -> None:
        session = ask(held(30_000))
        for _ in range(10):
            session.wait(10_000).beat(session.state.playback.beat_playhead_ms)
        assert session.state.suspended is R.CHALLENGE_UNANSWERED
        assert session.state.pending_ms == 30_000
        session.move()
        assert judged(session).accepted
        session.round()
        assert session.state.credit.credited == ((0, 30_000),)

    def test_unanswered_leaves_what_captures_proved_meanwhile_to_a_person(self) -> None:
        session = ask(held(30_000))
        proof(play(session, 20_000))
        for _ in range(10):
            session.wait(9_000).beat(session.state.playback.beat_playhead_ms)
        assert session.state.suspended is R.CHALLENGE_UNANSWERED
        assert session.state.credit.undecided == ((30_000, 50_000),)
        assert session.state.pending_ms == 30_000

    def test_failing_never_takes_back_what_an_earlier_one_secured(self) -> None:
        session = held(30_000)
        ask(session).move()
        secured = session.state.credit.credited
        assert secured == ((0, 30_000),)
        proof(play(session, 30_000))
        fail(ask(session))
        session.do(e.Superseded)
        assert session.state.credit.credited == secured
        assert session.final().verified_ms == 30_000
        assert session.final().undecided_ms == 30_000

    def test_a_failed_ordinary_challenge_costs_what_came_since_and_asks_for_movements(self) -> None:
        session = held(30_000)
        play(session, 10_000)
        ordinary(session)
        proof(play(session, 20_000))
        assert (session.state.credit.held, session.state.credit.proved) == (1, 3)
        for _ in range(3):
            session.answer("wrong")
        assert session.state.pending_ms == 30_000
        assert session.state.credit.undecided == ()
        while session.state.challenges.open is None:
            session.wait(5_000).beat(session.state.playback.beat_playhead_ms)
        assert session.state.challenges.open.kind == "liveness"
        session.move()
        assert session.state.credit.credited == ((0, 30_000),)

    def test_a_right_answer_to_an_ordinary_challenge_only_holds(self) -> None:
        session = ordinary(held(30_000))
        proof(play(session, 20_000))
        session.answer()
        assert session.state.credit.credited == ()
        assert session.state.credit.held == session.state.credit.proved
        ask(session).move()
        assert session.state.credit.credited == ((0, 50_000),)

    def test_what_lacked_a_result_before_a_right_answer_is_a_persons(self) -> None:
        session = ordinary(held(30_000))
        proof(play(session, 20_000), LACKING)
        assert session.state.credit.undecided == ()
        session.answer()
        assert session.state.credit.undecided == ((30_000, 50_000),)
        assert session.state.pending_ms == 30_000

    def test_what_was_played_since_those_captures_still_waits(self) -> None:
        session = ordinary(held(30_000))
        proof(play(session, 20_000), LACKING)
        play(session, 10_000)
        session.answer()
        assert session.state.credit.undecided == ((30_000, 50_000),)
        assert session.state.pending_ms == 40_000
        lacking = held(30_000, policy=PAD)
        play(lacking, 10_000)
        ask(lacking).move(pad_bp=None)
        assert lacking.state.credit.undecided == ((0, 30_000),)
        assert lacking.state.pending_ms == 10_000

    def test_minutes_that_ended_before_say_why_too(self) -> None:
        session = ask(held(30_000))
        proof(play(session, 50_000))
        assert len(session.state.credit.minutes) == 2
        fail(session)
        assert R.NOT_SAME_PERSON in session.state.credit.minutes[0].reasons

    def test_each_minute_says_why_a_person_must_look(self) -> None:
        session = held(30_000)
        ask(session)
        proof(play(session, 20_000))
        fail(session)
        session.do(e.Superseded)
        assert R.NOT_SAME_PERSON in session.minutes_recorded()[0].reasons
        assert R.LIVENESS_MISSING not in session.minutes_recorded()[0].reasons
