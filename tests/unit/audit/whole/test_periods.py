"""The period that a session's start names must hold its date, and be the one that its record opens."""

from __future__ import annotations

import pytest

from support.log_sessions import SmallLog
from zaichang.audit.check import Status
from zaichang.audit.findings import About, Findings
from zaichang.audit.whole.periods import LATE_MS, check_named_period, check_period, period_of
from zaichang.core.canonical import canonical_bytes
from zaichang.core.periods import year_start_ms

NEW_YEAR_MS = year_start_ms("2027-01-01")


def failed(findings: Findings) -> list[str]:
    return [check.code for check in findings.checks if check.status is Status.FAIL]


@pytest.mark.parametrize(
    ("period", "at_ms", "codes"),
    [
        ("2026-01-01", NEW_YEAR_MS - 1, []),
        ("2026-01-01", NEW_YEAR_MS + LATE_MS - 1, []),
        ("2026-01-01", NEW_YEAR_MS + LATE_MS, ["E_PERIOD"]),
        ("2027-01-01", NEW_YEAR_MS - 1, ["E_PERIOD"]),
        ("2026-11-01", NEW_YEAR_MS, []),
        ("once", NEW_YEAR_MS, []),
        ("", NEW_YEAR_MS, []),
    ],
)
def test_a_period_that_does_not_hold_the_start_is_refused(period: str, at_ms: int, codes: list[str]) -> None:
    findings = Findings()
    check_period(period, at_ms, About(), findings)
    assert failed(findings) == codes


def test_a_start_of_an_earlier_release_counts_in_its_calendar_year() -> None:
    assert (period_of("", NEW_YEAR_MS - 1), period_of("once", NEW_YEAR_MS)) == ("2026-01-01", "once")


@pytest.mark.parametrize(
    ("first", "codes"), [(None, []), (b"{", []), (canonical_bytes({"period": "2026-01-01"}), ["E_PERIOD"])]
)
def test_the_opened_start_names_the_same_period(first: bytes | None, codes: list[str]) -> None:
    log = SmallLog()
    log.start("a")
    findings = Findings()
    check_named_period(log.known()[0], first, "o", findings)
    assert failed(findings) == codes
