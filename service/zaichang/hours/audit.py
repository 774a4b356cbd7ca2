"""Holds the hour ledger's facts against the log, to the millisecond, and names the first difference of each session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError, ZaichangError
from zaichang.hours.feed import logged
from zaichang.ports.ledger import HourFacts
from zaichang.ports.records import SessionRow, StoredLeaf
from zaichang.tlog.leaf import parse_leaf

_BATCH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class HourAudit:
    """What came out.

    Attributes:
        sessions: Sessions whose facts were compared.
        facts_ms: Verified time of the facts.
        log_ms: Verified time of the log's entries, decisions included.
        waiting: Sessions and decisions that are anchored and have no fact yet.
        findings: A sentence for each session that differs.
    """

    sessions: int
    facts_ms: int
    log_ms: int
    waiting: int
    findings: tuple[str, ...]


async def audit(
    store: HourFacts,
    entry: Callable[[SessionRow, int], bytes],
    voids: Mapping[str, Sequence[int]] = MappingProxyType({}),
) -> HourAudit:
    """Compare every fed session with the log.

    Args:
        store: The facts and the session's leaves.
        entry: Returns the log's entry of a session at an index.
        voids: Session to the indexes that the log's voids name, also those that the service did not write.

    Raises:
        StorageError: The store cannot be read.
    """
    sessions = facts_ms = log_ms = 0
    findings: list[str] = []
    after = ""
    while rows := await store.fed_sessions(after, _BATCH):
        for row, sum_ms in rows:
            leaves = await store.leaves(row.session_id)
            fed = {
                int(fact.fact_key.rpartition("/")[2])
                for fact in await store.hour_facts(row.institution_id, row.learner_id)
                if fact.session_id == row.session_id and fact.fact_key.startswith("amend/")
            }
            own_ms, wrong = logged_ms(row, leaves, fed, entry)
            gone_ms = min(own_ms, voided_ms(leaves, fed, voids.get(row.session_id, ())))
            own_ms -= gone_ms
            sessions, facts_ms, log_ms, after = sessions + 1, facts_ms + sum_ms, log_ms + own_ms, row.session_id
            if wrong:
                findings.append(f"Session {row.session_id}: {wrong}.")
            elif own_ms != sum_ms:
                findings.append(
                    f"Session {row.session_id}: the facts hold {sum_ms} ms, the log {own_ms} ms{_after(gone_ms)}."
                )
    waiting = len(await store.unfed_sessions(_BATCH)) + len(await store.unfed_amendments(_BATCH))
    return HourAudit(sessions=sessions, facts_ms=facts_ms, log_ms=log_ms, waiting=waiting, findings=tuple(findings))


def logged_ms(
    row: SessionRow, leaves: Sequence[StoredLeaf], fed: set[int], entry: Callable[[SessionRow, int], bytes]
) -> tuple[int, str]:
    """Return the verified time that the log states for a session, and the first thing that is wrong; empty: nothing.

    Args:
        row: The session.
        leaves: Its leaves as stored.
        fed: Leaf numbers of decisions that have a fact.
        entry: Returns the log's entry of a session at an index.
    """
    counted = [leaf for leaf in leaves if leaf.kind not in (LeafKind.AMEND, LeafKind.VOID) or leaf.leaf_seq in fed]
    for leaf in counted:
        if leaf.entry_index is None:
            return 0, f"leaf {leaf.leaf_seq} has a fact and is in no checkpoint"
        try:
            there = entry(row, leaf.entry_index)
        except ZaichangError as error:
            return 0, f"the log's entry {leaf.entry_index} cannot be read ({error.code})"
        if there != leaf.body:
            return 0, f"the log's entry {leaf.entry_index} is not leaf {leaf.leaf_seq}"
    total_ms = logged(counted, LeafKind.SEGMENT, "verified_ms") + logged(counted, LeafKind.AMEND, "delta_ms")
    for leaf in counted:
        if leaf.kind is LeafKind.FINAL:
            final_ms = json.loads(leaf.body)["verified_ms"]
            segments_ms = logged(counted, LeafKind.SEGMENT, "verified_ms")
            if final_ms != segments_ms:
                return total_ms, f"its last entry states {final_ms} ms, its segments {segments_ms} ms"
    return total_ms, ""


def voids_of(entries: Iterable[Sequence[bytes]]) -> dict[str, list[int]]:
    """Return the indexes that a log's voids name, by session.

    Args:
        entries: The log's entries, bundle by bundle; one that is no leaf is passed over.
    """
    found: dict[str, list[int]] = {}
    for group in entries:
        for entry in group:
            if b'"t":"session.void"' not in entry:
                continue
            with suppress(EvidenceError):
                value = parse_leaf(entry)
                if value["t"] == LeafKind.VOID and isinstance(value["target"], int):
                    found.setdefault(str(value["sid"]), []).append(value["target"])
    return found


def voided_ms(leaves: Sequence[StoredLeaf], fed: set[int], targets: Sequence[int]) -> int:
    """Return the time that voids of a session's leaves take away.

    Args:
        leaves: The session's leaves as stored.
        fed: Leaf numbers of decisions that have a fact.
        targets: The indexes that the voids name.
    """
    total_ms, gone, by_index = 0, set(targets), {leaf.entry_index: leaf for leaf in leaves}
    kinds = {by_index[index].kind for index in gone if index in by_index}
    whole = LeafKind.START in kinds or LeafKind.FINAL in kinds
    for leaf in leaves:
        value = json.loads(leaf.body)
        if leaf.kind is LeafKind.SEGMENT and (whole or leaf.entry_index in gone):
            total_ms += value["verified_ms"]
        elif leaf.kind is LeafKind.AMEND and leaf.leaf_seq in fed:
            total_ms += value["delta_ms"] if whole or {leaf.entry_index, value["target"]} & gone else 0
    return total_ms


def _after(gone_ms: int) -> str:
    return f" after voids of {gone_ms} ms" if gone_ms else ""
