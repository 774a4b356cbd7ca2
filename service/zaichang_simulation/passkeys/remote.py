"""Registers a scenario's passkeys at a running service, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.passkeys.authenticator import Authenticator
from zaichang_simulation.passkeys.registration import signed_up

Ask = Callable[..., Awaitable[Any]]
"""Sends a request: method, path, key or token, and ``json``; returns the parsed answer."""
Launch = Callable[[ClientTable, bool], Awaitable[str]]
"""Returns a client's launch token, given whether it lets the learner enrol."""


class HttpRegistrar:
    """A running service, asked with the institution's platform key, or with one launch token alone."""

    def __init__(self, ask: Ask, launch: Launch, *, key: str, origin: str) -> None:
        """Args are how to ask, how to get a launch, the platform key (empty: none), and the origin of the pages."""
        self._ask = ask
        self._launch = launch
        self._key = key
        self._origin = origin

    async def wanted(self, client: ClientTable) -> bool:
        """Return whether the rules of the client's lesson use passkeys and one can be registered."""
        me = await self._ask("GET", "/v1/me", await self._launch(client, True))
        return bool(me["passkey"] != "off" and (self._key or me["may_register_passkey"]))

    async def held(self, client: ClientTable) -> list[str]:
        """Return the learner's passkeys; a launch token cannot list them."""
        if not self._key:
            return []
        found = await self._ask("GET", f"/v1/passkeys/{client.learner}", self._key)
        return [str(each["credential"]) for each in found]

    async def remove(self, client: ClientTable, credential_id: str) -> None:
        """Remove one, which takes the platform key."""
        await self._ask("DELETE", f"/v1/passkeys/{client.learner}/{credential_id}", self._key)

    async def register(self, client: ClientTable, device: Authenticator, *, supervised: bool) -> None:
        """Register one: with a ticket of the institution, or as the learner does at first study."""
        if supervised and self._key:
            secret = str((await self._ask("POST", f"/v1/enrol/{client.learner}/passkey", self._key))["ticket"])
        else:
            secret = await self._launch(client, True)
        options = (await self._ask("POST", "/v1/enrol-me/passkey/options", secret))["options"]
        made = signed_up(device, options, self._origin)
        await self._ask("POST", "/v1/enrol-me/passkey", secret, json={"credential": made})
