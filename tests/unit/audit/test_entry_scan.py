"""Entries of a log: sessions, foreign leaves, anchors."""

from dataclasses import replace

from support.evidence_bundle import AT_MS, ORIGIN
from support.small_logs import SIZE, files_of, found, scan, session_leaves
from zaichang.audit.check import Status, exit_code
from zaichang.tlog import leaf
from zaichang.tlog.merkle import leaf_hash, root_hash

LEAVES = session_leaves(SIZE // 5)


def test_sessions_are_followed_through_the_log() -> None:
    dropped = [*LEAVES[:402], *LEAVES[403:]]
    moved = [*LEAVES[:402], LEAVES[403], LEAVES[402], *LEAVES[404:]]
    codes = [(c.code, c.index, c.sid) for c in found(files_of(dropped))]
    assert codes == [("E_SEQ_GAP", 402, f"{80:032x}")]
    assert {c.code for c in found(files_of(moved))} == {"E_SEQ_GAP", "E_TIME_LOW"}
    assert exit_code(scan(files_of(dropped), chains=False)) == 0
    headless = found(files_of(LEAVES[1:5]))
    assert [(c.code, c.index) for c in headless] == [("E_SEQ_GAP", 0)]


def test_what_is_no_leaf_or_another_log_s_leaf_is_named() -> None:
    other = LEAVES[400].replace(ORIGIN.encode(), b"hours.example.net/log/2026")
    for bad, code in ((b"not json", "E_CANON"), (other, "E_ORIGIN")):
        checks = [c for c in scan(files_of([*LEAVES[:400], bad, *LEAVES[405:]])) if c.status is Status.FAIL]
        assert [(c.code, c.index) for c in checks] == [(code, 400)]
    deep = b'{"at":1,"origin":"' + ORIGIN.encode() + b'","t":"erasure","v":1}'
    assert exit_code(scan(files_of([*LEAVES[:5], deep]), deep=False)) == 0
    checks = scan(files_of([*LEAVES[:5], deep]), deep=True)
    assert [(c.code, c.index) for c in checks if c.status is Status.FAIL] == [("E_SCHEMA", 5)]


def test_an_anchor_must_name_a_checkpoint_of_this_log_that_was_there_before() -> None:
    def anchored(size: int, root: bytes) -> bytes:
        ref = leaf.SessionRef(
            origin=ORIGIN, sid="ab", seq=0, prev=None, at_ms=AT_MS, anchor=leaf.Anchor(size=size, root=root)
        )
        digest = bytes(32)
        return leaf.session_start(ref, policy=digest, course="c", lesson_c=digest, subj_c=digest, sched_c=digest)

    root = root_hash([leaf_hash(x) for x in LEAVES[:300]])
    assert exit_code(scan(files_of([*LEAVES[:400], anchored(300, root)]), deep=True)) == 0
    for size, named, code in ((300, bytes(32), "E_FORK"), (401, root, "E_TIME_LOW")):
        files = files_of([*LEAVES[:400], anchored(size, named)])
        assert exit_code(scan(files, deep=False)) == 0
        bad = [c for c in scan(files, deep=True) if c.status is Status.FAIL]
        assert [(c.code, c.index, c.field) for c in bad] == [(code, 400, "anchor")]


def test_sessions_that_ended_with_nothing_are_counted() -> None:
    """Each start draws a schedule anew: a learner who discards many may be choosing one."""

    def made(sid: str, verified_ms: int) -> list[bytes]:
        ref = leaf.SessionRef(origin=ORIGIN, sid=sid, seq=0, prev=None, at_ms=AT_MS)
        digest = bytes(32)
        start = leaf.session_start(ref, policy=digest, course="c", lesson_c=digest, subj_c=digest, sched_c=digest)
        counts = {"segments": 0, "n_verified": 0, "n_refused": 0, "n_undecided": 0, "verified_ms": verified_ms}
        end = replace(ref, seq=1, prev=leaf_hash(start))
        return [start, leaf.session_final(end, **counts, reason="SUPERSEDED", codes_c=digest)]

    def said(*sessions: list[bytes]) -> list[str]:
        return [
            c.message for c in scan(files_of([one for session in sessions for one in session])) if c.check == "starts"
        ]

    assert said(made("a0", 0), made("a1", 1), made("a2", 0)) == ["2 of 3 sessions ended without a verified second."]
    assert said(made("a1", 1)) == []


def test_an_entry_that_is_no_utf_8_is_named_and_stops_nothing() -> None:
    broken = LEAVES[7].replace(b'"sid":"0', b'"sid":"\xb0')
    assert broken != LEAVES[7]
    assert {check.index for check in found(files_of([*LEAVES[:7], broken, *LEAVES[8:]]))} >= {7}
