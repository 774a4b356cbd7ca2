"""The demo course: three lessons to choose from, each played, heard and counted."""

from __future__ import annotations

import re

import pytest

from zaichang_simulation.demo.lessons import LESSONS

from .conftest import Open, Tab
from .live import LiveService
from .test_console import PHONE
from .test_screens import assert_fits

pytestmark = pytest.mark.e2e


def course(live: LiveService, tab: Open, **options: object) -> Tab:
    learner = live.new_learner()
    tokens = ",".join(live.launch(learner, lesson.lesson_id) for lesson in LESSONS)
    one: Tab = tab(f"{live.origin}/course#tokens={tokens}", **options)
    one.page.locator("ol.lessons li").nth(2).wait_for()
    return one


def test_a_lesson_is_chosen_and_plays_on_after_the_first_check(live: LiveService, tab: Open) -> None:
    one = course(live, tab, **PHONE)
    assert "tokens" not in one.page.url
    one.shot("course-1-list")
    assert_fits(one)
    one.page.get_by_role("button", name="Open: Counting with lamps").click()
    one.shot("course-2-lesson")
    one.page.get_by_role("button", name="Start studying").click()
    # Play is not pressed again: the player goes on by itself once the first check has passed.
    one.until("document.querySelector('video').currentTime > 2")
    one.until("document.querySelector('[data-zaichang=status]').dataset.counting === 'true'")
    video = "document.querySelector('video')"
    assert one.page.evaluate(f"{video}.videoWidth") == 640 and not one.page.evaluate(f"{video}.muted")
    assert one.page.evaluate(f"{video}.webkitAudioDecodedByteCount") > 0, "the lesson has sound"
    one.shot("course-3-studying")
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 360
    one.page.get_by_role("button", name="Back to the course").click()
    one.page.locator("ol.lessons").wait_for()
    assert one.page.locator("[data-zaichang]").count() == 0
    assert one.complaints == []


def test_the_course_in_chinese(live: LiveService, tab: Open) -> None:
    one = course(live, tab, locale="zh-CN")
    one.page.get_by_role("button", name=re.compile("打开: 声音是什么")).click()
    one.page.get_by_role("heading", name="声音是什么").wait_for()
    one.shot("course-4-chinese")
    assert one.page.locator("track[default]").get_attribute("srclang") == "zh"


def chosen(live: LiveService, tab: Open, **options: object) -> Tab:
    """Open a lesson of a course whose platform gave launches for both routes."""
    learner = live.new_learner()
    tokens = ",".join(live.launch(learner, lesson.lesson_id) for lesson in LESSONS)
    others = ",".join(live.launch(learner, lesson.lesson_id, route="challenge") for lesson in LESSONS)
    one: Tab = tab(f"{live.origin}/course#tokens={tokens}&others={others}", **options)
    one.page.locator("ol.lessons button").nth(1).click()
    one.page.locator("[data-screen=consent]").wait_for()
    return one


def test_the_choice_comes_first_and_can_be_taken_back(live: LiveService, tab: Open) -> None:
    one = chosen(live, tab, **PHONE)
    assert "others" not in one.page.url
    assert one.page.get_by_role("button", name="Start studying").count() == 0
    one.shot("course-5-choice")
    assert_fits(one)
    one.page.get_by_role("button", name="中文").click()
    one.page.get_by_text("不同意，使用非人脸核验方式").wait_for()
    one.page.get_by_role("button", name="English").click()
    one.page.locator("[data-do=agree]").click()
    one.page.get_by_role("button", name="Start studying").click()
    one.until("document.querySelector('[data-zaichang=status]')?.dataset.counting === 'true'")
    one.page.locator("[data-zaichang=status] button[aria-expanded=false]").click()
    one.page.locator("[data-do=non-face]").click()
    one.page.locator("[data-do=refuse]").click()
    one.page.get_by_text("the camera is not used").wait_for()
    one.page.get_by_role("button", name="Start studying").click()
    # By the keyboard: this route's first challenge comes at once, and on a phone it may lie over the button by now.
    one.page.locator("[data-zaichang=status] button[aria-expanded=false]").press("Enter")
    one.page.get_by_text("no picture in this session").wait_for()
    one.page.locator("[data-do=record]").wait_for()
    assert one.complaints == []
