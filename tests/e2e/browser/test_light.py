"""The light check from end to end: real page, service and models; a face that takes on the colours, or does not."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.session.judgements.liveness_tries import PALETTE

from .clip import HEIGHT_PX, WIDTH_PX, Frame, head_frames
from .conftest import Camera, Open, Tab
from .live import LiveService
from .movements import PATIENCE_S, results

pytestmark = pytest.mark.e2e

FACE_XY, FACE_SPREAD_PX = (320, 215), 90
SHARE = 0.3
"""How much of its brightness the face takes from the screen: far more than in a room by day (docs/accuracy.md)."""
SHOWN = """(() => { const flash = probe.shadowed('.flash');
  return flash === null || flash.hidden ? '' : flash.style.backgroundColor; })()"""
LOOP = 10


def lit(frame: Frame, colour: str) -> NDArray[np.float64]:
    """Return the frame with the face in this light, the room as it was."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    near = np.exp(-((x - FACE_XY[0]) ** 2 + (y - FACE_XY[1]) ** 2) / (2 * FACE_SPREAD_PX**2))
    light = np.array(list(bytes.fromhex(colour[1:]))) / 255 - 0.5
    return np.asarray(frame * (1 + SHARE * near[..., None] * light), np.float64)


@pytest.fixture(scope="module")
def lamps(camera: Camera) -> Camera:
    """Give the camera a clip for every colour, and one without."""
    rng = np.random.default_rng(5)
    still = head_frames(1)[0]
    for colour in ("", *PALETTE):
        face = lit(still, colour) if colour else still.astype(np.float64)
        noisy = [np.clip(face + rng.normal(0, 2, face.shape), 0, 255).astype(np.uint8) for _ in range(LOOP)]
        camera.add(f"light {colour}", noisy)
    return camera


@pytest.fixture
def lamp(lamps: Camera) -> Iterator[Camera]:
    lamps.show("light ")
    yield lamps
    lamps.show("person")


def asked(live: LiveService, tab: Open) -> Tab:
    one: Tab = tab(live.page(live.launch(live.new_learner(), "light")))
    one.play()
    one.event("challenge", "event.order.kind === 'light'")
    one.page.locator("[data-kind=light] [data-do=ready]:enabled").wait_for()
    return one


def named(css: str) -> str:
    """Return ``rgb(255, 32, 32)`` as ``#ff2020``; nothing as nothing."""
    return "#" + bytes(int(part) for part in css[4:-1].split(",")).hex() if css else ""


def shine(one: Tab, camera: Camera, answer: dict[str, str]) -> list[str]:
    """Let the face take on ``answer``'s colour for each colour on the screen; return the shown colours."""
    judged = len(results(one))
    one.page.locator("[data-do=ready]:enabled").click()
    seen = [""]
    deadline = time.monotonic() + PATIENCE_S
    while len(results(one)) == judged:
        assert time.monotonic() < deadline, f"no result; shown so far: {seen}"
        colour = named(one.page.evaluate(SHOWN))
        if colour != seen[-1]:
            seen.append(colour)
            camera.show(f"light {answer.get(colour, '')}")
        one.page.wait_for_timeout(15)
    camera.show("light ")
    return [colour for colour in seen if colour]


def test_a_face_that_takes_on_the_colours_goes_on_counting(live: LiveService, tab: Open, lamp: Camera) -> None:
    one = asked(live, tab)
    for _ in range(3):
        shown = shine(one, lamp, {colour: colour for colour in PALETTE})
        if results(one)[-1]["accepted"]:
            break
    assert results(one)[-1]["accepted"], results(one)
    assert set(shown) <= set(PALETTE) and len(shown) >= 16
    one.page.locator("[data-kind=light]").wait_for(state="detached")
    one.until("window.session.status.counting && !document.querySelector('video').paused")
    assert one.complaints == []


def test_a_face_that_does_not_is_asked_again_and_told_why(live: LiveService, tab: Open, lamp: Camera) -> None:
    one = asked(live, tab)
    assert shine(one, lamp, {})
    (result,) = results(one)
    assert not result["accepted"] and str(result["reason"]).startswith(("LIVENESS_", "NOT_ANALYSED")), result
    one.page.locator("[data-do=ready]:enabled").wait_for()
    assert one.page.evaluate(SHOWN) == ""


def test_a_learner_who_declines_colours_makes_movements(live: LiveService, tab: Open, lamp: Camera) -> None:
    one = asked(live, tab)
    one.page.locator("[data-kind=light] [data-do=decline]").click()
    one.page.locator("[data-kind=liveness] [data-do=ready]:enabled").wait_for()
    assert one.page.evaluate(SHOWN) == ""
    assert [result for result in results(one) if not result["accepted"]] == [], "declining is no failure"
