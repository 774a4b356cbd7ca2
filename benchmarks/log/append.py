"""The log's figures on this machine: sequencing with real fsync, proofs, re-hashing, and the bounds beside them.

    python -m benchmarks.log.append [--seconds 20] [--folder DIR]

``pymerkle`` is measured too where it is installed (it has no storage that is crash-safe, so its rows say what a tree in
memory or in SQLite costs). A ``--folder`` on the disk that will be used says more than the default.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import importlib.util
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks import report
from zaichang.adapters.posix.log_store import PosixLogStore
from zaichang.adapters.sql.log_head import SqliteHeadStore
from zaichang.log.sequencer import Sequencer, SequencerConfig
from zaichang.log.writer import LogWriter
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import open_checkpoint
from zaichang.tlog.keys import Ed25519Signer, parse_vkey
from zaichang.tlog.merkle import leaf_hash, node_hash, verify_inclusion
from zaichang.tlog.tiles import ENTRIES, TileTree, decode_bundle, tiles_of

ORIGIN: Final = "hours.example.org/log/2026"
SIGNER: Final = Ed25519Signer(ORIGIN, b"\x07" * 32)
Row = dict[str, Any]


class FsyncCount:
    """Counts the writer's real requests to the disk, and their time."""

    def __init__(self) -> None:
        """Wrap ``os.fsync``."""
        self.calls = 0
        self.seconds = 0.0
        self._real = os.fsync

    def __enter__(self) -> FsyncCount:
        """Begin."""
        os.fsync = self._call  # type: ignore[assignment]  # counts, then calls the real one
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        os.fsync = self._real

    def _call(self, descriptor: Any) -> None:
        started = time.perf_counter()
        self._real(descriptor)
        self.calls += 1
        self.seconds += time.perf_counter() - started


def sample_leaf(sid: int, seq: int) -> bytes:
    """Return a leaf of the usual size."""
    ref = leaf.SessionRef(origin=ORIGIN, sid=f"{sid:032x}", seq=seq, prev=bytes(32) if seq else None, at_ms=1,
                          began_ms=0 if seq else None)  # fmt: skip
    if seq == 0:
        digest = bytes(32)
        return leaf.session_start(ref, policy=digest, course="c", lesson_c=digest, subj_c=digest, sched_c=digest)
    return leaf.session_segment(
        ref, n=seq, from_ms=0, to_ms=1, first_minute=0, minutes="VVVVV", verified_ms=300_000, n_records=5
    )


