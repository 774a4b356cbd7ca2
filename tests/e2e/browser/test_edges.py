"""What goes wrong around a player: policies, frames, storage, networks, tokens. A clear event each."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from zaichang.protocol.messages import CaptureUnavailableMessage, Heartbeat, Join

from .clip import head_frames, mjpeg
from .conftest import AUTOPLAY, CAMERA_FLAGS, Launch, Open, Tab
from .scripted import Picture, Scripted
from .test_session import counted

pytestmark = pytest.mark.e2e

STRICT = "default-src 'none'; script-src 'self'; connect-src 'self'; media-src 'self'"


def test_a_strict_policy_without_blob_workers(scripted: Scripted, tab: Open) -> None:
    options = "{ workerUrl: '/sdk/zaichang-worker.js' }"
    address = scripted.player_page(options, path="strict", Content_Security_Policy=f"{STRICT}; worker-src 'self'")
    one = tab(address)
    scripted.wait(Join)
    one.play()
    scripted.order_capture()
    scripted.wait(Picture)
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing and beat.playhead_ms > 500)
    one.page.locator("[data-zaichang=status]").wait_for()
    assert one.page.evaluate("probe.shadowed('.bar') && getComputedStyle(probe.shadowed('.bar')).display") == "flex"
    one.until("document.querySelector('video').currentTime > 2")
    blocked = [complaint for complaint in one.complaints if "blob:" not in complaint and "data:," not in complaint]
    assert blocked == [], "nothing but the blob worker (and the test page's own icon) was tried in vain"


def test_a_policy_without_any_worker_falls_back_to_the_pages_timer(scripted: Scripted, tab: Open) -> None:
    one = tab(scripted.player_page(path="workerless", Content_Security_Policy=f"{STRICT}; worker-src 'none'"))
    scripted.wait(Join)
    one.event("error", "event.error.code === 'clock.throttled' && !event.error.fatal")
    scripted.order_capture()
    scripted.wait(Picture)
    scripted.count_from_now()
    for _ in range(3):
        scripted.wait(Heartbeat)


@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "not-allowed"])
def test_a_player_in_a_frame(scripted: Scripted, tab: Open, allowed: bool) -> None:
    inner = scripted.player_page(path="inner").replace("127.0.0.1", "localhost")
    allow = 'allow="camera; autoplay; fullscreen"' if allowed else ""
    outer = scripted.add_page("outer", f'<iframe src="{inner}" {allow} width="700" height="600"></iframe>')
    one = tab(outer)
    scripted.wait(Join)
    if allowed:
        scripted.order_capture()
        assert scripted.wait(Picture).jpeg[:2] == b"\xff\xd8"
    else:
        frame = one.page.frames[1]
        frame.wait_for_function(
            "window.events.some((event) => event.type === 'error' && event.error.code === 'camera.policy')"
        )
        frame.get_by_text("does not allow its player the camera").wait_for()


def test_two_players_on_a_page_are_two_sessions(scripted: Scripted, tab: Open) -> None:
    scripted.pages["boot-two.js"] = (
        """import { attach } from "/sdk/zaichang.js";
        window.sessions = [...document.querySelectorAll("video")].map((video, i) =>
          attach(video, { url: "/session", token: `t${i}` }));""",
        {"Content-Type": "text/javascript"},
    )
    video = '<video id="v{}" src="/lesson.wav" controls></video>'
    body = video.format(0) + video.format(1) + '<script type="module" src="/boot-two.js"></script>'
    scripted.acking = False
    one: Tab = tab(scripted.add_page("two", body))
    tokens = {scripted.wait(Join).token, scripted.wait(Join).token}
    assert tokens == {"t0", "t1"}
    one.until("new Set(window.sessions.map((session) => session.status.sessionId)).size === 2")
    one.until("document.querySelectorAll('[data-zaichang=status]').length === 2")
    assert sorted(one.page.evaluate("Object.keys(sessionStorage)")) == ["zaichang:/two:v0", "zaichang:/two:v1"]
    one.page.evaluate("window.sessions[0].destroy()")
    one.until("document.querySelectorAll('[data-zaichang=status]').length === 1")
    assert one.page.evaluate("window.sessions[1].status.connection") == "open"


@pytest.mark.parametrize("denied", ["sessionStorage", "localStorage"])
def test_storage_denied_only_costs_the_resuming(scripted: Scripted, tab: Open, denied: str) -> None:
    refuse = "{ get() { throw new DOMException('no', 'SecurityError'); } }"
    boot = f"Object.defineProperty(window, '{denied}', {refuse});"
    scripted.pages["deny.js"] = (boot, {"Content-Type": "text/javascript"})
    address = scripted.player_page(path="denied")
    page, headers = scripted.pages["denied"]
    scripted.pages["denied"] = (page.replace("</head>", '<script src="/deny.js"></script></head>'), headers)
    one = tab(address)
    join = scripted.wait(Join)
    assert (join.device == "") == (denied == "localStorage"), "what cannot be kept is not made up anew each time"
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert one.page.evaluate("window.session.status.connection") == "open"
    if denied == "sessionStorage":
        one.event("error", "event.error.code === 'storage.denied' && !event.error.fatal")
    assert one.complaints == []


def test_messages_that_are_not_understood(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    for text in ("", "{", '{"t":"dance"}', '{"t":"seek","to_ms":"far"}', "[" * 5_000):
        scripted.say_text(text)
    one.until("events.filter((event) => event.type === 'error').length >= 5")
    scripted.wait(Heartbeat)
    assert one.page.evaluate("window.session.status.counting")
    assert one.complaints == []


def test_the_network_is_cut_and_comes_back(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    scripted.refuse_connections = True
    scripted.close(1012)
    one.event("error", "event.error.code === 'connection.lost'")
    one.event("held", "event.hold === 'offline'")
    one.until("document.querySelector('video').paused")
    one.page.get_by_text("The network is down").wait_for()
    one.page.locator("[data-do=uncounted]").click()
    one.until("!document.querySelector('video').paused && !window.session.status.counting")
    scripted.refuse_connections = False
    one.page.evaluate("window.dispatchEvent(new Event('online'))")
    assert scripted.wait(Join).resume == "s1"
    one.until("window.session.status.connection === 'open'")


def test_a_token_that_expires_is_renewed(scripted: Scripted, tab: Open) -> None:
    one = tab(scripted.player_page("{ token: () => `fresh-${++window.asked || (window.asked = 1)}` }", path="renew"))
    assert scripted.wait(Join).token == "fresh-1"
    scripted.close(4401)
    assert scripted.wait(Join).token == "fresh-2"
    one.until("window.session.status.connection === 'open'")
    assert not one.page.evaluate("events.some((event) => event.type === 'error' && event.error.fatal)")


def test_the_camera_is_unplugged_and_plugged_in_again(
    scripted: Scripted, tab: Open, launch: Launch, tmp_path: Path
) -> None:
    clip = mjpeg(head_frames(2))
    webcam = tmp_path / "webcam.mjpeg"
    webcam.write_bytes(clip)
    browser = launch(*CAMERA_FLAGS, AUTOPLAY, f"--use-file-for-fake-video-capture={webcam}")
    one = tab(scripted.player_page(), on=browser)
    scripted.wait(Join)
    scripted.order_capture(1)
    scripted.wait(Picture)
    # The browser maps this kind of file, and loses the device when the file shrinks under it.
    with webcam.open("r+b") as file:
        file.truncate(len(clip) // 3)
    one.event("error", "event.error.code === 'camera.ended'")
    one.page.get_by_text("The camera was unplugged").wait_for()
    webcam.write_bytes(clip)
    one.page.locator("[data-do=camera]").click()
    one.until("window.session.status.camera === 'on'")
    scripted.order_capture(2)
    assert scripted.wait(Picture).header.capture_id == "c2"


TAMPER = """const get = Object.getOwnPropertyDescriptor(Document.prototype, "visibilityState").get;
Object.defineProperty(document, "visibilityState", { get: () => "visible" });
const rate = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "playbackRate");
Object.defineProperty(HTMLMediaElement.prototype, "playbackRate", { ...rate, get: () => 1 });
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").fillRect(0, 0, 10, 10);
  setInterval(() => canvas.getContext("2d").fillRect(0, 0, 10, 10), 50);
  return canvas.captureStream();
};"""


def test_tampering_is_reported_as_a_hint_and_decides_nothing(scripted: Scripted, tab: Open) -> None:
    scripted.pages["tamper.js"] = (TAMPER, {"Content-Type": "text/javascript"})
    address = scripted.player_page(path="tampered")
    page, headers = scripted.pages["tampered"]
    scripted.pages["tampered"] = (page.replace("</head>", '<script src="/tamper.js"></script></head>'), headers)
    one = tab(address)
    scripted.wait(Join)
    expected = {"shadowed:visibilityState", "patched:playbackRate", "patched:getUserMedia"}
    scripted.wait(Heartbeat, lambda beat: expected <= set(beat.hints))
    scripted.order_capture()
    header = scripted.wait(Picture).header
    assert header.virtual_camera and {"track_class", "track_unlisted"} <= set(header.hints)
    scripted.count_from_now()
    one.play()
    scripted.wait(Heartbeat, lambda beat: beat.playing)


def test_an_untouched_page_gives_no_hint_but_the_tests_own(scripted: Scripted, tab: Open) -> None:
    tab(scripted.player_page())
    scripted.wait(Join)
    assert set(scripted.wait(Heartbeat).hints) <= {"automation"}


CLICK_FIRST = """const play = HTMLMediaElement.prototype.play;
let clicked = false;
addEventListener("click", () => { clicked = true; }, true);
HTMLMediaElement.prototype.play = function () {
  if (clicked || this.srcObject) return play.call(this);
  return Promise.reject(new DOMException("click first", "NotAllowedError"));
};"""


def test_the_browser_wants_a_click_before_it_plays(scripted: Scripted, tab: Open) -> None:
    scripted.pages["first.js"] = (CLICK_FIRST, {"Content-Type": "text/javascript"})
    address = scripted.player_page(path="clickless")
    page, headers = scripted.pages["clickless"]
    scripted.pages["clickless"] = (page.replace("</head>", '<script src="/first.js"></script></head>'), headers)
    one = tab(address)
    scripted.wait(Join)
    one.page.evaluate("window.session.watchUncounted()")
    one.event("player-blocked")
    one.page.locator("[data-do=play]").click()
    one.until("!document.querySelector('video').paused")


def test_a_hidden_page_is_reported_and_goes_on_reporting(scripted: Scripted, honest_tabs: BrowserContext) -> None:
    page = honest_tabs.new_page()
    one = Tab(page)
    page.goto(scripted.player_page())
    scripted.wait(Join)
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing and beat.visible and beat.focused)
    other = honest_tabs.new_page()
    other.bring_to_front()
    scripted.wait(Heartbeat, lambda beat: not beat.visible)
    for _ in range(3):
        scripted.wait(Heartbeat, lambda beat: not beat.visible)
    scripted.order_capture(7)
    assert scripted.wait(CaptureUnavailableMessage).cause == "hidden"
    page.bring_to_front()
    scripted.wait(Heartbeat, lambda beat: beat.visible)
    scripted.order_capture(8)
    scripted.wait(Picture)
