"""``<zaichang-guard>``: the separate choice and the camera check come before the lesson."""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import Heartbeat, Join

from .clip import head_frames
from .conftest import CAMERA_FLAGS, Camera, Launch, Open, Tab
from .scripted import Picture, Scripted
from .test_screens import PHONE, assert_accessible, assert_fits, settled

pytestmark = pytest.mark.e2e

BODY = """<zaichang-guard url="/session" privacy="/privacy" kept="180 days">
<video id="lesson" src="/lesson.wav" controls width="320" height="180"></video></zaichang-guard>
<script type="module" src="/boot-guard.js"></script>"""
BOOT = """window.events = [];
const guard = document.querySelector("zaichang-guard");
for (const name of ["consent", "session", "error"]) guard.addEventListener(`zaichang-${name}`, (event) => {
  window.events.push({ type: name, route: event.detail.route ?? "", code: event.detail.code ?? "" });
  if (event.detail.controller) window.session = event.detail.controller;
});
guard.tokenFor = (route) => `token-for-${route}`;
import("/sdk/zaichang-guard.js");"""


def guarded(scripted: Scripted, tab: Open, lang: str = "en", **options: object) -> Tab:
    scripted.pages["boot-guard.js"] = (BOOT, {"Content-Type": "text/javascript"})
    one: Tab = tab(scripted.add_page("guard", BODY, lang=lang), **options)
    one.page.locator("[data-screen=consent]").wait_for()
    return one


def started(scripted: Scripted, tab: Open) -> Tab:
    """Agree, pass the camera check, and begin."""
    one = guarded(scripted, tab)
    one.page.locator("[data-do=agree]").click()
    one.page.locator("[data-do=start]:enabled").click()
    scripted.wait(Join)
    scripted.count_from_now()
    return one


