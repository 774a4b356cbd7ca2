"""A passkey in a real browser: registered on the course page, and asked for while the learner studies."""

from __future__ import annotations

import pytest

from zaichang_simulation.demo.lessons import LESSONS

from .conftest import Open, Tab
from .live import LiveService

pytestmark = pytest.mark.e2e
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_registered_and_lets_the_time_count(live: LiveService, tab: Open) -> None:
    learner = live.new_learner()
    token = live.launch(learner, LESSONS[1].lesson_id, route="challenge", enrol=True)
    # A browser makes passkeys for names alone, not for addresses.
    one: Tab = tab(f"{live.origin.replace('127.0.0.1', 'localhost')}/course#token={token}")
    device = one.page.context.new_cdp_session(one.page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    one.page.get_by_role("button", name="Register a passkey").click()
    one.page.get_by_role("button", name="Register a passkey").wait_for(state="detached")
    one.page.get_by_role("button", name="Start studying").click()
    card = one.page.locator("[data-kind=passkey]")
    card.wait_for()
    one.shot("passkey-1-asked")
    card.get_by_role("button", name="I am ready").click()
    one.until("document.querySelector('[data-zaichang=status]').dataset.counting === 'true'")
    assert one.complaints == []


def test_a_learner_with_a_ticket_registers_on_a_phone_once_and_a_course_site_may_too(
    live: LiveService, tab: Open
) -> None:
    ticket = live.passkey_ticket(live.new_learner())
    one: Tab = tab(f"{live.origin.replace('127.0.0.1', 'localhost')}/passkey#ticket={ticket}")
    one.page.set_viewport_size({"width": 360, "height": 640})
    device = one.page.context.new_cdp_session(one.page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    assert one.page.evaluate("document.documentElement.scrollWidth <= 360")
    one.shot("passkey-page-en")
    one.page.get_by_role("button", name="中文").click()
    one.shot("passkey-page-zh")
    one.page.get_by_role("button", name="在这台设备上登记").click()
    one.page.get_by_role("status").filter(has_text="登记成功").wait_for()
    one.page.goto(f"{live.origin.replace('127.0.0.1', 'localhost')}/passkey?again#ticket={ticket}")
    one.page.get_by_role("button", name="在这台设备上登记").click()
    one.page.get_by_role("alert").filter(has_text="这个链接已经用过").wait_for()
    one.shot("passkey-page-used")

    # A page of a configured site reads the answer (a numeric address can have no passkey); another page reads none.
    ticket = live.passkey_ticket(live.new_learner())
    ask = f"""fetch("{live.origin}/v1/enrol-me/passkey/options", {{
      method: "POST", body: "{{}}",
      headers: {{ authorization: "Bearer {ticket}", "content-type": "application/json" }},
    }}).then(async (reply) => (await reply.json()).error.code, (error) => error.name)"""
    site: Tab = tab(live.empty_page())
    assert site.page.evaluate(ask) == "passkey.origin"
    other: Tab = tab(live.empty_page().replace("127.0.0.1", "localhost"))
    assert other.page.evaluate(ask) == "TypeError"
