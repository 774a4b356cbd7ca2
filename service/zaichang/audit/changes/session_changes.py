"""The later changes of one session's credit, held against its opened records, events and decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from zaichang.audit.changes.amend_checks import CHANGES, VOID, Changes, MinuteTimes
from zaichang.audit.changes.documents import Mismatch
from zaichang.audit.changes.rulings import intervals
from zaichang.audit.changes.standing import OpenMinute, Standing
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import CanonicalValue, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.core.reasons import ReasonCode
from zaichang.session.codec import decode_event
from zaichang.session.events import Event, HeartbeatReceived
from zaichang.session.playhead import total_ms

_REPORT: Final = b'"HeartbeatReceived"'
_REASONS: Final = frozenset(str(code) for code in ReasonCode)

Opened = Mapping[tuple[int, str], Mapping[str, CanonicalValue]]
"""Opened fields of leaves, by leaf number and field."""


def check_changes(
    origin: str,
    leaves: Sequence[KnownLeaf],
    records: Mapping[int, bytes],
    events: Mapping[int, bytes],
    opened: Opened,
    findings: Findings,
) -> None:
    """Check a session's ``session.amend`` and ``session.void`` leaves; do nothing where it has none.

    Args:
        origin: The log.
        leaves: The session's, in order, at least one.
        records: Its opened minute records by number.
        events: Its opened events by number.
        opened: Opened fields, with the decisions behind the changes.
        findings: Takes the results.
    """
    if not any(leaf.kind in CHANGES for leaf in leaves):
        return
    about = About(origin=origin, sid=leaves[0].sid)
    by_index = {leaf.index: leaf for leaf in leaves}
    values = {n: value for n, record in records.items() if (value := _object(record)) is not None}
    minutes = {n: minute for n, value in values.items() if (minute := _minute(value)) is not None}
    times = {n: found for n, value in values.items() if (found := _times(value)) is not None}
    ended_ms = next((leaf.earliest_ms for leaf in leaves if leaf.kind == "session.final"), None)
    count = sum(max(0, leaf.number("n_events")) for leaf in leaves)
    standing = Standing(minutes, _reports(events, count), _ended_ms(events.get(count - 1), ended_ms))
    changes = Changes(origin, findings)
    started_ms = leaves[0].number("at") if leaves[0].kind == "session.start" else None
    for leaf in leaves:
        if leaf.kind not in CHANGES:
            continue
        target = by_index.get(leaf.number("target"))
        document = opened.get((leaf.number("seq"), "request"))
        if document is not None:
            wrong = standing.void(leaf, target, document) if leaf.kind == VOID else standing.take(leaf, document)
            _tell(origin, leaf, wrong, findings)
        elif minutes:
            message = "The decision behind the change is not opened."
            findings.undecided("changes", "E_OPENING", message, leaf.about(origin), field="request")
        changes.take(leaf, target, started_ms, times)
    if standing.appealed_ms:
        message = f"{standing.appealed_ms} ms were granted beyond the time that the rules had left to a reviewer."
        findings.passed("changes", about, message)
    if standing.appeals:
        named = ", ".join(str(minute) for minute in standing.appeals.minutes)
        findings.passed("changes", about, f"{len(standing.appeals)} appeals are behind them, about minutes {named}.")
    changes.finish(about)


def _ended_ms(last: bytes | None, earliest_ms: int | None) -> int | None:
    """Return when the session ended: its last event's time where that is opened, else the earliest by its leaf."""
    at_ms = None if last is None or earliest_ms is None else (_object(last) or {}).get("at_ms")
    return max(at_ms, earliest_ms or 0) if isinstance(at_ms, int) else earliest_ms


def _tell(origin: str, leaf: KnownLeaf, found: Sequence[Mismatch], findings: Findings) -> None:
    about = leaf.about(origin, None if leaf.kind == VOID else leaf.number("minute"))
    for each in found:
        if each.undecided:
            findings.undecided("changes", "E_OPENING", each.message, about, field=each.field)
        else:
            findings.failed(
                "changes", "E_AMEND", each.message, about, field=each.field, expected=each.expected, got=each.got
            )


def _reports(events: Mapping[int, bytes], count: int) -> list[Event] | None:
    """Return the player's reports, None where not all events are opened."""
    if sorted(events) != list(range(count)):
        return None
    found: list[Event] = []
    for number in range(count):
        if _REPORT in events[number]:
            try:
                event = decode_event(parse_canonical_object(events[number]))
            except EvidenceError:
                continue  # the replay names it
            if isinstance(event, HeartbeatReceived):
                found.append(event)
    return found


def _object(record: bytes) -> Mapping[str, CanonicalValue] | None:
    try:
        return parse_canonical_object(record)
    except EvidenceError:
        return None


def _minute(value: Mapping[str, CanonicalValue]) -> OpenMinute | None:
    """Return a minute record's stretch and intervals; None where it does not state them."""
    verified, undecided = intervals(value.get("verified", [])), intervals(value.get("undecided", []))
    from_ms, to_ms = value.get("from_ms"), value.get("to_ms")
    if verified is None or undecided is None or not isinstance(from_ms, int) or not isinstance(to_ms, int):
        return None
    letter = str(value.get("verdict"))
    reasons = value.get("reasons", [])
    known = tuple(ReasonCode(code) for code in reasons if code in _REASONS) if isinstance(reasons, list) else ()
    return OpenMinute(
        from_ms=from_ms, to_ms=to_ms, letter=letter, verified=verified, undecided=undecided, reasons=known
    )


def _times(value: Mapping[str, CanonicalValue]) -> MinuteTimes | None:
    """Return a minute record's lengths; None where it does not state them."""
    from_ms, to_ms, verified_ms = (value.get(name) for name in ("from_ms", "to_ms", "verified_ms"))
    if not isinstance(from_ms, int) or not isinstance(to_ms, int) or not isinstance(verified_ms, int):
        return None
    undecided = intervals(value.get("undecided", [])) or ()
    return MinuteTimes(server_ms=max(0, to_ms - from_ms), verified_ms=verified_ms, undecided_ms=total_ms(undecided))
