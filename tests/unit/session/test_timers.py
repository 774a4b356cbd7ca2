"""Timers: their moments and order, and the effect of a gap."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, T0_MS, Desk, frame, put, started
from support.hands import Hands
from zaichang.core.enums import Proof
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session import timers
from zaichang.session.policy import Policy
from zaichang.session.policy_fields import SCHEMA
from zaichang.session.step import start, step
from zaichang.session.timers import Due, next_deadline_ms
from zaichang.session.values import Phase

R = ReasonCode
NEVER_MS = 10_000_000


def due_in(session: Hands) -> int | None:
    due_ms = next_deadline_ms(session.state, session.policy)
    return None if due_ms is None else due_ms - session.now_ms


def counting(**policy: object) -> Hands:
    session = Hands(replace(POLICY, **policy)).begin()
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


def test_precedence_at_equal_times_is_fixed() -> None:
    assert [due.name for due in sorted(Due)] == [
        "MINUTE_END", "CAPTURE_DEADLINE", "CHALLENGE_DEADLINE", "GAP", "ABANDONED", "TIME_LIMIT", "RETAKE", "ROUND",
        "CHALLENGE", "DELIVERY",
    ]  # fmt: skip


class TestNextDeadline:
    def test_a_capture_that_was_ordered(self) -> None:
        assert due_in(Hands()) == 15_000

    def test_a_capture_to_be_taken_again(self) -> None:
        session = Hands()
        session.capture(frame())
        assert due_in(session) == 1_200

    def test_the_gap_the_minute_the_round_the_challenge(self) -> None:
        session = counting()
        assert due_in(session) == 16_000
        put(session.state, credit={"minute_active_ms": 55_000})
        assert due_in(session) == 5_000
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms + 3_000})
        assert due_in(session) == 3_000
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms + 2_000})
        assert due_in(session) == 2_000
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms - 7})
        assert due_in(session) == 0

    def test_no_challenges_where_the_policy_has_none_unless_they_are_the_proof(self) -> None:
        session = counting(challenge_kinds=())
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms + 2_000})
        assert due_in(session) == 16_000
        session = Hands(replace(POLICY, challenge_kinds=()), route="challenge")
        session.answer()
        session.beat(0)
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms + 2_000})
        assert due_in(session) == 2_000, "and no captures on that route"

    def test_in_a_round_no_round_and_beside_a_challenge_no_challenge(self) -> None:
        session = counting()
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        assert session.state.proofs.round is not None and session.state.challenges.open is not None
        assert due_in(session) == 15_000

    def test_a_cure(self) -> None:
        session = counting()
        put(session.state, proofs={"due_ms": session.now_ms + 500})
        assert due_in(session) == 500
        put(session.state, page={"hold": R.PAGE_HIDDEN})
        assert due_in(session) == 16_000
        put(session.state, page={"hold": None}, link={"hold": R.NETWORK_GAP})
        put(session.state, playback={"phase": Phase.SUSPENDED})
        assert due_in(session) == 1_800_000, "while the network is down only the end of waiting is due"

    def test_an_excused_or_overdue_challenge_is_not_due(self) -> None:
        session = Hands(POLICY, route="challenge")
        challenge = session.state.challenges.open
        assert challenge is not None
        put(session.state, link={"heard_ms": session.now_ms + NEVER_MS})
        assert due_in(session) == 90_000
        for changed in (replace(challenge, deadline_ms=0), replace(challenge, overdue=True)):
            put(session.state, challenges={"open": changed})
            assert due_in(session) > 90_000  # type: ignore[operator]  # an open session always has something due

    def test_the_time_limit_and_not_once_it_is_closing(self) -> None:
        session = counting(session_max_ms=600_000)
        put(session.state, link={"heard_ms": session.now_ms + NEVER_MS})
        put(session.state, playback={"phase": Phase.SUSPENDED})
        assert due_in(session) == 600_000 - (session.now_ms - T0_MS)
        put(session.state, playback={"closing": R.SESSION_FINISHED})
        assert due_in(session) == NEVER_MS + POLICY.gap_ms

    def test_nothing_once_closed(self) -> None:
        session = counting()
        session.do(e.Superseded)
        assert due_in(session) is None
        session.tick(NEVER_MS)
        assert session.state.playback.reached_ms == session.now_ms


class TestMinuteEnd:
    def test_a_minute_is_sixty_seconds_of_active_time(self) -> None:
        session = play(counting(), 55_000)
        session.tick(4_999)
        assert [minute.to_ms for minute in session.state.credit.minutes] == [0]
        session.tick(1)
        assert [minute.to_ms for minute in session.state.credit.minutes] == [session.now_ms, 0]
        assert session.state.credit.minutes[1].from_ms == session.now_ms
        assert session.state.credit.minute_active_ms == 0

    def test_suspended_time_is_no_part_of_it(self) -> None:
        session = play(counting(), 30_000)
        session.beat(30_000, playing=False)
        session.wait(15_000).beat(30_000, playing=False)
        session.wait(15_000).beat(30_000)
        play(session, 25_000).tick(4_999)
        assert len(session.state.credit.minutes) == 1
        session.tick(1)
        assert len(session.state.credit.minutes) == 2
        assert session.state.playback.active_ms == 60_000

    def test_several_minutes_end_each_at_its_time_under_one_late_timer(self) -> None:
        session = counting(gap_ms=120_000, heartbeat_ms=30_000)
        began_ms = session.now_ms
        session.tick(119_999)
        assert [minute.from_ms - began_ms for minute in session.state.credit.minutes] == [0, 60_000]
        session.tick(1)
        assert session.state.playback.phase is Phase.SUSPENDED
        recorded = [x.minute for x in session.of(d.RecordMinute)]
        assert [(minute.from_ms - began_ms, minute.to_ms - began_ms) for minute in recorded] == [
            (0, 60_000),
            (60_000, 120_000),
        ]


class TestGap:
    def test_silence_suspends_and_keeps_what_is_pending(self) -> None:
        session = play(counting(), 20_000)
        session.tick(15_999)
        assert session.state.playback.phase is Phase.ACTIVE
        session.tick(1)
        assert session.state.playback.phase is Phase.SUSPENDED
        assert session.state.link.hold is R.NETWORK_GAP
        assert session.state.pending_ms == 20_000
        assert R.NETWORK_GAP in session.state.credit.minutes[-1].reasons
        assert session.state.playback.accounted_ms == session.now_ms

    def test_the_gap_begins_at_its_own_time_however_late_the_timer(self) -> None:
        session = play(counting(), 20_000)
        active_ms = session.state.playback.active_ms
        session.tick(600_000)
        assert session.state.playback.active_ms == active_ms + 16_000
        assert session.state.playback.accounted_ms == session.now_ms - 600_000 + 16_000

    def test_a_round_in_progress_is_called_off_and_owed(self) -> None:
        session = play(counting(), 20_000)
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms + 10_000})
        session.tick(10_000)
        assert session.state.proofs.round is not None
        session.tick(6_000)
        assert session.state.proofs.round is None
        assert session.state.proofs.excuses == 1
        session.wait(60_000).beat(20_000)
        assert session.state.proofs.round is not None
        assert session.state.link.hold is None
        session.round()
        assert session.state.credit.verified_ms == 20_000

    def test_without_an_excuse_left_the_round_runs_out(self) -> None:
        session = play(counting(excuses=0), 20_000)
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms + 10_000})
        session.tick(10_000)
        session.tick(6_000)
        assert session.state.proofs.round is not None
        for _ in range(30):
            session.tick(10_000)
        assert session.state.proofs.hold is R.CAPTURE_MISSED
        assert session.state.credit.pending == ()

    def test_a_cure_in_progress_is_not_excused(self) -> None:
        session = Hands()
        session.tick(16_000)
        assert session.state.proofs.round is not None
        assert session.state.proofs.excuses == 0

    def test_a_challenge_is_excused_once_but_not_an_overdue_one(self) -> None:
        session = counting(challenge_deadline_ms=20_000)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.tick(16_000)
        assert session.state.challenges.open is not None
        assert session.state.challenges.open.deadline_ms == 0
        assert session.state.proofs.excuses == 1
        session = counting(challenge_deadline_ms=5_000)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.tick(16_000)
        assert session.state.challenges.open is not None
        assert session.state.challenges.open.overdue
        assert session.state.proofs.excuses == 0

    def test_a_gap_while_closing_ends_the_session_without_the_bracket(self) -> None:
        session = play(counting(), 20_000)
        session.do(e.FinishRequested)
        session.tick(16_000)
        assert session.of(d.RecordFinal)[0].final.reason is R.SESSION_FINISHED
        assert session.of(d.RecordFinal)[0].final.verified_ms == 0

    def test_on_the_other_route_no_capture_is_owed(self) -> None:
        session = Hands(POLICY, route="challenge")
        session.answer()
        session.beat(0)
        session.tick(16_000)
        session.beat(0)
        assert session.state.link.hold is None
        assert session.state.proofs.round is None and session.state.proofs.due_ms == 0


class TestEnds:
    def test_a_silent_session_ends(self) -> None:
        session = play(counting(), 20_000)
        session.tick(1_799_999)
        assert session.state.playback.phase is Phase.SUSPENDED
        session.tick(1)
        final = session.of(d.RecordFinal)[0].final
        assert final.reason is R.SESSION_ABANDONED
        assert final.verified_ms == 0
        assert session.of(d.RecordMinute)[0].minute.reasons == (R.NETWORK_GAP, R.NO_CLOSING_PROOF)

    def test_the_end_is_dated_at_its_own_time(self) -> None:
        session = counting()
        heard_ms = session.state.link.heard_ms
        session.tick(5_000_000)
        assert session.of(d.RecordFinal)[0].final.at_ms == heard_ms + 1_800_000
        assert session.state.playback.reached_ms == session.now_ms

    def test_a_closing_session_that_is_abandoned_keeps_its_reason(self) -> None:
        session = play(counting(abandon_ms=60_000), 20_000)
        put(session.state, playback={"closing": R.SESSION_FINISHED})
        put(session.state, link={"hold": R.NETWORK_GAP})
        put(session.state, playback={"phase": Phase.SUSPENDED})
        session.tick(60_000)
        assert session.of(d.RecordFinal)[0].final.reason is R.SESSION_FINISHED

    def test_the_downtime_of_the_service_is_no_silence_of_the_learner(self) -> None:
        session = play(counting(abandon_ms=60_000), 20_000)
        session.wait(7_200_000)
        session.do(e.ConnectionLost, down_ms=7_190_000)
        assert session.state.playback.phase is Phase.SUSPENDED and session.state.link.hold is R.NETWORK_GAP
        assert session.state.playback.active_ms <= 60_000, "the gap is not credited"
        session.tick(49_999)
        assert session.state.playback.phase is Phase.SUSPENDED
        session.tick(1)  # ten seconds of silence before the stop, fifty after it
        assert session.of(d.RecordFinal)[0].final.reason is R.SESSION_ABANDONED, "silence since then counts"

    def test_a_heartbeat_ends_the_excuse_of_a_downtime(self) -> None:
        session = play(counting(abandon_ms=60_000), 20_000)
        session.do(e.ConnectionLost, down_ms=600_000)
        play(session, 5_000)
        assert session.state.link.down_ms == 0
        session.tick(60_000)
        assert session.state.playback.phase is Phase.CLOSED

    def test_the_longest_session_ends_with_a_proof(self) -> None:
        session = counting(session_max_ms=600_000)
        play(session, 595_000)
        session.tick(600_000 - (session.now_ms - T0_MS))
        assert session.state.playback.closing is R.SESSION_TIME_LIMIT
        assert session.state.proofs.round is not None
        session.round()
        final = session.of(d.RecordFinal)[0].final
        assert final.reason is R.SESSION_TIME_LIMIT
        assert final.verified_ms == 595_000


def test_a_missed_capture_is_counted_and_taken_again() -> None:
    session = Hands()
    session.tick(14_999)
    assert session.state.proofs.round is not None and session.state.proofs.round.reasons == ()
    session.tick(1)
    assert session.state.proofs.round is not None and session.state.proofs.round.reasons == (R.CAPTURE_MISSED,)
    session.tick(1_200)
    assert session.of(d.OrderCapture)[-1].capture_id == "c0-1"
    assert session.of(d.OrderCapture)[-1].deadline_ms == session.now_ms + 15_000


def test_an_order_given_late_runs_from_when_it_leaves() -> None:
    session = Hands()
    session.tick(200_000)
    assert session.state.proofs.round is not None
    session.tick(1_200)
    assert session.of(d.OrderCapture)[-1].deadline_ms == session.now_ms + 15_000


def test_an_unanswered_challenge_holds_from_its_deadline() -> None:
    session = play(counting(challenge_deadline_ms=5_000), 10_000)
    put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    session.tick(4_999)
    assert not session.state.challenges.hold
    session.tick(1)
    assert session.state.challenges.hold
    assert session.state.challenges.open is not None and session.state.challenges.open.overdue
    assert session.state.proofs.hold is R.CHALLENGE_UNANSWERED
    assert session.state.credit.pending == ()
    assert session.of(d.OrderPause)[-1].reason is R.CHALLENGE_UNANSWERED


def restless(policy: Policy) -> Desk:
    """Return a session with rounds, challenges, movements, pauses, gaps and a failed proof."""
    desk = Desk(policy=policy, info=started(policy, lesson_duration_ms=3_600_000), pledges=policy.rules >= 4)
    present = desk.camera
    for cycle in range(12):
        desk.camera = (lambda _: frame()) if cycle % 5 == 4 else present
        desk.visible, desk.online = cycle % 3 != 2, cycle % 7 != 6
        desk.study(45_000)
    return desk


@pytest.mark.parametrize("schema", [2, SCHEMA])
@pytest.mark.parametrize("proofs", [POLICY.proofs, ()])
def test_what_one_event_found_due_next_still_holds_until_the_next_event(schema: int, proofs: tuple[Proof, ...]) -> None:
    policy = replace(POLICY, schema=schema, proofs=proofs, liveness_bracket=True, liveness_max_gap_ms=180_000)
    desk = restless(policy)
    state, _ = start(desk.info, policy)
    kinds = set()
    for event in desk.events[1:]:
        state, _ = step(state, event, policy)
        due_ms = next_deadline_ms(state, policy)
        assert due_ms is not None
        for share in (1, 2, 3):
            later_ms = event.at_ms + (due_ms - event.at_ms) * share // 4
            if later_ms < due_ms:
                later, out = step(state, e.DeadlineReached(at_ms=later_ms), policy)
                captures = later.uses_captures(policy)
                assert timers._earliest(later, policy, captures=captures)[0] == due_ms == later.playback.due_ms
                assert out == ()
        kinds.add(timers._earliest(state, policy, captures=state.uses_captures(policy))[1])
    assert len(kinds) >= 4, "of many kinds"


@pytest.mark.parametrize("late_ms", [0, 5_000])
def test_a_scheduled_round_begins_when_due(late_ms: int) -> None:
    session = counting()
    put(session.state, proofs={"next_active_ms": session.state.playback.active_ms + 10_000})
    session.tick(9_999)
    assert session.state.proofs.round is None
    session.tick(1 + late_ms)
    assert session.state.proofs.round is not None
    assert session.state.proofs.round.deadline_ms == session.now_ms + 15_000


def test_what_is_no_timer_is_our_bug() -> None:
    session = Hands()
    with pytest.raises(AssertionError):
        timers._fire(session.turn(), 99)  # type: ignore[arg-type]  # the bug
