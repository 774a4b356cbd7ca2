"""The beacon of a schedule: signed by a trusted witness over a checkpoint of this log that covers the start leaf."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.beacon import BeaconKey, find_beacon


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconBasis:
    """Trusted keys and known checkpoints that a beacon is checked against.

    Attributes:
        keys: Trusted keys for beacons.
        known: ``(size, root)`` of checkpoints that were shown to be of this log.
    """

    keys: tuple[BeaconKey, ...] = ()
    known: frozenset[tuple[int, bytes]] = frozenset()


def check_beacon(
    beacon: str, start: KnownLeaf, final: KnownLeaf, events: Iterable[bytes], basis: BeaconBasis, findings: Findings
) -> bool:
    """Return whether the revealed beacon is valid; record the reason if it is not, or cannot be decided.

    Args:
        beacon: As the final leaf reveals it.
        start: The session's start.
        final: Its end.
        events: Its opened events.
        basis: Trusted keys and known checkpoints.
        findings: Takes the results.
    """
    origin = start.text("origin")
    about = final.about(origin)

    def undecided(message: str) -> bool:
        findings.undecided("schedule", "E_SCHED", message, about, field="b")
        return False

    note = next((note for event in events if (note := _note(event, beacon))), "")
    if not note:
        return undecided("The event that brought the beacon is not opened.")
    if not basis.keys:
        return undecided("The trust file names no beacon key.")
    try:
        found = find_beacon(note.encode(), basis.keys)
    except EvidenceError as error:
        findings.error("schedule", error, about, field="b")
        return False
    if found is None:
        return undecided("No beacon key of the trust file has signed the checkpoint that the beacon came from.")
    checkpoint, value = found
    message = "The beacon is not the one that the witness's signature gives."
    if not findings.equal("schedule", "E_SCHED", about, "b", value.hex(), beacon, message):
        return False
    if checkpoint.origin != origin or checkpoint.size <= start.index:
        message = f"The beacon is over {checkpoint.origin} at size {checkpoint.size}, which does not hold the start."
        findings.failed("schedule", "E_SCHED", message, about, field="b")
        return False
    if (checkpoint.size, checkpoint.root) not in basis.known:
        return undecided("The checkpoint that the beacon came from is not shown to be of this log.")
    return True


def _note(event: bytes, beacon: str) -> str:
    if b'"BeaconArrived"' not in event:
        return ""
    try:
        value = parse_canonical_object(event)
    except EvidenceError:
        return ""
    return str(value.get("note", "")) if value.get("beacon") == beacon else ""