async def append(root: Path, seconds: float, per_second: int | None, pool: SequencerConfig) -> Row:
    """Submit for some seconds: as fast as acknowledgements allow, or at a steady rate."""

    def open_writer() -> LogWriter:
        root.mkdir(parents=True, exist_ok=True)
        heads = SqliteHeadStore(root / "head.sqlite3")
        return LogWriter(ORIGIN, [SIGNER], PosixLogStore(root), heads, lambda: time.time_ns() // 1_000_000)

    data = [sample_leaf(number // 10, number % 10) for number in range(10_000)]
    waits: list[float] = []
    sequencer = await Sequencer.start(open_writer, pool)
    with FsyncCount() as fsync:
        started = time.perf_counter()
        count = 0

        async def one(number: int) -> None:
            begun = time.perf_counter()
            await sequencer.submit((f"{number}", 0), data[number % len(data)] + b" " * 0)
            waits.append(time.perf_counter() - begun)

        pending: set[asyncio.Task[None]] = set()
        while time.perf_counter() - started < seconds:
            if per_second is None:
                room = pool.max_pending - len(pending)
            else:
                room = int((time.perf_counter() - started) * per_second) - count
            for _ in range(min(room, pool.max_pending - len(pending))):
                task = asyncio.create_task(one(count))
                pending.add(task)
                task.add_done_callback(pending.discard)
                count += 1
            await asyncio.sleep(0.005)
        await asyncio.gather(*pending)
        elapsed = time.perf_counter() - started
    await sequencer.close()
    waits.sort()
    return {
        "what": "append, as fast as acknowledged" if per_second is None else f"append, {per_second} leaves/s offered",
        "rate_per_s": len(waits) / elapsed,
        "p50_ms": 1000 * waits[len(waits) // 2],
        "p95_ms": 1000 * waits[int(len(waits) * 0.95)],
        "p99_ms": 1000 * waits[int(len(waits) * 0.99)],
        "fsyncs": fsync.calls,
        "fsync_mean_ms": 1000 * fsync.seconds / max(1, fsync.calls),
    }


def rate(what: str, call: Callable[[], object], seconds: float = 1.0, each: int = 1) -> Row:
    """Return how often a call can be made."""
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        call()
        count += each
    return {"what": what, "rate_per_s": count / (time.perf_counter() - started)}


def reading(root: Path) -> list[Row]:
    """Measure proofs, their verification and re-hashing on the log that was written."""
    store = PosixLogStore(root)
    note = store.published() or b""
    verifier = parse_vkey(SIGNER.vkey)
    checkpoint = open_checkpoint(note, [verifier]).checkpoint
    size = checkpoint.size
    tree = TileTree(size, lambda tile: store.get(tile.path()) or b"")
    draw = random.Random(1)  # noqa: S311 - choices of a benchmark
    proofs = [(index, tree.inclusion_proof(index)) for index in (draw.randrange(size) for _ in range(500))]
    hashes = {index: tree.leaf_hash(index) for index, _ in proofs}

    def verify() -> None:
        for index, proof in proofs:
            verify_inclusion(hashes[index], index, size, proof, checkpoint.root)

    bundles = [(tile, store.get(tile.path()) or b"") for tile in tiles_of(size) if tile.level == ENTRIES][:100]
    entries = sum(tile.width for tile, _ in bundles)

    def rehash() -> None:
        for tile, data in bundles:
            for entry in decode_bundle(data, tile.width):
                leaf_hash(entry)

    return [
        rate(f"prove inclusion in {size} leaves (tiles in memory)", lambda: tree.inclusion_proof(draw.randrange(size))),
        rate("verify inclusion", verify, each=len(proofs)),
        rate("verify a checkpoint's signature", lambda: open_checkpoint(note, [verifier])),
        rate("re-hash entries from bundles", rehash, each=entries),
        rate("build a leaf", lambda: sample_leaf(1, 1)),
    ]


def bounds(folder: Path) -> list[Row]:
    """Measure what the disk and SHA-256 allow at most."""
    path = folder / "probe"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    waits = []
    for number in range(300):
        begun = time.perf_counter()
        os.pwrite(descriptor, b"x" * 4096, number * 4096)
        os.fsync(descriptor)
        waits.append(1000 * (time.perf_counter() - begun))
    os.close(descriptor)
    path.unlink()
    waits.sort()
    left = right = hashlib.sha256(b"").digest()
    disk = {
        "what": "bound: 4 KiB write and fsync",
        "rate_per_s": 1000 * len(waits) / sum(waits),
        "p50_ms": waits[150],
        "p95_ms": waits[285],
        "p99_ms": waits[297],
    }
    return [
        disk,
        rate("bound: SHA-256 of a tree node", lambda: node_hash(left, right)),
        rate("bound: Ed25519 signature", lambda: SIGNER.sign(b"x" * 120)),
    ]


def beside(folder: Path) -> list[Row]:
    """Measure pymerkle, where it is installed."""
    if importlib.util.find_spec("pymerkle") is None:
        return []
    import pymerkle  # type: ignore[import-not-found,unused-ignore]  # not a dependency: only measured beside

    memory = pymerkle.InmemoryTree(algorithm="sha256")
    disk = pymerkle.SqliteTree(str(folder / "pymerkle.db"), algorithm="sha256")
    data = sample_leaf(1, 1)
    return [
        rate("pymerkle, in memory: append", lambda: memory.append_entry(data)),
        rate("pymerkle, SQLite: append", lambda: disk.append_entry(data)),
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, help="where the log lies; on the disk that is to be measured")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="zaichang-log-", dir=arguments.folder))
    pool = SequencerConfig()
    try:
        rows = [asyncio.run(append(home / "log", arguments.seconds, None, pool))]
        rows += [asyncio.run(append(home / f"log-{n}", arguments.seconds / 2, n, pool)) for n in (50, 1_000, 3_000)]
        rows += reading(home / "log") + beside(home) + bounds(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    notes = ["p50 to p99: from submission to a published signed checkpoint that covers the leaf, fsync on."]
    report.publish(
        "log.append", rows, parameters={"seconds": arguments.seconds, "pool": 256, "flush_ms": 250}, notes=notes,
        destination=arguments.json,
    )  # fmt: skip
    return 0 if rows[0]["fsyncs"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
