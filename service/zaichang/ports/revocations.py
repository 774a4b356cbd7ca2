"""Revocations: proposed, decided by a second person, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.enums import RevocationState
from zaichang.core.ids import InstitutionId, ReviewerId
from zaichang.ports.records_review import Revocation


class RevocationStore(Protocol):
    """Keeps proposals to take verified time back, and their decisions."""

    async def propose_revocation(self, revocation: Revocation) -> None:
        """Keep a proposal. Cost: commit."""

    async def revocation(self, revocation_id: str) -> Revocation:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def revocations(self, institution_id: InstitutionId, limit: int) -> Sequence[Revocation]:
        """Return an institution's, the newest first. Cost: read."""

    async def unfinished_revocations(self) -> Sequence[Revocation]:
        """Return those that are confirmed and not carried out (start-up). Cost: read."""

    async def decide_revocation(
        self, revocation_id: str, state: RevocationState, decided_by: ReviewerId, at_ms: int
    ) -> None:
        """Decide a proposal, once.

        Cost: commit.

        Raises:
            NotAllowed: ``revocation.decided``.
        """

    async def finish_revocation(self, revocation_id: str) -> None:
        """Note that it is carried out, with the sum of its changes. Cost: commit."""
