"""A witness's memory: for each log, the last checkpoint that it cosigned."""

from __future__ import annotations

from typing import Protocol

from zaichang.tlog.witness import Seen


class WitnessMemory(Protocol):
    """Remembers one checkpoint for each log. Threads may use it at once; all methods block.

    Raises:
        StorageError: ``witness.store`` from every method, also after ``close``.
    """

    def load(self, origin: str) -> Seen:
        """Return the size and root cosigned last, ``NOTHING`` for a new log. Cost: read."""

    def advance(self, origin: str, before: Seen, after: Seen) -> bool:
        """Remember ``after`` durably if ``before`` is still remembered; return whether it was.

        Cost: commit.

        Raises:
            StorageError: ``witness.store``: it is not known whether ``after`` is remembered, so nothing may be signed.
        """

    def close(self) -> None:
        """Release the memory. Cost: memory."""
