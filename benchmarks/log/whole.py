"""The check of a whole log: processor time and memory by size, and a year of 54 million leaves computed from them.

    python -m benchmarks.log.whole [--leaves 250000 1000000] [--jobs 1 2]

Sessions have six leaves, and 300 of them are open at a time. Each check is a process of its own (``zaichang verify``),
with each leaf's schema; its time is that of the processors, its processes together, so other work does not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks import report
from benchmarks.log.append import ORIGIN, SIGNER
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.plan import TreeState, plan_batch

OPEN: Final = 300
SEGMENTS: Final = 4
YEAR_LEAVES: Final = 54_000_000
CHUNK: Final = 16_384
MINUTE_MS, ROUND_MS = 60_000, 900_000


def templates() -> list[dict[str, object]]:
    """Return a session's leaves, without their session and chain."""
    ref, digest = leaf.SessionRef(origin=ORIGIN, sid="0", seq=0, prev=None, at_ms=0), bytes(32)
    later = leaf.SessionRef(origin=ORIGIN, sid="0", seq=1, prev=digest, at_ms=0)
    start = leaf.session_start(ref, policy=digest, course="c", lesson_c=digest, subj_c=digest, sched_c=digest)
    middle = [
        leaf.session_segment(
            later, n=n, from_ms=0, to_ms=300_000, first_minute=5 * n, minutes="VVVVV", verified_ms=300_000, n_records=5
        )
        for n in range(SEGMENTS)
    ]
    final = leaf.session_final(
        later,
        segments=SEGMENTS,
        n_verified=5 * SEGMENTS,
        n_refused=0,
        n_undecided=0,
        verified_ms=300_000 * SEGMENTS,
        reason="SESSION_FINISHED",
        codes_c=digest,
    )
    return [json.loads(data) for data in (start, *middle, final)]


def leaves(count: int) -> Iterator[bytes]:
    """Yield the leaves of sessions that overlap."""
    shapes, made, opened = templates(), 0, 0
    waiting: deque[tuple[str, int, str, int]] = deque()
    while made < count:
        if len(waiting) < OPEN:
            sid, seq, prev, before = f"{opened:032x}", 0, "", 0
            opened += 1
        else:
            sid, seq, prev, before = waiting.popleft()
        at = made // OPEN * MINUTE_MS // ROUND_MS * ROUND_MS + (ROUND_MS if seq else 0)
        at = before if seq == len(shapes) - 1 else at  # the end has the date of the last segment
        times = {"from_ms": before, "to_ms": at} if 0 < seq < len(shapes) - 1 else {}
        value = {**shapes[seq], **times, "sid": sid, "seq": seq, "prev": prev, "at": at}
        data = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        if seq + 1 < len(shapes):
            waiting.append((sid, seq + 1, leaf_hash(data).hex(), at if seq else at + ROUND_MS))
        made += 1
        yield data


def build(folder: Path, count: int) -> None:
    """Write a log's files (without fsync: this is not measured)."""
    state, stream = TreeState(), leaves(count)
    while chunk := list(islice(stream, CHUNK)):
        plan = plan_batch(state, chunk)
        state = plan.state
        for name, data in plan.objects:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=state.size, root=state.root()), [SIGNER])
    (folder / "checkpoint").write_bytes(note)


def checked(folder: Path, jobs: int) -> tuple[float, float, int]:
    """Check a log; return processor seconds, seconds by the clock, and the most memory of one process in MB."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "zaichang", "verify", str(folder), "--log-key", SIGNER.vkey, "--jobs", str(jobs)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return busy_s, time.monotonic() - began, after.ru_maxrss // 1_000


def main() -> None:
    """Print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, nargs="+", default=[250_000, 1_000_000])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for count in sorted(arguments.leaves):
        with tempfile.TemporaryDirectory() as name:
            build(Path(name), count)
            for jobs in arguments.jobs:
                busy_s, clock_s, memory_mb = checked(Path(name), jobs)
                rows.append(
                    {
                        "leaves": count,
                        "jobs": jobs,
                        "processor_s": round(busy_s, 1),
                        "clock_s": round(clock_s, 1),
                        "most_memory_so_far_mb": memory_mb,
                        "year_processor_h": round(busy_s / count * YEAR_LEAVES / 3_600, 2),
                    }
                )
    report.publish("log.whole", rows, parameters={"open_sessions": OPEN}, destination=arguments.json)


if __name__ == "__main__":
    main()
