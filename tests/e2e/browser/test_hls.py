"""Real HLS streams through hls.js as npm delivers it, credited by the real service: discontinuities, live, stalls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeVar

import pytest

from .conftest import Open, Tab
from .live import LiveService
from .stream import Broadcast, Recording, Stream

pytestmark = pytest.mark.e2e

CLOSE_MS = 1_000
"""Allowed difference between the credited and the really played time."""
REPORT_MS = 1_000
"""Playing between the last report and a leap is not known."""
METER = """() => {
  const video = document.querySelector("video");
  window.meter = { playedMs: 0, leaps: [], stalls: 0 };
  let [at, date, now] = [video.currentTime, hls.playingDate?.getTime() ?? 0, performance.now()];
  video.addEventListener("waiting", () => { meter.stalls += 1; });
  setInterval(() => {
    const [wasAt, wasDate, since] = [at, date, now];
    [at, date, now] = [video.currentTime, hls.playingDate?.getTime() ?? date, performance.now()];
    const movedMs = (at - wasAt) * 1000, datedMs = wasDate ? date - wasDate : movedMs;
    // Faster than the clock is no playing.
    if (movedMs > 0 && movedMs < now - since + 250) meter.playedMs += movedMs;
    if (Math.abs(datedMs) > now - since + 250) meter.leaps.push(Math.round(datedMs));
  }, 50);
}"""
S = TypeVar("S", bound=Stream)
OnAir = Callable[[S], S]


@pytest.fixture
def on_air() -> Iterator[OnAir]:
    """Let a stream be served until the test is over."""
    with ExitStack() as served:

        def serve(stream: S) -> S:
            served.callback(stream.stop)
            return stream

        yield serve


def study(live: LiveService, tab: Open, stream: Stream, lesson: str = "broadcast", **options: object) -> Tab:
    """Play a stream until it counts; from then on the page measures the playing."""
    token = live.launch(live.new_learner(), lesson)
    began_ms = live.live_from_ms(token)
    one: Tab = tab(live.hls_page(token, stream.address, live_from_ms=began_ms, **options))
    one.play()
    one.event("released")
    one.until("!document.querySelector('video').paused")
    one.page.evaluate(METER)
    one.page.evaluate(f"() => {{ window.positionMs = () => hls.playingDate?.getTime() - {began_ms}; }}")
    return one


def played(one: Tab, more_ms: int) -> None:
    """Wait until so much more has been played, and counted."""
    one.until(f"meter.playedMs > {one.page.evaluate('meter.playedMs') + more_ms} && window.session.status.counting")


def stall(one: Tab, stream: Stream) -> float:
    """Withhold segments until the service knows of the stall; return the time played by then."""
    played(one, 1_000)
    stream.withhold()
    one.until("window.session.status.reason === 'PLAYER_STALLED'")
    before_ms: float = one.page.evaluate("meter.playedMs")
    stream.deliver()
    return before_ms


def finish(one: Tab) -> tuple[int, float]:
    """Pause and end the session; return the credited and the played time."""
    one.page.evaluate("document.querySelector('video').pause()")
    one.until("window.session.status.reason !== '' || window.session.status.hold !== null")
    return closing(one)


def closing(one: Tab) -> tuple[int, float]:
    one.page.evaluate("void window.session.finish()")
    one.event("closed")
    closed = one.page.evaluate("events.find((event) => event.type === 'closed')")
    assert closed["undecidedMs"] == 0
    assert one.complaints == []
    return closed["verifiedMs"], one.page.evaluate("meter.playedMs")


def reasons(one: Tab) -> set[str]:
    one.event("minute")
    told: list[str] = one.page.evaluate("events.flatMap((event) => event.minute?.reasons ?? [])")
    return set(told)


def told(one: Tab, kind: str) -> list[dict[str, object]]:
    """Return the session's events of a kind."""
    found: list[dict[str, object]] = one.page.evaluate(f"events.filter((event) => event.type === {kind!r})")
    return found


def test_a_recording_goes_on_over_a_discontinuity(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Recording(30, breaks=(4,)))
    one = study(live, tab, stream, "plain")
    one.until("document.querySelector('video').currentTime > 7 && window.session.status.counting")
    verified_ms, _ = finish(one)
    assert abs(verified_ms - one.played_ms()) <= CLOSE_MS
    assert one.page.evaluate("meter.leaps") == [] and told(one, "set-back") == []


