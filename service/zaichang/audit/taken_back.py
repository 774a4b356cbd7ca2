"""Holds a receipt or bundle against a newer state of its log: which of its time was taken back since."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from zaichang.audit.check import Check
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.reading.bundle_reader import Source, bundle_file
from zaichang.audit.receipt import read_receipt
from zaichang.audit.whole.later import Later
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.trust import Trust


class Sessions(NamedTuple):
    """The sessions of a file, and the signed checkpoint that it proves them to."""

    sids: frozenset[str]
    checkpoint: bytes


def receipt_sessions(data: bytes) -> Sessions:
    """Return the session of a receipt; none where it cannot be read, which its own check names."""
    with suppress(EvidenceError):
        receipt, _ = read_receipt(data)
        return Sessions(frozenset({str(parse_leaf(receipt.final.leaf).get("sid", ""))}), receipt.checkpoint)
    return Sessions(frozenset(), b"")


def bundle_sessions(source: Source) -> Sessions:
    """Return the sessions of a bundle; none where it cannot be read, which its own check names."""
    sids: set[str] = set()
    with suppress(EvidenceError):
        bundle = bundle_file(source).whole
        for entry in bundle.leaves:
            with suppress(EvidenceError):
                sids.add(str(parse_leaf(entry.leaf).get("sid", "")))
        return Sessions(frozenset(sids), bundle.checkpoint)
    return Sessions(frozenset(), b"")


def taken_back_since(sessions: Sessions, read: Callable[[str], bytes | None], trust: Trust) -> list[Check]:
    """Return the checks of the newer log, with a finding for each session of which time was taken back.

    Args:
        sessions: Of the file.
        read: Reads the files of the newer log.
        trust: The trusted keys.
    """
    try:
        then = trust.open_checkpoint(sessions.checkpoint).checkpoint
    except EvidenceError:
        return []  # the file's own check names it
    later = Later(sids=sessions.sids, origin=then.origin, since=then.size)
    return scan_log(read, trust, ScanOptions(deep=False, later=later), [sessions.checkpoint])
