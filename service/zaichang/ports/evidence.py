"""The part of stored sessions that bundles and receipts read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.ports.records import Learner, StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amendment, Revocation


class EvidenceStore(Protocol):
    """Reads one session at a time, with its policy and its learner's key."""

    async def session_ids(self, after: str, below: str, limit: int) -> Sequence[tuple[SessionId, str]]:
        """Return (session, institution) of the sessions with an id above ``after`` and below ``below``. Cost: read."""

    async def events(self, session_id: SessionId) -> Sequence[bytes]:
        """Return all events in order. Cost: read."""

    async def minutes(self, session_id: SessionId) -> Sequence[StoredMinute]:
        """Return all minutes in order. Cost: read."""

    async def leaves(self, session_id: SessionId) -> Sequence[StoredLeaf]:
        """Return all leaves in order. Cost: read."""

    async def amendments(self, session_id: SessionId) -> Sequence[Amendment]:
        """Return the decisions about its minutes, oldest first. Cost: read."""

    async def void_of(self, session_id: SessionId) -> Revocation | None:
        """Return the confirmed decision by which a session counts for nothing, or None. Cost: read."""

    async def faces_erased(self, session_id: SessionId) -> bool:
        """Return whether an erasure destroyed the session's captures. Cost: read."""

    async def policy(self, digest: str) -> bytes:
        """Return the canonical bytes, or raise ``NotFound``. Cost: read."""

    async def learner(self, institution_id: InstitutionId, learner_id: LearnerId) -> Learner:
        """Return it, or raise ``NotFound``. Cost: read."""
