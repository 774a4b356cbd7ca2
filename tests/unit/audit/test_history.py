"""Kept cosignatures are checked against the log."""

from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.history import history_line
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.core.units import ROUND_MS
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.note import cosign_note, format_note, parse_note
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.tiles import tiles_of
from zaichang.tlog.trust import parse_trust, trust_log

TRUST = trust_log(SIGNER.vkey)


Files = dict[str, bytes]


def files_of(leaves: list[bytes]) -> Files:
    plan = plan_batch(TreeState(), leaves)
    checkpoint = Checkpoint(origin=ORIGIN, size=len(leaves), root=plan.root)
    wanted = {tile.path() for tile in tiles_of(len(leaves))}
    assert wanted == {path for path, _ in plan.objects}
    return {**dict(plan.objects), "checkpoint": sign_checkpoint(checkpoint, [SIGNER])}


def scan(files: Files, **options: bool) -> list[Check]:
    return scan_log(files.get, TRUST, ScanOptions(**options))


def found(files: Files) -> list[Check]:
    checks = scan(files)
    assert exit_code(checks) == 1
    return [check for check in checks if check.status is Status.FAIL]


def test_a_logs_kept_cosignatures_are_held_to_it_and_find_late_leaves() -> None:
    witness = Ed25519Cosigner("witness.example.org", b"\x03" * 32)
    trust = parse_trust(f"log {SIGNER.vkey}\nwitness w {witness.vkey}\nquorum none\n".encode())

    def start(sid: str, at_ms: int) -> bytes:
        ref = leaf.SessionRef(origin=ORIGIN, sid=sid, seq=0, prev=None, at_ms=at_ms)
        digest = b"\x05" * 32
        return leaf.session_start(ref, policy=digest, course="c", lesson_c=digest, subj_c=digest, sched_c=digest)

    day = 86_400_000
    log = [start(f"s{n}", AT_MS + n * 60_000) for n in range(6)]
    log[3] = start("s3", AT_MS - 2 * day)
    hashes = [leaf_hash(entry) for entry in log]

    def kept(size: int, at_ms: int, root: bytes | None = None) -> bytes:
        checkpoint = Checkpoint(origin=ORIGIN, size=size, root=root or root_hash(hashes[:size]))
        parsed = parse_note(sign_checkpoint(checkpoint, [SIGNER]))
        return history_line(
            format_note(parsed.text, (*parsed.signatures, cosign_note(parsed.text, witness, at_ms // 1000)))
        )

    def found(*lines: bytes) -> list[tuple[str, str | None, int | None]]:
        files = {**files_of(log), "checkpoint.history": b"\n".join(lines)}
        return [(c.status, c.code, c.index) for c in scan_log(files.get, trust) if c.status is not Status.PASS]

    soon = kept(3, AT_MS + 3 * 60_000), kept(6, AT_MS + 6 * 60_000)
    assert found(*soon, b'{"note":"cut o') == [("fail", "E_TIME_LATE", 3)]
    assert found(soon[0]) == [], "leaves that no kept checkpoint covers are not judged"
    assert ("undecided", "E_TIME_LATE", 0) in found(kept(6, AT_MS + ROUND_MS + 11 * 60_000))
    assert ("fail", "E_CONSISTENCY", None) in found(kept(3, AT_MS, root=bytes(32)), soon[1])