@pytest.mark.parametrize(("lang", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_agreeing_leads_over_the_camera_check_to_the_lesson(
    scripted: Scripted, tab: Open, lang: str, theme: str
) -> None:
    one = guarded(scripted, tab, lang, color_scheme=theme, **PHONE)
    one.shot(f"9-consent-{lang}-{theme}")
    assert_fits(one)
    assert_accessible(one)
    one.page.evaluate("document.querySelector('video').play().catch(() => undefined)")
    one.until("document.querySelector('video').paused")
    assert one.page.evaluate("navigator.mediaDevices.enumerateDevices().then(() => window.session === undefined)")
    one.page.locator("[data-do=agree]").click()
    one.page.locator("[data-do=start]:enabled").wait_for()
    one.page.get_by_text("光线合适" if lang == "zh-CN" else "The light is fine").wait_for()
    settled(one)
    one.shot(f"9-camera-{lang}-{theme}")
    assert_fits(one)
    assert_accessible(one)
    one.page.locator("[data-do=start]").click()
    assert scripted.wait(Join).token == "token-for-face"
    scripted.order_capture()
    scripted.wait(Picture)
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert one.complaints == []


def test_refusing_leads_to_the_route_without_a_camera(scripted: Scripted, tab: Open) -> None:
    scripted.joined_with = {"captures": False}
    one = guarded(scripted, tab)
    one.page.locator("[data-do=refuse]").click()
    assert scripted.wait(Join).token == "token-for-challenge"
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert one.page.evaluate("window.session.cameraStream === null")
    one.page.evaluate("document.querySelector('zaichang-guard').remove()")
    one.until("document.querySelectorAll('[data-zaichang]').length === 0")


def test_a_refused_camera_is_explained_before_the_lesson(scripted: Scripted, tab: Open, launch: Launch) -> None:
    browser = launch("--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream")
    one = guarded(scripted, tab, on=browser)
    one.page.locator("[data-do=agree]").click()
    one.page.get_by_text("The camera is not allowed").wait_for()
    assert one.page.locator("[data-do=again]").is_visible()
    assert one.page.locator("[data-do=start]").is_disabled()


def test_consent_is_taken_back_as_easily_as_it_was_given(scripted: Scripted, tab: Open) -> None:
    one = started(scripted, tab)
    one.page.locator("[data-zaichang=status] button[aria-expanded=false]").click()
    one.page.locator("[data-do=non-face]").click()
    one.page.locator("[data-screen=consent]").wait_for()
    one.until("document.querySelector('video').paused")
    scripted.joined_with = {"captures": False}
    one.page.locator("[data-do=refuse]").click()
    join = scripted.wait(Join)
    assert (join.token, join.resume) == ("token-for-challenge", "")
    one.until("document.querySelectorAll('[data-zaichang=status]').length === 1")
    one.page.locator("[data-zaichang=status] button[aria-expanded=false]").click()
    assert not one.page.locator("[data-do=non-face]").is_visible()


def test_a_reload_in_the_middle_does_not_ask_again(scripted: Scripted, tab: Open) -> None:
    one = started(scripted, tab)
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    one.page.reload()
    join = scripted.wait(Join)
    assert (join.token, join.resume) == ("token-for-face", "s1")
    assert one.page.locator("[data-screen]").count() == 0
    one.page.evaluate("sessionStorage.clear()")
    one.page.goto("about:blank")
    one.page.go_back()
    one.page.locator("[data-screen=consent]").wait_for()


BUSY = """navigator.mediaDevices.getUserMedia = () => window.free ? real() :
  Promise.reject(new DOMException("in use", "NotReadableError"));"""
REAL = """const ask = navigator.mediaDevices.getUserMedia;
  const real = () => ask.call(navigator.mediaDevices, { video: true });"""


def test_a_camera_in_use_elsewhere_is_told_and_tried_again(scripted: Scripted, tab: Open) -> None:
    one = guarded(scripted, tab)
    one.page.evaluate(f"() => {{ {REAL} {BUSY} }}")
    one.page.locator("[data-do=agree]").click()
    one.page.get_by_text("Another program is using the camera").wait_for()
    one.shot("9-camera-busy")
    one.page.evaluate("window.free = true")
    one.page.locator("[data-do=again]").click()
    one.page.locator("[data-do=start]:enabled").wait_for()


def test_no_camera_at_all_is_told_before_the_lesson(scripted: Scripted, tab: Open, launch: Launch) -> None:
    one = guarded(scripted, tab, on=launch("--use-fake-ui-for-media-stream"))
    one.page.locator("[data-do=agree]").click()
    one.page.get_by_text("No camera was found").wait_for()
    assert one.page.locator("[data-do=start]").is_disabled()


def test_a_page_without_https_is_told_before_the_lesson(scripted: Scripted, tab: Open, launch: Launch) -> None:
    browser = launch(*CAMERA_FLAGS, "--host-resolver-rules=MAP study.test 127.0.0.1")
    scripted.pages["boot-guard.js"] = (BOOT, {"Content-Type": "text/javascript"})
    one: Tab = tab(scripted.add_page("guard", BODY).replace("127.0.0.1", "study.test"), on=browser)
    one.page.locator("[data-do=agree]").click()
    one.page.get_by_text("not served over https").wait_for()


WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.49"


@pytest.mark.parametrize(("agent", "told"), [(WECHAT, True), (None, False)], ids=["WeChat", "a browser"])
def test_the_browser_of_an_app_is_told_where_to_go(
    scripted: Scripted, tab: Open, agent: str | None, told: bool
) -> None:
    one = guarded(scripted, tab, "zh-CN", **PHONE, **({"user_agent": agent} if agent else {}))
    one.page.locator("[data-do=agree]").click()
    one.page.locator("[data-screen=camera]").wait_for()
    one.page.locator("[data-do=start]:enabled").wait_for()
    assert one.page.get_by_text("在浏览器打开").is_visible() == told
    settled(one)
    one.shot(f"9-camera-{'wechat' if told else 'browser'}")
    assert_fits(one)


def test_a_dark_room_is_told_before_the_lesson(scripted: Scripted, tab: Open, camera: Camera) -> None:
    camera.add("night", [frame // 8 for frame in head_frames(1)])
    camera.show("night")
    try:
        one = guarded(scripted, tab)
        one.page.locator("[data-do=agree]").click()
        one.page.get_by_text("It is too dark").wait_for()
    finally:
        camera.show("person")
    one.page.get_by_text("The light is fine").wait_for()
