"""``<zaichang-guard>``: the separate choice and the camera check come before the lesson."""

from __future__ import annotations

import pytest

from zaichang.wire.messages import Heartbeat, Join

from .conftest import Launch, Open, Tab
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
