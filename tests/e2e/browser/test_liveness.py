"""Active liveness from end to end: real page, service and models; a head that does, or does not do, what is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import Camera, Open, Tab
from .live import LiveService
from .movements import MOVEMENTS, Performer, results
from .test_live import CLOSE_MS, finish

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def drawn(camera: Camera) -> Performer:
    return Performer(camera)


@pytest.fixture
def performer(drawn: Performer, camera: Camera) -> Iterator[Performer]:
    camera.show("rest 0.0")
    yield drawn
    camera.show("person")


def begun(live: LiveService, tab: Open) -> Tab:
    one: Tab = tab(live.page(live.launch(live.new_learner(), "movements")))
    one.play()
    one.event("challenge", "event.order.kind === 'liveness'")
    one.page.locator("[data-kind=liveness]").wait_for()
    return one


def test_a_learner_who_moves_as_asked_is_counted(live: LiveService, tab: Open, performer: Performer) -> None:
    one = begun(live, tab)
    tries = []
    while not tries or (not results(one)[-1]["accepted"] and len(tries) < 3):
        tries.append(performer.obey(one))
    assert results(one)[-1]["accepted"], [
        (result["reason"], tried) for result, tried in zip(results(one), tries, strict=True)
    ]
    assert tries[-1] and set(tries[-1]) <= set(MOVEMENTS)
    one.page.locator("[data-kind=liveness]").wait_for(state="detached")
    one.until("window.session.status.counting && !document.querySelector('video').paused")
    one.until("document.querySelector('video').currentTime > 4")
    assert one.complaints == []


def test_a_learner_who_only_sits_there_is_not_counted(live: LiveService, tab: Open, performer: Performer) -> None:
    one = begun(live, tab)
    asked = performer.obey(one, instead="rest")
    assert asked
    (result,) = results(one)
    assert not result["accepted"] and str(result["reason"]).startswith("LIVENESS_"), result
    one.page.locator("[data-do=ready]:enabled").wait_for()
    assert not one.page.evaluate("window.session.status.counting")
    assert finish(one)["verifiedMs"] <= CLOSE_MS
