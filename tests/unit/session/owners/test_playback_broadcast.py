"""A live broadcast: positions since its beginning, never ahead of it; late joining, going back, discontinuities."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, T0_MS, put
from support.hands import Hands
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session.owners.playback import LIVE_SLACK_MS, skips
from zaichang.session.playhead import total_ms

R = ReasonCode
EXACT = replace(POLICY, rate_max_bp=10_000, seek_tolerance_ms=0, challenge_kinds=())
HOUR_MS = 3_600_000
NEVER_MS = 10_000_000


def watching(behind_ms: int = 8_000, *, began_ago_ms: int = HOUR_MS, **policy: object) -> Hands:
    """Return a session that joined a broadcast late, plays ``behind_ms`` behind its edge, and counts."""
    session = Hands(
        replace(EXACT, **policy),  # type: ignore[arg-type]  # fields
        live_from_ms=T0_MS - began_ago_ms,
        lesson_duration_ms=4 * HOUR_MS,
    )
    session.round()
    session.beat(edge_ms(session) - behind_ms)
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return session


def edge_ms(session: Hands) -> int:
    return session.now_ms - session.info.lesson.live_from_ms


def prove(session: Hands) -> Hands:
    put(session.state, proofs={"due_ms": session.now_ms})
    session.tick()
    return session.round()


def test_a_late_joiner_earns_from_where_they_joined_and_is_not_sent_back() -> None:
    session = watching()
    start_ms = session.state.playback.beat_playhead_ms
    for _ in range(4):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    prove(session)
    assert session.state.credit.credited == ((start_ms, start_ms + 20_000),)
    assert session.of(d.OrderSeek) == []
    assert skips(session.state, session.policy) and not EXACT.skip_allowed


@pytest.mark.parametrize(("ahead_ms", "counts"), [(0, True), (LIVE_SLACK_MS, True), (LIVE_SLACK_MS + 1, False)])
def test_no_playhead_is_where_the_broadcast_has_not_come_yet(ahead_ms: int, counts: bool) -> None:
    session = watching(behind_ms=0, burst_ms=15_000, seek_tolerance_ms=5_000)
    put(session.state, playback={"beat_playhead_ms": edge_ms(session) + ahead_ms})
    out = session.wait(5_000).beat(edge_ms(session) + ahead_ms)
    ack = out[-1]
    assert isinstance(ack, d.AckHeartbeat)
    assert ack.reason is (None if counts else R.AHEAD_OF_LIVE)
    assert session.state.pending_ms == (5_000 if counts else 0)
    seeks = session.of(d.OrderSeek)
    assert [(x.to_ms, x.reason) for x in seeks] == ([] if counts else [(edge_ms(session), R.AHEAD_OF_LIVE)])
    assert (session.state.playback.beat_ms > 0) is counts, "what follows counts only once the player is back"


def test_a_learner_who_begins_ahead_of_the_broadcast_is_sent_to_its_edge() -> None:
    session = watching(behind_ms=-HOUR_MS)
    assert session.state.playback.beat_ms == 0
    assert session.of(d.OrderSeek)[0].to_ms == edge_ms(session)
    assert R.AHEAD_OF_LIVE in session.state.credit.minutes[-1].reasons
    session.wait(1_000).beat(edge_ms(session))
    session.wait(5_000).beat(edge_ms(session))
    assert session.state.pending_ms == 5_000


def test_before_the_broadcast_begins_there_is_nothing_to_be_at() -> None:
    session = watching(behind_ms=0, began_ago_ms=-HOUR_MS)
    session.wait(1_000).beat(LIVE_SLACK_MS + 1)
    assert session.of(d.OrderSeek)[-1].to_ms == 0
    session.wait(5_000).beat(LIVE_SLACK_MS + 5_001)
    assert session.state.credit.pending == ()


def test_a_discontinuity_begins_a_new_stretch_and_what_it_left_out_is_not_credited() -> None:
    session = watching(behind_ms=120_000)
    start_ms = session.state.playback.beat_playhead_ms
    session.wait(5_000).beat(start_ms + 5_000)
    out = session.wait(5_000).beat(start_ms + 100_000)
    assert session.of(d.OrderSeek) == [] and session.state.playback.beat_ms == session.now_ms
    ack = out[-1]
    assert isinstance(ack, d.AckHeartbeat) and ack.counting
    assert R.LIVE_JUMP in session.state.credit.minutes[-1].reasons
    session.wait(5_000).beat(start_ms + 105_000)
    prove(session)
    assert session.state.credit.credited == ((start_ms, start_ms + 5_000), (start_ms + 100_000, start_ms + 105_000))


def test_jumping_all_the_time_earns_nothing() -> None:
    session = watching(behind_ms=HOUR_MS // 2)
    for _ in range(20):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_001)
    assert session.state.credit.pending == ()


def test_a_claimed_rate_above_the_highest_is_refused_as_ever() -> None:
    session = watching(behind_ms=600_000)
    start_ms = session.state.playback.beat_playhead_ms
    session.wait(5_000).beat(start_ms + 10_000, rate_bp=20_000)
    assert session.state.credit.pending == ()
    # Not to the furthest point, as in a lesson: that is the beginning here, which no player's window holds any more.
    assert session.of(d.OrderSeek) == [d.OrderSeek(to_ms=start_ms, reason=R.RATE_TOO_FAST)]
    session.wait(1_000).beat(start_ms)
    session.wait(5_000).beat(start_ms + 5_000)
    assert session.state.pending_ms == 5_000


def test_going_back_in_the_window_is_free_and_earns_what_is_new() -> None:
    session = watching(behind_ms=8_000)
    start_ms = session.state.playback.beat_playhead_ms
    session.wait(5_000).beat(start_ms + 5_000)
    session.wait(1_000).beat(start_ms - 60_000)
    session.wait(5_000).beat(start_ms - 55_000)
    prove(session)
    assert session.state.credit.credited == ((start_ms - 60_000, start_ms - 55_000), (start_ms, start_ms + 5_000))
    assert total_ms(session.state.credit.credited) == 10_000


def test_the_player_goes_on_at_the_live_edge_after_a_pause_order() -> None:
    session = watching(behind_ms=8_000)
    session.wait(5_000).beat(edge_ms(session) - 8_000, visible=False)
    session.wait(60_000 - 46_000).beat(edge_ms(session) - 8_000)
    assert session.of(d.OrderSeek) == []


def test_a_lesson_that_is_not_live_is_not_held_against_the_clock() -> None:
    session = Hands(EXACT).begin()
    put(session.state, proofs={"next_active_ms": NEVER_MS})
    session.wait(5_000).beat(5_000)
    assert session.state.pending_ms == 5_000 and not skips(session.state, EXACT)
