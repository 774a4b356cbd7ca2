"""How much memory and time the check of a bundle needs, by its size: sessions of half an hour, without a replay.

    python -m benchmarks.log.bundle [--sessions 30 300]

The sessions are made up: their events are of the usual number and length, and say nothing.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks import report
from zaichang.audit.bundle import EVENT, Bundle, BundleLeaf, Commitments, Opening, write_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.commit import commit_all, commitments_root, salt
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash

ORIGIN: Final = "hours.example.org/log/2026"
SIGNER: Final = Ed25519Signer(ORIGIN, b"\x07" * 32)
EVENTS: Final = 1_000
DIGEST: Final = bytes(32)
MEASURE: Final = """
import resource, sys
from zaichang.cli import main
main(["verify", sys.argv[1], "--log-key", sys.argv[2], "--no-replay"])  # events that say nothing are findings
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def session(number: int) -> tuple[list[bytes], Commitments, list[Opening]]:
    """Return a session's leaves, and its events with their commitments."""
    sid, key = f"{number:032x}", number.to_bytes(32, "big")
    events = [canonical_bytes({"e": "HeartbeatReceived", "n": n, "more": "ab" * 60}) for n in range(EVENTS)]
    values = commit_all(EVENT, key, events)
    start = leaf.session_start(
        leaf.SessionRef(origin=ORIGIN, sid=sid, seq=0, prev=None, at_ms=0),
        policy=DIGEST, course="c", lesson_c=DIGEST, subj_c=DIGEST, sched_c=DIGEST,
    )  # fmt: skip
    segment = leaf.session_segment(
        leaf.SessionRef(origin=ORIGIN, sid=sid, seq=1, prev=leaf_hash(start), at_ms=0, began_ms=0),
        n=0, from_ms=0, to_ms=0, first_minute=0, minutes="", verified_ms=0,
        events_root=commitments_root(values), n_events=EVENTS,
    )  # fmt: skip
    final = leaf.session_final(
        leaf.SessionRef(origin=ORIGIN, sid=sid, seq=2, prev=leaf_hash(segment), at_ms=0, began_ms=0),
        segments=1, n_verified=0, n_refused=0, n_undecided=0, verified_ms=0, reason="SESSION_FINISHED", codes_c=DIGEST,
    )  # fmt: skip
    group = Commitments(sid=sid, seq=1, kind=EVENT, first=0, values=tuple(values))
    opened = [
        Opening(sid=sid, kind=EVENT, n=n, salt=salt(key, EVENT, n), payload=event) for n, event in enumerate(events)
    ]
    return [start, segment, final], group, opened


def build(path: Path, sessions: int) -> None:
    """Write a bundle."""
    made = [session(number) for number in range(sessions)]
    log = [data for leaves, _, _ in made for data in leaves]
    hashes = [leaf_hash(data) for data in log]
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=len(log), root=root_hash(hashes)), [SIGNER])
    bundle = Bundle(
        origin=ORIGIN,
        checkpoint=note,
        leaves=tuple(
            BundleLeaf(index=index, leaf=data, proof=tuple(inclusion_proof(hashes, index)))
            for index, data in enumerate(log)
        ),
        commitments=tuple(group for _, group, _ in made),
        openings=tuple(opening for _, _, openings in made for opening in openings),
    )
    path.write_bytes(write_bundle(bundle))


def main() -> None:
    """Print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[30, 300])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--build", type=Path, help="only write the bundle of the first number of sessions")
    arguments = parser.parse_args()
    if arguments.build is not None:
        build(arguments.build, arguments.sessions[0])
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for sessions in sorted(arguments.sessions):
            path = Path(folder) / "some.bundle"
            # In a process of its own: a child's most memory is never less than its parent's at its start.
            own = [sys.executable, "-m", "benchmarks.log.bundle", "--build", str(path), "--sessions", str(sessions)]
            subprocess.run(own, check=True)
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            command = [sys.executable, "-c", MEASURE, str(path), SIGNER.vkey]
            memory_kb = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            rows.append(
                {
                    "sessions": sessions,
                    "bundle_mb": round(path.stat().st_size / 1e6, 1),
                    "processor_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
                    "clock_s": round(time.monotonic() - began, 1),
                    "most_memory_mb": memory_kb // 1_000,
                }
            )
    report.publish("log.bundle", rows, parameters={"events": EVENTS}, destination=arguments.json)


if __name__ == "__main__":
    main()
