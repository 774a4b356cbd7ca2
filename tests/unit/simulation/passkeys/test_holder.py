"""The person at the page, and the device that holds the passkey: who signs, who takes the way out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from zaichang.core.ids import LearnerId
from zaichang_client import NoPasskey, Signature
from zaichang_client.protocol.messages import ChallengeOrder
from zaichang_simulation.format.actions import ChallengeRule
from zaichang_simulation.format.passkeys import PasskeyTable
from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.passkeys.holder import SimPasskeys, authenticator_of
from zaichang_simulation.person import SimPrompter

CLIENT = ClientTable(learner=LearnerId("ann"), device="desk")
OWN = PasskeyTable()


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let every wait end at once, and record its seconds."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waited


def holder(*entries: PasskeyTable, rule: ChallengeRule | None = None, at_ms: int = 5_000) -> SimPasskeys:
    async def oracle(order: ChallengeOrder) -> str | None:
        return None

    prompter = SimPrompter(
        (rule,) if rule else (), now_ms=lambda: at_ms, oracle=oracle, ignored=lambda order: False,
        extra_time_pct=0, seed=1,
    )  # fmt: skip
    return SimPasskeys(entries, CLIENT, prompter, now_ms=lambda: at_ms, origin="https://learn.example")


def order(entry: PasskeyTable) -> ChallengeOrder:
    known = authenticator_of(entry, CLIENT).credential_id
    return ChallengeOrder(
        challenge_id="q1", kind="passkey", within_ms=1, options=(known,), nonce="AAE", rp_id="learn.example"
    )


@pytest.mark.parametrize("device", ["own", "shared", "new"])
async def test_a_device_at_the_page_signs_after_a_humans_time(device: Any, waits: list[float]) -> None:
    entry = PasskeyTable(device=device)
    made = await holder(entry).sign(order(entry), 1)
    assert isinstance(made, Signature) and made.credential_id == order(entry).options[0]
    assert waits[0] >= 1.5


@pytest.mark.parametrize("device", ["lost", "none", "far"])
async def test_without_the_device_the_way_out_is_taken(device: Any) -> None:
    assert await holder(PasskeyTable(device=device)).sign(order(OWN), 1) == NoPasskey(cause="declined")


async def test_an_owner_far_away_may_sign_what_the_page_is_sent(waits: list[float]) -> None:
    made = await holder(PasskeyTable(device="far", relay_s=20)).sign(order(OWN), 1)
    assert isinstance(made, Signature) and waits[-1] == 20


async def test_a_browser_without_passkeys_says_so() -> None:
    old = holder(PasskeyTable(device="unsupported"))
    assert not old.supported and holder().supported
    assert await old.sign(order(OWN), 1) == NoPasskey(cause="unsupported")


async def test_a_phone_that_the_session_does_not_know_cannot_answer_and_nobody_answers_nothing() -> None:
    assert await holder(PasskeyTable(device="new")).sign(order(OWN), 1) == NoPasskey()
    assert await holder(rule=ChallengeRule(answer="never", kinds=("passkey",))).sign(order(OWN), 1) is None


def test_devices_that_come_later_are_named_in_order_and_have_keys_of_their_own() -> None:
    first, second = PasskeyTable(from_s=50, device="new"), PasskeyTable(from_s=9, device="new")
    assert holder(first, PasskeyTable(device="new"), second, OWN).registered_later() == (second, first)
    keys = {
        authenticator_of(each, CLIENT).credential_id for each in (first, second, OWN, PasskeyTable(device="shared"))
    }
    assert len(keys) == 4
    assert authenticator_of(PasskeyTable(device="far"), CLIENT).credential_id in order(OWN).options
