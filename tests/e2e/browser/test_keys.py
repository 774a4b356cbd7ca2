"""Keys typed in our own elements are ours: no player of the page acts on them, in or out of fullscreen.

A player that listens on the document sees a key of a shadow root as a key of a plain element, so its own test for input
fields does not hold. Each player is the one that npm delivers, with its hotkeys on, and all are opened in one tab.
"""

from __future__ import annotations

import itertools

import msgspec
import pytest

from zaichang.protocol.messages import Answer, ChallengeOrder, Join, LivenessStepOrder, Resume

from .conftest import Open, Tab
from .media import code_picture, spoken
from .scripted import Scripted

pytestmark = pytest.mark.e2e

VIDEO = '<video id="lesson" src="/lesson.wav" controls width="640" height="360"></video>'
BOX = '<div id="box" style="width: 640px; height: 360px"></div>'
# Files, style sheet, element, code.
PLAYERS = {
    "plyr": (
        ("plyr/dist/plyr.min.js", "plyr/dist/plyr.css"),
        VIDEO,
        "new Plyr('#lesson', { keyboard: { focused: true, global: true }, iconUrl: '/peer/plyr/dist/plyr.svg' });",
    ),
    "xgplayer": (
        ("xgplayer/dist/index.min.js", "xgplayer/dist/index.min.css"),
        BOX,
        "new Player({ id: 'box', url: '/lesson.wav', keyShortcut: true, autoplay: true, width: 640, height: 360 });",
    ),
    "videojs": (
        ("video.js/dist/video.min.js", "video.js/dist/video-js.min.css"),
        VIDEO,
        "videojs('lesson', { userActions: { hotkeys: true } });",
    ),
    "videojs-hotkeys": (
        ("video.js/dist/video.min.js", "videojs-hotkeys/videojs.hotkeys.min.js", "video.js/dist/video-js.min.css"),
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
BOOT = """import { ZaichangGuard } from "/sdk/zaichang-guard.js";
%s
while (document.querySelector("video") === null) await new Promise(requestAnimationFrame);
window.acts = [];
for (const name of ["seeking", "pause", "play", "volumechange", "ratechange"])
  document.querySelector("video").addEventListener(name, () => { window.acts.push(name); });
document.addEventListener("fullscreenchange", () => { window.acts.push("fullscreen"); });
const guard = document.createElement("zaichang-guard");
guard.setAttribute("url", "/session");
guard.tokenFor = () => "t1";
guard.addEventListener("zaichang-session", (event) => { window.session = event.detail.controller; });
const player = document.querySelector("main > :last-child");
player.before(guard);
guard.append(player);"""
KEYS = ("ArrowRight", "f", "m", "5", "Space")
FOCUS = "probe.focused()"
KINDS = ("confirm", "question", "passkey", "liveness", "light", "code")
numbers = itertools.count(1)


def order(kind: str) -> ChallengeOrder:
    fields: dict[str, dict[str, object]] = {
        "confirm": {"options": ("later", "here", "away")},
        "question": {"text": "Which?", "options": ("this", "that")},
        "code": {"image": code_picture("4071"), "audio": spoken()},
        "liveness": {"steps": 2},
        "light": {"steps": 2},
        "passkey": {"nonce": "bm9uY2U", "rp_id": "127.0.0.1"},
    }
    given = {"t": "challenge", "challenge_id": f"q{next(numbers)}", "kind": kind, "within_ms": 75_000, **fields[kind]}
    return msgspec.convert(given, ChallengeOrder)


def pressed(one: Tab, where: str) -> None:
    """Press keys; the focus stays where it is and the player does nothing."""
    held = one.page.evaluate(FOCUS)
    one.page.evaluate("window.acts.length = 0")
    for key in KEYS:
        one.page.keyboard.press(key)
    assert one.page.evaluate("window.acts") == [], where
    assert one.page.evaluate(FOCUS) == held, where


def opened(scripted: Scripted, one: Tab, kind: str) -> str:
    """Open a challenge, which takes the focus by itself; return its id."""
    ordered = order(kind)
    scripted.say(ordered)
    one.until(f"{FOCUS} === 'title of {ordered.challenge_id}'")
    return ordered.challenge_id


def answers_by_keys(scripted: Scripted, one: Tab, where: str) -> None:
    """Each kind of challenge takes the keys; the code, which comes last, is answered by them."""
    for kind in KINDS:
        challenge_id = opened(scripted, one, kind)
        pressed(one, f"{kind}, {where}")
    card = one.page.locator(f"[data-challenge={challenge_id}]")
    larger = card.locator("button[aria-pressed]:enabled")
    larger.focus()
    one.page.keyboard.press("Space")
    assert larger.get_attribute("aria-pressed") == "true"
    card.locator("#digits").focus()
    one.page.keyboard.type("4071")
    assert card.locator("#digits").input_value() == "4071"
    one.page.keyboard.press("Enter")
    assert scripted.wait(Answer, lambda given: given.challenge_id == challenge_id).answer == "4071"
    assert one.page.evaluate(FOCUS) == f"title of {challenge_id}", "the field is off while it is judged"
    assert one.page.evaluate("window.acts") == [], where


def test_keys_in_our_elements_move_no_player(scripted: Scripted, tab: Open) -> None:
    one: Tab = tab("about:blank")
    for name, (files, body, boot) in PLAYERS.items():
        head = "".join(
            f'<link rel="stylesheet" href="/peer/{file}">'
            if file.endswith("css")
            else f'<script src="/peer/{file}"></script>'
            for file in files
        )
        scripted.pages[f"boot-{name}.js"] = (BOOT % boot, {"Content-Type": "text/javascript"})
        script = f'<script type="module" src="/boot-{name}.js"></script>'
        one.page.goto(scripted.add_page(f"keys-{name}", body, head=head + script))
        # The guard, by keys alone.
        for screen in ("agree", "start"):
            button = one.page.locator(f"[data-do={screen}]:enabled")
            button.wait_for()
            assert one.page.evaluate(FOCUS) == "h2", screen
            pressed(one, f"{screen}, {name}")
            button.focus()
            one.page.keyboard.press("Enter")
        scripted.wait(Join)
        scripted.say(Resume())
        one.until("window.session?.status.counting")
        one.shot(f"12-{name}")
        assert one.page.evaluate("probe.statusIsBelow()"), f"the status lies over {name}"
        # The status bar.
        toggle = one.page.locator("[data-zaichang=status] button[aria-expanded]")
        toggle.focus()
        one.page.evaluate("window.acts.length = 0")
        one.page.keyboard.press("Space")
        assert toggle.get_attribute("aria-expanded") == "true"
        assert one.page.evaluate("window.acts") == [], name
        # The challenges; in fullscreen they lie inside the player, whose click toggles playing.
        answers_by_keys(scripted, one, name)
        one.page.evaluate("document.querySelector('video').parentElement.requestFullscreen()")
        one.until("window.acts.includes('fullscreen')")
        one.until(f"{FOCUS}.startsWith('title of')")
        answers_by_keys(scripted, one, f"{name} in fullscreen")


def test_these_players_do_act_on_keys_of_the_page(scripted: Scripted, tab: Open) -> None:
    """Otherwise the test above would show nothing."""
    one: Tab = tab("about:blank")
    for name in ("dplayer", "plyr", "xgplayer"):
        files, body, boot = PLAYERS[name]
        head = "".join(f'<script src="/peer/{file}"></script>' for file in files if file.endswith("js"))
        one.page.goto(scripted.add_page(f"bare-{name}", f"{body}<script>{boot}</script>", head=head))
        one.until("document.querySelector('video')?.readyState > 1")
        one.page.evaluate("document.querySelector('video').onseeking = () => { window.sought = true; }")
        one.play()
        one.page.locator("video").hover()
        one.page.mouse.down()
        one.page.mouse.up()
        one.page.keyboard.press("ArrowRight")
        one.until("window.sought")


def test_the_focus_goes_back_where_it_was(scripted: Scripted, tab: Open) -> None:
    """From a challenge, from a step of the movements, and over redraws of the status bar."""
    one: Tab = tab(scripted.player_page())
    scripted.wait(Join)
    scripted.say(Resume())
    toggle = one.page.locator("[data-zaichang=status] button[aria-expanded]")
    toggle.focus()
    held = one.page.evaluate(FOCUS)
    challenge_id = opened(scripted, one, "liveness")
    card = one.page.locator(f"[data-challenge={challenge_id}]")
    card.locator("[data-do=ready]:enabled").press("Enter")
    step = LivenessStepOrder(
        challenge_id=challenge_id, step=1, of=2, action="turn_left", nonce="a" * 32, within_ms=4_000
    )
    scripted.say(step)
    card.locator("[data-do=ready]").wait_for(state="hidden")
    assert one.page.evaluate(FOCUS) == f"title of {challenge_id}"
    scripted.order_capture(prompt="TOO_DARK")
    one.page.locator("[data-prompt=face]").wait_for()
    assert one.page.evaluate(FOCUS) == f"title of {challenge_id}", "another card beside it"
    opened(scripted, one, "confirm")
    scripted.close(4409)
    one.page.locator("[data-do=takeover]").wait_for()
    assert one.page.evaluate(FOCUS) == held
    one.page.locator("[data-do=takeover]").press("Enter")
    one.page.locator("[data-do=takeover]").wait_for(state="detached")
    assert one.page.evaluate(FOCUS) == held, "the pressed button is gone"
