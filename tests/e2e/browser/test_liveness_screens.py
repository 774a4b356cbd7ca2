"""The screens of active liveness and of the light check: guidance, frames, retries, and nothing that flashes."""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import (
    ChallengeOrder,
    ChallengeResult,
    Join,
    LivenessHint,
    LivenessStepOrder,
    Ready,
    Resume,
)

from .conftest import Open, Tab
from .scripted import Picture, Scripted
from .test_screens import PHONE, assert_accessible, assert_fits, settled

pytestmark = pytest.mark.e2e

LOOKS = [("zh-CN", "light", PHONE), ("en", "dark", PHONE), ("zh-CN", "dark", {}), ("en", "light", {})]
FLASHES_PER_S_MAX = 3


def challenge(kind: str = "liveness", **fields: object) -> ChallengeOrder:
    return ChallengeOrder(**{"challenge_id": f"q-{kind}", "kind": kind, "within_ms": 75_000, "steps": 2, **fields})


def step(number: int, action: str, *, kind: str = "liveness", **fields: object) -> LivenessStepOrder:
    given = {"challenge_id": f"q-{kind}", "step": number, "of": 4, "action": action, "nonce": f"{number:016x}"}
    return LivenessStepOrder(**{**given, "within_ms": 7_000, **fields})


def asked(scripted: Scripted, tab: Open, order: ChallengeOrder, lang: str = "en", **options: object) -> Tab:
    """Open a player whose camera is on, and show the challenge."""
    one: Tab = tab(scripted.player_page(lang=lang), **options)
    scripted.wait(Join)
    one.until("window.session.status.camera === 'on'")
    scripted.say(Resume(), order)
    one.page.locator(f"[data-kind={order.kind}]").wait_for()
    return one


def begin(one: Tab, scripted: Scripted) -> None:
    one.page.locator("[data-do=ready]:enabled").click()
    scripted.wait(Ready)


@pytest.mark.parametrize(("lang", "theme", "device"), LOOKS, ids=["zh-phone", "en-phone", "zh-desktop", "en-desktop"])
def test_a_try_is_guided_from_ready_to_passed(
    scripted: Scripted, tab: Open, lang: str, theme: str, device: dict[str, object]
) -> None:
    one = asked(scripted, tab, challenge(), lang, color_scheme=theme, **device)

    def look(name: str) -> None:
        settled(one)
        one.shot(f"live-{name}-{lang}-{theme}-{'phone' if device else 'desktop'}")
        assert_fits(one)
        assert_accessible(one)

    one.until("probe.shadowed('.live video')?.videoWidth > 0")
    look("1-ready")
    begin(one, scripted)
    scripted.say(step(1, "hold"))
    one.page.locator("[data-action=hold]").wait_for()
    assert scripted.wait(Picture).header.nonce == f"{1:016x}"
    scripted.say(LivenessHint(challenge_id="q-liveness", reason="TOO_DARK", message="Turn on a light."))
    one.page.get_by_text("Turn on a light.").wait_for()
    look("2-hold")
    for number, action in enumerate(("turn_left", "blink", "open_mouth", "look_down"), 2):
        scripted.say(step(number, action), LivenessHint(challenge_id="q-liveness"))
        one.page.locator(f"[data-action={action}]").wait_for()
        one.until("probe.shadowed('[data-good=true]') !== null")
        look(f"3-{action}")
    picture = scripted.wait(Picture, lambda picture: picture.header.nonce == f"{5:016x}")
    assert picture.header.capture_id == "q-liveness"
    scripted.say(
        ChallengeResult(challenge_id="q-liveness", accepted=False, closed=False, reason="LIVENESS_WRONG_ACTION")
    )
    again = one.page.locator("[data-do=ready]")
    again.wait_for()
    look("4-again")
    assert "LIVENESS" not in one.page.locator("[data-kind=liveness]").inner_text()
    again.click()
    assert scripted.wait(Ready) == Ready(challenge_id="q-liveness")
    scripted.say(step(1, "hold"))
    scripted.wait(Picture, lambda picture: picture.header.nonce == f"{1:016x}")
    scripted.say(ChallengeResult(challenge_id="q-liveness", accepted=True, closed=True))
    one.page.locator("[data-kind=liveness]").wait_for(state="detached")
    assert one.complaints == []


def test_frames_come_at_the_ordered_pace_and_end_with_the_try(scripted: Scripted, tab: Open) -> None:
    one = asked(scripted, tab, challenge())
    begin(one, scripted)
    scripted.say(step(1, "hold", interval_ms=200, width_px=320, quality_pct=70))
    pictures = [scripted.wait(Picture) for _ in range(8)]
    assert all(len(picture.jpeg) <= 65_536 for picture in pictures)
    assert len({picture.jpeg for picture in pictures}) == 8, "no frame is sent twice"
    scripted.say(ChallengeResult(challenge_id="q-liveness", accepted=True, closed=True))
    one.page.locator("[data-kind=liveness]").wait_for(state="detached")
    scripted.heard.queue.clear()
    one.page.wait_for_timeout(600)
    assert not [message for message in scripted.heard.queue if isinstance(message, Picture)]


