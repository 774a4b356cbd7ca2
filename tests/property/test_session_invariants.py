"""A test for each of design I1-I5: an arbitrary past, then the danger itself, every time."""

from __future__ import annotations

from hypothesis import assume, event, given
from hypothesis import strategies as st

from support.effort import effort
from support.hostile import POLICIES, honest
from support.pasts import (
    FACE,
    LONG_MS,
    SCRIPTS,
    R,
    Script,
    active,
    bracket,
    close,
    play,
    prove,
    recover,
    run,
)
from support.watch import Watch, covers
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.playhead import IntervalSet, difference, total_ms
from zaichang.session.values import Phase


@effort(25)
@given(SCRIPTS, st.sampled_from(FACE), st.integers(1, 3_000) | st.integers(3_001, 40_000))
def test_i1_credit_never_outruns_the_clock(script: Script, name: str, excess_ms: int) -> None:
    watch = active(POLICIES[name], script)
    policy = watch.policy
    prove(watch)
    recover(watch)
    bracket(watch, 5_000)
    # The danger: a report beyond what the clock and all slack allow.
    allowed_ms = watch.state.playback.tokens_ms + 5_000 * policy.rate_max_bp // 10_000
    pending_ms = watch.state.pending_ms
    out = watch.wait(5_000).beat(watch.state.playback.beat_playhead_ms + allowed_ms + excess_ms)
    lags = excess_ms <= policy.seek_tolerance_ms
    assert watch.state.pending_ms <= pending_ms + (allowed_ms if lags else 0)
    # Where skips are allowed, it may have been one: nothing counts, and the learner is not sent back.
    assert any(isinstance(x, d.OrderSeek) for x in out) is not (lags or policy.skip_allowed)
    event(f"lags: {lags}")
    watch.do(e.FinishRequested)
    while watch.state.playback.phase is not Phase.CLOSED:
        watch.capture()
    for first, start in enumerate(watch.minutes):
        for last in range(first, len(watch.minutes)):
            window_ms = watch.minutes[last].to_ms - start.from_ms
            credited_ms = sum(minute.verified_ms for minute in watch.minutes[first : last + 1])
            # 60 s: playing just before the window may be split into its first minute.
            assert credited_ms * 10_000 <= window_ms * policy.rate_max_bp + policy.burst_ms * 10_000 + 10_000
    assert watch.minutes, "minutes were recorded"
    watch.check_replay()


@effort(25)
@given(SCRIPTS, SCRIPTS, st.sampled_from(sorted(POLICIES)), st.sampled_from(sorted(POLICIES)))
def test_i2_two_sessions_never_count_a_second_twice(first: Script, second: Script, one: str, two: str) -> None:
    a = Watch(POLICIES[one], lesson_duration_ms=LONG_MS)
    honest(a, 14)
    honest(a, 14)
    close(run(a, first))
    assume(a.state.credit.credited)
    b = Watch(POLICIES[two], lesson_duration_ms=LONG_MS, credited=a.state.credit.credited)
    # The danger: the whole of it again, under a policy and a camera that would credit it.
    honest(b, 0)
    b.wait(100).beat(0)
    honest(b, 14)
    honest(b, 14)
    played = (0, b.state.playback.beat_playhead_ms)
    assert played[1] > 50_000
    assert total_ms(difference(a.state.credit.credited, (played,))) < total_ms(a.state.credit.credited), (
        "credited time was replayed"
    )
    close(run(b, second))
    in_a = [part for minute in a.minutes for part in minute.verified]
    in_b = [part for minute in b.minutes for part in minute.verified]
    assert all(difference((part,), a.state.credit.credited) == (part,) for part in in_b)
    assert total_ms(b.state.credit.credited) == sum(end - start for start, end in in_a + in_b)
    assert covers(b.state.credit.credited, a.state.credit.credited)


@effort(25)
@given(SCRIPTS, SCRIPTS, st.sampled_from(FACE))
def test_i3_what_is_superseded_earns_nothing_more(script: Script, after: Script, name: str) -> None:
    watch = active(POLICIES[name], script)
    bracket(watch, 20_000)
    assert watch.state.credit.pending, "there was something to earn"
    credited = watch.state.credit.credited
    out = watch.wait(100).do(e.Superseded)
    assert isinstance(out[-1], d.RecordFinal)
    assert out[-1].final.reason is ReasonCode.SUPERSEDED
    decided = len(watch.log)
    run(watch, after)
    for nonce in watch.used_nonces | {watch.nonce}:
        watch.beat(watch.state.frontier_ms + 5_000, nonce=nonce)
    assert watch.state.credit.credited == credited
    assert watch.state.playback.phase is Phase.CLOSED
    assert len(watch.log) == decided


