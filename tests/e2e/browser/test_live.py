"""Whole sessions: a real browser, the real service, real models, and a webcam with a (generated) person before it.

The credited time must equal the time really played while everything held, except the time that the player still shows
between the last report and the end.
"""

from __future__ import annotations

import pytest

from zaichang.live.challenges.confirm_text import right_option

from .conftest import AUTOPLAY, Camera, Launch, Open, Tab
from .live import LiveService

pytestmark = pytest.mark.e2e

CLOSE_MS = 1_000
"""Allowed difference between the credited and the really played time."""


@pytest.fixture(params=[False, True], ids=["module", "iife"])
def iife(request: pytest.FixtureRequest) -> bool:
    """Both builds of the SDK."""
    return bool(request.param)


def study(
    live: LiveService, tab: Open, lesson: str = "plain", *, to_ms: int = 0, iife: bool = False, **options: object
) -> Tab:
    """Begin to study, and go on until the playhead is at ``to_ms``."""
    one: Tab = tab(live.page(live.launch(live.new_learner(), lesson), iife=iife), **options)
    one.play()
    one.event("released")
    one.until(f"document.querySelector('video').currentTime * 1000 > {to_ms}")
    return one


def press_here(one: Tab) -> None:
    """Answer the open challenge as a present person who reads does: the keys say nothing."""
    one.until("window.session.openChallenge !== null")
    order = one.page.evaluate("window.session.openChallenge.order")
    key = right_option(order["options"], order["labels"])
    one.page.locator(f"[data-answer='{key}']:enabled").click()


def finish(one: Tab) -> dict[str, object]:
    """Pause and end the session; returns the service's last word."""
    one.page.evaluate("document.querySelector('video').pause()")
    one.until("window.session.status.reason !== '' || window.session.status.hold !== null")
    one.page.evaluate("void window.session.finish()")
    one.event("closed")
    closed: dict[str, object] = one.page.evaluate("events.find((event) => event.type === 'closed')")
    return closed


def test_an_honest_session_is_credited_exactly(live: LiveService, tab: Open, iife: bool) -> None:
    one = tab(live.page(live.launch(live.new_learner()), iife=iife))
    one.play()
    one.event("released")
    one.until("document.querySelector('video').currentTime > 8")
    closed = finish(one)
    played_ms = one.played_ms()
    assert abs(closed["verifiedMs"] - played_ms) <= CLOSE_MS, (closed, played_ms)
    assert closed["reason"] == "SESSION_FINISHED" and closed["undecidedMs"] == 0
    one.event("minute", "event.minute.verdict === 'V'")
    assert one.complaints == []


def test_a_learner_who_leaves_is_not_counted_and_goes_on_when_back(
    live: LiveService, tab: Open, camera: Camera, iife: bool
) -> None:
    one = study(live, tab, to_ms=3_000, iife=iife)
    left_ms = one.played_ms()
    camera.show("empty")
    one.event("held", "event.hold === 'server' && event.reason === 'NO_FACE'")
    one.until("document.querySelector('video').paused")
    stopped_ms = one.played_ms()
    one.page.get_by_text("No face was seen").first.wait_for()
    camera.show("person")
    one.until("events.filter((event) => event.type === 'released').length >= 2")
    one.until("!document.querySelector('video').paused && window.session.status.counting")
    at_ms = one.played_ms()
    one.until(f"document.querySelector('video').currentTime * 1000 > {at_ms + 4_000}")
    closed = finish(one)
    # Playing during the absence was taken back when it was noticed: the player was set to where it counts.
    assert left_ms <= one.played_ms() < stopped_ms
    assert abs(closed["verifiedMs"] - one.played_ms()) <= CLOSE_MS


def test_a_still_picture_is_not_a_person(live: LiveService, tab: Open, camera: Camera, iife: bool) -> None:
    camera.show("still")
    one: Tab = tab(live.page(live.launch(live.new_learner()), iife=iife))
    one.play()
    one.until("events.filter((event) => event.type === 'capture-sent').length >= 3")
    assert not one.page.evaluate("events.some((event) => event.type === 'released')")
    closed = finish(one)
    camera.show("person")
    assert closed["verifiedMs"] == 0


