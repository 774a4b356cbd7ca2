"""From stored leaves to published minutes: anchors in the log, and lines in the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from zaichang.core.enums import OutboxLine
from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.ports.records import StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amendment


class PublishingStore(Protocol):
    """Records the progress of leaves, minutes and decisions towards the log and the outbox."""

    async def note_anchored(self, session_id: SessionId, leaf_seq: int, entry_index: int) -> None:
        """Note that a signed checkpoint covers the leaf, at this index of the log. Cost: commit."""

    async def unanchored(self) -> Sequence[tuple[SessionId, StoredLeaf]]:
        """Return all leaves that no checkpoint covers yet, with their sessions, in an order safe to submit.

        Cost: read.
        """

    async def unpublished(self) -> Sequence[tuple[SessionId, StoredMinute]]:
        """Return all minutes whose leaf is anchored and whose outbox line is not noted as written. Cost: read."""

    async def note_published(self, session_id: SessionId, minutes: Sequence[int]) -> None:
        """Note that the outbox holds these minutes. Cost: commit."""

    async def unpublished_ends(self) -> Sequence[SessionId]:
        """Return sessions whose last leaf is anchored and whose end is not noted as written. Cost: read."""

    async def note_end_published(self, session_id: SessionId) -> None:
        """Note that the outbox holds the session's end. Cost: commit."""

    async def unpublished_amendments(self) -> Sequence[Amendment]:
        """Return decisions whose leaf is anchored and whose outbox line is not noted as written. Cost: read."""

    async def note_amendment_published(self, session_id: SessionId, leaf_seq: int) -> None:
        """Note that the outbox holds it. Cost: commit."""


class Outbox(Protocol):
    """The lines for the hour ledger, in files or in a queue. Methods block: call them in a thread."""

    def append(self, lines: Sequence[bytes], at_ms: int) -> None:
        """Write whole lines durably.

        Cost: commit.

        Raises:
            StorageError: ``storage.disk_full``, ``storage.not_writable`` or ``storage.io``; no partial line is left.
        """

    def repair(self) -> None:
        """Remove a half-written last line that a crash left. Cost: commit."""

    def holds(self, wanted: Iterable[tuple[str, int]], kind: OutboxLine = OutboxLine.MINUTE) -> set[tuple[str, int]]:
        """Return which of the wanted (session, minute) pairs have a line; (session, leaf) for amendments.

        Cost: scan, backwards until all are found; only for recovery.
        """

    def mask(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """Overwrite a learner's pseudonym with as many dashes; no line moves.

        Cost: scan of the whole outbox, and commit.
        """
