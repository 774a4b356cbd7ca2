"""What an institution that has the disk and every key of its log can do, and whether verify finds it.

Each row of the table in docs/evidence.md has a test of its number here: it makes the alteration, with valid signatures,
and holds the table's word for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import pytest

from support import evidence_bundle as sample_of
from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from zaichang.audit.bundle import Bundle, BundleLeaf, Capture, FieldOpening, Produced, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.findings import About, Findings
from zaichang.audit.log_scan import scan_log
from zaichang.audit.openings.capture_checks import check_captures
from zaichang.audit.sample.produced import OwnCopy, hold_against
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.civil import DAY_MS
from zaichang.core.enums import LeafKind
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.trust import trust_log

PAGE = Path(__file__).resolve().parents[3] / "docs" / "evidence.md"
TRUST = trust_log(SIGNER.vkey)
SAMPLE = sample_of.sample(others=0)


def log_of(leaves: list[bytes]) -> dict[str, bytes]:
    plan = plan_batch(TreeState(), leaves)
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=len(leaves), root=plan.root), [SIGNER])
    return {**dict(plan.objects), "checkpoint": note}


def bundle_of(leaves: list[bytes], bundle: Bundle) -> Bundle:
    hashes = [leaf_hash(data) for data in leaves]
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=len(leaves), root=root_hash(hashes)), [SIGNER])
    own = {entry.leaf for entry in bundle.leaves}
    entries = tuple(
        BundleLeaf(index=n, leaf=data, proof=tuple(inclusion_proof(hashes, n)))
        for n, data in enumerate(leaves)
        if data in own
    )
    return replace(bundle, checkpoint=note, leaves=entries)


def rewritten(leaves: tuple[bytes, ...]) -> list[bytes]:
    """Return the session's leaves dated an hour earlier, chained anew."""
    found: list[bytes] = []
    for data in leaves:
        value = parse_canonical_object(data)
        for name in ("at", "from_ms", "to_ms"):
            if name in value:
                at_ms = value[name]
                assert isinstance(at_ms, int)
                value[name] = at_ms - 3_600_000
        if found:
            value["prev"] = leaf_hash(found[-1]).hex()
        found.append(canonical_bytes(value))
    return found


LEAVES = list(SAMPLE.leaves)


def with_leaves(leaves: list[bytes]) -> Bundle:
    entries = tuple(replace(e, leaf=d) for e, d in zip(SAMPLE.bundle.leaves, leaves, strict=True))
    return replace(SAMPLE.bundle, leaves=entries)


def rewrite_with_a_copy() -> list[Check]:
    return scan_log(log_of(rewritten(SAMPLE.leaves)).get, TRUST, older=[log_of(LEAVES)["checkpoint"]])


def rewrite_without_a_copy() -> list[Check]:
    return scan_log(log_of(rewritten(SAMPLE.leaves)).get, TRUST)


def two_logs_apart() -> list[Check]:
    changed = canonical_bytes({"t": "HeartbeatReceived", "at_ms": AT_MS, "seq": 7})
    other = sample_of.sample(others=0, opened={5: changed})
    assert other.leaves != SAMPLE.leaves
    one = verify_bundle(write_bundle(bundle_of(LEAVES, SAMPLE.bundle)), TRUST)
    return [*one, *verify_bundle(write_bundle(other.bundle), TRUST)]


def two_logs_beside_the_own_copy() -> list[Check]:
    second = rewritten(SAMPLE.leaves)
    other = replace(
        SAMPLE.bundle, leaves=tuple(replace(e, leaf=d) for e, d in zip(SAMPLE.bundle.leaves, second, strict=True))
    )
    copy = OwnCopy.read(ORIGIN, len(LEAVES), [0], [LEAVES])
    produced, others = hold_against(copy, [write_bundle(bundle_of(second, other))], TRUST, None)
    return [*others, *(check for each in produced.values() for check in each.checks)]


def never_logged() -> list[Check]:
    policy = leaf.record(LeafKind.POLICY, ORIGIN, AT_MS, name="p", digest=bytes(32))
    return scan_log(log_of([policy]).get, TRUST)


def invented_events() -> list[Check]:
    invented = canonical_bytes({"t": "HeartbeatReceived", "at_ms": AT_MS, "seq": 99})
    made_up = sample_of.sample(others=0, opened={5: invented})
    return verify_bundle(write_bundle(made_up.bundle), TRUST)


