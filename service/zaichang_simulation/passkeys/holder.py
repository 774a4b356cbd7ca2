"""A client's passkeys: the device that holds one, and the person who opens it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from zaichang_client import NoPasskey, Signature
from zaichang_client.protocol.messages import ChallengeOrder
from zaichang_simulation.format.passkeys import HERE, PasskeyTable, device_at
from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.passkeys.authenticator import Authenticator
from zaichang_simulation.person import SimPrompter


def authenticator_of(entry: PasskeyTable, client: ClientTable) -> Authenticator:
    """Return the passkey of an entry: a shared device has one for each learner, a new phone another one."""
    owner = {"shared": f"{client.learner} on {client.device}", "new": f"{client.learner}, new from {entry.from_s:g}"}
    return Authenticator(owner.get(entry.device, client.learner))


class SimPasskeys:
    """``zaichang_client.Passkeys`` after the scenario's entries."""

    def __init__(
        self,
        entries: tuple[PasskeyTable, ...],
        client: ClientTable,
        prompter: SimPrompter,
        *,
        now_ms: Callable[[], int],
        origin: str,
    ) -> None:
        """Args are the client's entries, the client, who sits at its page, the scenario's clock, the page's origin."""
        self._entries = entries
        self._client = client
        self._prompter = prompter
        self._now_ms = now_ms
        self._origin = origin

    @property
    def supported(self) -> bool:
        """Whether the browser that opens the page now can use passkeys."""
        return self._entry().device != "unsupported"

    async def sign(self, order: ChallengeOrder, attempt: int) -> Signature | NoPasskey | None:
        """Answer as the person at the page does: with the device, or by the way out where it does not answer."""
        if not await self._prompter.ready(order, attempt):
            return None
        entry = self._entry()
        if entry.device == "unsupported":
            return NoPasskey(cause="unsupported")
        relayed = entry.device == "far" and entry.relay_s > 0
        if relayed:
            await asyncio.sleep(entry.relay_s)
        device = authenticator_of(entry, self._client)
        if not (relayed or entry.device in HERE) or device.credential_id not in order.options:
            return NoPasskey()
        made = device.answer(order.nonce, origin=self._origin, rp_id=order.rp_id)
        return Signature(
            credential_id=made.credential_id,
            client_data=made.client_data,
            authenticator_data=made.authenticator_data,
            signature=made.signature,
        )

    def _entry(self) -> PasskeyTable:
        return device_at(self._entries, self._now_ms() / 1000)

    def registered_later(self) -> tuple[PasskeyTable, ...]:
        """Return the entries of devices that the learner gets while the scenario runs, in order."""
        later = [entry for entry in self._entries if entry.device == "new" and entry.from_s]
        return tuple(sorted(later, key=lambda entry: entry.from_s))
