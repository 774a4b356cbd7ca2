"""Statements of a log about keys and policies."""

from support.evidence_bundle import ORIGIN, SIGNER
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.core.civil import parse_moment
from zaichang.core.enums import LeafKind
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.tiles import tiles_of
from zaichang.tlog.trust import trust_log

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


def test_what_the_log_says_of_keys_and_policies_is_held_against_it() -> None:
    other = Ed25519Signer("hours.example.net/log/2026", b"\x33" * 32)
    second = Ed25519Signer(ORIGIN, b"\x44" * 32)

    def key(action: str, vkey: str, size: int = 0) -> bytes:
        return leaf.record(LeafKind.KEY, ORIGIN, 1, action=action, role="log", vkey=vkey, from_size=size)

    def start(policy: bytes) -> bytes:
        ref = leaf.SessionRef(origin=ORIGIN, sid="ab", seq=0, prev=None, at_ms=1)
        digest = b"\x05" * 32
        return leaf.session_start(ref, policy=policy, course="c", lesson_c=digest, subj_c=digest, sched_c=digest)

    named = leaf.record(LeafKind.POLICY, ORIGIN, 1, name="p", digest=b"\x06" * 32)
    mine = key("add", SIGNER.vkey)
    for entries, found in (
        ([mine, named, start(b"\x06" * 32)], []),
        # All policies removed: the service names each one before the first session under it.
        ([mine, start(b"\x07" * 32)], [("E_POLICY", 1)]),
        ([mine, named, start(b"\x07" * 32)], [("E_POLICY", 2)]),
        ([key("add", second.vkey)], [("E_KEY", None)]),
        ([named, start(b"\x06" * 32), mine], [("E_KEY", 2)]),
        # A log that names no key from the start: nothing in it contradicts that.
        ([named, start(b"\x06" * 32)], []),
        ([mine, key("add", other.vkey)], [("E_KEY", 1)]),
        ([mine, key("retire", second.vkey, 1)], [("E_KEY", 1)]),
        ([mine, key("retire", SIGNER.vkey, 2)], []),
        ([mine, key("retire", SIGNER.vkey, 1)], [("E_KEY", None)]),
        ([mine, key("retire", SIGNER.vkey, 2), key("revoke", SIGNER.vkey, 1)], [("E_KEY", None)]),
        ([mine, key("revoke", SIGNER.vkey, 9), key("retire", SIGNER.vkey, 9)], [("E_KEY", 2)]),
        ([mine, mine.replace(b'"role":"log",', b"")], [("E_SCHEMA", 1)]),
        ([mine.replace(b'"role":"log"', b'"role":"witness"')], [("E_KEY", 0)]),
        ([mine, key("add", second.vkey, 3)], [("E_KEY", 1)]),
    ):
        checks = scan(files_of(entries))
        assert [(c.code, c.index) for c in checks if c.status is Status.FAIL] == found, entries
        unkeyed = not any(b'"t":"key"' in entry for entry in entries)
        assert ("key not named" in {c.check for c in checks}) is unkeyed


def test_no_statement_names_records_that_the_log_did_not_hold() -> None:
    day = parse_moment("2026-06-01T10:00:00").ms
    vkey = {"action": "add", "role": "log", "vkey": SIGNER.vkey, "from_size": 0}
    mine = leaf.record(LeafKind.KEY, ORIGIN, day, **vkey)  # type: ignore[arg-type]
    hash_ = bytes(32)

    def upload(first: int, last: int) -> bytes:
        more = {"target": "hnrs", "request": hash_, "response": hash_, "status": 200}
        return leaf.record(LeafKind.UPLOAD, ORIGIN, day, from_index=first, to_index=last, **more)  # type: ignore[arg-type]

    def sampling(size: int, root: bytes) -> bytes:
        return leaf.record(LeafKind.SAMPLING, ORIGIN, day, announce=hash_, size=size, root=root, stage="draw")

    def erasure(sessions: int, date: str) -> bytes:
        return leaf.record(LeafKind.ERASURE, ORIGIN, day, request=hash_, date=date, basis="x", sessions=sessions)

    for statement, field in (
        (upload(0, 0), None),
        (upload(0, 1), "to_index"),
        (upload(1, 0), "to_index"),
        (sampling(1, leaf_hash(mine)), None),
        (sampling(2, leaf_hash(mine)), "size"),
        (sampling(1, hash_), "root"),
        (erasure(0, "2026-06-01"), None),
        # The sessions of an earlier year are in that year's log: an erasure on 2 January counts them, too.
        (erasure(3, "2026-06-01"), None),
        (erasure(0, "2031-01-01"), "date"),
    ):
        failed = [check for check in scan(files_of([mine, statement])) if check.status is Status.FAIL]
        assert [(check.index, check.field) for check in failed] == ([] if field is None else [(1, field)]), statement
