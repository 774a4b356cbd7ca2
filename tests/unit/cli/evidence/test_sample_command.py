"""A regulator's sample from announcement to report, on a real log."""

import json
from pathlib import Path

import pytest

from support.evidence_folder import DOMAIN, INSTITUTION, Recorded, record_session
from zaichang.cli import main

DICE = "20237331128159211123"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_session(tmp_path_factory.mktemp("data"), minutes=4)


def announced(recorded: Recorded, home: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[list[str], str]:
    trust = home / "trust"
    trust.write_bytes(recorded.trust)
    base = ["--log", str(recorded.log_root), "--trust", str(trust)]
    command = ["sample", "announce", *base, "--name", "regulator.example", "--key", str(home / "key")]
    assert main([*command, "--draw-at", "2099-11-25T10:00+08:00", "--out", str(home / "announcement"), *more]) == 0
    return base, capsys.readouterr().out.strip().rsplit(" ", 1)[-1]


def test_announce_draw_report(recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, vkey = announced(recorded, tmp_path, capsys)
    draw, out, page, bundle = (str(tmp_path / name) for name in ("draw", "report.json", "report.html", "bundle"))
    drawing = ["sample", "draw", *base, "--announcement", str(tmp_path / "announcement"), "--regulator", vkey]
    assert main([*drawing, "--seed", DICE, "--out", draw]) == 0
    said = capsys.readouterr()
    assert "1 of 1 projects, 1 sessions" in said.out
    assert "this can only be a rehearsal" in said.err, "the announced time has not come"
    reporting = ["sample", "report", *base, "--draw", draw, "--out", out, "--html", page]
    assert main(reporting) == 1
    assert "E_NOT_PRODUCED" in capsys.readouterr().out
    assert main(["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", bundle]) == 0
    assert main([*reporting, bundle]) == 0
    result = json.loads(Path(out).read_text())["results"]
    assert [(row["index"], row["sid"], row["result"]) for row in result] == [(2, recorded.session_id, "pass")]
    assert "抽样检查报告" in Path(page).read_text()

    data = Path(bundle).read_bytes()
    Path(bundle).write_bytes(data.replace(b'\\"verified_ms\\":60000', b'\\"verified_ms\\":60001', 1))
    assert main([*reporting, bundle]) == 1
    assert json.loads(Path(out).read_text())["results"][0]["result"] == "fail"
    Path(draw).write_text(Path(draw).read_text().replace('"drawn":1', '"drawn":2'))
    Path(bundle).write_bytes(data)
    assert main([*reporting, bundle]) == 1
    assert json.loads(Path(out).read_text())["findings"][0]["code"] == "E_DRAW"


def test_the_log_may_have_grown_but_not_changed_since_it_was_frozen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = record_session(tmp_path / "data", minutes=1)
    base, vkey = announced(recorded, tmp_path, capsys)
    drawing = ["sample", "draw", *base, "--announcement", str(tmp_path / "announcement"), "--regulator", vkey]
    path = next((recorded.log_root / "public/tile/entries").rglob("*.p/5"))
    path.rename(path.with_name("5-kept"))
    from zaichang.tlog.tiles import decode_bundle, encode_bundle

    entries = decode_bundle(path.with_name("5-kept").read_bytes(), 5)
    path.with_name("7").write_bytes(encode_bundle([*entries, b"later", b"later still"]))
    assert main([*drawing, "--seed", DICE, "--out", str(tmp_path / "draw")]) == 0
    path.with_name("7").write_bytes(
        encode_bundle([*entries[:2], entries[3], entries[2], entries[4], b"later", b"later still"])
    )
    assert main([*drawing, "--seed", DICE, "--out", str(tmp_path / "draw")]) == 1
    assert "E_DRAW" in capsys.readouterr().err


def test_bad_announcements_and_times_are_said(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, vkey = announced(recorded, tmp_path, capsys)
    command = ["sample", "announce", *base, "--name", "regulator.example", "--key", str(tmp_path / "key")]
    for time in ("tomorrow", "2099-11-25T10:00", "2099-11-25", "2099-02-30T10:00+08:00"):
        assert main([*command, "--draw-at", time, "--out", str(tmp_path / "a")]) == 3
    assert main([*command, "--draw-at", "2020-11-25T10:00+08:00", "--out", str(tmp_path / "a")]) == 1
    note = tmp_path / "announcement"
    note.write_bytes(note.read_bytes().replace(b'"project_rate_bp":800', b'"project_rate_bp":600'))
    drawing = ["sample", "draw", *base, "--announcement", str(note), "--regulator", vkey]
    assert main([*drawing, "--seed", DICE, "--out", str(tmp_path / "draw")]) == 1
    assert "E_NOTE_SIG" in capsys.readouterr().err


def test_projects_are_recorded_before_the_dice_and_drawn_also_without_a_session(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZAICHANG_LOG_DOMAIN", DOMAIN)
    monkeypatch.setattr("zaichang.cli.evidence.log_change._now_ms", lambda: 1_700_000_900_000)
    recorded = record_session(tmp_path / "data", minutes=1)
    record = ["log", "record", "--data", str(recorded.folder.root), "--institution", INSTITUTION, "project"]
    days = ["--published", "2023-01-05", "--from", "2023-02-01", "--to", "2023-12-31"]
    assert main([*record, "--course", "empty", "--filing", "2023/7", *days]) == 0
    assert main([*record, "--course", "empty", "--filing", "2023/7", *days[:-1], "2023-01-31"]) == 3
    assert "log.project" in capsys.readouterr().err
    base, vkey = announced(recorded, tmp_path, capsys, "--projects-bp", "1000")
    drawing = ["sample", "draw", *base, "--announcement", str(tmp_path / "announcement"), "--regulator", vkey]
    said = []
    for digit in "0123456789":
        assert main([*drawing, "--seed", DICE + digit, "--out", str(tmp_path / "draw")]) == 0
        said.append(capsys.readouterr())
    assert all("1 of 2 projects" in each.out for each in said)
    assert any("empty: no session; inspect the papers" in each.out for each in said)
    assert all("has sessions, and the log publishes no such project" in each.err for each in said)
    base, vkey = announced(recorded, tmp_path, capsys, "--frame", "sessions")
    assert main([*drawing, "--seed", DICE, "--out", str(tmp_path / "draw")]) == 0
    assert "1 of 1 projects" in capsys.readouterr().out
