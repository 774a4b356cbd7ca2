"""``zaichang hours cases``: a line per case, the counts last, the exit code by the worst."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zaichang.cli import main

HEAD = 'format = "zaichang-ledger-cases@1"\n'


def case(name: str, expect: str, pack: str = "cq-pharmacist-2025") -> str:
    return f'[[case]]\nid = "{name}"\npack = "{pack}"\nyear = "2026"\nexpect = {{ {expect} }}\n'


def run(folder: Path, text: str, *options: str) -> int:
    path = folder / "cases.toml"
    path.write_text(HEAD + text)
    return main(["hours", "cases", str(path), *options])


def test_all_come_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, case("A", 'total = "0"')) == 0
    assert capsys.readouterr().out.splitlines() == ["A ok", "1 cases: 1 ok, 0 differ, 0 with an unknown word"]


def test_one_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, case("A", 'total = "1", status = "met"') + case("B", 'total = "0"')) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A differs: total: expected 1, got 0; status: expected met, got not_met"
    assert lines[2] == "2 cases: 1 ok, 1 differ, 0 with an unknown word"


def test_an_unknown_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, case("A", 'moon = "1"') + case("B", 'total = "1"')) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("A unknown: ") and "moon" in lines[0]
    assert lines[2] == "2 cases: 0 ok, 1 differ, 1 with an unknown word"


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, case("A", 'total = "0"') + case("B", 'total = "1"') + case("C", 'moon = "1"'), "--json") == 3
    first, second, third, counts = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {"case": "A", "ok": True}
    assert second["differences"] == [{"field": "total", "expected": "1", "got": "0"}]
    assert (third["case"], third["ok"]) == ("C", False)
    assert counts == {"cases": 3, "ok": 1, "differ": 1, "unknown": 1}


def test_a_file_that_cannot_be_read_does_not_stop_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[")
    good = tmp_path / "good.toml"
    good.write_text(HEAD + case("A", 'total = "0"'))
    assert main(["hours", "cases", str(bad), str(good)]) == 3
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "A ok"
    assert "bad.toml" in err
