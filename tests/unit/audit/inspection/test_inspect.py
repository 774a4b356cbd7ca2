"""An inspection holds bundles against the copy of the log and against each other."""

from __future__ import annotations

from dataclasses import replace

from support import evidence_bundle as sample_of
from unit.audit.sample.test_produced import bundle_of, entries_of
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Status
from zaichang.audit.inspection.demand import Demand
from zaichang.audit.inspection.inspect import Inspection, inspect
from zaichang.audit.inspection.page import date, duration, explained
from zaichang.audit.inspection.steps import step_for
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.trust import trust_log

SAMPLE = sample_of.sample(others=0)
TRUST = trust_log(sample_of.SIGNER.vkey)
FILES = {**dict(plan_batch(TreeState(), entries_of(SAMPLE)).objects), "checkpoint": SAMPLE.bundle.checkpoint}


def inspected(*bundles: bytes, files: dict[str, bytes] = FILES, policy: str | None = None) -> Inspection:
    demand = None if policy is None else Demand(name=policy)
    return inspect(files.get, bundles, TRUST, None, policy=demand)


def codes(inspection: Inspection) -> set[str | None]:
    return {check.code for check in inspection.checks if check.status is not Status.PASS}


def test_a_session_s_line_is_its_bundle_s() -> None:
    inspection = inspected(SAMPLE.data)
    (line,) = inspection.sessions
    assert (line.sid, line.course, line.minutes, line.counted_ms) == (sample_of.SID, "pharmacy-2026", "VVFVU", 180_000)
    assert (line.result, line.codes, line.rules) == ("pass", (), "1")
    assert (inspection.code, inspection.in_log, inspection.size) == (0, 1, len(SAMPLE.hashes))


def test_a_bundle_of_another_state_of_the_log_fails_and_is_named() -> None:
    other = sample_of.sample(others=0, segments=((12, "VVV"),))
    inspection = inspected(write_bundle(replace(other.bundle)))
    assert inspection.code == 1
    assert "E_FORK" in codes(inspection) or "E_CONSISTENCY" in codes(inspection)
    assert inspection.sessions[0].result != "pass"


def after(*changes: bytes) -> dict[str, bytes]:
    """Return the files of a copy in which the log has grown since the bundle."""
    log = [*entries_of(SAMPLE), *changes]
    signed = Checkpoint(origin=sample_of.ORIGIN, size=len(log), root=root_hash([leaf_hash(entry) for entry in log]))
    return {**dict(plan_batch(TreeState(), log).objects), "checkpoint": sign_checkpoint(signed, [sample_of.SIGNER])}


def ref(seq: int, prev: bytes) -> leaf.SessionRef:
    at_ms = sample_of.AT_MS + 4 * 300_000
    return leaf.SessionRef(origin=sample_of.ORIGIN, sid=sample_of.SID, seq=seq, prev=leaf_hash(prev), at_ms=at_ms)


END = SAMPLE.bundle.leaves[-1].leaf
SEGMENT = SAMPLE.bundle.leaves[1]
TARGET = {"target": SEGMENT.index, "target_hash": leaf_hash(SEGMENT.leaf), "request": bytes(32)}
VOID = leaf.session_void(ref(4, END), **TARGET, reason="SERVICE_FAULT")  # type: ignore[arg-type]


def amend(seq: int, prev: bytes, minute: int, delta_ms: int, verdict: str, reason: str) -> bytes:
    more = {"minute": minute, "delta_ms": delta_ms, "verdict": verdict, "reason": reason}
    return leaf.session_amend(ref(seq, prev), **TARGET, **more)  # type: ignore[arg-type]


def test_time_that_was_taken_back_since_the_export_does_not_count() -> None:
    """The copy was made after the change, the bundle before it: the copy knows how much is gone."""
    stale = inspected(SAMPLE.data, files=after(VOID))
    assert (stale.code, stale.sessions[0].result, stale.counted_ms) == (0, "pass", 180_000 - 120_000)
    assert f"at index {len(SAMPLE.hashes)}: 60000 ms count now" in stale.sessions[0].total
    # A bundle made after the change that leaves it out is a finding.
    now = bundle_of([*entries_of(SAMPLE), VOID], SAMPLE.bundle)
    assert inspected(now, files=after(VOID)).code == 1
    whole = leaf.session_void(ref(4, END), **{**TARGET, "target": SAMPLE.bundle.leaves[0].index,
        "target_hash": leaf_hash(SAMPLE.bundle.leaves[0].leaf)}, reason="SERVICE_FAULT")  # type: ignore[arg-type]  # fmt: skip
    assert (inspected(SAMPLE.data, files=after(whole)).counted_ms, inspected(SAMPLE.data, files=after(whole)).code) == (
        0,
        0,
    )


def test_time_that_was_granted_since_the_export_counts_after_a_new_one() -> None:
    first = amend(4, END, 2, 60_000, "V", "REVIEW_GRANTED")
    files = after(first, amend(5, first, 0, -60_000, "F", "REVOKED_PROXY"))
    later = inspected(SAMPLE.data, files=files)
    assert (later.code, later.counted_ms) == (0, 120_000)
    assert "60000 ms granted there do not count before a new export." in later.sessions[0].total


def test_a_record_that_is_no_change_of_credit_is_asked_for() -> None:
    cut = replace(SAMPLE.bundle, leaves=SAMPLE.bundle.leaves[:-1])
    older = bundle_of(entries_of(SAMPLE)[: SAMPLE.bundle.leaves[-1].index], cut)
    asked = [check for check in inspected(older).checks if check.code == "E_NOT_PRODUCED"]
    assert [check.status for check in asked] == [Status.UNDECIDED]


def test_a_damaged_copy_and_a_missing_checkpoint_are_named() -> None:
    gone = {name: data for name, data in FILES.items() if "entries" not in name}
    assert inspected(SAMPLE.data, files=gone).code == 1
    empty = inspected(SAMPLE.data, files={})
    assert (empty.code, empty.origin, empty.sessions) == (2, "", ())


def test_a_policy_is_demanded() -> None:
    assert codes(inspected(SAMPLE.data, policy="test")) == set()
    assert codes(inspected(SAMPLE.data, policy="other")) == {"E_POLICY"}
    without = write_bundle(replace(SAMPLE.bundle, policies=()))
    assert inspected(without, policy="test").code == 2


def test_words_of_the_report() -> None:
    assert (date(None), date(1_790_000_000_000)) == ("—", "2026-09-21 22:13:20")
    assert duration(3_723_000) == "1 小时 2 分 3 秒"
    assert explained("E_DOUBLE")[1].startswith("One learner is credited twice")
    assert explained("unknown") == ("", "")
    assert step_for("unknown").en == "The institution explains in writing."
    assert step_for("E_FORK").at_once
