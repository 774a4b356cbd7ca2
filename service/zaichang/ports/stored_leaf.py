"""A leaf of the log as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLeaf:
    """A leaf of the log, as its bytes will stand there.

    Attributes:
        leaf_seq: 0, 1, 2, ... within the session.
        kind: ``session.start``, ``session.segment``, ``session.final``.
        at_ms: Server time.
        body: The canonical bytes.
        first_minute: The first minute whose verdict it carries.
        n_minutes: How many minutes it carries.
        entry_index: Its index in the log, once a signed checkpoint covers it.
    """

    leaf_seq: int
    kind: str
    at_ms: int
    body: bytes
    first_minute: int = 0
    n_minutes: int = 0
    entry_index: int | None = None