@effort(25)
@given(SCRIPTS, st.sampled_from(sorted(POLICIES)))
def test_i4_a_heartbeat_counts_once_and_only_in_its_place(script: Script, name: str) -> None:
    watch = active(POLICIES[name], [(honest, 3), *script])
    play(watch)
    sent = [x for x in watch.events if isinstance(x, e.HeartbeatReceived)]
    watch.wait(1_000).do(e.DeadlineReached)
    assume(watch.state.playback.phase is Phase.ACTIVE)
    pending, seq = watch.state.credit.pending, watch.state.link.seq
    ahead_ms = watch.state.frontier_ms + 1_000
    for old in sent:
        # The danger: each report again, and each old nonce under the right number, claiming progress.
        assert isinstance(watch.beat(ahead_ms, seq=old.seq, nonce=old.nonce)[0], d.RejectHeartbeat)
        assert isinstance(watch.beat(ahead_ms, seq=seq + 1, nonce=old.nonce)[0], d.RejectHeartbeat)
    for wrong_seq in (0, seq, seq + 2):
        assert isinstance(watch.beat(ahead_ms, seq=wrong_seq, nonce=watch.nonce)[0], d.RejectHeartbeat)
    assert (watch.state.credit.pending, watch.state.link.seq) == (pending, seq)
    assert watch.indicated()["HEARTBEAT_REJECTED"] >= 2 * len(sent) + 3 >= 5
    assert isinstance(watch.beat(ahead_ms)[-1], d.AckHeartbeat), "and the right one still counts"
    assert watch.state.pending_ms > total_ms(tuple((a, b) for _, a, b in pending))


DELIVERY = POLICIES["delivery"]


def touches(minute: d.Minute, left: IntervalSet) -> bool:
    return difference(minute.undecided, left) != minute.undecided


@effort(25)
@given(SCRIPTS, st.integers(10_000, 50_000), st.integers(0, 29_000), st.integers(0, 2))
def test_i5_only_what_was_delivered_is_credited(script: Script, span_ms: int, late_ms: int, danger: int) -> None:
    watch = active(DELIVERY, script)
    prove(watch)
    recover(watch)
    kept = watch.state.credit.credited
    start_ms = watch.state.playback.beat_playhead_ms
    bracket(watch, span_ms)
    played = watch.state.credit.pending_set
    fresh = difference(difference(played, watch.sent), kept)
    assume(fresh)
    # The danger: played and proved in every other way, and not (or not in time, or only in part) delivered.
    prove(watch)
    assert covers(watch.state.credit.waiting_set, fresh), "proved, and waits for nothing but the log"
    assert difference(watch.state.credit.credited, kept) == difference(difference(played, kept), fresh)
    middle_ms = fresh[0][0] + 1_000
    within_ms = min(due_ms for _, _, _, due_ms in watch.state.credit.waiting) - watch.now_ms
    late_ms = min(late_ms, within_ms - 1)
    while late_ms > 0:
        watch.wait(min(4_000, late_ms)).beat(watch.state.playback.beat_playhead_ms, playing=False)
        late_ms -= 4_000
    match danger:
        case 0:  # the log comes late, but in time
            watch.do(e.MediaDelivered, spans=((0, LONG_MS, watch.info.at_ms),))
            assert covers(watch.state.credit.credited, fresh)
        case 1:  # it says that only a part was sent
            watch.do(e.MediaDelivered, spans=((start_ms, middle_ms, watch.info.at_ms),))
            assert not covers(watch.state.credit.credited, fresh)
        case _:  # the media was fetched only after it had been "played"
            recover(watch)
            bracket(watch, 80_000)
            watch.do(e.MediaDelivered, spans=((0, LONG_MS, watch.now_ms),))
            assert difference(watch.state.credit.credited, kept) == difference(difference(played, kept), fresh)
    credited = watch.state.credit.credited
    while watch.state.credit.waiting:
        watch.tick(5_000)
    left = difference(fresh, credited)
    assert covers(watch.state.credit.undecided, left), "a person decides; nothing before it is lost"
    assert covers(credited, kept)
    close(watch)
    verified = tuple(part for minute in watch.minutes for part in minute.verified)
    assert not difference(verified, watch.sent)
    assert all(R.MEDIA_NOT_DELIVERED in minute.reasons for minute in watch.minutes if touches(minute, left))
