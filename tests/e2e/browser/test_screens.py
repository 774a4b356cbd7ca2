"""Every screen of the learner's: right on a phone, in both languages and themes, and usable without a mouse or eyes.

Screenshots are kept where BROWSER_ARTEFACTS names a folder.
"""

from __future__ import annotations

import pytest

from zaichang.protocol.messages import Answer, ChallengeOrder, ChallengeResult, Closed, Heartbeat, Join, Pause, Resume

from .conftest import WEB, Open, Tab
from .media import code_picture, spoken
from .scripted import Picture, Scripted

pytestmark = pytest.mark.e2e

PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
LOOKS = [("zh-CN", "light"), ("en", "dark")]


def order(kind: str, **fields: object) -> ChallengeOrder:
    return ChallengeOrder(challenge_id=f"q-{kind}", kind=kind, within_ms=75_000, **fields)


def challenges() -> list[ChallengeOrder]:
    return [
        order("confirm", options=("later", "here", "away"), variant=6),
        order("code", image=code_picture("4071"), audio=spoken(), variant=1),
        order(
            "question",
            text="下列哪一项属于执业药师继续教育的专业科目？",
            options=("药品不良反应监测的基本要求与报告时限", "公文写作", "乒乓球规则", "以上都不是"),
        ),
    ]


def settled(tab: Tab) -> None:
    """Wait until two frames were drawn, so that the shown state is measured."""
    tab.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")


def assert_accessible(tab: Tab) -> None:
    """Axe finds nothing against WCAG 2.2 AA."""
    tab.page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    assert tab.page.evaluate("probe.axe()") == []


def assert_fits(tab: Tab) -> None:
    """Nothing is wider than the screen, and every control is large enough for a thumb and inside the window."""
    settled(tab)
    assert tab.page.evaluate("probe.misfits()") == []


@pytest.mark.parametrize(("lang", "theme"), LOOKS, ids=lambda value: value)
def test_every_screen_fits_a_phone(scripted: Scripted, tab: Open, lang: str, theme: str) -> None:
    one = tab(scripted.player_page(lang=lang), color_scheme=theme, **PHONE)

    def look(name: str) -> None:
        settled(one)
        one.shot(f"{name}-{lang}-{theme}")
        assert_fits(one)
        assert_accessible(one)

    scripted.wait(Join)
    one.play()
    one.event("held", "event.hold === 'proof'")
    one.page.locator("[data-zaichang=status]").wait_for()
    look("1-proof")
    scripted.order_capture(prompt="TOO_DARK")
    scripted.wait(Picture)
    one.page.locator("[data-prompt=face]").wait_for()
    one.until("probe.shadowed('.preview video')?.videoWidth > 0")
    look("2-face")
    scripted.say(Resume())
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    one.until("window.session.status.counting")
    look("3-counting")
    one.page.locator("[data-zaichang=status] button[aria-expanded]").click()
    look("4-details")
    one.page.locator("[data-zaichang=status] button[aria-expanded]").click()
    for challenge in challenges():
        scripted.say(challenge)
        one.page.locator(f"[data-kind={challenge.kind}]").wait_for()
        if challenge.kind == "code":
            one.until("probe.codeDrawn()")
        look(f"5-{challenge.kind}")
        scripted.say(ChallengeResult(challenge_id=challenge.challenge_id, accepted=True, closed=True))
        one.page.locator(f"[data-kind={challenge.kind}]").wait_for(state="detached")
    scripted.say(Pause(reason="NO_FACE", message="画面中没有人脸。请正对摄像头。"))
    one.until("window.session.status.hold === 'server'")
    look("6-paused")
    scripted.close(4409)
    one.event("error", "event.error.code === 'session.superseded'")
    one.page.locator("[data-do=takeover]").wait_for()
    look("7-superseded")
    assert one.complaints == []


def test_the_challenge_is_announced_and_gives_the_focus_back(scripted: Scripted, tab: Open) -> None:
    one = tab(scripted.player_page())
    scripted.wait(Join)
    scripted.say(Resume(), order("confirm", options=("here", "away", "later")))
    dialog = one.page.get_by_role("alertdialog")
    dialog.wait_for()
    assert dialog.get_attribute("aria-modal") == "false", "the page stays usable"
    one.until("document.title.startsWith('(Please confirm)')")
    one.until("probe.shadowed('#title')?.getRootNode().activeElement?.id === 'title'")
    one.page.locator("[data-answer=away]").click()
    scripted.say(ChallengeResult(challenge_id="q-confirm", accepted=False, closed=False, reason="CHALLENGE_WRONG"))
    one.page.get_by_text("The challenge was answered wrongly").wait_for()
    one.page.locator("[data-answer=here]").click()
    scripted.say(ChallengeResult(challenge_id="q-confirm", accepted=True, closed=True))
    dialog.wait_for(state="detached")
    one.until("document.title === 'Lesson'")


