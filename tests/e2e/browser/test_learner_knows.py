"""What a learner can find out at any time, with one tap at most, in both languages."""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import Heartbeat, Join, Pause

from .conftest import Open, Tab
from .live import LiveService
from .scripted import Scripted
from .test_live import study
from .test_screens import PHONE, assert_accessible, assert_fits, settled

pytestmark = pytest.mark.e2e

LINKS = "{ ui: { links: { nonFace: '/without-face', privacy: '/privacy' } } }"
TOLD = {
    "en": {
        "counted": "Counting",
        "not counted": "Not counting",
        "why not": "Please sit in front of the camera",
        "so far": "verified 1:00",
        "camera, what and when": "For a capture one picture is sent, in a movement check a few seconds",
        "pausing": "pause the video at any time; it costs nothing",
        "stored": "captures, encrypted, deleted after 90 days",
        "appeal": "My record and appeals",
        "other route": "Study without face recognition",
        "notice": "Privacy notice",
    },
    "zh-CN": {
        "counted": "正在计时",
        "not counted": "未计时",
        "why not": "画面中没有人脸。请正对摄像头。",
        "so far": "已核验 1:00",
        "camera, what and when": "抓拍时传一张照片，动作核验时传几秒画面",
        "pausing": "随时可以暂停视频，暂停不扣时",
        "stored": "抓拍照片加密保存，90 天后删除",
        "appeal": "学习记录与申诉",
        "other route": "申请非人脸核验方式",
        "notice": "隐私说明",
    },
}


def unfold(one: Tab) -> None:
    one.page.locator("[data-zaichang=status] button[aria-expanded=false]").click()


@pytest.mark.parametrize(("lang", "theme"), [("zh-CN", "dark"), ("en", "light")])
def test_all_of_it_is_one_tap_away(scripted: Scripted, tab: Open, lang: str, theme: str) -> None:
    told = TOLD[lang]
    scripted.joined_with = {"pictures_days": 90}
    one: Tab = tab(scripted.player_page(LINKS, lang=lang), color_scheme=theme, **PHONE)
    scripted.wait(Join)
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    for what in ("counted", "so far"):
        one.page.get_by_text(told[what]).first.wait_for()
    scripted.say(Pause(reason="NO_FACE", message=told["why not"]))
    for what in ("not counted", "why not", "so far"):
        one.page.get_by_text(told[what]).first.wait_for()
    unfold(one)
    for what in ("camera, what and when", "pausing", "stored", "appeal", "other route", "notice"):
        one.page.get_by_text(told[what]).first.wait_for()
    settled(one)
    one.shot(f"10-known-{lang}-{theme}")
    assert_fits(one)
    assert_accessible(one)


@pytest.mark.parametrize(
    ("joined", "told"),
    [
        ({"captures": True, "pictures_days": 0}, "captures are not kept after the comparison"),
        ({"captures": False, "pictures_days": 0}, "no picture in this session"),
    ],
    ids=["not kept", "without a camera"],
)
def test_what_is_stored_is_what_the_service_says(
    scripted: Scripted, tab: Open, joined: dict[str, object], told: str
) -> None:
    scripted.joined_with = joined
    one: Tab = tab(scripted.player_page(LINKS))
    scripted.wait(Join)
    unfold(one)
    one.page.get_by_text(told).wait_for()
    assert one.page.get_by_text("Study without face recognition").is_visible() == joined["captures"]


def test_the_record_is_opened_with_the_token_out_of_every_servers_sight(scripted: Scripted, tab: Open) -> None:
    scripted.add_page("timeline", "the record")
    one: Tab = tab(scripted.player_page())
    scripted.wait(Join)
    unfold(one)
    link = one.page.locator("[data-do=record]")
    assert "t1" not in (link.get_attribute("href") or "")
    with one.page.context.expect_page() as opened:
        link.click()
    opened.value.get_by_text("the record").wait_for()
    assert opened.value.url == f"{scripted.origin}/timeline#token=t1"


def test_a_page_of_the_institutions_own_may_stand_there_instead(scripted: Scripted, tab: Open) -> None:
    one: Tab = tab(scripted.player_page("{ ui: { links: { appeal: '/appeal-here' } } }"))
    scripted.wait(Join)
    unfold(one)
    assert one.page.locator("[data-do=record]").get_attribute("href") == "/appeal-here"


def test_the_record_shows_the_running_session(live: LiveService, tab: Open) -> None:
    one = study(live, tab, to_ms=2_000)
    unfold(one)
    one.page.get_by_text("180 天后删除").or_(one.page.get_by_text("deleted after 180 days")).wait_for()
    with one.page.context.expect_page() as opened:
        one.page.locator("[data-do=record]").click()
    record = Tab(opened.value)
    record.page.get_by_text("running").or_(record.page.get_by_text("进行中")).first.wait_for()
    assert "token" not in record.page.url
    assert record.complaints == []