def test_a_keyboard_and_a_screen_reader_suffice(scripted: Scripted, tab: Open) -> None:
    one = asked(scripted, tab, challenge())
    one.until("probe.shadowed('#title')?.getRootNode().activeElement?.id === 'title'")
    one.page.locator("[data-do=ready]:enabled").wait_for()
    one.page.keyboard.press("Tab")
    one.page.keyboard.press("Enter")
    scripted.wait(Ready)
    scripted.say(step(1, "turn_right"))
    order = one.page.locator("[data-kind=liveness] [aria-live=assertive]")
    one.until("probe.shadowed('.do')?.textContent === 'Slowly turn your head to your right'")
    assert order.get_attribute("role") == "status"
    assert one.page.locator("[data-kind=liveness] video").get_attribute("aria-label")
    scripted.say(
        ChallengeResult(challenge_id="q-liveness", accepted=False, closed=False, reason="LIVENESS_NO_RESPONSE")
    )
    one.until("probe.shadowed('[data-do=ready]')?.getRootNode().activeElement?.dataset.do === 'ready'")
    one.page.get_by_text("The movement was not seen").wait_for()


def test_a_lost_connection_ends_the_try_and_asks_again(scripted: Scripted, tab: Open) -> None:
    one = asked(scripted, tab, challenge())
    begin(one, scripted)
    scripted.say(step(1, "hold"))
    scripted.wait(Picture)
    scripted.close(1012)
    one.page.get_by_text("The connection broke").wait_for()
    assert scripted.wait(Join).resume == "s1"
    scripted.say(challenge(within_ms=40_000))
    begin(one, scripted)
    assert one.page.locator("[data-kind=liveness]").count() == 1


def test_without_a_camera_the_learner_is_told_and_does_not_begin(scripted: Scripted, tab: Open) -> None:
    one = asked(scripted, tab, challenge())
    one.page.evaluate("window.session.cameraStream.getTracks()[0].onended()")
    one.page.get_by_text("The camera is not on").wait_for()


def watch_colours(one: Tab) -> None:
    """Note when the colour on the screen changes."""
    one.page.evaluate(
        """() => { window.colours = []; const flash = probe.shadowed('.flash'); let last = '';
        const look = () => { const now = flash.hidden ? '' : flash.style.backgroundColor;
          if (now !== last) { last = now; window.colours.push({ at: performance.now(), now }); }
          requestAnimationFrame(look); };
        look(); }"""
    )


@pytest.mark.parametrize(("lang", "theme"), [("zh-CN", "light"), ("en", "dark")])
def test_colours_come_after_the_warning_only_and_never_flash(
    scripted: Scripted, tab: Open, lang: str, theme: str
) -> None:
    one = asked(scripted, tab, challenge("light"), lang, color_scheme=theme, **PHONE)
    watch_colours(one)
    settled(one)
    one.shot(f"light-1-warning-{lang}-{theme}")
    assert_fits(one)
    assert_accessible(one)
    text = one.page.locator("[data-kind=light]").inner_text()
    assert ("光敏" if lang == "zh-CN" else "photosensitive") in text
    assert one.page.evaluate("window.colours") == []
    begin(one, scripted)
    for number in range(1, 13):
        scripted.say(step(number, "colour", kind="light", colour=f"#{20 * number:02x}2020"))
        one.page.wait_for_timeout(80)
    one.until("window.colours.length >= 3")
    settled(one)
    one.shot(f"light-2-colour-{lang}-{theme}")
    assert_accessible(one)
    one.page.wait_for_timeout(1_200)
    changes = [entry["at"] for entry in one.page.evaluate("window.colours")]
    assert len(changes) >= 3, "colours were shown"
    busiest = max(sum(start <= at < start + 1_000 for at in changes) for start in changes)
    assert busiest <= FLASHES_PER_S_MAX, changes
    one.page.locator("[data-do=stop]").click()
    assert scripted.wait(Ready, lambda ready: ready.decline).challenge_id == "q-light"
    one.until("probe.shadowed('.flash').hidden")


def test_colours_are_declined_and_movements_come_instead(scripted: Scripted, tab: Open) -> None:
    one = asked(scripted, tab, challenge("light"))
    watch_colours(one)
    one.page.locator("[data-do=decline]:enabled").click()
    assert scripted.wait(Ready).decline
    scripted.say(challenge("liveness", challenge_id="q-light"))
    one.page.locator("[data-kind=liveness] [data-do=ready]:enabled").click()
    assert not scripted.wait(Ready).decline
    assert one.page.evaluate("window.colours") == []
    scripted.say(ChallengeResult(challenge_id="q-light", accepted=True, closed=True))
    one.page.get_by_role("alertdialog").wait_for(state="detached")


def test_screens_that_do_not_load_are_told_and_fetched_again(scripted: Scripted, tab: Open) -> None:
    one: Tab = tab("about:blank")
    served: list[str] = []

    def serve(route: object) -> None:
        served.append("x")
        if len(served) < 3:
            route.abort()  # type: ignore[attr-defined]  # Playwright gives routes without a type here
        else:
            route.continue_()  # type: ignore[attr-defined]

    one.page.route("**/zaichang-ui.js*", serve)
    one.page.goto(scripted.player_page())
    scripted.wait(Join)
    one.event("error", "event.error.code === 'ui.failed'")
    scripted.say(Resume(), challenge())
    one.page.locator("[data-kind=liveness]").wait_for()
