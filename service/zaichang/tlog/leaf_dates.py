"""The moments at which a leaf may have been written, as far as its date says. Pure.

Leaves of sessions are dated to whole rounds (version 3) or minutes (version 2), so that the public log does not join
one learner's sessions. After its start, a session of version 3 is dated as if it had begun at the end of the round in
which it began: then the rounds of its later leaves tell nothing of the moment within that round.
"""

from __future__ import annotations

from zaichang.core.enums import LeafKind
from zaichang.core.units import MINUTE_MS, ROUND_MS


def round_of(at_ms: int) -> int:
    """Return the begin of the round that holds a time."""
    return at_ms - at_ms % ROUND_MS


def delay_ms(began_ms: int) -> int:
    """Return by how much the leaves after a session's start are dated later: to the end of its first round."""
    return ROUND_MS - began_ms % ROUND_MS


def in_log_by_ms(at_ms: int) -> int:
    """Return by when a log that holds leaves back has taken in those that a session's record at this time needs.

    Args:
        at_ms: When the record was written: an event, or a decision about a session that has ended.
    """
    return round_of(at_ms) + 2 * ROUND_MS


def earliest_ms(version: int, kind: str, at_ms: int) -> int:
    """Return the earliest moment at which a leaf with this date may have been written.

    Args:
        version: The leaf's version.
        kind: Its kind.
        at_ms: Its date.
    """
    moved = version > 2 and kind.startswith("session.") and kind != LeafKind.START
    return at_ms - ROUND_MS if moved else at_ms


def latest_ms(version: int, kind: str, at_ms: int) -> int:
    """Return the latest moment at which a leaf with this date may have been written; see ``earliest_ms``."""
    if version == 1 or not (kind.startswith("session.") or kind == LeafKind.POLICY):
        return at_ms
    return at_ms + (MINUTE_MS if version == 2 else ROUND_MS) - 1
