"""Playhead accounting: the token bucket and the frontier."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, put
from support.hands import Hands
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d

R = ReasonCode
EXACT = replace(POLICY, rate_max_bp=10_000, seek_tolerance_ms=0)


def counting(policy: object = EXACT, **info: object) -> Hands:
    """Return a session that began to count at playhead 0 and has nothing due for a while."""
    session = Hands(policy, **info).begin()  # type: ignore[arg-type]  # a policy
    put(session.state, proofs={"next_active_ms": 10_000_000}, challenges={"next_active_ms": 10_000_000})
    return session


def seek_orders(session: Hands) -> list[d.OrderSeek]:
    return session.of(d.OrderSeek)


class TestTokens:
    """I1: real time, times the highest rate, and a little slack."""

    def test_the_first_counted_report_counts_nothing_itself(self) -> None:
        session = Hands(EXACT).round()
        session.wait(3_000).beat(3_000)
        assert session.state.credit.pending == ()
        assert session.state.playback.lead_ms == 3_000

    @pytest.mark.parametrize(("progress_ms", "counted_ms"), [(5_000, 5_000), (5_001, 0), (4_000, 4_000), (0, 0)])
    def test_progress_up_to_the_elapsed_time_counts(self, progress_ms: int, counted_ms: int) -> None:
        session = counting()
        out = session.wait(5_000).beat(progress_ms)
        assert session.state.pending_ms == counted_ms
        ack = out[-1]
        assert isinstance(ack, d.AckHeartbeat)
        assert ack.counting is (progress_ms <= 5_000)
        assert ack.reason is (None if progress_ms <= 5_000 else R.RATE_TOO_FAST)
        assert ack.pending_ms == counted_ms

    @pytest.mark.parametrize(("rate_max_bp", "most_ms"), [(10_000, 5_000), (10_200, 5_100), (15_000, 7_500)])
    def test_the_highest_rate_stretches_the_clock(self, rate_max_bp: int, most_ms: int) -> None:
        for progress_ms, counted_ms in ((most_ms, most_ms), (most_ms + 1, 0)):
            session = counting(replace(EXACT, rate_max_bp=rate_max_bp))
            session.wait(5_000).beat(progress_ms, rate_bp=rate_max_bp)
            assert session.state.pending_ms == counted_ms

    def test_a_claimed_rate_above_the_highest_counts_nothing(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000, rate_bp=10_001)
        assert session.state.credit.pending == ()
        assert seek_orders(session)[-1] == d.OrderSeek(to_ms=0, reason=R.RATE_TOO_FAST)
        assert R.RATE_TOO_FAST in session.state.credit.minutes[-1].reasons

    @pytest.mark.parametrize(("progress_ms", "reason"), [(85_000, R.RATE_TOO_FAST), (85_001, R.SEEK_FORWARD)])
    def test_what_no_browser_can_play_was_moved(self, progress_ms: int, reason: ReasonCode) -> None:
        session = counting()
        session.wait(5_000).beat(progress_ms)
        assert seek_orders(session)[-1].reason is reason
        assert (session.state.playback.beat_ms == 0) is (reason is R.SEEK_FORWARD)

    def test_a_report_at_the_same_moment_earns_nothing(self) -> None:
        session = counting()
        session.beat(17)
        assert seek_orders(session)[-1].reason is R.RATE_TOO_FAST
        session = counting()
        session.beat(18)
        assert seek_orders(session)[-1].reason is R.SEEK_FORWARD

    def test_punctual_reports_save_up_no_more_than_the_tolerance(self) -> None:
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        for number in range(1, 11):
            session.wait(5_000).beat(number * 4_000)
        assert session.state.playback.tokens_ms == 1_500
        assert session.state.playback.late_until_ms == 0

    def test_a_late_report_keeps_its_time_for_the_early_one_after_it(self) -> None:
        session = counting()
        session.wait(9_000).beat(5_000)
        assert session.state.playback.tokens_ms == 4_000
        session.wait(1_000).beat(10_000)
        assert session.state.pending_ms == 10_000
        assert session.state.playback.tokens_ms == 0

    def test_what_is_kept_is_bounded_by_the_burst_and_by_a_minute(self) -> None:
        session = counting()
        for _ in range(3):
            session.wait(9_000).beat(0)
        assert session.state.playback.tokens_ms == EXACT.burst_ms == 12_000
        late_until_ms = session.state.playback.late_until_ms
        assert late_until_ms == session.now_ms + 60_000
        playhead_ms = 0
        while session.now_ms + 5_000 < late_until_ms:
            playhead_ms += 5_000
            session.wait(5_000).beat(playhead_ms)
            assert session.state.playback.tokens_ms == 12_000
        session.wait(5_000).beat(playhead_ms + 5_000)
        assert session.now_ms == late_until_ms
        assert session.state.playback.tokens_ms == 0

    @pytest.mark.parametrize(("lag_ms", "late"), [(1_500, False), (1_501, True)])
    def test_late_means_later_than_the_tolerance(self, lag_ms: int, late: bool) -> None:
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        session.wait(5_000).beat(5_000 - lag_ms)
        assert (session.state.playback.late_until_ms > 0) is late

    @pytest.mark.parametrize("late_ms", [1, 400, 1_500])
    def test_a_late_first_report_sets_no_learner_back(self, late_ms: int) -> None:
        """The first report of a stretch was late on its way, the second was not: the player did not run faster."""
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        out = session.wait(5_000 - late_ms).beat(5_000)
        ack = out[-1]
        assert isinstance(ack, d.AckHeartbeat) and ack.counting and ack.reason is None
        assert session.state.credit.pending == ((0, 0, 5_000 - late_ms),), "no more than the clock"
        assert session.state.playback.tokens_ms == 0
        session.wait(5_000).beat(10_000)
        assert session.state.credit.pending == ((0, 0, 10_000 - late_ms),), "what lags waits on"
        assert seek_orders(session) == [] and session.state.credit.minutes[-1].reasons == ()

    def test_what_lags_is_counted_when_the_clock_has_caught_up(self) -> None:
        session = counting(replace(EXACT, seek_tolerance_ms=1_500, rate_max_bp=10_200))
        session.wait(4_800).beat(5_000)
        assert session.state.credit.pending == ((0, 0, 4_896),)
        session.wait(5_000).beat(10_000)
        assert session.state.credit.pending == ((0, 0, 9_996),)
        session.wait(5_000).beat(15_000)
        assert session.state.credit.pending == ((0, 0, 15_000),)
        assert session.state.playback.tokens_ms == 5_100 - 5_004

    def test_too_fast_in_a_part_that_was_watched_leads_on_to_the_furthest_point(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000)
        session.wait(1_000).beat(1_000)
        session.wait(1_000).beat(4_000)
        assert seek_orders(session)[-1] == d.OrderSeek(to_ms=5_000, reason=R.RATE_TOO_FAST)

    def test_a_larger_lag_is_faster_playback(self) -> None:
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        session.wait(5_000).beat(6_501)
        assert session.state.credit.pending == ()
        assert seek_orders(session)[-1] == d.OrderSeek(to_ms=0, reason=R.RATE_TOO_FAST)
        assert session.state.playback.beat_playhead_ms == 6_501

    def test_the_lag_of_many_reports_adds_up(self) -> None:
        """1.1 times the clock: each report lags half a second more."""
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        for number in range(1, 4):
            session.wait(5_000).beat(number * 5_500)
            assert session.state.credit.pending == ((0, 0, number * 5_000),)
        session.wait(5_000).beat(22_000)
        assert session.state.credit.pending == ((0, 0, 15_000),)
        assert seek_orders(session)[-1].reason is R.RATE_TOO_FAST

    def test_a_pause_earns_no_lag_anew(self) -> None:
        """A learner who pauses after each fast stretch is credited the clock's time and leaves lasting holes."""
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        began_ms = session.now_ms
        for number in range(5):
            session.wait(5_000).beat(number * 6_500 + 6_500)
            session.beat(number * 6_500 + 6_500, playing=False)
            session.round()
            session.beat(number * 6_500 + 6_500)
        watched = session.state.taken
        assert watched == tuple((n * 6_500, n * 6_500 + 5_000) for n in range(5))
        assert sum(end - start for start, end in watched) <= session.now_ms - began_ms

    def test_a_claimed_rate_is_refused_though_the_lag_is_small(self) -> None:
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        session.wait(5_000).beat(5_100, rate_bp=10_001)
        assert session.state.credit.pending == ()
        assert seek_orders(session)[-1].reason is R.RATE_TOO_FAST
        assert session.state.playback.beat_playhead_ms == 5_100

    def test_going_back_drops_what_lags(self) -> None:
        session = counting(replace(EXACT, seek_tolerance_ms=1_500))
        session.wait(4_000).beat(5_000)
        session.wait(1_000).beat(2_000)
        session.wait(5_000).beat(7_000)
        assert session.state.credit.pending == ((0, 0, 7_000),)

    def test_a_broadcast_may_lag_too(self) -> None:
        live = counting(replace(EXACT, seek_tolerance_ms=1_500), live_from_ms=1)
        live.wait(4_600).beat(5_000)
        assert live.state.credit.pending == ((0, 0, 4_600),)
        assert R.LIVE_JUMP not in live.state.credit.minutes[-1].reasons

    def test_refused_progress_costs_no_tokens(self) -> None:
        session = counting()
        session.wait(9_000).beat(5_000)
        session.wait(5_000).beat(20_000)
        assert session.state.pending_ms == 5_000
        assert session.state.playback.tokens_ms == 9_000


