"""Enrolment on the course page, from end to end: a head that holds the poses that the server draws, or does not."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from zaichang_simulation.demo.lessons import LESSONS

from .conftest import Camera, Open, Tab
from .live import LiveService
from .movements import Performer
from .test_console import PHONE
from .test_screens import assert_fits

pytestmark = pytest.mark.e2e

HELD = {"front": "rest 0.0", "left": "turn_left 1.0", "right": "turn_right 1.0", "up": "look_up 1.0"}
SETTLE_S = 1.0
"""A person needs as long to take a pose; the webcam shows it a little later."""
POSE = "(document.querySelector('[data-pose]')?.dataset.pose ?? '')"
TRIES = 4


@pytest.fixture(scope="module")
def drawn(camera: Camera) -> Performer:
    return Performer(camera)


@pytest.fixture
def webcam(drawn: Performer, camera: Camera) -> Iterator[Camera]:
    camera.show("rest 0.0")
    yield camera
    camera.show("person")


def opened(live: LiveService, tab: Open, **options: object) -> Tab:
    token = live.launch(live.new_learner() + "-self", LESSONS[0].lesson_id, enrol=True)
    one: Tab = tab(f"{live.origin}/course#token={token}", **options)
    one.page.get_by_role("button", name="Open the camera").click()
    one.page.get_by_role("button", name="Begin the four poses").click()
    one.until(f"{POSE} === 'front'")
    return one


def hold(one: Tab, webcam: Camera, shown: str) -> None:
    """Hold a pose and press the button; the page is ready again afterwards."""
    webcam.show(shown)
    time.sleep(SETTLE_S)
    with one.page.expect_response("**/v1/enrol-me/live/pose"):
        one.page.get_by_role("button", name="I hold it, take the picture").click()
    one.until(f"{POSE} === '' || document.querySelector('button.primary:enabled')")


def test_a_learner_enrols_before_the_camera_and_can_start(live: LiveService, tab: Open, webcam: Camera) -> None:
    one = opened(live, tab, **PHONE)
    one.shot("enrol-1-front")
    assert_fits(one)
    tried: list[str] = []
    while (pose := one.page.evaluate(POSE)) and len(tried) < 4 * TRIES:
        tried.append(pose)
        hold(one, webcam, HELD[pose])
    assert set(tried) == set(HELD), tried
    one.page.get_by_role("button", name="Start studying").wait_for()
    assert one.page.locator("#preview").count() == 0, "the camera is let go"
    assert one.complaints == []


def test_who_does_not_turn_is_told_and_asked_again(live: LiveService, tab: Open, webcam: Camera) -> None:
    one = opened(live, tab)
    hold(one, webcam, HELD["front"])
    asked = one.page.evaluate(POSE)
    assert asked in ("left", "right", "up")
    hold(one, webcam, HELD["front"])
    assert one.page.evaluate(POSE) == asked
    one.page.get_by_text("That one did not pass").wait_for()
    one.shot("enrol-2-again")
    assert one.complaints == []
