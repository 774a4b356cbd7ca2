"""What a learner's device, network and browser settings do to a session: each is told, none breaks the page."""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import ErrorMessage, Heartbeat, Join

from .conftest import AUTOPLAY, CAMERA_FLAGS, Camera, Launch, Open, Tab
from .live import LiveService
from .scripted import Picture, Scripted
from .test_live import study
from .test_session import counted

pytestmark = pytest.mark.e2e

OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
ONLINE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


def put_first(scripted: Scripted, path: str, code: str) -> None:
    """Let a page run code before everything else in it."""
    scripted.pages[f"first-{path}.js"] = (code, {"Content-Type": "text/javascript"})
    page, headers = scripted.pages[path]
    scripted.pages[path] = (page.replace("</head>", f'<script src="/first-{path}.js"></script></head>'), headers)


def test_a_page_that_is_not_https_says_so(scripted: Scripted, tab: Open, launch: Launch) -> None:
    browser = launch(*CAMERA_FLAGS, AUTOPLAY, "--host-resolver-rules=MAP study.test 127.0.0.1")
    one = tab(scripted.player_page().replace("127.0.0.1", "study.test"), on=browser)
    scripted.wait(Join)
    one.event("error", "event.error.code === 'camera.insecure' && !event.error.fatal")
    one.page.get_by_text("not served over https").wait_for()
    scripted.count_from_now()
    one.play()
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert one.complaints == []


def test_a_service_that_cannot_be_reached_at_the_start(scripted: Scripted, tab: Open) -> None:
    scripted.refuse_connections = True
    one = tab(scripted.player_page())
    one.event("error", "event.error.code === 'connection.unreachable' && !event.error.fatal")
    assert not one.page.evaluate("events.some((event) => event.error?.code === 'origin.not_allowed')")
    one.play()
    one.page.locator("[data-do=uncounted]").click()
    one.until("!document.querySelector('video').paused && !window.session.status.counting")
    scripted.refuse_connections = False
    one.page.evaluate("window.dispatchEvent(new Event('online'))")
    scripted.wait(Join)
    one.event("joined")


def test_a_page_of_an_unknown_origin_is_told_so(live: LiveService, scripted: Scripted, tab: Open) -> None:
    options = f"{{ url: '{live.origin}/v1/session', token: '{live.launch(live.new_learner())}' }}"
    one = tab(scripted.player_page(options))
    one.event("error", "event.error.code === 'origin.not_allowed' && event.error.fatal")
    one.page.get_by_text("This page may not use the study service").wait_for()
    one.play()
    one.until("window.session.status.hold === 'ended'")
    assert scripted.joins == 0 and one.page.evaluate("window.session.status.connection") == "closed"


def test_the_bundle_may_be_loaded_from_the_service(live: LiveService, tab: Open) -> None:
    one = tab(live.page(live.launch(live.new_learner()), sdk=f"{live.origin}/sdk"))
    one.event("joined")
    one.page.locator("[data-zaichang=status]").wait_for()
    assert any(url.startswith(f"{live.origin}/sdk/zaichang-ui.js") for url in one.requests)
    assert one.complaints == []


def test_another_site_may_not_load_the_bundle(live: LiveService, scripted: Scripted, tab: Open) -> None:
    body = f'<script type="module">import "{live.origin}/sdk/zaichang.js";</script>'
    one = tab(scripted.add_page("stranger", body))
    one.page.wait_for_load_state("networkidle")
    assert any("CORS" in complaint for complaint in one.complaints)