def test_a_broadcast_counts_from_the_live_edge_to_its_end(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Broadcast(30))
    one = study(live, tab, stream, liveSyncDuration=4)
    played(one, 3_000)
    status = one.page.evaluate("({ ...window.session.status, atMs: positionMs() })")
    assert 0 <= status["atMs"] - status["frontierMs"] <= 2_000, "the service knows it by the time since it began"
    assert status["frontierMs"] > 3_600_000 - 60_000
    stream.end()
    # The page finishes by itself, so the status may have gone on already: the minute keeps the reason.
    ended = "events.some((event) => event.minute?.reasons.includes('LESSON_ENDED'))"
    one.until(f"window.session.status.reason === 'LESSON_ENDED' || {ended}")
    verified_ms, played_ms = closing(one)
    assert abs(verified_ms - played_ms) <= CLOSE_MS
    assert "LESSON_ENDED" in reasons(one)
    assert told(one, "set-back") == []


def test_a_stall_costs_itself_and_nothing_else(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Broadcast(30))
    one = study(live, tab, stream, liveSyncDuration=4)
    stalled_ms = stall(one, stream)
    played(one, 3_000)
    verified_ms, played_ms = finish(one)
    assert played_ms > stalled_ms + 3_000
    assert played_ms - CLOSE_MS - REPORT_MS <= verified_ms <= played_ms + CLOSE_MS, "never more than was played"
    assert one.page.evaluate("meter.leaps") == [] and told(one, "set-back") == []
    assert "PLAYER_STALLED" in (noted := reasons(one)) and "LIVE_JUMP" not in noted


def test_hls_js_may_go_back_to_the_live_edge(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Broadcast(60))
    one = study(live, tab, stream, liveSyncDuration=4)
    one.page.evaluate("document.querySelector('video').currentTime -= 30")
    played(one, 2_000)
    one.page.evaluate("hls.config.liveMaxLatencyDuration = 10")
    one.until("meter.leaps.some((ms) => ms > 10_000)")
    played(one, 2_000)
    verified_ms, played_ms = finish(one)
    assert played_ms - 2 * CLOSE_MS - REPORT_MS <= verified_ms <= played_ms + CLOSE_MS
    assert told(one, "set-back") == []
    assert "LIVE_JUMP" in reasons(one)


def test_what_a_broadcast_did_not_send_is_not_counted(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Broadcast(30, ahead_ms=-60_000))
    one = study(live, tab, stream, liveSyncDuration=4)
    stream.begin_anew(lost_ms=40_000)
    one.until("meter.leaps.length > 0")
    played(one, 2_000)
    verified_ms, played_ms = finish(one)
    assert [round(ms, -3) for ms in one.page.evaluate("meter.leaps")] == [40_000]
    assert played_ms - CLOSE_MS - REPORT_MS <= verified_ms <= played_ms + CLOSE_MS
    assert told(one, "set-back") == []
    assert "LIVE_JUMP" in reasons(one)


def test_no_time_counts_ahead_of_the_broadcast(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Broadcast(60, ahead_ms=30_000))
    one = study(live, tab, stream, liveSyncDuration=4)
    one.event("set-back", "event.reason === 'AHEAD_OF_LIVE'")
    played(one, 2_000)
    one.page.evaluate("document.querySelector('video').currentTime = hls.liveSyncPosition")
    one.until("events.filter((event) => event.type === 'set-back').length >= 2")
    one.until("window.session.status.counting")
    verified_ms, played_ms = finish(one)
    assert {event["reason"] for event in told(one, "set-back")} == {"AHEAD_OF_LIVE"}
    assert 2_000 - CLOSE_MS <= verified_ms <= played_ms
    assert "AHEAD_OF_LIVE" in reasons(one)


def test_who_plays_a_broadcast_too_fast_is_set_back_a_little(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Broadcast(60))
    one = study(live, tab, stream, liveSyncDuration=4)
    played(one, 1_000)
    one.page.evaluate("document.querySelector('video').currentTime -= 30")
    played(one, 1_000)
    began_ms = one.page.evaluate("positionMs()")
    one.page.evaluate("document.querySelector('video').playbackRate = 2")
    one.event("set-back", "event.reason === 'RATE_TOO_FAST'")
    one.until("document.querySelector('video').playbackRate === 1")
    played(one, 2_000)
    assert abs(one.page.evaluate("positionMs()") - began_ms) < 20_000, "not where the live edge was"
    finish(one)


def test_a_reload_comes_back_to_the_live_edge(live: LiveService, tab: Open, on_air: OnAir) -> None:
    stream = on_air(Broadcast(30))
    one = study(live, tab, stream, liveSyncDuration=4)
    played(one, 2_000)
    stream.withhold(playlists=True)
    one.page.reload()
    one.event("joined", "event.resumed")
    assert one.page.evaluate("document.querySelector('video').currentTime") == 0, "its position is not known yet"
    stream.deliver()
    one.play()
    one.until("window.session.status.counting && !document.querySelector('video').paused")
    one.page.evaluate(METER)
    played(one, 2_000)
    assert one.page.evaluate("hls.latestLevelDetails.edge - document.querySelector('video').currentTime") < 20
    verified_ms, _ = finish(one)
    assert verified_ms >= 4_000 - CLOSE_MS - REPORT_MS
