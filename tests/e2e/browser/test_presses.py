"""A page that draws itself again while a button is being pressed loses no press, and gives it to no other entry."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route

from .conftest import Open, Tab

pytestmark = pytest.mark.e2e

STATIC = Path(__file__).resolve().parents[3] / "service" / "zaichang" / "console" / "static"
ORIGIN = "http://localhost:9"
"""Nothing listens there: the pages come from their files, the service's answers from the test."""
SDK = """
export const attach = () => ({ on: (name, act) => { (globalThis.told ??= {})[name] = act; }, destroy() {} });
"""
LESSON = {
    "institution": {"zh": "机构", "en": "Institution"}, "duration_ms": 60_000, "media_ticket": "t",
    "lesson": {"id": "lesson-1", "zh": "第一课", "en": "Lesson one"}, "may_enrol": False, "may_register_passkey": False,
}  # fmt: skip
Answers = dict[str, Callable[[], Any]]


@pytest.fixture
def console(tab: Open) -> Callable[[str, Answers], Tab]:
    """Return a way to open a page of the console: its address, and the service's answers by their path."""

    def opened(address: str, answers: Answers) -> Tab:
        one: Tab = tab("about:blank", locale="en")

        def serve(route: Route) -> None:
            path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
            file = STATIC / (path.removeprefix("/static/") if path.startswith("/static/") else f"{path[1:]}.html")
            if path in answers:
                route.fulfill(body=json.dumps(answers[path]()), content_type="application/json")
            elif path == "/sdk/zaichang.js":
                route.fulfill(body=SDK, content_type="text/javascript")
            elif file.is_file():
                route.fulfill(path=file)
            else:
                route.fulfill(status=404, body="{}")

        one.page.route(f"{ORIGIN}/**", serve)
        one.page.goto(f"{ORIGIN}{address}")
        return one

    return opened


def press(page: Page, button: Locator) -> None:
    """Put the pointer on a button and press; the test says when to let go."""
    box = button.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


def minute(index: int) -> str:
    return f"told.minute({{ minute: {{ index: {index}, verdict: 'V', verified_ms: 60000 }} }})"


def test_a_minute_that_arrives_during_a_press_does_not_take_it_away(console: Callable[[str, Answers], Tab]) -> None:
    one = console("/course#tokens=a,b", {"/v1/me": lambda: LESSON})
    one.page.get_by_role("button", name="Open: Lesson one").first.click()
    one.page.get_by_role("button", name="Start studying").click()
    one.until("globalThis.told?.minute")
    one.page.evaluate(minute(0))
    press(one.page, one.page.get_by_role("button", name="1: verified"))
    one.page.evaluate(minute(1))
    one.page.get_by_role("button", name="2: verified").wait_for()
    one.page.mouse.up()
    one.page.get_by_text("Minute 1", exact=True).wait_for()
    press(one.page, one.page.get_by_role("button", name="Back to the course"))
    one.page.evaluate(minute(2))
    one.page.mouse.up()
    one.page.locator("ol.lessons").wait_for()


def test_nothing_moves_below_the_pointer_when_the_camera_shows_its_first_picture(
    console: Callable[[str, Answers], Tab],
) -> None:
    one = console("/course#token=a", {"/v1/me": lambda: {**LESSON, "may_enrol": True}})
    # Where the button stood when it was drawn, before the camera's picture had a size.
    one.page.evaluate("""() => new MutationObserver(() => {
        const begin = document.querySelector("button.primary");
        if (begin?.textContent.startsWith("Begin")) globalThis.drawn ??= begin.getBoundingClientRect().top;
    }).observe(document, { childList: true, subtree: true })""")
    one.page.get_by_role("button", name="Open the camera").click()
    begin = one.page.get_by_role("button", name="Begin the four poses")
    begin.wait_for()
    one.until("document.querySelector('#preview').videoWidth > 0")
    assert begin.evaluate("(button) => button.getBoundingClientRect().top - globalThis.drawn") == 0


def session(name: str, verdicts: str) -> dict[str, Any]:
    return {
        "session": name, "learner": f"learner of {name}", "course": "c", "lesson": "l", "state": "open",
        "verified_ms": 0, "opened_ms": 0, "verdicts": verdicts, "timeline": [], "captures": [], "log": "x/i/2026",
    }  # fmt: skip


def test_a_session_that_appears_during_a_press_does_not_receive_it(console: Callable[[str, Answers], Tab]) -> None:
    sessions = [session("old", "V"), session("other", "F")]
    listed = {"institution": {"zh": "机构", "en": "I"}, "sessions": sessions, "next": "", "now_ms": 0}
    details: Answers = {f"/v1/sessions/{name}": (lambda name=name: session(name, "")) for name in ("old", "new")}
    one = console("/static/icon.svg", {"/v1/sessions": lambda: listed, **details})
    one.page.clock.install()
    one.page.goto(f"{ORIGIN}/sessions#key=k")
    square = one.page.get_by_role("button", name="1: verified")
    press(one.page, square)
    # A minute more in the pressed session: the press stays.
    sessions[0] = session("old", "VV")
    one.page.clock.run_for(3_000)
    one.page.get_by_role("button", name="2: verified").wait_for()
    one.page.mouse.up()
    one.page.get_by_text("Tap a minute to see why.").wait_for()
    assert one.page.locator("section", has_text="Tap a minute").get_by_text("learner of old").count() == 1
    # Another session above it: the square below the pointer now was not pressed.
    press(one.page, one.page.get_by_role("button", name="1: not counted"))
    sessions.insert(0, session("new", "V"))
    one.page.clock.run_for(3_000)
    one.page.get_by_text("learner of new").wait_for()
    one.page.mouse.up()
    assert one.page.locator("section", has_text="Tap a minute").get_by_text("learner of old").count() == 1


def test_a_case_is_opened_though_the_first_one_is_still_loading(console: Callable[[str, Answers], Tab]) -> None:
    def case(name: str) -> dict[str, Any]:
        return {
            "case": name, "kind": "account", "subject": name, "learner": f"learner-{name}", "state": "open",
            "due_ms": 1, "undecided_ms": 0, "reasons": [],
        }  # fmt: skip

    listed = {
        "institution": {"zh": "机构", "en": "I"}, "cases": [case("a"), case("b")], "next": "", "open": 2,
        "reasons": [], "refuse_reasons": [], "reviewer": "r", "now_ms": 0,
    }  # fmt: skip
    one = console("/static/icon.svg", {"/v1/cases": lambda: listed})
    waiting: list[Route] = []
    one.page.route(f"{ORIGIN}/v1/cases/a", lambda route: waiting.append(route))
    one.page.route(f"{ORIGIN}/v1/cases/b", lambda route: route.fulfill(body='{"allowance": null}'))
    one.page.goto(f"{ORIGIN}/queue#key=k")
    press(one.page, one.page.locator("button.case", has_text="learner-b"))
    waiting[0].fulfill(body='{"allowance": null, "accounts": [], "sessions": null}')
    one.page.get_by_text("Accounts (0)").wait_for()
    one.page.mouse.up()
    one.page.locator("#case", has_text="learner-b").wait_for()
    assert one.complaints == []
