"""Small files beside a log's objects that change: cosigned checkpoints, and the state of background tasks."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class SideFile(StrEnum):
    """The files, by name. All but the last three are public."""

    WITNESSED = "checkpoint.witnessed"
    """The newest checkpoint that carries cosignatures of witnesses."""

    HISTORY = "checkpoint.history"
    """Cosigned checkpoints of the past (``audit.history``)."""

    TIMESTAMPS = "checkpoint.timestamps"
    """Checkpoints with the time stamps of an authority (``audit.whole.stamps``)."""

    SM3_CHECKPOINT = "checkpoint.sm3"
    """The checkpoint of the SM3 tree."""

    FIRST_SIGHT = "first-sight"
    """In a mirror: when it first saw which checkpoint, by its own clock (``audit.history``)."""

    SM3_STATE = "sm3-state"
    """Size and perfect subtrees of the SM3 tree, from which it goes on."""

    SCRUB_STATE = "scrub.json"
    """How far the nightly check of old entries has come."""

    REQUESTED = "requested.checkpoint"
    """The checkpoint that was sent to a witness as a file, until its answer comes back."""


class SideFiles(Protocol):
    """The side files of one log. All methods block; any of them may raise ``StorageError`` (``storage.*``)."""

    def read(self, file: SideFile) -> bytes | None:
        """Return a file's bytes, or None if there is none. Cost: read."""

    def replace(self, file: SideFile, data: bytes) -> None:
        """Replace a file durably: readers see the old bytes or the new ones, nothing in between. Cost: commit."""

    def append_line(self, file: SideFile, line: bytes) -> None:
        """Add a line durably. A newline goes before it, so that a line which a crash cut off ends there.

        Cost: commit.
        """
