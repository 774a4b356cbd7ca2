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
