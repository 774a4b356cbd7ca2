"""Findings keep checks in order with their place, and search for the changed byte of the first few only."""

from __future__ import annotations

from zaichang.audit.check import Status, exit_code
from zaichang.audit.findings import MAX_FINDINGS, MAX_LOCATED, About, Findings
from zaichang.core.errors import EvidenceError

HERE = About(origin="log", index=3, sid="s", segment=1, event=2)


def test_each_kind_of_check_keeps_its_place_and_words() -> None:
    findings = Findings()
    findings.passed("chain", HERE, "well")
    findings.failed("roots", "E_X", "bad", HERE, field="root", expected=b"\x01", got=2)
    findings.undecided("opening", "E_Y", "missing", HERE)
    findings.error("replay", EvidenceError("E_Z", "broken"), HERE)
    assert [(c.check, c.status, c.code, c.message) for c in findings.checks] == [
        ("chain", Status.PASS, None, "well"),
        ("roots", Status.FAIL, "E_X", "bad"),
        ("opening", Status.UNDECIDED, "E_Y", "missing"),
        ("replay", Status.FAIL, "E_Z", "broken"),
    ]
    assert (findings.checks[1].expected, findings.checks[1].got) == ("01", "2")
    assert {(c.origin, c.index, c.sid, c.segment, c.event) for c in findings.checks} == {("log", 3, "s", 1, 2)}


def test_equal_values_leave_no_finding_and_long_ones_are_cut() -> None:
    findings = Findings()
    assert findings.equal("chain", "E_X", HERE, "seq", 1, 1, "differs")
    assert findings.checks == []
    assert not findings.equal("chain", "E_X", HERE, "seq", "x" * 201, "y" * 200, "differs")
    [check] = findings.checks
    assert (check.expected, check.got) == ("x" * 197 + "...", "y" * 200)


def test_the_changed_byte_is_named_for_the_first_findings_only() -> None:
    findings, good = Findings(), b'{"at_ms":12345}'
    for _ in range(MAX_LOCATED + 1):
        findings.changed(
            "opening", "E_X", "Changed.", HERE, data=b'{"at_ms":12395}', good=lambda data: data == good, field="payload"
        )
    assert [check.field for check in findings.checks] == ["at_ms"] * MAX_LOCATED + ["payload"]
    assert findings.checks[0].expected == "12345"


def test_a_thousand_findings_are_kept_and_the_rest_is_counted() -> None:
    findings = Findings()
    for n in range(MAX_FINDINGS + 5):
        findings.failed("x", "E_FORMAT", "bad", About(event=n))
    assert findings.full and findings.left_out == 5
    findings.unchecked(About(sid="s"))
    findings.finish(About())
    assert len(findings.checks) == MAX_FINDINGS + 2
    assert [check.message for check in findings.checks[-2:]] == [
        "Not checked: 1000 findings stand before it.", "5 further findings are left out.",
    ]  # fmt: skip


def test_a_failed_check_is_not_lost_behind_a_thousand_undecided_ones() -> None:
    findings = Findings()
    for n in range(MAX_FINDINGS + 1):
        findings.undecided("x", "E_FORMAT", "?", About(event=n))
    findings.failed("x", "E_FORMAT", "bad", About())
    findings.failed("x", "E_FORMAT", "bad", About())
    assert (exit_code(findings.checks), len(findings.checks), findings.left_out) == (1, MAX_FINDINGS + 1, 2)
    findings.passed("x", About())
    assert len(findings.checks) == MAX_FINDINGS + 2


def test_nothing_left_out_is_not_mentioned() -> None:
    findings = Findings()
    findings.finish(About())
    assert findings.checks == []
