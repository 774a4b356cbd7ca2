"""``zaichang file check``: faults are named before anything is sent, and no person is."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_side import write_files
from zaichang.cli import main


def test_files_are_checked_without_sending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(write_files(tmp_path))
    people = tmp_path / "people.csv"
    assert main(["file", "check", "--target", target, "--people", str(people)]) == 0
    assert "7 columns" in capsys.readouterr().out
    people.write_text("learner,name,id_number\nli,李明,123\nwang,,\n")
    assert main(["file", "check", "--target", target, "--people", str(people)]) == 1
    told = capsys.readouterr().out
    assert "person 1: id_number is no resident ID number" in told and "person 2: name is empty" in told
    assert "李明" not in told
    (tmp_path / "mapping.toml").write_text('format = "x"')
    assert main(["file", "check", "--target", target, "--json"]) == 3