def test_an_unanswered_challenge_stops_the_count_until_it_is_answered(live: LiveService, tab: Open, iife: bool) -> None:
    one = study(live, tab, "challenges", iife=iife)
    one.event("challenge")
    one.event("held", "event.reason === 'CHALLENGE_UNANSWERED'")
    press_here(one)
    one.event("challenge-result", "event.result.accepted")
    one.until("!document.querySelector('video').paused && window.session.status.counting")


def test_skipping_and_speeding_earn_nothing(live: LiveService, tab: Open, iife: bool) -> None:
    one = study(live, tab, to_ms=2_000, iife=iife)
    one.page.evaluate(
        """() => { const video = document.querySelector('video');
        const stop = (event) => event.stopImmediatePropagation();
        for (const name of ['seeking', 'seeked', 'ratechange']) window.addEventListener(name, stop, true);
        Object.defineProperty(document, 'visibilityState', { get: () => 'visible' });
        const rate = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'playbackRate');
        Object.defineProperty(video, 'playbackRate', { get: () => 1, set: (value) => rate.set.call(video, value) });
        video.playbackRate = 16; }"""
    )
    one.event("set-back", "event.reason === 'RATE_TOO_FAST' || event.reason === 'SEEK_FORWARD'")
    one.page.evaluate("document.querySelector('video').currentTime = 110")
    # A busy machine may be at the end of the lesson before it can be set back: that earns nothing either.
    one.until(
        "events.filter((event) => event.type === 'set-back').length >= 2"
        " || window.session.status.reason === 'LESSON_ENDED'"
    )
    released = "events.find((event) => event.type === 'released').at"
    honest_ms = one.page.evaluate(f"performance.now() - {released}")
    closed = finish(one)
    # No more can have been watched than the time since the player was let go.
    assert closed["verifiedMs"] <= honest_ms + CLOSE_MS


def test_a_second_page_ends_the_first(live: LiveService, tab: Open, iife: bool) -> None:
    learner = live.new_learner()
    first = tab(live.page(live.launch(learner), iife=iife))
    first.play()
    first.event("released")
    second = tab(live.page(live.launch(learner), iife=iife))
    first.event("closed", "event.reason === 'SUPERSEDED'")
    first.until("document.querySelector('video').paused")
    second.play()
    second.event("released")


def test_a_reload_goes_on_with_the_same_session(live: LiveService, tab: Open) -> None:
    one = study(live, tab, to_ms=4_000)
    session = one.page.evaluate("window.session.status.sessionId")
    one.page.reload()
    one.event("joined", "event.resumed")
    assert one.page.evaluate("window.session.status.sessionId") == session
    one.until("window.session.status.counting")
    one.until("document.querySelector('video').currentTime > 8")
    closed = finish(one)
    assert abs(closed["verifiedMs"] - one.played_ms()) <= CLOSE_MS


def test_the_service_is_killed_and_comes_back(live: LiveService, tab: Open) -> None:
    one = study(live, tab, to_ms=4_000)
    session = one.page.evaluate("window.session.status.sessionId")
    live.kill()
    one.event("error", "event.error.code === 'connection.lost'")
    live.start()
    one.event("joined", "event.resumed")
    assert one.page.evaluate("window.session.status.sessionId") == session
    one.until("!document.querySelector('video').paused && window.session.status.counting")
    closed = finish(one)
    assert closed["verifiedMs"] >= 2_000


def test_no_camera_earns_nothing_and_says_why(live: LiveService, tab: Open, launch: Launch) -> None:
    browser = launch("--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream", AUTOPLAY)
    one: Tab = tab(live.page(live.launch(live.new_learner())), on=browser)
    one.play()
    one.event("capture-missed", "event.cause === 'denied'")
    one.page.get_by_text("The camera is not allowed").wait_for()
    assert one.page.evaluate("document.querySelector('video').paused")
    assert finish(one)["verifiedMs"] == 0


def test_the_route_without_a_camera(live: LiveService, tab: Open) -> None:
    one: Tab = tab(live.page(live.launch(live.new_learner(), "challenges", route="challenge")))
    one.play()
    for _ in range(2):
        press_here(one)
        one.event("challenge-result", "event.result.accepted")
        one.page.get_by_role("alertdialog").wait_for(state="detached")
    one.until("window.session.status.counting")
    assert one.page.evaluate("window.session.cameraStream === null && window.session.status.camera === 'off'")
