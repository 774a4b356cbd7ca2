"""A small signed log as files, its leaves, and its scan."""

from __future__ import annotations

from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.core.units import ROUND_MS
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.tiles import tiles_of
from zaichang.tlog.trust import trust_log

TRUST = trust_log(SIGNER.vkey)


SIZE = 700


Files = dict[str, bytes]


def at_ms(number: int, seq: int) -> int:
    """Return the date of a leaf: a round later for each session and each leaf."""
    return -(-AT_MS // ROUND_MS) * ROUND_MS + (number + seq) * ROUND_MS


def session_leaves(count: int, length: int = 5) -> list[bytes]:
    """Return the leaves of ``count`` sessions of ``length`` leaves each."""
    leaves: list[bytes] = []
    for number in range(count):
        prev: bytes | None = None
        for seq in range(length):
            dated_ms = at_ms(number, min(seq, length - 2))  # the end has the date of the last segment
            ref = leaf.SessionRef(origin=ORIGIN, sid=f"{number:032x}", seq=seq, prev=prev, at_ms=dated_ms)
            digest = bytes(32)
            if seq == 0:
                data = leaf.session_start(
                    ref, policy=digest, course="c", lesson_c=digest, subj_c=digest, sched_c=digest
                )
            elif seq < length - 1:
                data = leaf.session_segment(
                    ref,
                    n=seq - 1,
                    from_ms=at_ms(number, max(1, seq - 1)),
                    to_ms=dated_ms,
                    first_minute=seq - 1,
                    minutes="V",
                    verified_ms=1,
                    n_records=1,
                )
            else:
                n = length - 2
                data = leaf.session_final(
                    ref,
                    segments=n,
                    n_verified=n,
                    n_refused=0,
                    n_undecided=0,
                    verified_ms=n,
                    reason="TEST",
                    codes_c=digest,
                )
            prev = leaf_hash(data)
            leaves.append(data)
    return leaves


def files_of(leaves: list[bytes]) -> Files:
    """Return the files of a signed log of these leaves."""
    plan = plan_batch(TreeState(), leaves)
    checkpoint = Checkpoint(origin=ORIGIN, size=len(leaves), root=plan.root)
    wanted = {tile.path() for tile in tiles_of(len(leaves))}
    assert wanted == {path for path, _ in plan.objects}
    return {**dict(plan.objects), "checkpoint": sign_checkpoint(checkpoint, [SIGNER])}


def scan(files: Files, **options: bool) -> list[Check]:
    """Check a log of these files."""
    return scan_log(files.get, TRUST, ScanOptions(**options))


def found(files: Files) -> list[Check]:
    """Return the failed checks of a log that must fail."""
    checks = scan(files)
    assert exit_code(checks) == 1
    return [check for check in checks if check.status is Status.FAIL]
