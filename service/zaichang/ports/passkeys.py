"""Passkeys: their rows, and the library that makes their options and verifies what a learner's device signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from zaichang.core.errors import NotAllowed
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.core.passkeys import Passkey


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPasskey:
    """A registered passkey.

    Attributes:
        passkey: As a session's start records it.
        rp_id: The domain that it was registered for.
        cose_key: Its public key as the authenticator wrote it (COSE).
    """

    passkey: Passkey
    rp_id: str
    cose_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedTicket:
    """A ticket that registers a passkey, once.

    Attributes:
        ticket_id: Random; it names neither the learner nor the device.
        until_ms: Until when it holds at the longest, server time; later its use need not be known.
        at_ms: Now, server time.
    """

    ticket_id: str
    until_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page that uses a passkey.

    Attributes:
        origin: Its origin, as the browser sent it.
        rp_id: The domain that its passkeys belong to.
    """

    origin: str
    rp_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An assertion as the page sent it; every text is base64url without padding."""

    credential_id: str
    client_data: str
    authenticator_data: str
    signature: str


def ticket_spent() -> NotAllowed:
    """Return the refusal of a ticket that has registered a passkey."""
    return NotAllowed(
        "passkey.ticket_used",
        "This ticket has registered a passkey already.",
        "Ask the institution for another ticket.",
    )


class PasskeyStore(Protocol):
    """Keeps learners' passkeys."""

    async def add_passkey(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        made: StoredPasskey,
        ticket: UsedTicket | None = None,
    ) -> None:
        """Keep a passkey, and in the same commit that its ticket is used. Cost: commit.

        Args:
            institution_id: Whose learner.
            learner_id: Whose passkey.
            made: The passkey.
            ticket: The ticket that it was registered with, if any.

        Raises:
            NotAllowed: ``passkey.exists`` for a known passkey, ``passkey.ticket_used`` for a used ticket; nothing is
                kept then.
        """

    async def ticket_used(self, ticket_id: str) -> bool:
        """Return whether a ticket has registered a passkey. Cost: read."""

    async def passkeys(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[StoredPasskey]:
        """Return a learner's passkeys, the oldest first. Cost: read."""

    async def remove_passkey(self, institution_id: InstitutionId, learner_id: LearnerId, credential_id: str) -> bool:
        """Remove a passkey; return whether there was one. Cost: commit."""


class PasskeyLibrary(Protocol):
    """WebAuthn. Its methods neither block nor keep anything."""

    def options(
        self, page: Page, *, institution: str, learner: str, challenge: bytes, known: Sequence[str]
    ) -> dict[str, Any]:
        """Return ``PublicKeyCredentialCreationOptionsJSON``: user verified, no attestation. Cost: memory."""

    def registered(
        self, response: Mapping[str, Any], page: Page, *, challenge: bytes, at_ms: int, supervised: bool
    ) -> StoredPasskey:
        """Return the passkey of a registration, or raise ``PeerViolation`` ``passkey.refused``. Cost: memory."""

    def holds(self, signed: Signed, page: Page, *, challenge: bytes, cose_key: bytes) -> bool:
        """Return whether this key signed this challenge on this page, with its user verified. Cost: memory."""
