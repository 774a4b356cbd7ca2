"""What a replayer is given and gives back; ``session.replay`` is wired to it where it exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayInput:
    """What a replayer gets: one session, opened and checked.

    Attributes:
        sid: The session.
        policy: The policy document's canonical bytes, or None if the bundle holds none.
        events: Canonical bytes of all events, by number, without a gap.
        records: Canonical bytes of all minute records, by number, without a gap.
    """

    sid: str
    policy: bytes | None
    events: tuple[bytes, ...]
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """A recorded verdict that the rules do not give.

    Attributes:
        minute: The minute record's number.
        field: Which of its fields differs.
        expected: What the rules give.
        got: What was recorded.
    """

    minute: int
    field: str
    expected: str
    got: str


class Replayer(Protocol):
    """Recomputes a session's minute records from its events."""

    def __call__(self, session: ReplayInput, /) -> Sequence[Divergence]:
        """Return where record and rules differ; raise ``EvidenceError`` if the events cannot be replayed."""