class TestPlayhead:
    """I2 and 快进禁止."""

    def test_going_back_is_free_and_watching_again_earns_nothing(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000)
        session.wait(1_000).beat(0)
        session.wait(5_000).beat(5_000)
        assert session.state.credit.pending == ((0, 0, 5_000),)
        assert R.ALREADY_CREDITED in session.state.credit.minutes[-1].reasons
        assert seek_orders(session) == []
        session.wait(5_000).beat(10_000)
        assert session.state.credit.pending == ((0, 0, 10_000),)

    def test_only_what_is_new_of_a_stretch_counts(self) -> None:
        session = counting(credited=((2_000, 3_000), (4_000, 9_000)))
        session.wait(5_000).beat(5_000)
        assert session.state.credit.pending == ((0, 0, 2_000), (0, 3_000, 4_000))
        assert R.ALREADY_CREDITED in session.state.credit.minutes[-1].reasons

    def test_new_time_is_not_called_credited(self) -> None:
        session = counting()
        session.wait(5_000).beat(5_000)
        assert R.ALREADY_CREDITED not in session.state.credit.minutes[-1].reasons

    def test_the_lesson_ends_where_the_launch_token_says(self) -> None:
        session = counting(lesson_duration_ms=3_000)
        session.wait(5_000).beat(5_000)
        assert session.state.credit.pending == ((0, 0, 3_000),)
        session.wait(5_000).beat(10_000)
        assert session.state.credit.pending == ((0, 0, 3_000),)

    @pytest.mark.parametrize(("ahead_ms", "accepted"), [(2_000, True), (2_001, False)])
    def test_a_stretch_may_begin_a_little_ahead(self, ahead_ms: int, accepted: bool) -> None:
        """The player was told to go on and played until its next report: 1 s, and the tolerance."""
        session = Hands(replace(EXACT, seek_tolerance_ms=1_000)).round()
        put(session.state, link={"heard_ms": session.now_ms})
        session.wait(1_000).beat(ahead_ms)
        assert (session.state.playback.beat_ms == session.now_ms) is accepted
        if not accepted:
            assert seek_orders(session)[-1] == d.OrderSeek(to_ms=0, reason=R.SEEK_FORWARD)
        session.wait(1_000).beat(ahead_ms + 1_000)
        assert session.state.credit.pending == (((0, ahead_ms, ahead_ms + 1_000),) if accepted else ())

    def test_the_lead_is_bounded_by_the_burst(self) -> None:
        for ahead_ms, accepted in ((12_000, True), (12_001, False)):
            session = Hands(EXACT)
            session.wait(14_000).round()
            session.beat(ahead_ms)
            assert (session.state.playback.beat_ms > 0) is accepted

    def test_a_jump_within_what_was_saved_is_still_a_jump(self) -> None:
        session = counting(replace(EXACT, seek_tolerance_ms=1_000))
        session.wait(5_000).beat(5_000)
        put(session.state, playback={"beat_playhead_ms": 6_001})
        put(session.state, playback={"lead_ms": 0})
        session.wait(5_000).beat(10_000)
        assert seek_orders(session)[-1] == d.OrderSeek(to_ms=5_000, reason=R.SEEK_FORWARD)
        session = counting(replace(EXACT, seek_tolerance_ms=1_000))
        session.wait(5_000).beat(5_000)
        put(session.state, playback={"beat_playhead_ms": 6_000})
        put(session.state, playback={"lead_ms": 0})
        session.wait(5_000).beat(10_000)
        assert session.state.credit.pending == ((0, 0, 5_000), (0, 6_000, 10_000))

    def test_where_skipping_is_allowed_only_the_clock_limits(self) -> None:
        session = counting(replace(EXACT, skip_allowed=True))
        session.wait(1_000).beat(900_000)
        assert session.state.credit.pending == ()
        session.wait(5_000).beat(900_000)
        session.wait(5_000).beat(905_000)
        assert session.state.credit.pending == ((0, 900_000, 905_000),)

    def test_a_skip_that_is_allowed_begins_a_new_stretch_where_it_leads(self) -> None:
        session = counting(replace(EXACT, skip_allowed=True))
        session.wait(5_000).beat(5_000)
        out = session.wait(5_000).beat(600_000)
        ack = out[-1]
        assert isinstance(ack, d.AckHeartbeat) and ack.counting and ack.reason is None
        assert session.state.credit.minutes[-1].reasons == ()
        session.wait(5_000).beat(605_000)
        assert session.state.credit.pending == ((0, 0, 5_000), (0, 600_000, 605_000))
        assert seek_orders(session) == []

    @pytest.mark.parametrize(("progress_ms", "told"), [(85_000, (R.RATE_TOO_FAST,)), (85_001, ())])
    def test_a_short_skip_or_a_fast_playback_earns_nothing_and_says_so(
        self, progress_ms: int, told: tuple[ReasonCode, ...]
    ) -> None:
        session = counting(replace(EXACT, skip_allowed=True))
        session.wait(5_000).beat(progress_ms)
        assert session.state.credit.pending == () and session.state.credit.minutes[-1].reasons == told
        session = counting(replace(EXACT, skip_allowed=True))
        session.wait(5_000).beat(progress_ms, rate_bp=10_001)
        assert seek_orders(session) != [], "a reported rate that is not allowed is refused all the same"

    def test_after_a_jump_counting_begins_anew(self) -> None:
        session = counting()
        session.wait(5_000).beat(600_000)
        assert session.state.playback.beat_ms == 0
        session.wait(5_000).beat(0)
        session.wait(5_000).beat(5_000)
        assert session.state.credit.pending == ((0, 0, 5_000),)
