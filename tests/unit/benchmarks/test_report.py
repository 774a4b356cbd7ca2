"""The benchmark report states the measurement, the machine and the models."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from benchmarks import report

ROWS = [{"size": 10, "rate_per_s": 1234.56789, "name": "a"}, {"size": 2000, "rate_per_s": None, "name": "bcd"}]


def test_table_aligns_numbers_right() -> None:
    assert report.table(ROWS) == "size  rate_per_s  name\n  10        1235  a\n2000           -  bcd"


def test_table_without_rows_says_so() -> None:
    assert report.table([]) == "(no rows)"


def test_publish_writes_and_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = report.publish(
        "log.append", ROWS, parameters={"n": 1}, notes=["shared machine"], destination=tmp_path / "r.json"
    )
    document = json.loads(path.read_text())
    assert document["rows"] == ROWS
    assert document["parameters"] == {"n": 1}
    assert document["machine"]["cores"] >= 1
    assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?|unknown", document["commit"])
    out = capsys.readouterr().out
    assert "log.append" in out and "rate_per_s" in out and "note: shared machine" in out


def test_model_hashes_name_the_file_that_runs(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(
        '[[model]]\nrole = "detector"\nsha256 = "aa"\nderived_sha256 = "bb"\n[models.mesh]\nsha256 = "cc"\n'
    )
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "pad.onnx").write_bytes(b"x")
    expected = {"detector": "bb", "mesh": "cc", "pad": hashlib.sha256(b"x").hexdigest()}
    assert report.model_hashes(catalog) == expected


def test_model_hashes_without_a_catalogue_are_only_the_weights(tmp_path: Path) -> None:
    assert report.model_hashes(tmp_path / "none.toml") == {}
