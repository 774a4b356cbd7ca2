"""Clocks, cameras and frames that fail in a page's life: each is told or got over, and the reports go on."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext

from zaichang.protocol.messages import CaptureUnavailableMessage, Heartbeat, Join
from zaichang_simulation.demo.lessons import FOLDER, LESSONS

from .conftest import Open, Tab
from .scripted import Picture, Scripted
from .test_conditions import put_first
from .test_session import counted

pytestmark = pytest.mark.e2e


def opened(scripted: Scripted, tab: Open, name: str, first: str) -> Tab:
    """Open a player in a page that runs ``first`` before everything else."""
    address = scripted.player_page(path=name)
    put_first(scripted, name, first)
    one: Tab = tab(address)
    scripted.wait(Join)
    return one


def test_the_reports_go_on_where_the_pages_timers_stand_still(scripted: Scripted, tab: Open) -> None:
    one = opened(scripted, tab, "timeless", "window.setInterval = () => 0; window.requestAnimationFrame = () => 0;")
    one.play()
    scripted.count_from_now()
    first = scripted.wait(Heartbeat, lambda beat: beat.playing)
    last = scripted.wait(Heartbeat, lambda beat: beat.seq >= first.seq + 4)
    assert last.playhead_ms > first.playhead_ms
    assert not one.page.evaluate("events.some((event) => event.error?.code === 'clock.throttled')")


LIE = """() => { const video = document.querySelector("video");
const real = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "currentTime");
Object.defineProperty(video, "currentTime", {
  get: () => Math.max(0, real.get.call(video) - window.behind), set: (value) => real.set.call(video, value) }); }"""


def test_a_playhead_that_is_not_where_the_frames_are_is_a_hint(scripted: Scripted, tab: Open) -> None:
    one: Tab = tab("about:blank")
    one.page.route("**/film.webm", lambda route: route.fulfill(path=FOLDER / LESSONS[0].video))
    address = scripted.player_page(path="film")
    page, headers = scripted.pages["film"]
    scripted.pages["film"] = (page.replace("/lesson.wav", "/film.webm"), headers)
    one.page.goto(address)
    scripted.wait(Join)
    one.until("document.querySelector('video').readyState === 4")
    one.page.evaluate("() => { window.behind = 0; }")
    one.page.evaluate(LIE)
    one.play()
    scripted.count_from_now()
    honest = scripted.wait(Heartbeat, lambda beat: beat.playing and beat.playhead_ms > 5_000)
    assert "playhead_mismatch" not in honest.hints
    one.page.evaluate("() => { window.behind = 4.5; }")
    scripted.wait(Heartbeat, lambda beat: "playhead_mismatch" in beat.hints)


BUSY = """const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.trouble = "NAME";
navigator.mediaDevices.getUserMedia = (wanted) =>
  window.trouble ? Promise.reject(new DOMException("no", window.trouble)) : ask(wanted);"""


@pytest.mark.parametrize(
    ("name", "code", "cause", "told"),
    [
        ("NotReadableError", "camera.busy", "busy", "Another program is using the camera"),
        ("NotFoundError", "camera.missing", "no_camera", "No camera was found"),
    ],
)
def test_a_camera_that_cannot_be_had_is_taken_when_a_device_comes(
    scripted: Scripted, tab: Open, name: str, code: str, cause: str, told: str
) -> None:
    one = opened(scripted, tab, "troubled", BUSY.replace("NAME", name))
    one.event("error", f"event.error.code === '{code}' && !event.error.fatal")
    one.page.get_by_text(told).wait_for()
    scripted.order_capture(1)
    assert scripted.wait(CaptureUnavailableMessage).cause == cause
    one.page.evaluate("""() => { window.trouble = "";
      navigator.mediaDevices.dispatchEvent(new Event("devicechange")); }""")
    one.until("window.session.status.camera === 'on'")
    scripted.order_capture(2)
    assert scripted.wait(Picture).header.capture_id == "c2"


ASLEEP = """window.opened = 0;
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) => { window.opened += 1; return ask(wanted); };
const call = HTMLVideoElement.prototype.requestVideoFrameCallback;
HTMLVideoElement.prototype.requestVideoFrameCallback = function (back) {
  return window.asleep === window.opened && this.srcObject ? 0 : call.call(this, back);
};"""


def test_a_camera_that_slept_with_its_phone_is_opened_anew(scripted: Scripted, tab: Open) -> None:
    one = opened(scripted, tab, "asleep", ASLEEP)
    scripted.order_capture(1)
    scripted.wait(Picture)
    one.page.evaluate("() => { window.asleep = window.opened; }")
    scripted.order_capture(2)
    assert scripted.wait(Picture).header.capture_id == "c2"
    assert one.page.evaluate("window.opened") == 2
    assert not one.page.evaluate("events.some((event) => event.type === 'error')")


SLOW = """Object.defineProperty(navigator, "connection", { value: { get effectiveType() { return window.speed; } } });
window.speed = "4g";"""


def test_a_slow_network_gets_smaller_pictures(scripted: Scripted, tab: Open) -> None:
    one = opened(scripted, tab, "slow", SLOW)
    scripted.order_capture(1)
    full = scripted.wait(Picture).jpeg
    one.page.evaluate("() => { window.speed = '2g'; }")
    scripted.order_capture(2)
    small = scripted.wait(Picture).jpeg
    assert (Image.open(io.BytesIO(full)).width, Image.open(io.BytesIO(small)).width) == (480, 360)
    assert len(small) < 0.7 * len(full)


def test_a_frozen_page_says_so_and_goes_on_when_thawed(scripted: Scripted, honest_tabs: BrowserContext) -> None:
    page = honest_tabs.new_page()
    one = Tab(page)
    page.goto(scripted.player_page())
    scripted.wait(Join)
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing and beat.visible)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    scripted.wait(Heartbeat, lambda beat: not beat.visible)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    # It stays hidden until another page was shown in between.
    other = honest_tabs.new_page()
    other.bring_to_front()
    other.wait_for_function("document.visibilityState === 'visible'")
    # The browser drops a change of tabs that comes while the page is still thawing: it is asked again.
    for _ in range(50):
        other.bring_to_front()
        page.bring_to_front()
        if page.evaluate("document.visibilityState") == "visible":
            break
    scripted.wait(Heartbeat, lambda beat: beat.visible)
    scripted.order_capture(3)
    scripted.wait(Picture)
    assert one.page.evaluate("window.session.status.connection") == "open"


def test_pictures_are_encoded_off_the_pages_thread(scripted: Scripted, tab: Open) -> None:
    never = """for (const [kind, name] of [[HTMLCanvasElement, "toBlob"], [HTMLCanvasElement, "toDataURL"]])
      kind.prototype[name] = () => { throw new Error("on the page's thread"); };"""
    one = opened(scripted, tab, "threads", never)
    scripted.order_capture(1)
    assert scripted.wait(Picture).jpeg[:2] == b"\xff\xd8"
    assert one.complaints == []


def test_a_player_that_goes_away_is_told_and_breaks_nothing(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    one.page.evaluate("""() => { const video = document.querySelector("video"); video.remove();
      Object.defineProperty(video, "currentTime", { get() { throw new Error("disposed"); } }); }""")
    one.event("error", "event.error.code === 'player.gone' && !event.error.fatal")
    scripted.wait(Heartbeat, lambda beat: not beat.playing)
