"""A lesson of which two parts were watched before: where the player begins, the words, and its end."""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import Closed, Finish, Heartbeat, Join

from .conftest import Open, Tab
from .scripted import Scripted
from .test_screens import PHONE, assert_fits

pytestmark = pytest.mark.e2e

WORDS = {
    "zh-CN": ("这部分已计过时（已计 1:00）", "从 1:20 继续", "本节 2:00 已全部计入学时", "已计 1:00，共 2:00"),
    "en": (
        "This part counted already (1:00 so far)",
        "Go on from 1:20",
        "All 2:00 of this lesson count",
        "1:00 of 2:00",
    ),
}
TWO = ("0-30000", "50000-80000")
AT = "document.querySelector('video').currentTime"


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_player_begins_goes_on_and_ends_where_the_lesson_is_counted(
    scripted: Scripted, tab: Open, lang: str
) -> None:
    again, go_on, all_counted, strip = WORDS[lang]
    scripted.joined_with = {"counted": TWO, "frontier_ms": 120_000, "lesson_duration_ms": 120_000}
    scripted.counted = TWO
    one: Tab = tab(scripted.player_page(lang=lang), **(PHONE if lang == "zh-CN" else {}))
    scripted.wait(Join)
    one.until(f"{AT} >= 29.9 && {AT} < 32")
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    one.page.evaluate(f"{AT} = 60")
    one.page.get_by_text(again).wait_for()
    assert one.page.evaluate("window.session.status.counting") is False
    assert strip in (one.page.locator(".parts").get_attribute("aria-label") or "")
    one.shot(f"20-counted-already-{lang}")
    assert_fits(one)
    one.page.get_by_role("button", name=go_on).click()
    one.until(f"{AT} >= 79.9")
    one.until("window.session.status.counting")
    scripted.counted = ("0-120000",)
    one.page.evaluate(f"{AT} = 119.5")
    scripted.wait(Finish)
    scripted.say(
        Closed(reason="SESSION_FINISHED", message="The session has ended.", verified_ms=60_000, undecided_ms=0)
    )
    one.page.get_by_text(all_counted).wait_for()
    one.shot(f"21-finished-{lang}")
    assert_fits(one)
    assert one.complaints == []


def test_another_film_in_the_same_element_is_held_and_told(scripted: Scripted, tab: Open) -> None:
    one: Tab = tab(scripted.player_page())
    scripted.wait(Join)
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing and beat.playhead_ms > 500)
    silence = "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IBAAAAABAAEAESsAACJWAAACABAAZGF0YQAAAAA="
    one.page.evaluate(f"document.querySelector('video').src = '{silence}'")
    one.event("error", "event.error.code === 'player.other_media' && !event.error.fatal")
    one.event("held", "event.hold === 'media' && event.reason === 'OTHER_MEDIA'")
    beat = scripted.wait(Heartbeat, lambda beat: "other_media" in beat.hints)
    assert not beat.playing
    one.page.get_by_text("Another film is in the player").wait_for()
