"""The open logs of a running service: sessions, review and erasure log their leaves through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from zaichang.core.ids import InstitutionId
from zaichang.tlog.leaf import Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """A witness's beacon (``tlog.beacon``).

    Attributes:
        size: Size of the checkpoint that it is over.
        value: 64 hex digits.
        note: The signed checkpoint with the beacon's line.
    """

    size: int
    value: str
    note: str


class OpenLog(Protocol):
    """One open log."""

    @property
    def origin(self) -> str:
        """The log's name, part of every leaf. Cost: memory."""

    def anchor(self) -> Anchor | None:
        """Return the newest signed checkpoint, which new leaves name; a cosigned one where there are witnesses.

        Cost: memory.
        """

    @property
    def holds_back(self) -> bool:
        """Whether leaves of sessions enter at the end of the round that they are dated in. Cost: memory."""

    async def submit(self, key: tuple[str, int], leaf: bytes, *, at_once: bool = False) -> int:
        """Return the leaf's index once a signed checkpoint covers it; the same key again gives the same index.

        Cost: commit, shared with all leaves that arrive within the flush interval. A log that holds back leaves of
        sessions keeps one waiting for up to two rounds, unless it is to enter ``at_once``.

        Raises:
            FatalLogError: The log must not be signed any more; the process stops.
        """

    async def beacon(self, index: int) -> Beacon:
        """Wait for the first checkpoint with a witness's beacon that covers leaf ``index``; return the beacon.

        Cost: trip: waits for the witnesses.
        """


class OpenLogs(Protocol):
    """One log for each institution and year. A session stays in the log of the year in which it began."""

    async def log_for(self, institution_id: InstitutionId, opened_ms: int) -> OpenLog:
        """Return the log; open and recover it where it was not open.

        Cost: memory once the log is open; commit where it is opened and recovered.

        Raises:
            FatalLogError: It may not be signed on.
            StorageError: Its storage cannot be used.
        """
