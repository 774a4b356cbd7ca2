"""Drawn rounds as samples: the stake that draws run over, and the count of the missed ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, put
from support.hands import Hands
from zaichang.core.reasons import ReasonCode as R
from zaichang.session.events import Leniency
from zaichang.session.owners import samples
from zaichang.session.policy import ENDS_SINCE_SCHEMA, PLEDGED_SINCE_SCHEMA, Policy

RULES: Policy = replace(POLICY, schema=3, misses_max_pct=200, miss_worth_ms=60_000, misses_start_pct=50)
BEFORE = Leniency(debt_ms=7, calls=2, failures=1, liveness_failed=0)


def test_a_learner_begins_with_the_leniency_that_is_left() -> None:
    first = samples.begun(RULES, None)
    assert (first.debt_ms, first.calls, first.failures) == (30_000, 0, 0)
    later = samples.begun(RULES, BEFORE)
    assert (later.debt_ms, later.calls, later.failures) == (7, 2, 1)
    session = Hands(RULES)
    put(session.state, samples={"debt_ms": 7, "calls": 2, "failures": 1})
    assert samples.used(session.state) == BEFORE


@pytest.mark.parametrize(("fresh", "staked_ms"), [(True, 5_000), (False, 0)])
def test_only_new_media_is_at_stake(fresh: bool, staked_ms: int) -> None:
    session = Hands(RULES)
    put(session.state, samples={"fresh": fresh, "staked_ms": 0, "next_staked_ms": 5_000})
    samples.stake(session.turn(), 5_000)
    assert session.state.samples.staked_ms == staked_ms
    assert samples.is_due(session.state) is fresh
    assert (samples.due_ms(session.state) is None) is not fresh


def test_media_that_is_taken_without_a_gap_is_not_new() -> None:
    session = Hands(RULES)
    for credited, fresh in ((((0, 500_000),), False), (((0, 10_000), (11_000, 500_000)), True), ((), True)):
        put(session.state, credit={"credited": credited})
        samples.look(session.turn(), 5_000)
        assert session.state.samples.fresh is fresh


def test_missed_samples_add_up_and_proved_media_makes_up_for_them() -> None:
    session = Hands(RULES)
    put(session.state, samples={"debt_ms": 0})
    turn = session.turn()
    for _ in range(2):
        samples.miss(turn, R.NO_FACE)
    assert not samples.owing(session.state, RULES), "at the bound"
    samples.fail(turn, R.TOO_DARK)
    state = session.state.samples
    assert not samples.owing(session.state, RULES), "a failed round lost its bracket: nothing is left to make up for"
    assert (state.failures, state.doubt, state.telling) == (1, samples.DOUBT_ROUNDS, R.TOO_DARK)
    samples.miss(turn, R.TOO_DARK)
    assert samples.owing(session.state, RULES) and state.debt_ms == 180_000
    assert samples.doubted(session.state, RULES) is R.TOO_DARK
    put(session.state, credit={"pending": ((0, 0, 100_000),), "pending_set": ((0, 100_000),)})
    samples.clear(turn)
    assert (state.debt_ms, state.doubt) == (80_000, samples.DOUBT_ROUNDS - 1)
    samples.count(turn)
    samples.clear(turn)
    assert state.debt_ms == 80_000, "media counts for one round alone"


def test_too_many_failures_and_calls_are_counted_and_a_cut_is_taken_once() -> None:
    session = Hands(RULES)
    turn = session.turn()
    assert [samples.call(turn, R.NO_FACE) for _ in range(2)] == [1, 2]
    assert samples.failed(session.state, replace(RULES)) is None
    put(session.state, samples={"failures": RULES.failed_max, "telling": None})
    assert samples.failed(session.state, RULES) is R.CAPTURE_MISSED
    samples.cut(turn, R.PAGE_HIDDEN)
    assert [samples.take_cut(turn), samples.take_cut(turn)] == [R.PAGE_HIDDEN, None]


def test_pledged_frames_are_kept_for_one_sample_and_none_of_them_marks_a_page_as_bare() -> None:
    rules = replace(RULES, schema=5, frames_required=True)
    session = Hands(rules)
    first, second = "a" * 64, "b" * 64
    session.wait(5_000).beat(frames=(first, second))
    assert session.state.samples.bare_ms == 0
    first_one = samples.new_round(session.turn(), 1, drawn=True)
    assert (first_one.frames, first_one.bare, first_one.back) == ((second, first), False, False)
    assert session.state.samples.pledged == ()
    session.wait(5_000).beat()
    since_ms = session.now_ms
    session.wait(5_000).beat()
    assert session.state.samples.bare_ms == since_ms, "since the first of them"
    session.wait(5_000)
    second_one = samples.new_round(session.turn(), 2, drawn=True)
    assert (second_one.frames, second_one.bare, second_one.back) == ((), True, False)
    samples.forget_pledged(session.turn())
    assert session.state.samples.bare_ms == 0


@pytest.mark.parametrize(("schema", "told"), [(4, R.PLAYER_PAUSED), (5, R.CAPTURE_MISSED)])
def test_time_does_not_go_to_a_person_because_the_player_was_paused_but_for_the_missed_picture(
    schema: int, told: R
) -> None:
    session = Hands(replace(RULES, schema=schema))
    samples.miss(session.turn(), R.PLAYER_PAUSED)
    assert session.state.samples.telling is told
    samples.cut(session.turn(), R.PLAYER_PAUSED)
    assert session.state.samples.cut is told
    samples.miss(session.turn(), R.NETWORK_GAP)
    assert session.state.samples.telling is R.NETWORK_GAP


def test_three_near_copies_send_all_that_is_proved_to_a_person_under_the_newest_rules() -> None:
    for schema, told in ((ENDS_SINCE_SCHEMA, [False, True, False]), (PLEDGED_SINCE_SCHEMA, [False] * 3)):
        rules = replace(RULES, schema=schema)
        session = Hands(rules)
        counts = (samples.COPIES_MIN - 1, samples.COPIES_MIN, samples.COPIES_MIN + 1)
        assert [samples.copied(session.turn(), count) for count in counts] == told
        assert samples.failed(session.state, rules) is (R.DUPLICATE_FRAME if any(told) else None)


def test_a_lesson_begins_with_the_debt_of_the_last_one_up_to_where_time_begins_to_wait() -> None:
    bound_ms = RULES.misses_max_pct * RULES.miss_worth_ms // 100
    assert samples.carried(RULES, None, 9) == Leniency(debt_ms=9, calls=0, failures=0, liveness_failed=0)
    assert samples.carried(RULES, BEFORE, 9) == replace(BEFORE, debt_ms=9)
    assert samples.carried(RULES, BEFORE, 5) == BEFORE, "that of the lesson itself stays"
    assert samples.carried(RULES, None, bound_ms + 1).debt_ms == bound_ms
