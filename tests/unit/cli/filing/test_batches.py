"""``zaichang file prepare | show | verify``: outside the window nothing is asked; a manifest is checked offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.filing_side import write_files
from support.filing_views import SIGNER, prepared, view
from zaichang.cli import main
from zaichang.cli.filing.options import ServiceAtUrl


def service(tmp_path: Path) -> list[str]:
    (tmp_path / "key").write_text("k\n")
    return ["--service", "http://127.0.0.1:9", "--key-file", str(tmp_path / "key")]


def test_a_closed_year_is_not_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(write_files(tmp_path))
    assert main(["file", "prepare", "--target", target, "--year", "2025", *service(tmp_path)]) == 2
    assert "filing.window" in capsys.readouterr().err


def test_batches_and_rows_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = view(prepared(1))
    line = {"batch": batch.batch_id, "target": "cq", "year": "2026", "number": 1, "made_by": "ren"}
    exchange = {"kind": "sent", "status": 202, "entry": 8, "log_year": 2026, "document": "d" * 64}
    whole = {
        "institution": {"id": "inst"}, "batch": line, "manifest": batch.manifest.decode(), "rows": list(batch.rows),
        "exchanges": [exchange],
    }  # fmt: skip

    def ask(_: ServiceAtUrl, path: str, body: object = None) -> dict[str, Any]:
        return {"batches": [line]} if path == "/batches" else whole

    monkeypatch.setattr(ServiceAtUrl, "ask", ask)
    assert main(["file", "show", *service(tmp_path)]) == 0
    assert "cq-2026-0001  made by ren" in capsys.readouterr().out
    assert main(["file", "show", "cq-2026-0001", *service(tmp_path)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == ["li/law/2026/1  new 2 hour  prepared", "sent: status 202, log entry 8 of 2026"]


def test_a_manifest_is_checked_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest, trust = tmp_path / "m", tmp_path / "trust"
    manifest.write_bytes(view(prepared(1)).manifest)
    trust.write_text(f"log {SIGNER.vkey}\nquorum none\n")
    assert main(["file", "verify", str(manifest), "--trust", str(trust)]) == 0
    assert "1 rows" in capsys.readouterr().out
    manifest.write_bytes(manifest.read_bytes().replace(b'"rows":1', b'"rows":2'))
    assert main(["file", "verify", str(manifest), "--trust", str(trust)]) == 1
