"""Minutes: played time is split over them, decided by proofs, and recorded in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import put
from support.hands import Hands
from unit.session.owners.test_credit import EXACT, counting
from zaichang.core.reasons import ReasonCode
from zaichang.session import bracket
from zaichang.session import decisions as d
from zaichang.session.owners import credit
from zaichang.session.playhead import IntervalSet
from zaichang.session.values import OpenMinute, Outcome

R = ReasonCode


class TestMinutes:
    """A minute is 60 s of ACTIVE time; playing over its end is split by the clock."""

    def test_a_stretch_over_a_minutes_end_is_split(self) -> None:
        session = counting()
        for number in range(1, 12):
            session.wait(5_000).beat(number * 5_000)
        session.wait(4_000).beat(59_000)
        session.wait(5_000).beat(64_000)
        assert session.state.credit.pending == ((0, 0, 60_000), (1, 60_000, 64_000))

    def test_the_share_is_in_proportion_to_the_clock(self) -> None:
        session = counting(replace(EXACT, rate_max_bp=15_000))
        for number in range(1, 12):
            session.wait(5_000).beat(number * 5_000)
        session.wait(9_000).beat(55_000 + 12_000)
        # 5 of 9 s were played before the minute's end: 12,000 x 5 / 9, rounded down.
        assert session.state.credit.pending == ((0, 0, 61_666), (1, 61_666, 67_000))

    def test_at_the_very_end_all_of_it_was_played_before(self) -> None:
        session = counting()
        for number in range(1, 13):
            session.wait(5_000).beat(number * 5_000)
        assert session.state.credit.pending == ((0, 0, 60_000),)
        assert session.state.credit.minutes[-1].from_ms == session.now_ms

    def test_two_separate_parts_stay_separate(self) -> None:
        session = counting(credited=((5_000, 6_000),))
        session.wait(5_000).beat(5_000)
        session.wait(5_000).beat(10_000)
        assert session.state.credit.pending == ((0, 0, 5_000), (0, 6_000, 10_000))

    def test_a_minute_without_active_time_never_was(self) -> None:
        session = counting()
        assert len(session.state.credit.minutes) == 1
        credit.end_minute(session.turn(), session.now_ms)
        assert session.state.credit.minutes == ()
        assert session.state.credit.next_minute == 0
        credit.end_minute(session.turn(), session.now_ms)
        assert session.state.credit.next_minute == 0

    def test_a_minute_ends_once(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000)
        credit.end_minute(session.turn(), session.now_ms)
        credit.end_minute(session.turn(), session.now_ms + 9)
        assert session.state.credit.minutes[-1].to_ms == session.now_ms
        credit.begin_minute(session.turn(), session.now_ms)
        credit.begin_minute(session.turn(), session.now_ms)
        assert [minute.index for minute in session.state.credit.minutes] == [0, 1]
        assert session.state.credit.minute_active_ms == 0


class TestNotes:
    def test_each_reason_once_and_not_too_many(self) -> None:
        session = counting()
        for reason in [R.PLAYER_PAUSED, *list(R)]:
            credit.note(session.turn(), reason)
        reasons = session.state.credit.minutes[-1].reasons
        assert len(reasons) == len(set(reasons)) == credit.REASONS_PER_MINUTE
        credit.note(session.turn(), reasons[0])
        assert session.state.credit.minutes[-1].reasons == reasons

    def test_without_a_running_minute_there_is_nowhere_to_write(self) -> None:
        session = Hands(EXACT)
        credit.note(session.turn(), R.PLAYER_PAUSED)
        assert session.state.credit.minutes == ()
        session = counting()
        session.wait(5_000).beat(5_000)
        credit.end_minute(session.turn(), session.now_ms)
        before = session.state.credit.minutes
        credit.note(session.turn(), R.PLAYER_PAUSED)
        assert session.state.credit.minutes == before


def resolved(outcome: Outcome, reason: ReasonCode | None) -> Hands:
    session = counting()
    put(session.state, credit={"minutes": (OpenMinute(index=0, from_ms=1, to_ms=2), OpenMinute(index=1, from_ms=2))})
    put(session.state, credit={"pending": ((0, 0, 10), (1, 20, 25))})
    put(session.state, credit={"pending_set": ((0, 10), (20, 25))})
    put(session.state, playback={"lead_ms": 99})
    if outcome is Outcome.FAILED:
        bracket.lose(session.turn(), reason, 0)
    else:
        credit.resolve(session.turn(), outcome, reason)
    assert session.state.credit.pending == () and session.state.credit.pending_set == ()
    return session


class TestResolve:
    """I10: a proof decides everything pending, and nothing else."""

    def test_passed(self) -> None:
        state = resolved(Outcome.PASSED, R.NO_FACE).state
        assert [minute.verified for minute in state.credit.minutes] == [((0, 10),), ((20, 25),)]
        assert [minute.reasons for minute in state.credit.minutes] == [(), ()]
        assert state.credit.credited == ((0, 10), (20, 25))
        assert (state.credit.verified_ms, state.credit.undecided, state.playback.lead_ms) == (15, (), 99)

    def test_undecided(self) -> None:
        state = resolved(Outcome.UNDECIDED, R.PAD_MISSING).state
        assert [minute.undecided for minute in state.credit.minutes] == [((0, 10),), ((20, 25),)]
        assert [minute.reasons for minute in state.credit.minutes] == [(R.PAD_MISSING,)] * 2
        assert (state.credit.credited, state.credit.verified_ms, state.playback.lead_ms) == ((), 0, 99)
        assert state.credit.undecided == ((0, 10), (20, 25))

    @pytest.mark.parametrize("reason", [R.NO_FACE, None])
    def test_failed(self, reason: ReasonCode | None) -> None:
        state = resolved(Outcome.FAILED, reason).state
        assert [(minute.verified, minute.undecided) for minute in state.credit.minutes] == [((), ())] * 2
        assert [minute.reasons for minute in state.credit.minutes] == [() if reason is None else (reason,)] * 2
        assert (state.credit.credited, state.credit.undecided, state.credit.verified_ms, state.playback.lead_ms) == (
            (),
            (),
            0,
            0,
        )

    def test_reasons_stay_few(self) -> None:
        session = counting()
        full = tuple(R)[: credit.REASONS_PER_MINUTE]
        put(session.state, credit={"minutes": (OpenMinute(index=0, from_ms=1, reasons=full),)})
        put(session.state, credit={"pending": ((0, 0, 10), (0, 20, 30))})
        credit.resolve(session.turn(), Outcome.FAILED, R.SUPERSEDED)
        assert session.state.credit.minutes[0].reasons == full


@pytest.mark.parametrize(
    ("verified", "undecided", "reasons", "verdict", "left", "told"),
    [
        (((0, 5),), (), (), d.Verdict.VERIFIED, (), ()),
        (((0, 5),), ((3, 9),), (R.PAD_MISSING,), d.Verdict.VERIFIED, ((5, 9),), (R.PAD_MISSING,)),
        ((), ((3, 9),), (R.PAD_MISSING,), d.Verdict.INDETERMINATE, ((3, 9),), (R.PAD_MISSING,)),
        ((), (), (R.NO_FACE,), d.Verdict.REFUSED, (), (R.NO_FACE,)),
        ((), (), (), d.Verdict.REFUSED, (), (R.PLAYER_STALLED,)),
    ],
)
def test_a_minutes_verdict(
    verified: IntervalSet,
    undecided: IntervalSet,
    reasons: tuple[ReasonCode, ...],
    verdict: d.Verdict,
    left: IntervalSet,
    told: tuple[ReasonCode, ...],
) -> None:
    minute = OpenMinute(index=3, from_ms=1, to_ms=2, verified=verified, undecided=undecided, reasons=reasons)
    assert credit._judge(minute) == d.Minute(
        index=3, from_ms=1, to_ms=2, verdict=verdict, verified=verified, undecided=left, reasons=told
    )


def test_minutes_are_recorded_in_order_once_ended_accounted_for_and_decided() -> None:
    session = counting()
    state = session.state
    put(
        state,
        credit={
            "minutes": (
                OpenMinute(index=0, from_ms=1, to_ms=60),
                OpenMinute(index=1, from_ms=60, to_ms=120),
                OpenMinute(index=2, from_ms=120),
            )
        },
    )
    for accounted_ms, pending, expected in (
        (59, (), []),
        (60, ((0, 0, 5),), []),
        (60, (), [0]),
        (120, ((1, 0, 5),), []),
        (120, (), [1]),
        (10**15, (), []),
    ):
        put(state, playback={"accounted_ms": accounted_ms}, credit={"pending": pending})
        turn = session.turn()
        credit.record_minutes(turn)
        assert [x.minute.index for x in turn.out if isinstance(x, d.RecordMinute)] == expected
    assert state.credit.minutes_recorded == 2
    assert [minute.index for minute in state.credit.minutes] == [2]
