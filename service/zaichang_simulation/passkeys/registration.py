"""Registers a scenario's passkeys, as learner and institution do before the first lesson or with a new phone."""

from __future__ import annotations

from typing import Any, Protocol

from zaichang.core.ids import InstitutionId
from zaichang.launch.passkeys import PasskeyDesk, Registering
from zaichang_simulation.format.passkeys import BEFORE, PasskeyTable, device_at
from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.passkeys.authenticator import Authenticator
from zaichang_simulation.passkeys.holder import authenticator_of


class Registrar(Protocol):
    """What registering a passkey needs of the service."""

    async def held(self, client: ClientTable) -> list[str]:
        """Return the ids of the learner's passkeys."""
        ...

    async def remove(self, client: ClientTable, credential_id: str) -> None:
        """Remove one, as the institution does with that of a lost device."""
        ...

    async def register(self, client: ClientTable, device: Authenticator, *, supervised: bool) -> None:
        """Register another one."""
        ...


async def register(registrar: Registrar, client: ClientTable, entry: PasskeyTable) -> None:
    """Register the passkey of an entry. A new device replaces the ones before, under the institution's eyes.

    Args:
        registrar: The service.
        client: Whose page.
        entry: Which device.
    """
    device, held = authenticator_of(entry, client), await registrar.held(client)
    if entry.device == "new":
        for credential_id in held:
            await registrar.remove(client, credential_id)
        held = []
    if device.credential_id not in held:
        await registrar.register(client, device, supervised=entry.supervised or entry.device == "new")


async def register_before(registrar: Registrar, client: ClientTable, entries: tuple[PasskeyTable, ...]) -> None:
    """Register the passkey that a client's learner has when the scenario begins, if there is one."""
    entry = device_at(tuple(each for each in entries if each.client == client.name), 0)
    if entry.device in BEFORE:
        await register(registrar, client, entry)


class DeskRegistrar:
    """A service in this process."""

    def __init__(self, desk: PasskeyDesk, institution_id: InstitutionId, origin: str) -> None:
        """Args are the service's desk, the learners' institution, and the origin of the pages."""
        self._desk = desk
        self._institution_id = institution_id
        self._origin = origin

    async def held(self, client: ClientTable) -> list[str]:
        """See ``Registrar``."""
        held = await self._desk.held(self._institution_id, client.learner)
        return [each.passkey.credential_id for each in held]

    async def remove(self, client: ClientTable, credential_id: str) -> None:
        """See ``Registrar``."""
        await self._desk.remove(self._institution_id, client.learner, credential_id)

    async def register(self, client: ClientTable, device: Authenticator, *, supervised: bool) -> None:
        """See ``Registrar``."""
        who = Registering(
            institution_id=self._institution_id,
            learner_id=client.learner,
            key_id=f"simulated-{client.name}",
            supervised=supervised,
        )
        options = await self._desk.begin(who, self._origin)
        await self._desk.finish(who, signed_up(device, options, self._origin))


def signed_up(device: Authenticator, options: dict[str, Any], origin: str) -> dict[str, object]:
    """Return a device's registration response to the service's options."""
    return device.register(str(options["challenge"]), origin=origin, rp_id=str(options["rp"]["id"]))