def two_owners() -> list[Check]:
    field = SAMPLE.bundle.fields[0]
    other = FieldOpening(
        sid=field.sid, seq=0, field="subj_c", kind="subject", salt=field.salt,
        payload=field.payload.replace(b"learner-7", b"learner-8"),
    )  # fmt: skip
    return verify_bundle(write_bundle(replace(SAMPLE.bundle, fields=(other, SAMPLE.bundle.fields[1]))), TRUST)


def nothing_opened() -> list[Check]:
    return verify_bundle(write_bundle(replace(SAMPLE.bundle, openings=(), commitments=(), fields=())), TRUST)


def captures(picture: bytes | None, days: int = 180) -> list[Check]:
    digests = {"picture": sha256(b"taken").hexdigest(), "encrypted": sha256(b"kept").hexdigest()}
    events = {
        0: canonical_bytes({"e": "SessionStarted", "at_ms": AT_MS, "capture_days": days}),
        1: canonical_bytes({"e": "CaptureReceived", "at_ms": AT_MS, "capture_id": "c1-0", **digests}),
    }
    given = () if picture is None else (Capture(sid="s", capture_id="c1-0", picture=picture),)
    bundle = Bundle(origin=ORIGIN, checkpoint=b"", produced=(Produced(sid="s", at_ms=AT_MS + DAY_MS),), captures=given)
    findings = Findings()
    check_captures(bundle, About(sid="s"), events, None, findings)
    return findings.checks


FOUND, NOT_FOUND, UNDECIDED = "found", "not found", "undecided"
ROWS: MappingProxyType[int, tuple[Callable[[], list[Check]], str, str]] = MappingProxyType(
    {
        1: (rewrite_with_a_copy, FOUND, "E_FORK"),
        2: (rewrite_without_a_copy, NOT_FOUND, ""),
        3: (two_logs_apart, NOT_FOUND, ""),
        4: (two_logs_beside_the_own_copy, FOUND, "E_FORK"),
        5: (never_logged, NOT_FOUND, ""),
        6: (invented_events, NOT_FOUND, ""),
        7: (two_owners, FOUND, "E_OPENING"),
        8: (nothing_opened, UNDECIDED, "E_EVENTS_ROOT"),
        9: (lambda: captures(b"another"), FOUND, "E_CAPTURE"),
        10: (lambda: captures(None), FOUND, "E_CAPTURE_GONE"),
        11: (lambda: captures(None, days=0), NOT_FOUND, ""),
    }
)
CHANGES = MappingProxyType(
    {12: FOUND, 13: NOT_FOUND, 14: FOUND, 15: FOUND, 16: NOT_FOUND, 17: FOUND, 18: FOUND, 19: FOUND}
    | {20: FOUND, 21: UNDECIDED, 22: FOUND, 23: UNDECIDED, 24: NOT_FOUND, 25: FOUND, 26: FOUND, 27: FOUND}
    | {28: FOUND, 29: FOUND, 30: FOUND, 31: FOUND, 32: FOUND, 33: NOT_FOUND}
)
"""Rows whose alterations stand in other tests: of the folders ``changes`` (28 in ``test_standing``), ``openings`` (20,
21, 25) and ``whole`` (22, 23 in ``test_stamps``, 27 in ``test_segment_times``, 29 in ``test_lesson_lengths``, 31 in
``test_papers``), in ``inspection/test_papers`` (32), ``test_time_checks`` (24) and in
``test_log_statements`` (26, 30, 33)."""


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_true(row: int) -> None:
    make, word, code = ROWS[row]
    checks = make()
    assert exit_code(checks) == {FOUND: 1, NOT_FOUND: 0, UNDECIDED: 2}[word]
    codes = {check.code for check in checks if check.status is not Status.PASS}
    assert (code in codes) if code else not codes


def test_the_page_says_what_the_tests_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    english = page[page.index("### With every key") : page.index("### Limits")]
    cells = re.findall(r"^\| (\d+) \|[^|]*\| ([a-z ]+) \|", english, re.MULTILINE)
    told = {int(number): word for number, word in cells}
    assert told == {row: word for row, (_, word, _) in ROWS.items()} | dict(CHANGES)
    chinese = page[page.index("### 机构握有全部密钥") : page.index("## English")]
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", chinese, re.MULTILINE)] == sorted(told)
