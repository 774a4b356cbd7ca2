"""The tamper matrix: a log of a million leaves, one thing changed at a time; how long until its index is named?

python -m benchmarks.log.tamper [--leaves 1000000] [--cases 40]
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks import report
from benchmarks.log.append import ORIGIN, SIGNER, sample_leaf
from zaichang.audit.check import Check, Status
from zaichang.audit.log_scan import scan_log
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.tiles import ENTRIES, WIDTH, TileId, decode_bundle, encode_bundle, tile_at, tiles_of
from zaichang.tlog.trust import trust_log

SESSION_LEAVES: Final = 12
CHUNK: Final = 16_384
Entries = list[bytes]


def leaves(count: int) -> Iterator[bytes]:
    """Yield the chained leaves of many sessions."""
    base = json.loads(sample_leaf(0, 1))
    made = 0
    session = 0
    while made < count:
        sid = f"{session:032x}"
        session += 1
        data = sample_leaf(session - 1, 0)
        for seq in range(min(SESSION_LEAVES, count - made)):
            if seq:
                value = {
                    **base,
                    "sid": sid,
                    "seq": seq,
                    "n": seq - 1,
                    "prev": leaf_hash(data).hex(),
                    "at": (seq + 1) * 900_000,
                    "from_ms": seq * 900_000,
                    "to_ms": (seq + 1) * 900_000,
                }
                data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
            made += 1
            yield data


def build(folder: Path, count: int) -> None:
    """Write the log's files (without fsync: this is not what is measured)."""
    state, stream = TreeState(), leaves(count)
    wanted = {tile.path() for tile in tiles_of(count)}
    while batch := list(islice(stream, CHUNK)):
        plan = plan_batch(state, batch)
        state = plan.state
        for name, data in plan.objects:
            if name in wanted:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    (folder / "checkpoint").write_bytes(
        sign_checkpoint(Checkpoint(origin=ORIGIN, size=count, root=state.root()), [SIGNER])
    )


def scan(folder: Path) -> tuple[list[Check], float, float]:
    """Scan the log; return the findings, the seconds, and the processor's seconds (what a quiet machine takes)."""

    def read(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    started, cpu = time.perf_counter(), time.process_time()
    checks = scan_log(read, trust_log(SIGNER.vkey))
    bad = [check for check in checks if check.status is not Status.PASS]
    return bad, time.perf_counter() - started, time.process_time() - cpu


def _flip(draw: random.Random) -> Callable[[Entries, int], Entries]:
    def change(entries: Entries, place: int) -> Entries:
        entry = bytearray(entries[place])
        entry[draw.randrange(len(entry))] ^= 1 << draw.randrange(8)
        return [*entries[:place], bytes(entry), *entries[place + 1 :]]

    return change


def changes(draw: random.Random) -> dict[str, Callable[[Entries, int], Entries]]:
    """Return the possible changes to a bundle's entry."""
    return {
        "leaf flipped": _flip(draw),
        "leaf removed": lambda e, p: e[:p] + e[p + 1 :],
        "leaf inserted": lambda e, p: [*e[:p], b'{"forged":true}', *e[p:]],
        "leaf swapped": lambda e, p: [*e[:p], e[p + 1], e[p], *e[p + 2 :]],
        "leaf re-dated": lambda e, p: [*e[:p], e[p].replace(b'"at":', b'"at":9', 1), *e[p + 1 :]],
    }


def matrix(folder: Path, size: int, cases: int, seed: int) -> list[dict[str, Any]]:
    """Change one thing at a time; return a row for each kind of change."""
    draw = random.Random(seed)  # noqa: S311 - choices of a benchmark
    kinds = changes(draw)
    rows: dict[str, list[tuple[float, float]]] = {}
    for case in range(cases):
        name = [*kinds, "tile flipped", "file missing"][case % (len(kinds) + 2)]
        index = draw.randrange(size - WIDTH)
        level = ENTRIES if name in kinds else draw.choice((0, 0, 1))
        number = index // WIDTH if level <= 0 else index // WIDTH**2
        tile: TileId = tile_at(level, number, size)
        path = folder / tile.path()
        before = path.read_bytes()
        place = index % WIDTH % (tile.width - 1)
        expected = number * WIDTH + place
        if name in kinds:
            path.write_bytes(encode_bundle(kinds[name](list(decode_bundle(before, tile.width)), place)))
        elif name == "tile flipped":
            damaged = bytearray(before)
            damaged[place * 32 + draw.randrange(32)] ^= 1 << draw.randrange(8)
            path.write_bytes(bytes(damaged))
            expected *= 1 if level == 0 else WIDTH
        else:
            path.unlink()
            expected = number * WIDTH * (1 if level == 0 else WIDTH)
        found, seconds, cpu = scan(folder)
        path.write_bytes(before)
        if not found or found[0].index != expected:
            raise AssertionError(f"{name} at {expected}: {found[0].line() if found else 'nothing was found'}")
        rows.setdefault(name, []).append((seconds, cpu))
    return [
        {
            "change": name,
            "cases": len(times),
            "named_exactly": len(times),
            "max_s": max(seconds for seconds, _ in times),
            "mean_cpu_s": sum(cpu for _, cpu in times) / len(times),
            "max_cpu_s": max(cpu for _, cpu in times),
        }
        for name, times in rows.items()
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=42)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="zaichang-tamper-", dir=arguments.folder))
    try:
        build(home, arguments.leaves)
        found, seconds, cpu = scan(home)
        if found:
            raise AssertionError(found[0].line())
        rows: list[dict[str, Any]] = [
            {"change": "none", "cases": 1, "max_s": seconds, "mean_cpu_s": cpu, "max_cpu_s": cpu}
        ]
        rows += matrix(home, arguments.leaves, arguments.cases, arguments.seed)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    report.publish(
        "log.tamper", rows, parameters={"leaves": arguments.leaves, "seed": arguments.seed}, destination=arguments.json
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
