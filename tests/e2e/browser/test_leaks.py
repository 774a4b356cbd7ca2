"""What a long session must not do: grow. The short form of `make soak`: many cycles in a minute, not twenty minutes."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import CDPSession

from zaichang.protocol.messages import (
    Answer,
    ChallengeOrder,
    ChallengeResult,
    Join,
    LivenessStepOrder,
    MinuteSealed,
    Pause,
    Ready,
    Resume,
)

from .conftest import PATIENCE_MS, Open, Tab
from .scripted import Picture, Scripted

pytestmark = pytest.mark.e2e

HEAP_MAX_KIB = 400
COUNT = """const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.tracks = [];
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await ask(wanted);
  window.tracks.push(...stream.getTracks());
  return stream;
};
const { connect } = AudioNode.prototype;
window.sounds = new Set();
AudioNode.prototype.connect = function (...to) { window.sounds.add(this.context); return connect.apply(this, to); };"""
ATTACH = """() => import("/sdk/zaichang.js").then(({ attach }) => {
  window.session = attach(document.querySelector("video"), { url: "/session", token: "t1", key: `k${Math.random()}` });
})"""
HELD = """() => ({ tracks: tracks.filter((track) => track.readyState === "live").length,
  sounds: [...sounds].filter((context) => context.state !== "closed").length,
  hosts: [...document.querySelectorAll("*")].filter((one) => one.shadowRoot).length,
  kept: Object.keys(sessionStorage).length })"""


def held(one: Tab, devtools: CDPSession) -> dict[str, int]:
    """Return the page's retained objects, after its garbage was collected."""
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    found = {metric["name"]: int(metric["value"]) for metric in devtools.send("Performance.getMetrics")["metrics"]}
    names = {"heap_kib": "JSHeapUsedSize", "nodes": "Nodes", "listeners": "JSEventListeners"}
    sizes = {ours: found[theirs] // (1024 if ours == "heap_kib" else 1) for ours, theirs in names.items()}
    return {**sizes, **one.page.evaluate(HELD), "workers": len(one.page.workers)}


def assert_no_growth(one: Tab, devtools: CDPSession, before: dict[str, int], cycles: int) -> None:
    """Wait until the page holds no more than before; a leak adds at least one thing in each cycle and never goes.

    Nodes and listeners may differ by one for three cycles: the browser itself keeps and drops some.
    """
    end = time.monotonic() + PATIENCE_MS / 1000
    while grown(before, after := held(one, devtools), cycles):
        assert time.monotonic() < end, (before, after)
        one.page.evaluate("() => new Promise(requestAnimationFrame)")


def grown(before: dict[str, int], after: dict[str, int], cycles: int) -> list[str]:
    """Name what grew."""
    allowed = dict.fromkeys(before, 0) | {"heap_kib": HEAP_MAX_KIB, "nodes": cycles // 3, "listeners": cycles // 3}
    return [name for name in before if after[name] - before[name] > allowed[name]]


def opened(scripted: Scripted, tab: Open) -> tuple[Tab, CDPSession]:
    scripted.pages["count.js"] = (COUNT, {"Content-Type": "text/javascript"})
    head = '<script src="/count.js"></script>'
    one: Tab = tab(scripted.add_page("leaks", '<video id="lesson" src="/lesson.wav" controls></video>', head=head))
    devtools = one.page.context.new_cdp_session(one.page)
    devtools.send("Performance.enable")
    return one, devtools


def confirm(scripted: Scripted, one: Tab, number: int) -> None:
    scripted.say(ChallengeOrder(challenge_id=f"q{number}", kind="confirm", within_ms=60_000, options=("here", "away")))
    one.page.locator(f"[data-challenge=q{number}] [data-answer=here]:enabled").click()
    scripted.wait(Answer)
    scripted.say(ChallengeResult(challenge_id=f"q{number}", accepted=True, closed=True))
    one.page.locator(f"[data-challenge=q{number}]").wait_for(state="detached")


def movements(scripted: Scripted, one: Tab, number: int) -> None:
    scripted.say(ChallengeOrder(challenge_id=f"m{number}", kind="liveness", within_ms=60_000, steps=2))
    one.page.locator(f"[data-challenge=m{number}] [data-do=ready]:enabled").click()
    scripted.wait(Ready)
    for step, action in enumerate(("hold", "turn_left", "hold"), 1):
        nonce = f"{number:08x}{step:08x}"
        fields = {"challenge_id": f"m{number}", "step": step, "of": 4, "action": action, "within_ms": 7_000}
        scripted.say(LivenessStepOrder(nonce=nonce, **fields))
        scripted.wait(Picture, lambda picture, nonce=nonce: picture.header.nonce == nonce)
    scripted.say(ChallengeResult(challenge_id=f"m{number}", accepted=True, closed=True))
    one.page.locator(f"[data-challenge=m{number}]").wait_for(state="detached")


def studied(scripted: Scripted, one: Tab, number: int) -> None:
    """Everything that happens in a session, once."""
    scripted.say(Resume())
    scripted.order_capture(2 * number, prompt="TOO_DARK")
    scripted.wait(Picture)
    scripted.say(Pause(reason="NO_FACE", message="No face."), Resume())
    confirm(scripted, one, number)
    movements(scripted, one, number)
    scripted.say(MinuteSealed(index=number, verdict="V", verified_ms=60_000))
    scripted.close(1012)
    scripted.wait(Join)
    scripted.say(Resume())
    scripted.order_capture(2 * number + 1)
    scripted.wait(Picture)
    scripted.kept.clear()


def test_attach_and_destroy_leave_nothing_however_often(scripted: Scripted, tab: Open) -> None:
    one, devtools = opened(scripted, tab)

    def cycle(number: int) -> None:
        one.page.evaluate(ATTACH)
        scripted.wait(Join)
        scripted.say(Resume())
        scripted.order_capture(number)
        scripted.wait(Picture)
        confirm(scripted, one, number)
        one.page.evaluate("() => { window.session.destroy({ forget: true }); window.session = null; }")
        scripted.kept.clear()

    for number in range(3):
        cycle(number)
    before = held(one, devtools)
    assert (before["tracks"], before["workers"], before["hosts"], before["sounds"]) == (0, 0, 0, 0)
    for number in range(3, 10):
        cycle(number)
    assert_no_growth(one, devtools, before, cycles=7)
    assert one.complaints == []


def test_a_session_does_not_grow_by_what_happens_in_it(scripted: Scripted, tab: Open) -> None:
    one, devtools = opened(scripted, tab)
    one.page.evaluate(ATTACH)
    scripted.wait(Join)
    one.play()
    for number in range(2):
        studied(scripted, one, number)
    before = held(one, devtools)
    assert (before["tracks"], before["workers"]) == (1, 1)
    for number in range(2, 5):
        studied(scripted, one, number)
    assert_no_growth(one, devtools, before, cycles=3)
