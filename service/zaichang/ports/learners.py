"""Learners, their references and their allowances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.ports.records import Allowance, Enrolment, Learner


class LearnerStore(Protocol):
    """Keeps learners by pseudonym."""

    async def ensure_learner(self, learner: Learner) -> Learner:
        """Insert where absent; return the stored learner. An erased learner raises ``NotAllowed``.

        Cost: commit for a new learner, else read.
        """

    async def learner(self, institution_id: InstitutionId, learner_id: LearnerId) -> Learner:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def person_of(self, institution_id: InstitutionId, learner_id: LearnerId) -> str:
        """Return the digest of the person that the account's newest launch named; empty: none. Cost: read."""

    async def add_enrolment(self, institution_id: InstitutionId, learner_id: LearnerId, enrolment: Enrolment) -> None:
        """Keep a new reference; older versions are removed. Cost: commit."""

    async def enrolment(self, institution_id: InstitutionId, learner_id: LearnerId) -> Enrolment | None:
        """Return the newest reference. Cost: read."""

    async def enrolments_of(
        self, institution_id: InstitutionId, since_ms: int = 0
    ) -> Sequence[tuple[Learner, Enrolment]]:
        """Return every learner of an institution who has a reference made since then and is not erased, with it.

        Cost: scan of these references.
        """

    async def put_allowance(self, institution_id: InstitutionId, learner_id: LearnerId, allowance: Allowance) -> None:
        """Keep a new version. Cost: commit."""

    async def allowances(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[Allowance]:
        """Return all versions, the newest first. Cost: read."""
