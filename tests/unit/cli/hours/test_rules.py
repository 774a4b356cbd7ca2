"""``zaichang hours check`` and ``zaichang hours diff``."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from zaichang.cli import main
from zaichang.hours.packs import shipped_rules


def test_all_shipped_packs_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hours", "check"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == list(shipped_rules())


def test_a_wrong_pack_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "own.toml"
    wrong.write_text("[pack]\n")
    assert main(["hours", "check", str(wrong), "sc-cme-2025", "--json"]) == 1
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["ok"], first["error"]["code"], second["ok"]) == (False, "hours.invalid", True)
    assert main(["hours", "check", str(wrong)]) == 1
    assert "hours.invalid" in capsys.readouterr().out


def test_two_packs_differ_in_one_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (resources.files("zaichang") / "policies" / "hours" / "sc-cme-2025.toml").read_text()
    own = tmp_path / "own.toml"
    own.write_text(text.replace('at_least = "25"', 'at_least = "26"'))
    assert main(["hours", "diff", "sc-cme-2025", str(own)]) == 1
    assert capsys.readouterr().out.splitlines() == ["need.credits.at_least: 25 -> 26"]
    assert main(["hours", "diff", "sc-cme-2025", str(own), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {"place": "need.credits.at_least", "old": "25", "new": "26"}
    assert main(["hours", "diff", "sc-cme-2025", "sc-cme-2025"]) == 0


def test_two_statements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, total in (("old", ["1"]), ("new", ["2"])):
        (tmp_path / f"{name}.json").write_text(json.dumps({"notices": total, "lines": []}))
    assert main(["hours", "diff", str(tmp_path / "old.json"), str(tmp_path / "new.json")]) == 1
    assert capsys.readouterr().out.splitlines() == ['notices: ["1"] -> ["2"]']
