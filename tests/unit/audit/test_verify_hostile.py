"""Hostile bundles: the work grows with the bundle's length, and a drawn session is not passed over in silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Status, exit_code
from zaichang.audit.findings import MAX_FINDINGS
from zaichang.audit.openings import opening_checks
from zaichang.audit.verify import verify_bundle
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)


def test_wrong_openings_do_not_hash_a_segment_anew_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sample_of.sample(((200, "V"),))
    real, calls = opening_checks.commitments_root, 0

    def counted(values: list[bytes]) -> bytes:
        nonlocal calls
        calls += 1
        return real(values)

    monkeypatch.setattr(opening_checks, "commitments_root", counted)
    wrong = tuple(replace(o, salt=bytes(32)) if o.kind == "event" else o for o in sample.bundle.openings)
    groups = tuple(
        replace(g, values=(bytes(32), *g.values[1:])) if g.kind == "event" else g for g in sample.bundle.commitments
    )
    checks = verify_bundle(write_bundle(replace(sample.bundle, openings=wrong, commitments=groups)), TRUST)
    assert exit_code(checks) == 1
    assert calls <= 4


def test_after_a_thousand_findings_each_session_left_is_said_not_to_be_checked() -> None:
    sample = sample_of.sample(((MAX_FINDINGS + 50, "V"),))
    wrong = tuple(replace(o, salt=bytes(32)) for o in sample.bundle.openings)
    last = replace(sample.bundle.leaves[0], leaf=sample.bundle.leaves[0].leaf.replace(b'"sid":"0', b'"sid":"f'))
    bundle = replace(sample.bundle, openings=wrong, leaves=(*sample.bundle.leaves, last))
    checks = verify_bundle(write_bundle(bundle), TRUST)
    bad = [check for check in checks if check.status is not Status.PASS]
    assert exit_code(checks) == 1 and len(bad) <= MAX_FINDINGS + 2
    stopped = [check for check in bad if check.check == "stopped"]
    assert stopped[0].sid == "f" + sample_of.SID[1:], "a session that was not checked is no pass"
    assert "left out" in stopped[-1].message


def test_openings_given_many_times_are_counted_once_each() -> None:
    bundle = replace(SAMPLE.bundle, openings=SAMPLE.bundle.openings * 3)
    found = [c for c in verify_bundle(write_bundle(bundle), TRUST) if c.message.endswith("is opened twice.")]
    assert len(found) == len(SAMPLE.bundle.openings)


SAMPLE = sample_of.sample()
