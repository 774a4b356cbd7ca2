"""Records that commands leave for a running service to log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from zaichang.core.ids import InstitutionId


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRecord:
    """A leaf that waits to be logged.

    Attributes:
        institution_id: Whose log.
        name: First half of the leaf's SHA-256, as hex.
        leaf: Its bytes.
    """

    institution_id: InstitutionId
    name: str
    leaf: bytes

    @property
    def key(self) -> tuple[str, int]:
        """Its submission key. It is made of the leaf's digest, so the same leaf cannot be logged twice."""
        return f"record-{self.name}", 0


class RecordSpool(Protocol):
    """Keeps records until they are logged. All methods block."""

    def put(self, institution_id: InstitutionId, leaf: bytes) -> WaitingRecord:
        """Keep a leaf durably until it is logged.

        Cost: commit.

        Raises:
            StorageError: ``storage.*`` if it cannot be kept.
        """

    def all(self) -> list[WaitingRecord]:
        """Return the waiting records, sorted by institution and name. Cost: read."""

    def done(self, record: WaitingRecord) -> None:
        """Delete a record that is in the log; harmless where it is gone. Cost: commit."""