def test_typing_is_not_disturbed_by_a_challenge(scripted: Scripted, tab: Open) -> None:
    one = tab(scripted.player_page())
    scripted.wait(Join)
    one.page.evaluate("document.querySelector('main').append(document.createElement('textarea'))")
    one.page.locator("textarea").focus()
    scripted.say(Resume(), order("confirm", options=("here", "away", "later")))
    one.page.get_by_role("alertdialog").wait_for()
    one.page.keyboard.type("notes")
    assert one.page.locator("textarea").input_value() == "notes"


@pytest.mark.parametrize("full", ["video", "main"])
def test_the_challenge_can_be_answered_in_fullscreen(scripted: Scripted, tab: Open, full: str) -> None:
    one = tab(scripted.player_page())
    scripted.wait(Join)
    one.page.evaluate(f"document.querySelector('{full}').requestFullscreen()")
    one.until("document.fullscreenElement !== null")
    scripted.say(Resume(), order("confirm", options=("here", "away", "later")))
    button = one.page.locator("[data-answer=here]")
    button.wait_for()
    settled(one)
    one.shot(f"8-fullscreen-{full}")
    button.click()
    assert scripted.wait(Answer).answer == "here"
    scripted.say(ChallengeResult(challenge_id="q-confirm", accepted=True, closed=True))
    one.page.get_by_role("alertdialog").wait_for(state="detached")
    one.until(f"document.fullscreenElement === document.querySelector('{full}')")


def test_the_challenge_keeps_off_the_players_controls(scripted: Scripted, tab: Open) -> None:
    for variant in range(4):
        one = tab(scripted.player_page(), viewport={"width": 1100, "height": 700})
        scripted.wait(Join)
        scripted.say(Resume(), order("confirm", options=("here", "away", "later"), variant=variant))
        one.page.get_by_role("alertdialog").wait_for()
        settled(one)
        assert one.page.evaluate("probe.offTheControls()")


SMALL = {**PHONE, "viewport": {"width": 360, "height": 640}}
PHONE_PAGE = """<video id="lesson" src="/lesson.wav" controls style="width: 100%; aspect-ratio: 16 / 9"></video>
<p style="height: 900px">The lesson's notes.</p><script type="module" src="/boot-lesson.js"></script>"""


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("kind", ["confirm", "code", "question", "liveness", "light"])
def test_on_a_small_phone_the_player_stays_usable_above_the_challenge(
    scripted: Scripted, tab: Open, kind: str, lang: str
) -> None:
    scripted.player_page()
    one: Tab = tab(scripted.add_page("phone", PHONE_PAGE, lang=lang), **SMALL)
    scripted.wait(Join)
    shown = [*challenges(), order("liveness", steps=2), order("light", steps=4)]
    scripted.say(Resume(), next(each for each in shown if each.kind == kind))
    one.page.locator(f"[data-kind={kind}] button:enabled").first.wait_for()
    if kind == "liveness":
        one.until("probe.shadowed('.live video')?.videoWidth > 0")
    if kind == "code":
        one.until("probe.codeDrawn()")
    one.until("probe.offTheControls()")
    settled(one)
    one.shot(f"11-small-{kind}-{lang}")
    assert one.page.evaluate("document.querySelector('video').getBoundingClientRect().top") > -1
    assert_fits(one)


def test_the_learner_ends_the_session_and_is_asked_once(scripted: Scripted, tab: Open) -> None:
    one = tab(scripted.player_page())
    scripted.wait(Join)
    scripted.say(Resume())
    one.page.locator("[data-zaichang=status] button[aria-expanded]").click()
    one.page.get_by_role("button", name="Finish", exact=True).click()
    one.page.get_by_role("button", name="Yes, finish").click()
    one.page.get_by_text("One last check").wait_for()
    scripted.say(
        Closed(reason="SESSION_FINISHED", message="The session has ended.", verified_ms=60_000, undecided_ms=0)
    )
    one.page.get_by_text("1:00 of this session count towards your hours").wait_for()
