"""A passkey at the gateway: verified, recorded with its assertion, and decided by the core."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from support.study import POLICY, ManualClock, Student, service, token
from zaichang.launch.passkeys import Registering
from zaichang.main.service import Services
from zaichang.protocol import messages as m
from zaichang_simulation.passkeys.authenticator import Authenticator

ORIGIN = "https://learn.example.org"
RULES = replace(POLICY, schema=4, passkey_challenge="required")
PHONE = Authenticator("phone")


async def registered(services: Services) -> None:
    who = Registering(institution_id="inst", learner_id="learner", key_id="t", supervised=True)
    options = await services.passkeys.begin(who, ORIGIN)
    await services.passkeys.finish(who, PHONE.register(options["challenge"], origin=ORIGIN, rp_id=options["rp"]["id"]))


async def asked(services: Services, clock: ManualClock, origin: str = ORIGIN) -> tuple[Student, m.ChallengeOrder]:
    student = Student(services, clock, origin)
    await student.join(await token(services, route="challenge"))
    return student, await student.expect(m.ChallengeOrder)


def answer(order: m.ChallengeOrder, passkey: Authenticator = PHONE, **changes: Any) -> m.PasskeyAssertion:
    signed = asdict(passkey.answer(order.nonce, origin=ORIGIN, rp_id=order.rp_id))
    return m.PasskeyAssertion(**{"challenge_id": order.challenge_id, **signed, **changes})


async def test_a_passkey_that_holds_lets_the_time_count(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=RULES) as services:
        await registered(services)
        student, order = await asked(services, clock)
        assert (order.kind, order.rp_id, order.options) == ("passkey", "learn.example.org", (PHONE.credential_id,))
        clock.at_ms += 2_000
        student.send(answer(order))
        result = await student.expect(m.ChallengeResult)
        assert result.accepted
        bodies = await services.store.events(student.session_id)
        assert any(b'"PasskeyAnswered"' in body and b'"verified":true' in body for body in bodies)
        assert PHONE.public_key.encode() in bodies[0], "the start names the key that verifies it"


@pytest.mark.parametrize("spoilt", ["challenge", "credential", "signature", "removed"])
async def test_one_that_does_not_hold_is_recorded_and_refused(tmp_path: Path, spoilt: str) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=RULES) as services:
        await registered(services)
        student, order = await asked(services, clock)
        clock.at_ms += 2_000
        stranger = Authenticator("stranger")
        sent = answer(order)
        if spoilt == "challenge":
            sent = answer(order, challenge_id="q9")
        elif spoilt == "credential":
            sent = answer(order, stranger)
        elif spoilt == "signature":
            sent = answer(order, stranger, credential_id=PHONE.credential_id)
        else:
            await services.passkeys.remove("inst", "learner", PHONE.credential_id)
        student.send(sent)
        result = await student.expect(m.ChallengeResult)
        expected = "CHALLENGE_UNANSWERED" if spoilt == "challenge" else "PASSKEY_FAILED"
        assert not result.accepted and result.reason == expected


async def test_a_learner_who_cannot_use_one_is_asked_otherwise(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=RULES) as services:
        await registered(services)
        student, order = await asked(services, clock)
        student.send(m.PasskeyUnavailable(challenge_id=order.challenge_id, cause="broken"))
        assert (await student.expect(m.ErrorMessage)).code == "wire.cause"
        student.send(m.PasskeyUnavailable(challenge_id=order.challenge_id, cause="unsupported"))
        assert (await student.expect(m.ChallengeOrder)).kind == "confirm"


@pytest.mark.parametrize("origin", ["", "https://other.example"])
async def test_a_page_without_passkeys_is_asked_otherwise_from_the_start(tmp_path: Path, origin: str) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=RULES) as services:
        await registered(services)
        student, order = await asked(services, clock, origin)
        assert order.kind == "confirm"
        clock.at_ms += 2_000
        student.send(answer(replace_order(order)))
        assert (await student.expect(m.ChallengeResult)).reason == "PASSKEY_FAILED"


def replace_order(order: m.ChallengeOrder) -> m.ChallengeOrder:
    return m.ChallengeOrder(
        challenge_id=order.challenge_id, kind="passkey", within_ms=1, nonce="AAE", rp_id="learn.example.org"
    )


async def test_rules_without_passkeys_record_none(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=POLICY) as services:
        await registered(services)
        student, order = await asked(services, clock)
        assert order.kind == "confirm"
        assert b"passkeys" not in (await services.store.events(student.session_id))[0]
