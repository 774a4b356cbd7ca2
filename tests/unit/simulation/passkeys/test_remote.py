"""A scenario's passkeys are registered at a running service, by key or by launch token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.study import POLICY, service, token
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.main.service import create_service_app
from zaichang_simulation.format.passkeys import PasskeyTable
from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.passkeys.registration import register, register_before
from zaichang_simulation.passkeys.remote import HttpRegistrar

CLIENT = ClientTable(learner=LearnerId("learner"))
ORIGIN = "https://learn.example.org"


@pytest.mark.parametrize("with_key", [True, False], ids=["key", "token"])
async def test_passkeys_are_registered_over_http(tmp_path: Path, with_key: bool) -> None:
    rules = replace(POLICY, schema=4)
    async with service(tmp_path, policy=rules, allowed_origins=(ORIGIN,)) as services:
        keys = await services.institutions.add("inst", "机构", "Institution")
        app = httpx.ASGITransport(app=create_service_app(services))

        async def ask(method: str, path: str, secret: str, **body: Any) -> Any:
            headers = {"authorization": f"Bearer {secret}", "origin": ORIGIN}
            async with httpx.AsyncClient(transport=app, base_url="http://test") as client:
                return (await client.request(method, path, headers=headers, **body)).json()

        async def launch(client: ClientTable, enrol: bool) -> str:
            return await token(services, enrol=enrol, route="challenge")

        registrar = HttpRegistrar(ask, launch, key=keys.platform if with_key else "", origin=ORIGIN)
        assert await registrar.wanted(CLIENT)
        await register_before(registrar, CLIENT, ())
        held = await services.passkeys.held(InstitutionId("inst"), CLIENT.learner)
        assert len(held) == 1 and not held[0].passkey.supervised
        assert await registrar.wanted(CLIENT) is with_key
        if with_key:
            await register(registrar, CLIENT, PasskeyTable(from_s=9, device="new"))
            (new,) = await services.passkeys.held(InstitutionId("inst"), CLIENT.learner)
            assert new.passkey.supervised and await registrar.held(CLIENT) == [new.passkey.credential_id]
