"""``zaichang manage``: from an empty folder to a lesson with questions, allowances and reviewers, without models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zaichang.cli import main

BANK = {"questions": [{"id": "q1", "text": "1+1?", "options": ["1", "2"], "correct": 1}]}


@pytest.fixture
def manage(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("ZAICHANG_DATA", "ZAICHANG_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str, code: int = 0) -> dict[str, Any]:
        assert main(["manage", *words, "--json", "--data", str(tmp_path / "data")]) == code
        return dict(json.loads(capsys.readouterr().out))

    return call


LESSON = ("--title-zh", "课", "--title-en", "Lesson", "--duration-ms", "60000", "--policy", "demo")


def test_from_nothing_to_a_lesson_with_a_bank(manage: Any, tmp_path: Path) -> None:
    keys = manage("institution", "inst", "--name-zh", "机构", "--name-en", "Institution")
    assert keys["platform"].startswith("zp-") and keys["staff"].startswith("zs-")
    assert manage("lesson", "inst", "course", "one", *LESSON)["lesson"] == "one"
    bank = tmp_path / "bank.json"
    bank.write_text(json.dumps(BANK))
    assert manage("questions", "inst", "course", "one", "--bank", str(bank)) == {"questions": 1}
    manage("lesson", "inst", "course", "one", *LESSON)
    assert manage("questions", "inst", "course", "one") == BANK
    bank.write_text("[]")
    assert manage("questions", "inst", "course", "one", "--bank", str(bank), code=2)["error"]["code"] == (
        "questions.invalid"
    )
    missing = manage("questions", "inst", "course", "one", "--bank", str(tmp_path / "none"), code=3)
    assert missing["error"]["code"] == "questions.unreadable"


def test_allowances_and_reviewers(manage: Any) -> None:
    assert manage("reviewer", "inst", "ren", code=2)["error"]["code"] == "institution.unknown"
    manage("institution", "inst", "--name-zh", "机构", "--name-en", "Institution")
    granted = manage("allowance", "inst", "p-1", "--set", "--extra-time-pct", "50", "--without", "blink")
    assert granted == {"version": 1, "route": "", "extra_time_pct": 50, "liveness_excluded": ["blink"]}
    assert manage("allowance", "inst", "p-1") == granted
    assert manage("allowance", "inst", "p-1", "--set", "--without", "sing", code=2)["error"]["code"] == (
        "allowance.invalid"
    )
    assert manage("reviewer", "inst", "ren")["key"].startswith("zr-")
    assert manage("reviewer", "inst") == {"reviewers": ["ren"]}
    assert manage("reviewer", "inst", "ren", "--revoke") == {"reviewers": []}
