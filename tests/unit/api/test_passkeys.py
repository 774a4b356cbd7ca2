"""Passkeys over HTTP: the right to register one, the page that may, and the record for the institution."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from support.study import POLICY, service, token
from zaichang.main.service import Services, create_service_app
from zaichang_simulation.passkeys.authenticator import Authenticator

ORIGIN = "https://learn.example.org"
RULES = replace(POLICY, schema=4)


async def post(client: httpx.AsyncClient, path: str, key: str, origin: str | None = ORIGIN, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {key}", **({} if origin is None else {"origin": origin})}
    return (await client.post(path, headers=headers, **more)).json()


async def register(client: httpx.AsyncClient, key: str, name: str) -> Any:
    begun = await post(client, "/v1/enrol-me/passkey/options", key)
    if "error" in begun:
        return begun
    options = begun["options"]
    made = Authenticator(name).register(options["challenge"], origin=ORIGIN, rp_id=options["rp"]["id"])
    return await post(client, "/v1/enrol-me/passkey", key, json={"credential": made})


def client_of(services: Services) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_service_app(services))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_the_learner_registers_one_and_the_institution_hands_out_tickets(tmp_path: Path) -> None:
    async with service(tmp_path, policy=RULES, allowed_origins=(ORIGIN,)) as services, client_of(services) as client:
        keys = await services.institutions.add("inst", "机构", "Institution")
        mine = await token(services, enrol=True, route="challenge")
        me = (await client.get("/v1/me", headers={"authorization": f"Bearer {mine}"})).json()
        assert (me["passkey"], me["passkeys"], me["may_register_passkey"]) == ("required", 0, True)
        made = await register(client, mine, "phone")
        assert made["domain"] == "learn.example.org" and made["supervised"] is False
        assert (await register(client, mine, "other"))["error"]["code"] == "passkey.exists"
        me = (await client.get("/v1/me", headers={"authorization": f"Bearer {mine}"})).json()
        assert (me["passkeys"], me["may_register_passkey"]) == (1, False)

        ticket = await post(client, "/v1/enrol/learner/passkey", keys.platform)
        assert ticket["page_path"] == f"/passkey#ticket={ticket['ticket']}"
        assert (await register(client, ticket["ticket"], "new phone"))["supervised"] is True
        platform = {"authorization": f"Bearer {keys.platform}"}
        held = (await client.get("/v1/passkeys/learner", headers=platform)).json()
        assert [each["supervised"] for each in held] == [False, True]
        path = f"/v1/passkeys/learner/{made['credential']}"
        assert (await client.delete(path, headers=platform)).json() == {"ok": True}
        assert (await client.delete(path, headers=platform)).json()["error"]["code"] == "passkey.unknown"


async def test_only_pages_that_may_open_sessions_and_learners_who_may_enrol_register(tmp_path: Path) -> None:
    async with service(tmp_path, policy=RULES) as services, client_of(services) as client:
        mine = await token(services, enrol=True)
        for origin in (ORIGIN, None):
            refused = await post(client, "/v1/enrol-me/passkey/options", mine, origin)
            assert refused["error"]["code"] == "origin.not_allowed"
        plain = await token(services)
        assert (await post(client, "/v1/enrol-me/passkey/options", plain))["error"]["code"] == "enrol.not_granted"


async def test_a_ticket_ends_and_opens_nothing_else(tmp_path: Path) -> None:
    async with service(tmp_path, policy=RULES, allowed_origins=(ORIGIN,)) as services, client_of(services) as client:
        ticket, until_ms = await services.passkeys.ticket("inst", "learner")
        assert (await client.get("/v1/me", headers={"authorization": f"Bearer {ticket}"})).json()["error"]
        services.ports.clock.at_ms = until_ms  # type: ignore[attr-defined]  # the test's clock
        refused = await post(client, "/v1/enrol-me/passkey/options", ticket)
        assert refused["error"]["code"] == "token.expired"
