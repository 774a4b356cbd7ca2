"""The times that a session's leaves state, computed again from its other leaves and from its events. Pure.

The service writes them by one rule, so each is known from another:

  1. the first segment begins when the session began (in leaves of version 3: with the round after it)
  2. each later segment begins where the one before ended
  3. a segment ends at its own date, and the final leaf has the date of the last segment
  4. where the events are opened: the start is dated by the first event, and a segment ends with its last one

A session that ran while its service was updated has leaves of two versions, which state times in other units: these are
not compared with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.core.units import MINUTE_MS, ROUND_MS
from zaichang.tlog.leaf_dates import delay_ms, round_of

BEGINS = "The segment does not begin where the record before it ended."
ENDS = "The segment does not end at its own date."
FINAL = "The final leaf is not of the date at which the last segment ended."


def first_begin_ms(version: int, started_ms: int) -> int:
    """Return the begin of a session's first segment.

    Args:
        version: Of the start leaf.
        started_ms: Its date.
    """
    return started_ms + (ROUND_MS if version > 2 else 0)


def check_segment_times(
    origin: str, leaves: Sequence[KnownLeaf], events: Mapping[int, bytes], findings: Findings
) -> None:
    """Check the times of one session's leaves.

    Args:
        origin: The log.
        leaves: The session's, in order, with its start.
        events: Its opened events by number.
        findings: Takes the results.
    """
    start = leaves[0]
    if start.kind != LeafKind.START:
        return  # its absence is named by itself
    version = start.number("v")
    began_ms = _at_ms(events, 0)
    if began_ms is not None:
        message = "The session's start is not dated by its first event."
        dated_ms = _dated_ms(version, began_ms, None)
        findings.equal("minutes", "E_MINUTES", start.about(origin, 0), "at", dated_ms, start.number("at"), message)
    begin_ms, last, segments = first_begin_ms(version, start.number("at")), -1, 0
    for leaf in leaves[1:]:
        about, same, version = leaf.about(origin), leaf.number("v") == version, leaf.number("v")
        if leaf.kind == LeafKind.SEGMENT:
            segments += 1
            if same:
                findings.equal("minutes", "E_MINUTES", about, "from_ms", begin_ms, leaf.number("from_ms"), BEGINS)
            findings.equal("minutes", "E_MINUTES", about, "to_ms", leaf.number("at"), leaf.number("to_ms"), ENDS)
            begin_ms = leaf.number("to_ms")
            last += max(0, leaf.number("n_events"))
            _ended(leaf, leaf.about(origin, last), began_ms, _at_ms(events, last), findings)
        elif leaf.kind == LeafKind.FINAL and segments and same:
            findings.equal("minutes", "E_MINUTES", about, "at", begin_ms, leaf.number("at"), FINAL)


def _ended(leaf: KnownLeaf, about: About, began_ms: int | None, ended_ms: int | None, findings: Findings) -> None:
    if began_ms is None or ended_ms is None:
        return
    message = "The segment does not end with its last event."
    expected = _dated_ms(leaf.number("v"), ended_ms, began_ms)
    findings.equal("minutes", "E_MINUTES", about, "to_ms", expected, leaf.number("to_ms"), message)


def _dated_ms(version: int, at_ms: int, began_ms: int | None) -> int:
    """Return a moment as a session's leaves of a version state it; ``began_ms`` is None for the start."""
    if version == 1:
        return at_ms
    if version == 2:
        return at_ms - at_ms % MINUTE_MS
    return round_of(at_ms + (0 if began_ms is None else delay_ms(began_ms)))


def _at_ms(events: Mapping[int, bytes], number: int) -> int | None:
    """Return the time of an opened event, None where it is not here or states none."""
    try:
        at_ms = parse_canonical_object(events[number]).get("at_ms") if number in events else None
    except EvidenceError:
        return None  # the opening's own check names it
    return at_ms if isinstance(at_ms, int) else None
