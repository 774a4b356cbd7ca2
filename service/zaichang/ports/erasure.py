"""Erasure of a learner: the store's part, legal holds, and the leaves that record it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.enums import ProposalState
from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId, ReviewerId, SessionId
from zaichang.ports.hours.activities import ActivityId, FileId
from zaichang.ports.records import Learner
from zaichang.ports.records_review import Erasure


class ErasureStore(Protocol):
    """Erases a learner's rows."""

    async def sessions_to_erase(self, institution_id: InstitutionId, learner_id: LearnerId) -> int:
        """Return how many sessions a learner has.

        Cost: read.

        Raises:
            NotFound: ``learner.unknown``.
            NotAllowed: ``erase.open_session`` while one still runs.
        """

    async def records_outside_log(self, institution_id: InstitutionId, learner_id: LearnerId) -> bool:
        """Return whether the log or the outbox still lacks a record of a learner's sessions, or a decision about them.

        Cost: read.
        """

    async def erase(self, erasure: Erasure, mark: str, at_ms: int) -> None:
        """Destroy key, references, events and records in one transaction; the other rows change to the alias.

        The positions that count stay under ``mark`` and the digest of the person. Afterwards no file of the store holds
        the erased bytes.
        Cost: scan, linear in the learner's rows, and commit.
        """

    async def erase_biometrics(
        self, erasure: Erasure, learner: Learner, appeals: Sequence[tuple[SessionId, int, bytes]], at_ms: int
    ) -> None:
        """Destroy references and fingerprints of pictures, and replace the data key, in one transaction.

        Cost: scan, linear in the learner's rows, and commit.

        Args:
            erasure: The erasure.
            learner: The learner with the new key.
            appeals: Session, number and words of each appeal, encrypted with the new key.
            at_ms: Server time.
        """

    async def is_erased(self, institution_id: InstitutionId, alias: LearnerAlias) -> bool:
        """Return whether the erasure under this alias was committed. Cost: read."""

    async def erased_sessions(self, institution_id: InstitutionId, alias: LearnerAlias) -> Sequence[SessionId]:
        """Return the sessions that the erasure under this alias concerned. Cost: read."""

    async def appeals_of(
        self, institution_id: InstitutionId, learner_id: LearnerId
    ) -> Sequence[tuple[SessionId, int, bytes]]:
        """Return session, number and encrypted words of all appeals of a learner. Cost: read."""

    async def evidence_to_erase(
        self, institution_id: InstitutionId, learner_id: LearnerId
    ) -> Sequence[tuple[ActivityId, FileId]]:
        """Return the files of a learner's activities. Cost: read."""

    async def note_erasure_logged(self, institution_id: InstitutionId, alias: LearnerAlias, entry_index: int) -> None:
        """Note the index of its leaf in the log. Cost: commit."""


class ErasureRequests(Protocol):
    """Keeps proposals to erase a learner, and their decisions."""

    async def propose_erasure(self, erasure: Erasure) -> None:
        """Keep a proposal. Cost: commit."""

    async def erasure(self, erasure_id: str) -> Erasure:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def erasures(self, institution_id: InstitutionId, limit: int) -> Sequence[Erasure]:
        """Return an institution's, the newest first. Cost: read."""

    async def unfinished_erasures(self) -> Sequence[Erasure]:
        """Return those that are confirmed and not carried out (start-up). Cost: read."""

    async def decide_erasure(self, erasure_id: str, state: ProposalState, decided_by: ReviewerId, at_ms: int) -> None:
        """Decide a proposal, once.

        Cost: commit.

        Raises:
            NotAllowed: ``erasure.decided``, also where the proposer confirms.
        """


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
