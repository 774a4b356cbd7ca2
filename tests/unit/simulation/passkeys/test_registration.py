"""Passkeys are registered before the first lesson, and a new phone replaces the lost one."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.study import service
from zaichang.core.ids import InstitutionId
from zaichang_simulation.format.passkeys import PasskeyTable
from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.passkeys.holder import authenticator_of
from zaichang_simulation.passkeys.registration import DeskRegistrar, register, register_before

CLIENT = ClientTable()


def devices(*entries: PasskeyTable) -> list[str]:
    return [authenticator_of(each, CLIENT).credential_id for each in entries]


async def test_a_learners_devices_are_registered_as_reality_has_it(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        registrar = DeskRegistrar(services.passkeys, InstitutionId("inst"), "https://learn.example")
        for entry in (PasskeyTable(device="none"), PasskeyTable(device="unsupported")):
            await register_before(registrar, CLIENT, (entry,))
            assert await registrar.held(CLIENT) == []
        later = PasskeyTable(from_s=60, device="new")
        for _ in range(2):  # two pages of one learner
            await register_before(registrar, CLIENT, (PasskeyTable(device="lost"), later))
        assert await registrar.held(CLIENT) == devices(PasskeyTable())
        await register(registrar, CLIENT, later)
        (held,) = await services.passkeys.held(InstitutionId("inst"), CLIENT.learner)
        assert [held.passkey.credential_id] == devices(later) and held.passkey.supervised


@pytest.mark.parametrize("supervised", [False, True])
async def test_the_institution_may_look_on(tmp_path: Path, supervised: bool) -> None:
    async with service(tmp_path) as services:
        registrar = DeskRegistrar(services.passkeys, InstitutionId("inst"), "https://learn.example")
        await register_before(registrar, CLIENT, (PasskeyTable(client="other"), PasskeyTable(supervised=supervised)))
        (held,) = await services.passkeys.held(InstitutionId("inst"), CLIENT.learner)
        assert held.passkey.supervised is supervised
