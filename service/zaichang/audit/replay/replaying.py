"""The input and output of a replayer. The caller passes ``rule_replay.replay_by_rules``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayInput:
    """The input of a replayer: one session, opened and checked.

    Attributes:
        sid: The session.
        policy: The policy document's canonical bytes, or None if the bundle holds none.
        events: Canonical bytes of all events, by number, without a gap.
        records: Canonical bytes of all minute records, by number, without a gap.
        end: Reason and reason counts of the session's final leaf; None where there is none.
    """

    sid: str
    policy: bytes | None
    events: tuple[bytes, ...]
    records: tuple[bytes, ...]
    end: End | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The fields of a final leaf other than its sums.

    Attributes:
        reason: Why the session ended.
        codes: How often each reason was given for a minute.
        client_nonce: The client's half of the schedule that it reveals, or empty.
        beacon: The witness's, or empty.
    """

    reason: str
    codes: Mapping[str, int]
    client_nonce: str = ""
    beacon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """A difference between the record and the rules.

    Attributes:
        minute: Number of the minute record (or, for a capture, of the event); None for the final leaf.
        field: Which field differs.
        expected: The value that the rules give.
        got: The recorded value.
        code: The finding's code.
        message: The finding in a sentence.
    """

    minute: int | None
    field: str
    expected: str
    got: str
    code: str = "E_MINUTES"
    message: str = "The recorded verdict is not what the rules give."


class Replayer(Protocol):
    """Recomputes a session's minute records from its events."""

    def __call__(self, session: ReplayInput, /) -> Sequence[Divergence]:
        """Return where record and rules differ; raise ``EvidenceError`` if the events cannot be replayed."""
