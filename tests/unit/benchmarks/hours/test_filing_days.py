"""Some of the simulated days of filing: the platform is hostile, and in the end its list is the ledger's."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.hours import filing_days
from benchmarks.hours.filing_days import Days, simulate


async def test_some_days_against_a_hostile_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing_days, "DOWN", range(2, 4))
    monkeypatch.setattr(filing_days, "CALM_NIGHTS", 4)
    findings, counts = await simulate(tmp_path, 4, 3, 1)
    assert findings == []
    assert counts["failed exchanges"] and counts["met down"] and counts["rows at the platform"]


async def test_a_platform_that_keeps_the_earlier_row_has_one_row_of_each_course_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing_days, "MOODS", {})
    monkeypatch.setattr(filing_days, "KEEP_PCT", 100)
    monkeypatch.setattr(filing_days, "CALM_NIGHTS", 5)
    findings, counts = await simulate(tmp_path, 5, 2, 3, replaces=False)
    assert findings == []
    assert counts["rows beside an earlier one"], "the state was reached"


async def test_a_row_that_the_platform_loses_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Days.findings

    async def lose(days: Days) -> list[str]:
        days.fake.rows.popitem()
        return await honest(days)

    monkeypatch.setattr(Days, "findings", lose)
    monkeypatch.setattr(filing_days, "CALM_NIGHTS", 3)
    findings, _ = await simulate(tmp_path, 2, 3, 1)
    assert [finding.split(" ")[0] for finding in findings] == ["missing_there"]
