"""A log that had changed to a newer form of its leaves holds no later leaf of the older one."""

from __future__ import annotations

from zaichang.audit.findings import About, Findings
from zaichang.audit.time_checks import SKEW_MS
from zaichang.audit.whole.forms import Forms
from zaichang.core.units import MINUTE_MS, ROUND_MS
from zaichang.tlog.leaf_dates import latest_ms

LATEST_MS = MINUTE_MS - 1 + SKEW_MS


def found(*leaves: tuple[int, int]) -> list[int | None]:
    findings = Findings()
    forms = Forms(findings)
    for index, (version, at_ms) in enumerate(leaves):
        forms.take(About(index=index), version, at_ms, latest_ms(version, "session.start", at_ms))
    assert {check.code for check in findings.checks} <= {"E_SCHEMA"}
    return [check.index for check in findings.checks]


def test_an_upgraded_log_passes_with_leaves_that_waited_for_it() -> None:
    assert found((1, 5), (2, 60_000), (1, 60_000 + LATEST_MS), (2, 120_000)) == []


def test_a_later_leaf_of_the_older_form_is_named() -> None:
    assert found((2, 60_000), (1, 60_001 + LATEST_MS), (2, 0), (1, LATEST_MS), (1, LATEST_MS + 1)) == [1, 4]


def test_a_leaf_of_version_2_may_be_dated_until_the_first_round_of_version_3_ends() -> None:
    last_ms = ROUND_MS + ROUND_MS - 1 + SKEW_MS
    assert found((3, ROUND_MS), (2, last_ms), (2, last_ms + 1)) == [2]
