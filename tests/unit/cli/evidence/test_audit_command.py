"""``zaichang audit``: one readable result over a copy of the log and the bundles that were produced."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from support.desk import POLICY
from support.evidence_folder import INSTITUTION, LEARNER, Recorded, record_session
from zaichang.cli import main
from zaichang.core.rules_version import CURRENT

RAN_UNDER = f"{POLICY.name} {POLICY.version}"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_session(tmp_path_factory.mktemp("data"), minutes=3)


@pytest.fixture(scope="module")
def bundle(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "month.bundle"
    base = ["export", "2023-11", "--institution", INSTITUTION, "--data", str(recorded.folder.root)]
    assert main([*base, "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def trust(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "trust"
    path.write_bytes(recorded.trust)
    return path


def test_a_pass_says_who_what_how_long_when_and_by_which_rules(
    recorded: Recorded, bundle: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    command = ["audit", str(recorded.log_root), str(bundle), "--trust", str(trust), "--policy", RAN_UNDER]
    extra = ["--html", str(page), "--regulator", "市药监局", "--institution", "<某学院>", "--announced", "2026-11-25"]
    assert main([*command, *extra]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("通过 PASS") and said[-1].startswith("通过 PASS")
    session = next(line for line in said if line.startswith("PASS "))
    counted_ms = sum(minute.verified_ms for minute in recorded.minutes)
    for part in (
        LEARNER,
        "course-1 lesson-1",
        "2023-11-15",
        f"{counted_ms // 60_000} 分",
        RAN_UNDER,
        f"session {CURRENT.session}",
    ):
        assert part in session, part
    assert any("1 sessions began in the period" in line for line in said)
    report = page.read_text(encoding="utf-8")
    for part in ("市药监局", "&lt;某学院&gt;", "2026-11-25", recorded.session_id, LEARNER, "size:A4", "zaichang 0."):
        assert part in report, part
    assert "<某学院>" not in report


def test_every_check_is_a_line_of_json(
    recorded: Recorded, bundle: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(recorded.log_root), str(bundle), "--trust", str(trust), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["check"] == "session" and lines[0]["learner"] == LEARNER
    assert {"tiles", "chain", "total", "period", "replay"} <= {line["check"] for line in lines}
    assert (lines[-1]["check"], lines[-1]["exit"], lines[-1]["sessions"]) == ("summary", 0, 1)


def test_papers_are_held_against_the_copy(
    recorded: Recorded, bundle: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counted_ms = sum(minute.verified_ms for minute in recorded.minutes)
    for more_ms, code, result in ((0, 0, "pass"), (1, 1, "fail")):
        amount = str(Fraction(counted_ms + more_ms, 45 * 60_000))
        line = {"entry": f"study/{recorded.session_id}", "item": "study", "counted": amount}
        value = {
            "format": "zaichang-statement@1", "rules": "p", "version": "1", "year": "2023", "status": "not_met",
            "total": amount, "lines": [line], "readings": {"study_hour_min": "45"},
        }  # fmt: skip
        paper = tmp_path / "statement.json"
        paper.write_text(json.dumps(value))
        command = ["audit", str(recorded.log_root), str(bundle), "--trust", str(trust), "--papers", str(paper)]
        assert main(command) == code
        assert f"{result.upper()} statement.json statement:" in capsys.readouterr().out
        assert main([*command, "--json"]) == code
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["result"] for line in lines if line["check"] == "paper" and "result" in line] == [result]


def test_another_policy_than_the_demanded_one_is_a_finding(
    recorded: Recorded, bundle: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["audit", str(recorded.log_root), "--trust", str(trust), "--policy", "strict-2026"]
    assert main([*command, str(bundle)]) == 1
    said = capsys.readouterr().out
    assert "发现问题 FAIL" in said and "E_POLICY" in said and "下一步 next:" in said
    closed = tmp_path / "closed.bundle"
    base = ["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(closed)]
    assert main([*base, "--openings", "records"]) == 0
    assert main([*command, str(closed), "--no-replay"]) == 2


def test_other_rules_under_the_name_of_a_shipped_pack_do_not_pass(
    recorded: Recorded, bundle: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["audit", str(recorded.log_root), str(bundle), "--trust", str(trust), "--policy", POLICY.name]
    assert main(command) == 2, "the shipped pack of that name has another version"
    assert "E_POLICY" in capsys.readouterr().out


def test_a_changed_bundle_fails_with_the_next_step_and_its_day(
    recorded: Recorded, bundle: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, page = tmp_path / "bad.bundle", tmp_path / "report.html"
    data = bundle.read_bytes()
    place = data.index(b'playhead_ms\\":') + 14
    bad.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    command = ["audit", str(recorded.log_root), str(bad), "--trust", str(trust), "--html", str(page)]
    assert main(command) == 1
    said = capsys.readouterr().out
    assert "E_OPENING" in said
    assert "passed: 0 小时 0 分 0 秒 (0 ms)" in said, "a session with a finding does not count"
    report = page.read_text(encoding="utf-8")
    assert "发现问题" in report and "下一步、期限" in report and "机构用原文件重新导出" in report
    assert main([*command[:-1], str(tmp_path / "no" / "folder.html")]) == 3


def test_a_log_without_the_quorum_is_undecided(
    recorded: Recorded, bundle: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strict = tmp_path / "strict"
    assert main(["witness", "key", "--name", "w.example.org", "--folder", str(tmp_path / "w")]) == 0
    vkey = capsys.readouterr().out.strip()
    strict.write_text(trust.read_text().replace("quorum none", f"witness w {vkey}\nquorum w"))
    assert main(["audit", str(recorded.log_root), str(bundle), "--trust", str(strict)]) == 2
    said = capsys.readouterr().out
    assert "无法判定 UNDECIDED" in said and "Wait for the next round of the witnesses." in said


def test_a_file_that_is_no_bundle_is_undecided(recorded: Recorded, trust: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"no bundle\n")
    assert main(["audit", str(recorded.log_root), str(other), "--trust", str(trust)]) == 2
