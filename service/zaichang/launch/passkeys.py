"""Passkeys of learners: registered at first study, or under the institution's eyes.

A learner without a passkey may register the first one with a launch that lets the learner enrol. Every further one (a
new phone, a second device) needs the institution: a holder of the learner's account must not add a device of his own.
A registration under way is kept in memory alone: a restart begins anew. A ticket that has registered a passkey is
stored with it, so no restart lets it be used twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from zaichang.core.enums import PasskeyUse, Route
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.core.passkeys import Passkeys
from zaichang.launch.tokens import LaunchTokens, PasskeyTicket
from zaichang.ports.launch import LaunchPorts
from zaichang.ports.passkeys import Page, StoredPasskey, UsedTicket, ticket_spent
from zaichang.session.policy import Policy
from zaichang.session.policy_fields import PASSKEYS_SINCE_SCHEMA

REGISTER_MS: Final = 300_000
"""Time from the options to the device's answer."""
TICKET_MS: Final = 900_000
"""How long a ticket for a registration under the institution's eyes holds."""
UNDER_WAY_MAX: Final = 1_000
NONCE_BYTES: Final = 32
KEPT_MAX: Final = 8
"""Most passkeys of one learner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """The learner who registers a passkey.

    Attributes:
        institution_id: Whose learner.
        learner_id: Pseudonym.
        key_id: Of the launch token or ticket.
        supervised: Whether it is a ticket's, given out by the institution.
    """

    institution_id: InstitutionId
    learner_id: LearnerId
    key_id: str
    supervised: bool


def page_of(origin: str, domains: Sequence[str]) -> Page | None:
    """Return the page of an origin and the domain of its passkeys; None where a browser allows it none.

    Args:
        origin: As the browser sent it.
        domains: Domains whose pages share passkeys; a page of another one has those of its own host.
    """
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return None
    named = host == "localhost" or (parts.scheme == "https" and "." in host and not host[-1:].isdigit())
    if not named:
        return None
    shared = [domain for domain in domains if host == domain or host.endswith(f".{domain}")]
    return Page(origin=origin, rp_id=max(shared, key=len, default=host))


def use_of(policy: Policy, route: Route) -> PasskeyUse:
    """Return a policy's use of passkeys on a route."""
    if policy.schema < PASSKEYS_SINCE_SCHEMA:
        return PasskeyUse.OFF
    return PasskeyUse(policy.passkey_face if route is Route.FACE and policy.proofs else policy.passkey_challenge)


def usable(held: Sequence[StoredPasskey], page: Page) -> Passkeys:
    """Return a learner's passkeys that a page can use, as a session's start records them."""
    keys = tuple(each.passkey for each in held if each.rp_id == page.rp_id)
    return Passkeys(origin=page.origin, rp_id=page.rp_id, keys=keys)


class PasskeyDesk:
    """Registers passkeys, lists them, and removes them."""

    def __init__(self, ports: LaunchPorts, tokens: LaunchTokens, domains: Sequence[str] = ()) -> None:
        """Use the ports, and the key of the tickets; ``domains`` as in ``page_of``."""
        self._ports = ports
        self._tokens = tokens
        self._domains = domains
        self._under_way: OrderedDict[str, tuple[bytes, Page, int]] = OrderedDict()

    async def ticket(self, institution_id: InstitutionId, learner_id: LearnerId) -> tuple[str, int]:
        """Return a ticket for one registration under the institution's eyes, and until when it holds."""
        await self._known(institution_id, learner_id)
        until_ms = self._ports.clock.now_ms() + TICKET_MS
        ticket = PasskeyTicket(
            ticket_id=self._ports.token_hex(16), institution_id=institution_id, learner_id=learner_id
        )
        return self._tokens.passkey_ticket(ticket, until_ms), until_ms

    async def begin(self, who: Registering, origin: str) -> dict[str, Any]:
        """Return the options that the page hands to ``navigator.credentials.create``.

        Raises:
            NotAllowed: ``passkey.exists`` for a learner who has one already and comes without a ticket, or too many;
                ``passkey.ticket_used`` for a ticket that has registered one.
            PeerViolation: ``passkey.origin`` for a page whose browser knows no passkeys.
        """
        page = page_of(origin, self._domains)
        if page is None:
            raise PeerViolation(
                "passkey.origin", "A page needs https and a name of its own for passkeys.", "Serve it over https."
            )
        await self._known(who.institution_id, who.learner_id)
        held = await self._ports.passkeys.passkeys(who.institution_id, who.learner_id)
        await self._check(who, held)
        challenge = bytes.fromhex(self._ports.token_hex(NONCE_BYTES))
        until_ms = self._ports.clock.now_ms() + REGISTER_MS
        self._under_way.pop(who.key_id, None)
        self._under_way[who.key_id] = (challenge, page, until_ms)
        if len(self._under_way) > UNDER_WAY_MAX:
            self._under_way.popitem(last=False)
        institution = await self._ports.lessons.institution(who.institution_id)
        return self._ports.passkey_library.options(
            page,
            institution=institution.name_zh or institution.name_en,
            learner=who.learner_id,
            challenge=challenge,
            known=[each.passkey.credential_id for each in held if each.rp_id == page.rp_id],
        )

    async def finish(self, who: Registering, response: Mapping[str, Any]) -> StoredPasskey:
        """Verify the device's answer and keep the passkey.

        Raises:
            NotAllowed: ``passkey.exists``, ``passkey.ticket_used``.
            PeerViolation: ``passkey.not_begun``, or ``passkey.refused`` where the answer does not hold.
        """
        challenge, page, until_ms = self._under_way.pop(who.key_id, (b"", None, 0))
        now_ms = self._ports.clock.now_ms()
        if page is None or now_ms > until_ms:
            raise PeerViolation("passkey.not_begun", "No registration is under way, or its time is up.", "Begin again.")
        made = self._ports.passkey_library.registered(
            response, page, challenge=challenge, at_ms=now_ms, supervised=who.supervised
        )
        await self._check(who, await self._ports.passkeys.passkeys(who.institution_id, who.learner_id))
        ticket = UsedTicket(ticket_id=who.key_id, until_ms=now_ms + TICKET_MS, at_ms=now_ms) if who.supervised else None
        await self._ports.passkeys.add_passkey(who.institution_id, who.learner_id, made, ticket)
        return made

    async def held(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[StoredPasskey]:
        """Return a learner's passkeys."""
        return await self._ports.passkeys.passkeys(institution_id, learner_id)

    async def remove(self, institution_id: InstitutionId, learner_id: LearnerId, credential_id: str) -> None:
        """Remove a passkey, such as that of a lost device; a session that runs does not accept it any more.

        Raises:
            NotFound: ``passkey.unknown``.
        """
        if not await self._ports.passkeys.remove_passkey(institution_id, learner_id, credential_id):
            raise NotFound("passkey.unknown", "This learner has no such passkey.")

    async def _check(self, who: Registering, held: Sequence[StoredPasskey]) -> None:
        if who.supervised and await self._ports.passkeys.ticket_used(who.key_id):
            raise ticket_spent()
        if len(held) >= KEPT_MAX or (held and not who.supervised):
            raise NotAllowed(
                "passkey.exists",
                "This learner has a passkey already.",
                "The institution lets the learner register another device, and removes a lost one.",
            )

    async def _known(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        fresh = self._ports.vault.new_learner(institution_id, learner_id, self._ports.clock.now_ms())
        await self._ports.learners.ensure_learner(fresh)