def test_a_launch_that_expires_in_mid_session(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    one.page.evaluate("events.length = 0")
    scripted.close(1012)
    scripted.joining = False
    scripted.wait(Join)
    scripted.say(ErrorMessage(code="token.expired", message="The launch token has expired.", fatal=True))
    scripted.close(4401)
    one.event("error", "event.error.code === 'token.expired' && event.error.fatal")
    one.page.get_by_text("The way into this lesson has expired").wait_for()
    one.until("document.querySelector('video').paused || window.session.status.hold === 'ended'")
    assert one.complaints == []


def test_the_browsers_network_is_cut_and_comes_back(live: LiveService, tab: Open) -> None:
    one = study(live, tab, to_ms=3_000)
    devtools = one.page.context.new_cdp_session(one.page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", OFFLINE)
    one.event("error", "event.error.code === 'connection.lost'")
    one.event("held", "event.hold === 'offline'")
    one.until("document.querySelector('video').paused")
    one.page.get_by_text("The network is down").or_(one.page.get_by_text("网络已断开")).wait_for()
    devtools.send("Network.emulateNetworkConditions", ONLINE)
    one.event("joined", "event.resumed")
    one.until("!document.querySelector('video').paused && window.session.status.counting")


def test_a_slow_network_is_enough(live: LiveService, tab: Open) -> None:
    one: Tab = tab(live.page(live.launch(live.new_learner())))
    devtools = one.page.context.new_cdp_session(one.page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW_3G)
    one.play()
    one.event("released")
    one.until("window.session.status.frontierMs > 4000 && window.session.status.counting")
    assert not one.page.evaluate("events.some((event) => event.type === 'error')")


def test_a_clock_that_jumps_back_and_ahead(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    one.page.evaluate(
        """() => { const real = performance.now.bind(performance); let ahead = 0;
        Object.defineProperty(performance, "now", { value: () => real() + ahead });
        window.jump = (ms) => { ahead += ms; }; window.jump(-3600000); }"""
    )
    first = scripted.wait(Heartbeat)
    scripted.wait(Heartbeat, lambda beat: beat.seq >= first.seq + 3)
    one.page.evaluate("window.jump(7200000)")
    one.event("error", "event.error.code === 'clock.jumped' && !event.error.fatal")
    one.until("window.session.status.connection === 'open' && window.session.status.counting")
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert one.complaints == []


@pytest.mark.parametrize("blocked", [True, False], ids=["blocked", "allowed"])
def test_no_cookie_is_needed_in_a_frame_of_another_site(
    scripted: Scripted, tab: Open, launch: Launch, camera: Camera, blocked: bool
) -> None:
    flags = ["--test-third-party-cookie-phaseout"] if blocked else []
    browser = launch(*CAMERA_FLAGS, AUTOPLAY, *flags, f"--use-file-for-fake-video-capture={camera.path}")
    inner = scripted.player_page(path="inner").replace("127.0.0.1", "localhost")
    one = tab(scripted.add_page("outer", f'<iframe src="{inner}" allow="camera; autoplay"></iframe>'), on=browser)
    scripted.wait(Join)
    scripted.order_capture()
    scripted.wait(Picture)
    scripted.count_from_now()
    one.page.frames[1].evaluate("() => { document.querySelector('video').play().catch(() => undefined); }")
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert one.page.context.cookies() == []
    assert one.complaints == []


BATTERY = """const battery = new EventTarget();
Object.assign(battery, { level: 0.9, charging: false });
navigator.getBattery = () => Promise.resolve(battery);
window.drain = (level) => { battery.level = level; battery.dispatchEvent(new Event("levelchange")); };"""


def test_a_low_battery_gets_smaller_pictures_and_no_preview(scripted: Scripted, tab: Open) -> None:
    address = scripted.player_page(path="battery")
    put_first(scripted, "battery", BATTERY)
    one = tab(address)
    scripted.wait(Join)
    scripted.order_capture(1)
    full = scripted.wait(Picture)
    one.page.evaluate("window.drain(0.1)")
    one.until("window.session.status.saving")
    scripted.order_capture(2, prompt="TOO_DARK")
    assert len(scripted.wait(Picture).jpeg) < len(full.jpeg)
    one.page.locator("[data-prompt=face]").wait_for()
    assert not one.page.locator("[data-prompt=face] video").is_visible()
    one.page.locator("[data-zaichang=status] button[aria-expanded]").click()
    one.page.get_by_text("The battery is low").wait_for()
    one.page.evaluate("window.drain(0.5)")
    one.until("!window.session.status.saving")


FLOATING = """let floating = null;
Object.defineProperty(document, "pictureInPictureElement", { get: () => floating });
window.float = (on) => { const video = document.querySelector("video"); floating = on ? video : null;
  video.dispatchEvent(new Event(`${on ? "enter" : "leave"}pictureinpicture`, { bubbles: true })); };
window.widen = () => { Object.defineProperty(screen, "isExtended", { value: true });
  screen.dispatchEvent(new Event("change")); };"""


def test_picture_in_picture_and_a_second_screen_are_hints_and_decide_nothing(scripted: Scripted, tab: Open) -> None:
    address = scripted.player_page(path="floating")
    put_first(scripted, "floating", FLOATING)
    one = tab(address)
    scripted.wait(Join)
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    one.page.evaluate("window.float(true)")
    beat = scripted.wait(Heartbeat, lambda beat: "picture_in_picture" in beat.hints)
    assert beat.playing and beat.visible, "the page is reported as it is"
    one.page.evaluate("window.float(false); window.widen()")
    scripted.wait(Heartbeat, lambda beat: "screen_extended" in beat.hints and "picture_in_picture" not in beat.hints)
    assert one.page.evaluate("window.session.status.counting")
