"""``zaichang hours feed``, ``audit`` and a statement from the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("ZAICHANG_DATA", "ZAICHANG_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return str(tmp_path)


def study(data: str) -> None:
    import asyncio

    async def session() -> None:
        clock = ManualClock()
        async with service(Path(data), clock=clock) as services:
            student = Student(services, clock)
            await student.begin(await token(services))
            await student.play(130_000, 10_000)
            await student.finish()
            await student.closed()

    asyncio.run(session())


def test_from_the_store_to_the_statement(data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study(data)
    assert main(["hours", "feed", "--data", data]) == 0
    assert capsys.readouterr().out == "1 facts made.\n"
    assert main(["hours", "feed", "--data", data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"made": 0}
    assert main(["hours", "audit", "--data", data, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["sessions"], found["findings"], found["waiting"]) == (1, [], 0)
    assert found["facts_ms"] == found["log_ms"] > 60_000

    catalogue = tmp_path / "catalogue.toml"
    catalogue.write_text('format = "zaichang-catalogue@1"\n[category]\n"inst/course" = "public"\n')
    who = ["--institution", "inst", "--learner", "learner", "--rules", "cq-pharmacist-2025", "--data", data, "--json"]
    years = []
    for year in ("2023", "2026"):
        assert main(["hours", "statement", *who, "--year", year, "--catalogue", str(catalogue)]) == 0
        years.append(json.loads(capsys.readouterr().out))
    [values] = [year for year in years if year["total"] != "0"]
    assert values["public"] == values["total"]


def test_a_difference_is_a_finding(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    study(data)
    main(["hours", "feed", "--data", data])
    with sqlite3.connect(Path(data) / "zaichang.sqlite3") as database:
        database.execute("UPDATE hour_facts SET verified_ms = verified_ms + 1")
    database.close()
    capsys.readouterr()
    assert main(["hours", "audit", "--data", data]) == 1
    counts, steps, finding = capsys.readouterr().out.splitlines()
    assert counts.startswith("1 sessions: facts ") and "the facts hold" in finding
    assert steps == "0 steps of activities, 0 waiting"


def test_no_facts_are_named(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "statement", "--rules", "cq-pharmacist-2025", "--year", "2026", "--data", data]) == 3
    assert "hours.no_facts" in capsys.readouterr().err
