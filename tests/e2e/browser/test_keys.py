"""Keys typed in our own elements are ours: no player of the page acts on them, in or out of fullscreen.

A player that listens on the document sees a key of a shadow root as a key of a plain element, so its own test for input
fields does not hold. Each player is the one that npm delivers, with its hotkeys on.
"""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import Answer, ChallengeResult, Join, Resume

from .conftest import Open, Tab
from .media import code_picture, spoken
from .scripted import Scripted
from .test_screens import order

pytestmark = pytest.mark.e2e

VIDEO = '<video id="lesson" src="/lesson.wav" controls width="640" height="360"></video>'
BOX = '<div id="box" style="width: 640px; height: 360px"></div>'
PLAYERS = {
    "plyr": (
        ("plyr/dist/plyr.min.js",),
        VIDEO,
        "new Plyr('#lesson', { keyboard: { focused: true, global: true } });",
    ),
    "xgplayer": (
        ("xgplayer/dist/index.min.js",),
        BOX,
        "new Player({ id: 'box', url: '/lesson.wav', keyShortcut: true, autoplay: true, width: 640, height: 360 });",
    ),
    "videojs": (
        ("video.js/dist/video.min.js",),
        VIDEO,
        "videojs('lesson', { userActions: { hotkeys: true } });",
    ),
    "videojs-hotkeys": (
        ("video.js/dist/video.min.js", "videojs-hotkeys/videojs.hotkeys.min.js"),
        VIDEO,
        "videojs('lesson').ready(function () { this.hotkeys({ alwaysCaptureHotkeys: true, enableNumbers: true }); });",
    ),
    "dplayer": (
        ("dplayer/dist/DPlayer.min.js",),
        BOX,
        "new DPlayer({ container: document.querySelector('#box'), hotkey: true, video: { url: '/lesson.wav' } });",
    ),
    "artplayer": (
        ("artplayer/dist/artplayer.js",),
        BOX,
        "new Artplayer({ container: '#box', url: '/lesson.wav', hotkey: true });",
    ),
}
BOOT = """import { attach } from "/sdk/zaichang.js";
%s
while (document.querySelector("video") === null) await new Promise(requestAnimationFrame);
const video = document.querySelector("video");
window.acts = [];
for (const name of ["seeking", "pause", "play", "volumechange", "ratechange"])
  video.addEventListener(name, () => { window.acts.push(name); });
document.addEventListener("fullscreenchange", () => { window.acts.push("fullscreen"); });
window.session = attach(video, { url: "/session", token: "t1" });"""
KEYS = ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "f", "m", "k", "0", "5", "9")


def page_with(scripted: Scripted, tab: Open, name: str) -> Tab:
    """Open a page with the player, playing under a session, after the player has taken a key of the page's."""
    libraries, body, boot = PLAYERS[name]
    scripted.pages["boot-keys.js"] = (BOOT % boot, {"Content-Type": "text/javascript"})
    head = "".join(f'<script src="/peer/{library}"></script>' for library in libraries)
    one: Tab = tab(scripted.add_page("keys", f'{body}<script type="module" src="/boot-keys.js"></script>', head=head))
    one.until("window.session !== undefined")
    scripted.wait(Join)
    scripted.say(Resume())
    one.play()
    one.until("!document.querySelector('video').paused && document.querySelector('video').currentTime > 0.2")
    return one


def answered_by_keys(scripted: Scripted, one: Tab) -> list[str]:
    """Answer a code by keyboard alone; return how the player acted meanwhile."""
    scripted.say(order("code", image=code_picture("4071"), audio=spoken()))
    card = one.page.locator("[data-kind=code]")
    card.locator("button[type=submit]:enabled").wait_for()
    # The challenge has the focus by itself: its title, until the learner goes on.
    assert one.page.evaluate("document.activeElement.shadowRoot?.activeElement?.closest('[data-kind=code]') !== null")
    one.page.evaluate("window.acts.length = 0")
    for key in KEYS:
        one.page.keyboard.press(key)
    larger = card.locator("button[aria-pressed]")
    larger.focus()
    one.page.keyboard.press("Space")
    assert larger.get_attribute("aria-pressed") == "true"
    digits = card.locator("#digits")
    digits.focus()
    one.page.keyboard.type("4071")
    assert digits.input_value() == "4071"
    one.page.keyboard.press("Enter")
    assert scripted.wait(Answer).answer == "4071"
    acts: list[str] = one.page.evaluate("window.acts")
    scripted.say(ChallengeResult(challenge_id="q-code", accepted=True, closed=True))
    card.wait_for(state="detached")
    return acts


@pytest.mark.parametrize("name", sorted(PLAYERS))
def test_keys_of_a_challenge_move_no_player(scripted: Scripted, tab: Open, name: str) -> None:
    one = page_with(scripted, tab, name)
    assert answered_by_keys(scripted, one) == []
    # In fullscreen our elements lie inside the player, whose click toggles playing.
    one.page.evaluate("document.querySelector('video').parentElement.requestFullscreen()")
    one.until("document.fullscreenElement !== null")
    assert answered_by_keys(scripted, one) == []


@pytest.mark.parametrize("name", ["dplayer", "plyr", "xgplayer"])
def test_these_players_do_act_on_keys_of_the_page(scripted: Scripted, tab: Open, name: str) -> None:
    """Otherwise the test above would show nothing."""
    one = page_with(scripted, tab, name)
    one.page.locator("video").hover()
    one.page.mouse.down()
    one.page.mouse.up()
    one.page.evaluate("window.acts.length = 0")
    for key in ("ArrowRight", "ArrowUp", "ArrowRight"):
        one.page.keyboard.press(key)
    one.until("window.acts.length > 0")
