"""``zaichang hours certificate`` asks a running service, and writes the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unit.cli.test_service_call import answering
from zaichang.cli import main

LINE = {"number": "9f3a01bc77d20e41", "state": "issued", "revocation_entry": 12}


def run(tmp_path: Path, *more: str, status: int = 200) -> tuple[int, list[Any]]:
    key = tmp_path / "key"
    key.write_text("zk\n")
    with answering(status, json.dumps(LINE).encode()) as (url, met):
        code = main(["hours", "certificate", "--service", url, "--key-file", str(key), *more])
    return code, met


def test_issuing_asks_for_the_certificate_and_then_for_its_pdf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "c.pdf"
    asked = ["--learner", "learner-17", "--rules", "cq-pharmacist-2025", "--year", "2026", "--name", "李四"]
    code, [issue, copy] = run(tmp_path, *asked, "--out", str(out), "--json")
    assert code == 0 and json.loads(capsys.readouterr().out)["number"] == LINE["number"]
    body = {"learner": "learner-17", "rules": "cq-pharmacist-2025", "year": 2026, "name": "李四", "replaces": ""}
    assert issue == ("/base/v1/certificates", "Bearer zk", body)
    assert copy == (f"/base/v1/certificates/{LINE['number']}/pdf", "Bearer zk", {"name": "李四"})
    assert json.loads(out.read_bytes()) == LINE


def test_a_copy_of_the_data_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, [copy] = run(tmp_path, "--copy", "9f3a01bc77d20e41", "--data-only")
    assert code == 0 and copy[0].endswith("/proof")
    assert (tmp_path / "9f3a01bc77d20e41.certificate.json").is_file()
    code, [badge] = run(tmp_path, "--copy", "9f3a01bc77d20e41", "--badge")
    assert code == 0 and badge[0].endswith("/badge") and (tmp_path / "9f3a01bc77d20e41.badge.jwt").is_file()


@pytest.mark.parametrize(
    ("asked", "path", "body", "said"),
    [
        (
            ("--revoke", "9f3a01bc77d20e41", "--reason", "REVOKED_ERROR", "--note", "算错"),
            "revocation",
            {"reason": "REVOKED_ERROR", "note": "算错"},
            "proposed",
        ),
        (("--confirm", "9f3a01bc77d20e41"), "revocation/confirm", {}, "index 12"),
        (("--refuse", "9f3a01bc77d20e41"), "revocation/refuse", {}, "stands"),
    ],
)
def test_a_revocation_is_proposed_confirmed_or_refused(
    asked: tuple[str, ...], path: str, body: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, [met] = run(tmp_path, *asked)
    assert code == 0 and met[0].endswith(f"/9f3a01bc77d20e41/{path}") and met[2] == body
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("asked", [("--learner", "l"), ("--revoke", "n"), ("--copy", "../x")])
def test_a_command_that_lacks_a_part_asks_nothing(asked: tuple[str, ...], tmp_path: Path) -> None:
    code, met = run(tmp_path, *asked)
    assert code != 0 and met == []


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = run(tmp_path, "--copy", "9f3a01bc77d20e41", "--out", str(tmp_path / "no" / "c.pdf"))
    assert code != 0 and "certificate.not_writable" in capsys.readouterr().err
