"""The log that the fault runs torture: how it is opened, what is submitted, and how it is checked afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.audit.check import Status
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.core.errors import IllegalEvent, ZaichangError
from zaichang.log.writer import LogWriter
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import EMPTY_ROOT, fold_peaks, leaf_hash, node_hash
from zaichang.tlog.note import parse_note
from zaichang.tlog.tiles import ENTRIES, WIDTH, decode_bundle, tile_at
from zaichang.tlog.trust import trust_log

ORIGIN: Final = "hours.example.org/log/2026"
SIGNER: Final = Ed25519Signer(ORIGIN, b"\x07" * 32)
TRUST: Final = trust_log(SIGNER.vkey)
BATCHES: Final = (1, 3, 40, 120, 300, 7)
RETRIES: Final = 3


def leaf(number: int) -> bytes:
    """Return the content of submission ``number``."""
    return b'{"n":%d,"text":"%s"}' % (number, b"x" * (number % 300))


def open_log(root: Path) -> LogWriter:
    """Open the log's writer with all its durability."""
    heads = SqliteHeadStore(root / "head.sqlite3", busy_ms=2_000)
    return LogWriter(ORIGIN, [SIGNER], PosixLogStore(root), heads, lambda: time.time_ns() // 1_000_000)


def submit(root: Path, first: int, batches: int, out: int, sizes: Sequence[int] = BATCHES) -> None:
    """Commit batches from submission ``first`` on, and tell each acknowledgement on descriptor ``out`` at once.

    A batch that storage refused without consequence is tried again; a fatal error ends the process, as in the service.
    """
    writer = open_log(root)
    writer.recover()
    os.write(out, b"ready\n")
    number = first
    for turn in range(batches):
        keys = [("s", n) for n in range(number, number + sizes[turn % len(sizes)])]
        for attempt in range(RETRIES):
            try:
                results, _ = writer.commit([(key, leaf(key[1])) for key in keys])
            except ZaichangError as error:
                if type(error).__name__ != "StorageError" or attempt == RETRIES - 1:
                    raise
                continue
            break
        for key, result in zip(keys, results, strict=True):
            if isinstance(result, IllegalEvent):
                raise result
            os.write(out, b"ack %d %d\n" % (key[1], result.index))
        number = keys[-1][1] + 1
    writer.close()


@dataclass(slots=True)
class Ledger:
    """What the log has promised so far.

    Attributes:
        acked: Submission to index.
        roots: Size to root, of every signed checkpoint ever seen.
        next: The first submission that was never made.
    """

    acked: dict[int, int] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    next: int = 0

    def take(self, told: bytes) -> int:
        """Note what a run acknowledged; return how many. A line that was cut off promised nothing."""
        count = 0
        for line in told.split(b"\n")[:-1]:
            words = line.split()
            if words[:1] == [b"ack"]:
                number, index = int(words[1]), int(words[2])
                if self.acked.setdefault(number, index) != index:
                    raise AssertionError(f"submission {number} was acknowledged at {self.acked[number]} and at {index}")
                count += 1
        return count

    def see(self, note: bytes | None) -> None:
        """Note a signed checkpoint; two roots for one size are a fork."""
        if note is not None:
            checkpoint = parse_checkpoint(parse_note(note).text)
            if self.roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
                raise AssertionError(f"two roots are signed for size {checkpoint.size}")


def check(root: Path, ledger: Ledger) -> int:
    """Recover the log as a restart would, and hold it against every promise; return its size.

    Raises:
        AssertionError: A promise was broken.
    """
    store = PosixLogStore(root)
    ledger.see(store.published())
    heads = SqliteHeadStore(root / "head.sqlite3")
    head = heads.load(ORIGIN)
    ledger.see(head.note if head is not None else None)
    heads.close()
    writer = open_log(root)
    signed = writer.recover()
    writer.close()
    ledger.see(signed.note)
    size = signed.checkpoint.size
    bad = [c for c in scan_log(store.get, TRUST, ScanOptions(chains=False)) if c.status is not Status.PASS]
    if bad:
        raise AssertionError(f"the recovered log is damaged: {bad[0].line()}")
    entries: list[bytes] = []
    for number in range(-(-size // WIDTH)):
        tile = tile_at(ENTRIES, number, size)
        entries += decode_bundle(store.get(tile.path()) or b"", tile.width)
    for number, index in ledger.acked.items():
        if index >= size or entries[index] != leaf(number):
            raise AssertionError(f"acknowledged submission {number} is not at index {index}")
    if len(set(entries)) != len(entries):
        raise AssertionError("a submission is in the log twice")
    roots = roots_at(entries, ledger.roots)
    for seen, expected in ledger.roots.items():
        if roots.get(seen) != expected:
            raise AssertionError(f"the checkpoint of size {seen} is no prefix of the log of {size}")
    ledger.next = max((int(e[5 : e.index(b",")]) for e in entries), default=-1) + 1
    return size


def roots_at(entries: list[bytes], sizes: Collection[int]) -> dict[int, bytes]:
    """Return the roots of the log at some sizes, in one pass over its entries."""
    found = {0: EMPTY_ROOT}
    perfect: list[tuple[int, bytes]] = []
    for number, entry in enumerate(entries, 1):
        height, value = 0, leaf_hash(entry)
        while perfect and perfect[-1][0] == height:
            value = node_hash(perfect.pop()[1], value)
            height += 1
        perfect.append((height, value))
        if number in sizes:
            found[number] = fold_peaks([value for _, value in perfect])
    return found
