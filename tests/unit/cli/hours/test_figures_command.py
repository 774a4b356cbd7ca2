"""``zaichang hours figures`` on a data folder: page, table and JSON say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.evidence_folder import record_session
from zaichang.cli import main


def test_figures_of_a_data_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = record_session(tmp_path / "data", minutes=1)
    page, table = tmp_path / "figures.html", tmp_path / "figures.csv"
    command = ["hours", "figures", "--data", str(recorded.folder.root), "--year", "2023"]
    assert main([*command, "--html", str(page), "--csv", str(table), "--json"]) == 0
    [cell] = json.loads(capsys.readouterr().out)["cells"]
    assert (cell["institution"], cell["month"], cell["small"], cell["sessions"]) == ("inst-1", "2023-11", True, None)
    assert "监测数据 2023" in page.read_text(encoding="utf-8")
    assert table.read_text(encoding="utf-8-sig").splitlines()[1].startswith("2023-11,inst-1,")
    assert main(command) == 0
    assert "1 courses and months, 1 too small to show" in capsys.readouterr().out
    assert main([*command[:-1], "1"]) == 3
    assert main([*command, "--csv", str(tmp_path / "none" / "x")]) == 3
    assert "hours.not_writable" in capsys.readouterr().err


def test_outliers_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from unit.hours.monitoring.test_series import course
    from zaichang.adapters.sql.store import SqliteStore

    async def counts(self: object, from_ms: int, to_ms: int) -> list[object]:
        return [*[course(number) for number in range(6)], course(6, refused=4_000)]

    recorded = record_session(tmp_path / "data", minutes=1)
    monkeypatch.setattr(SqliteStore, "course_counts", counts)
    assert main(["hours", "figures", "--data", str(recorded.folder.root), "--year", "2023"]) == 0
    said = capsys.readouterr().out
    assert "84 courses and months, 0 too small" in said and "2023-01 i1 c6: refusal is high (4444 bp)" in said
