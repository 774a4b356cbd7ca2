"""log key and log record on a data folder."""

import json
from pathlib import Path

import pytest

from support.evidence_folder import DOMAIN, INSTITUTION, Recorded, record_session
from zaichang.adapters.posix.record_spool import PosixRecordSpool
from zaichang.cli import main
from zaichang.core.canonical import parse_canonical_object
from zaichang.log.reader import LogReader
from zaichang.log.shelf import log_year
from zaichang.main.logs import open_published

NOW_YEAR = 2023


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.setenv("ZAICHANG_LOG_DOMAIN", DOMAIN)
    monkeypatch.setattr("zaichang.cli.evidence.log_change._now_ms", lambda: 1_700_000_900_000)
    assert log_year(1_700_000_900_000) == NOW_YEAR
    return record_session(tmp_path / "data", minutes=1)


def base(recorded: Recorded) -> list[str]:
    return ["--data", str(recorded.folder.root), "--institution", INSTITUTION, "--json"]


def test_rotate_revoke_and_verify(recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "key", "rotate", *base(recorded)]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["log", "key", "revoke", *base(recorded)]) == 0
    second = json.loads(capsys.readouterr().out)
    assert first["new"] == second["old"] and second["size"] == first["size"] + 2
    old_id = first["old"].split("+")[1]
    assert main(["log", "key", "revoke", old_id, "--until", "2", *base(recorded)]) == 0
    capsys.readouterr()
    assert main(["log", "keys", "--data", str(recorded.folder.root)]) == 0
    listed = capsys.readouterr().out
    assert listed.count("log ") == 3 and listed.count("revoked ") == 2
    trust = tmp_path / "trust"
    trust.write_text(listed)
    command = ["verify", str(recorded.log_root), "--trust", str(trust), "--json"]
    assert main(command) == 0
    assert any('"check": "key"' in line for line in capsys.readouterr().out.splitlines())
    assert main(["log", "fsck", "--data", str(recorded.folder.root)]) == 0
    assert main(["log", "key", "rotate", *base(recorded)[:-1], "--year", "1999"]) == 2
    assert main(["log", "key", "revoke", "deadbeef", *base(recorded)]) == 3


def test_uploads_and_samples_are_logged(recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("request", "response"):
        (tmp_path / name).write_text(name)
    upload = [
        "log", "record", *base(recorded), "upload", "--target", "hnrs", "--from-index", "1", "--to-index", "3",
        "--request", str(tmp_path / "request"), "--response", str(tmp_path / "response"), "--status", "200",
    ]  # fmt: skip
    assert main(upload) == 0
    index = json.loads(capsys.readouterr().out)["index"]
    leaf = parse_canonical_object(LogReader(open_published(recorded.log_root)).entry(index))
    assert (leaf["t"], leaf["target"], leaf["status"], leaf["from_index"]) == ("upload", "hnrs", 200, 1)
    assert main(upload) == 0
    assert json.loads(capsys.readouterr().out)["index"] == index, "told twice, logged once"
    backwards = [word if word != "1" else "9" for word in upload]
    assert main(backwards) == 3
    assert main([*upload[:-1], "-200"]) == 1
    beyond = [word if word != "3" else "999999" for word in upload]
    assert main(beyond) == 3
    assert "log.range" in capsys.readouterr().out
    PosixRecordSpool(recorded.folder).all()

    key, note = tmp_path / "key", tmp_path / "announcement"
    trust = tmp_path / "trust"
    trust.write_bytes(recorded.trust)
    announce = [
        "sample", "announce", "--log", str(recorded.log_root), "--trust", str(trust), "--name", "regulator.example",
        "--key", str(key), "--draw-at", "2099-11-25T10:00+08:00", "--out", str(note),
    ]  # fmt: skip
    assert main(announce) == 0
    capsys.readouterr()
    sampling = ["log", "record", *base(recorded), "sampling", "--stage", "draw", "--announcement", str(note)]
    assert main([*sampling, "--document", str(tmp_path / "request")]) == 0
    index = json.loads(capsys.readouterr().out)["index"]
    leaf = parse_canonical_object(LogReader(open_published(recorded.log_root)).entry(index))
    assert (leaf["t"], leaf["stage"]) == ("sampling", "draw") and "document" in leaf


def test_a_record_is_left_for_the_running_service(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "r").write_text("r")
    upload = [
        "log", "record", *base(recorded), "upload", "--target", "hnrs", "--from-index", "1", "--to-index", "3",
        "--request", str(tmp_path / "r"), "--response", str(tmp_path / "r"), "--status", "200",
    ]  # fmt: skip
    recorded.folder.lock()
    try:
        assert main(upload) == 0
        assert main(["log", "key", "rotate", *base(recorded)]) == 2, "not while the service runs"
    finally:
        recorded.folder.unlock()
    assert '"index": null' in capsys.readouterr().out
    assert [entry.institution_id for entry in PosixRecordSpool(recorded.folder).all()] == [INSTITUTION]
    assert main(["log", "record", "--data", str(tmp_path / "nowhere"), *base(recorded)[2:], *upload[7:]]) == 3


def test_a_log_signed_under_a_clock_that_jumped_signs_again(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["log", "clock", *base(recorded)[:-1], "--year", str(NOW_YEAR)]
    assert main(command) == 0
    monkeypatch.setattr("zaichang.cli.evidence.log_change._now_ms", lambda: 1_699_990_000_000)
    assert main(command) == 1
    assert "Check the clock" in capsys.readouterr().out
    assert main([*command, "--set-back"]) == 0
    assert "Write down when and why" in capsys.readouterr().out
    assert main(command) == 0
    assert main(["log", "clock", *base(recorded)[:-1], "--year", "1999"]) == 2
