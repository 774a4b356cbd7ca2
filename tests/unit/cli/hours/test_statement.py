"""``zaichang hours statement``, ``explain`` and ``replay``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zaichang.cli import main

RULES = ("--rules", "cq-pharmacist-2025")
YEAR = ("--year", "2026")
BULK = {"id": "a", "kind": "study_sum", "category": "public", "within": ["2026-01-01", "2026-02-01"], "minutes": 90}


@pytest.fixture
def facts(tmp_path: Path) -> str:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"format": "zaichang-facts@1", "entry": [BULK]}))
    return str(path)


def test_a_statement_in_words_and_as_json(facts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "statement", "--facts", facts, *RULES, *YEAR]) == 0
    assert "总计: 2" in capsys.readouterr().out.splitlines()
    assert main(["hours", "statement", "--facts", facts, *RULES, *YEAR, "--json", "--as-of", "2026-12-31"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["total"], values["as_of"]) == ("2", "2026-12-31")


def test_a_pack_and_a_statement_explained(facts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "explain", *RULES, "--language", "en"]) == 0
    assert "Hours of Chongqing licensed pharmacists (2025)" in capsys.readouterr().out
    assert main(["hours", "explain", *RULES, *YEAR, "--facts", facts, "--json"]) == 0
    assert "总计: 2" in json.loads(capsys.readouterr().out)


def test_a_statement_follows_from_its_facts_or_not(
    facts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["hours", "statement", "--facts", facts, *RULES, *YEAR, "--json"])
    values = json.loads(capsys.readouterr().out)
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(values))
    assert main(["hours", "replay", str(kept), "--facts", facts]) == 0
    assert "follows" in capsys.readouterr().out
    kept.write_text(json.dumps(values | {"total": "3"}))
    assert main(["hours", "replay", str(kept), "--facts", facts]) == 1
    assert capsys.readouterr().out == "total: kept 3, counted 2\n"
    assert main(["hours", "replay", str(kept), "--facts", facts, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"] == [{"place": "total", "old": "3", "new": "2"}]


def test_a_year_that_is_none(facts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "statement", "--facts", facts, *RULES, "--year", "26"]) == 3
    assert "26" in capsys.readouterr().err
