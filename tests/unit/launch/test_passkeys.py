"""Registering passkeys: the first at first study, every further one under the institution's eyes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.study import ManualClock, service
from zaichang.core.enums import PasskeyUse, Route
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation
from zaichang.launch import passkeys
from zaichang.launch.passkeys import REGISTER_MS, PasskeyDesk, Registering, page_of, usable, use_of
from zaichang.ports.passkeys import Page, StoredPasskey
from zaichang.session.policy import Policy
from zaichang_simulation.passkeys.authenticator import Authenticator

ORIGIN = "https://learn.example.org"
SELF = Registering(institution_id="inst", learner_id="learner", key_id="token-1", supervised=False)
SEEN = replace(SELF, key_id="ticket-1", supervised=True)


@asynccontextmanager
async def desk(tmp_path: Path, clock: ManualClock | None = None) -> AsyncIterator[PasskeyDesk]:
    async with service(tmp_path, clock=clock, enrol_first=False) as services:
        yield services.passkeys


async def register(one: PasskeyDesk, who: Registering, name: str) -> StoredPasskey:
    options = await one.begin(who, ORIGIN)
    return await one.finish(
        who, Authenticator(name).register(options["challenge"], origin=ORIGIN, rp_id=options["rp"]["id"])
    )


@pytest.mark.parametrize(
    ("origin", "domains", "rp_id"),
    [
        ("https://learn.example.org", (), "learn.example.org"),
        ("https://learn.example.org:8443", ("example.org",), "example.org"),
        ("https://learn.example.org", ("org.example", "example.org", "learn.example.org"), "learn.example.org"),
        ("https://notexample.org", ("example.org",), "notexample.org"),
        ("http://localhost:8000", (), "localhost"),
    ],
)
def test_a_page_has_the_passkeys_of_its_host_or_of_a_shared_domain(
    origin: str, domains: tuple[str, ...], rp_id: str
) -> None:
    assert page_of(origin, domains) == Page(origin=origin, rp_id=rp_id)


@pytest.mark.parametrize(
    "origin", ["", "null", "http://learn.example.org", "https://192.0.2.7", "https://[::1", "https://intranet"]
)
def test_a_page_for_which_a_browser_makes_no_passkey_has_none(origin: str) -> None:
    assert page_of(origin, ()) is None


def test_the_rules_say_where_passkeys_are_used() -> None:
    policy = Policy(schema=4, passkey_face="allowed")
    assert use_of(policy, Route.FACE) is PasskeyUse.ALLOWED and use_of(policy, Route.CHALLENGE) is PasskeyUse.REQUIRED
    assert use_of(replace(policy, proofs=()), Route.FACE) is PasskeyUse.REQUIRED
    assert use_of(Policy(schema=3), Route.CHALLENGE) is PasskeyUse.OFF


async def test_a_learner_registers_the_first_one_and_the_institution_sees_to_the_others(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        made = await register(one, SELF, "phone")
        assert made.rp_id == "learn.example.org" and not made.passkey.supervised
        with pytest.raises(NotAllowed, match=r"passkey\.exists"):
            await one.begin(SELF, ORIGIN)
        new = await register(one, SEEN, "new phone")
        assert new.passkey.supervised
        held = await one.held("inst", "learner")
        assert {each.passkey.credential_id for each in held} == {
            Authenticator("phone").credential_id, Authenticator("new phone").credential_id,
        }  # fmt: skip
        assert usable(held, Page(origin=ORIGIN, rp_id="learn.example.org")).keys != ()
        assert usable(held, Page(origin="https://x.example", rp_id="x.example")).keys == ()
        await one.remove("inst", "learner", made.passkey.credential_id)
        assert len(await one.held("inst", "learner")) == 1
        with pytest.raises(NotFound, match=r"passkey\.unknown"):
            await one.remove("inst", "learner", made.passkey.credential_id)


async def test_a_ticket_registers_one_passkey(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await register(one, SEEN, "new phone")
        with pytest.raises(NotAllowed, match=r"passkey\.ticket_used"):
            await one.begin(SEEN, ORIGIN)
        await register(one, replace(SEEN, key_id="ticket-2"), "tablet")


async def test_a_restart_lets_no_ticket_register_a_second_device(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await register(one, SEEN, "new phone")
    async with desk(tmp_path) as again:
        with pytest.raises(NotAllowed, match=r"passkey\.ticket_used"):
            await again.begin(SEEN, ORIGIN)
        await register(again, replace(SEEN, key_id="ticket-2"), "tablet")


async def test_two_pages_at_once_register_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        other = replace(SELF, key_id="token-2")
        first, second = await one.begin(SELF, ORIGIN), await one.begin(other, ORIGIN)
        place = {"origin": ORIGIN, "rp_id": "learn.example.org"}
        await one.finish(SELF, Authenticator("a").register(first["challenge"], **place))
        with pytest.raises(NotAllowed, match=r"passkey\.exists"):
            await one.finish(other, Authenticator("b").register(second["challenge"], **place))


async def test_an_answer_to_no_options_or_to_old_ones_registers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    async with desk(tmp_path, clock) as one:
        with pytest.raises(PeerViolation, match=r"passkey\.not_begun"):
            await one.finish(SELF, {})
        await one.begin(SELF, ORIGIN)
        clock.at_ms += REGISTER_MS + 1
        with pytest.raises(PeerViolation, match=r"passkey\.not_begun"):
            await one.finish(SELF, {})
        with pytest.raises(PeerViolation, match=r"passkey\.origin"):
            await one.begin(SELF, "http://192.0.2.7")
        monkeypatch.setattr(passkeys, "UNDER_WAY_MAX", 1)
        await one.begin(SELF, ORIGIN)
        await one.begin(replace(SELF, key_id="token-2"), ORIGIN)
        with pytest.raises(PeerViolation, match=r"passkey\.not_begun"):
            await one.finish(SELF, {})
