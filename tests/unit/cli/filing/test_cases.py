"""``zaichang file cases | decide`` in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zaichang.cli import main
from zaichang.cli.filing.options import ServiceAtUrl

CASE = {
    "target": "cq", "row": {"key": "li/law/2026/1", "code": "E7"}, "owner": "ren",
    "due_ms": 1_767_225_600_000, "state": "open", "proposed_by": "", "decided_by": "",
}  # fmt: skip


def test_cases_and_decisions_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("k\n")
    service = ["--service", "http://127.0.0.1:9", "--key-file", str(tmp_path / "key")]
    answer: dict[str, Any] = {"cases": [CASE]}
    asked: list[object] = []

    def ask(_: ServiceAtUrl, path: str, body: object = None) -> dict[str, Any]:
        asked.append(body or path)
        return answer

    monkeypatch.setattr(ServiceAtUrl, "ask", ask)
    assert main(["file", "cases", *service]) == 1
    assert capsys.readouterr().out == "cq  li/law/2026/1  E7  owner ren, due 2026-01-01\n"
    answer = {"cases": []}
    assert main(["file", "cases", *service]) == 0
    assert main(["file", "cases", "--state", "drop", *service]) == 0
    answer = {**CASE, "proposed_by": "ren"}
    decide = ["file", "decide", "cq", "li/law/2026/1", "drop", "--note", "已离职"]
    assert main([*decide, *service]) == 0
    assert "another reviewer" in capsys.readouterr().out
    answer = {**CASE, "proposed_by": "ren", "decided_by": "sun", "state": "drop"}
    assert main([*decide, *service]) == 0
    assert "li/law/2026/1: drop, owner ren" in capsys.readouterr().out
    assert asked[-1] == {"target": "cq", "key": "li/law/2026/1", "decision": "drop", "owner": "", "note": "已离职"}
