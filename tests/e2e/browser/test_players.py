"""The adapters against the players themselves: video.js and hls.js as npm delivers them."""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import Heartbeat, Join, Seek

from .conftest import Open, Tab
from .scripted import Scripted

pytestmark = pytest.mark.e2e

LISTEN = """window.events = [];
for (const name of ["held", "released", "set-back", "error"]) {
  window.session.on(name, (event) => { window.events.push(JSON.parse(JSON.stringify(event))); });
}"""
VIDEO_JS = """import { attach, videoJs } from "/sdk/zaichang.js";
window.player = videojs("lesson");
window.session = attach(videoJs(player), { url: "/session", token: "t1" });"""
HLS_JS = """import { attach, hlsJs } from "/sdk/zaichang.js";
window.hls = new Hls();
window.session = attach(hlsJs(hls), { url: "/session", token: "t1" });"""


def page_with(scripted: Scripted, tab: Open, library: str, body: str, boot: str) -> Tab:
    scripted.pages["boot-player.js"] = (boot + LISTEN, {"Content-Type": "text/javascript"})
    head = f'<script src="/peer/{library}"></script>'
    one: Tab = tab(
        scripted.add_page("player", f'{body}<script type="module" src="/boot-player.js"></script>', head=head)
    )
    scripted.wait(Join)
    return one


def test_video_js(scripted: Scripted, tab: Open) -> None:
    body = """<video id="lesson" class="video-js" controls width="320" height="180">
      <source src="/lesson.wav" type="audio/wav"></video>"""
    one = page_with(scripted, tab, "video.js/dist/video.min.js", body, VIDEO_JS)
    # The page's own order is broken off where the session holds the player first, and the page hears of it.
    one.page.evaluate("void player.play()?.catch(() => {})")
    one.until("player.paused()")
    scripted.count_from_now()
    beat = scripted.wait(Heartbeat, lambda beat: beat.playing and beat.playhead_ms > 1_000)
    assert not beat.stalled
    one.page.evaluate("player.currentTime(100)")
    one.event("set-back")
    one.page.evaluate("player.playbackRate(2)")
    scripted.wait(Heartbeat, lambda beat: beat.rate_bp == 20_000)
    scripted.say(Seek(to_ms=0, reason="RATE_TOO_FAST", message="Too fast."))
    scripted.wait(Heartbeat, lambda beat: beat.rate_bp == 10_000 and beat.playhead_ms < 5_000)
    one.page.evaluate("session.destroy(); player.dispose()")
    assert one.complaints == []


def test_hls_js_before_and_after_it_has_an_element(scripted: Scripted, tab: Open) -> None:
    body = '<video id="lesson" controls width="320" height="180"></video>'
    one = page_with(scripted, tab, "hls.js/dist/hls.min.js", body, HLS_JS)
    scripted.count_from_now()
    assert not scripted.wait(Heartbeat).playing
    one.page.evaluate("hls.attachMedia(document.querySelector('video'))")
    one.until("hls.media !== null")
    one.play()
    beat = scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert beat.stalled, "it has no data yet, and says so"
    one.page.evaluate("hls.detachMedia()")
    scripted.wait(Heartbeat, lambda beat: not beat.playing)
    one.page.evaluate("session.destroy()")
    assert one.complaints == []
