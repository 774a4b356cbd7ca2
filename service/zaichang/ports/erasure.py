"""Erasure of a learner: the store's part, legal holds, and the leaves that record it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId


class ErasureStore(Protocol):
    """Erases a learner's rows."""

    async def sessions_to_erase(self, institution_id: InstitutionId, learner_id: LearnerId) -> int:
        """Return how many sessions a learner has.

        Cost: read.

        Raises:
            NotFound: ``learner.unknown``.
            NotAllowed: ``erase.open_session`` while one still runs.
        """

    async def erase(
        self, institution_id: InstitutionId, learner_id: LearnerId, alias: LearnerAlias, at_ms: int
    ) -> None:
        """Destroy key, references, events and records in one transaction; the other rows change to ``alias``.

        Afterwards no file of the store holds the erased bytes.
        Cost: scan, linear in the learner's rows, and commit.
        """

    async def is_erased(self, institution_id: InstitutionId, alias: LearnerAlias) -> bool:
        """Return whether the erasure under this alias was committed. Cost: read."""


class LegalHolds(Protocol):
    """Keeps which learners may not be erased. Methods block."""

    def put(self, institution_id: InstitutionId, learner_id: LearnerId, reason: str) -> None:
        """Hold a learner's data, for a reason (a word or a reference number). Cost: commit."""

    def release(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """End a hold; harmless where there is none. Cost: commit."""

    def check(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """Refuse if there is a hold.

        Cost: read.

        Raises:
            NotAllowed: ``erase.hold``.
        """


class PendingErasures(Protocol):
    """Keeps erasure leaves until the log holds them. Methods block."""

    def put(self, institution_id: InstitutionId, alias: LearnerAlias, leaf: bytes) -> None:
        """Keep a leaf durably. Cost: commit."""

    def all(self) -> Sequence[tuple[InstitutionId, LearnerAlias, bytes]]:
        """Return institution, alias and leaf of each. Cost: read."""

    def done(self, institution_id: InstitutionId, alias: LearnerAlias) -> None:
        """Forget a leaf that is in the log, or whose erasure was not committed. Cost: commit."""
