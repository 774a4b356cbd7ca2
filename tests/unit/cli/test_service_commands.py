"""The commands on a data folder: one clear sentence for each error, and the exit codes."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.cli import build_parser, main
from zaichang.cli.service import bind
from zaichang.core.errors import ConfigError


async def _studied(data: Path) -> str:
    clock = ManualClock()
    async with service(data, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(70_000)
        await student.finish()
        await student.closed()
        return student.session_id


def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZAICHANG_DATA", "ZAICHANG_PORT", "ZAICHANG_CONFIG"):
        monkeypatch.delenv(name, raising=False)


async def test_replay_export_and_verify_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await _studied(tmp_path / "data")
    run = _in_thread
    data = ["--data", str(tmp_path / "data")]
    assert await run("replay", session_id, "--json", *data) == 0
    assert json.loads(capsys.readouterr().out)["same"] is True
    bundle, trust = tmp_path / "s.bundle", tmp_path / "trust.txt"
    assert await run("export", session_id, *data, "--out", str(bundle), "--trust-out", str(trust)) == 0
    capsys.readouterr()
    assert await run("verify", str(bundle), "--trust", str(trust), "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line["ok"] for line in lines)
    spoilt = bundle.read_bytes().replace(b'"verdict":"V"', b'"verdict":"F"', 1)
    if spoilt == bundle.read_bytes():
        spoilt = bytearray(spoilt)
        spoilt[len(spoilt) // 2] ^= 1
    bundle.write_bytes(bytes(spoilt))
    assert await run("verify", str(bundle), "--trust", str(trust)) == 1


async def test_a_changed_minute_is_found_by_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    session_id = await _studied(tmp_path / "data")
    connection = sqlite3.connect(tmp_path / "data" / "zaichang.sqlite3")
    body = connection.execute("SELECT body FROM minutes WHERE minute = 0").fetchone()[0]
    changed = bytes(body).replace(b'"verdict":"V"', b'"verdict":"F"')
    assert changed != body
    connection.execute("UPDATE minutes SET body = ? WHERE minute = 0", (changed,))
    connection.commit()
    connection.close()
    assert await _in_thread("replay", session_id, "--data", str(tmp_path / "data")) == 1
    assert "minute 0: verdict" in capsys.readouterr().out


async def _in_thread(*arguments: str) -> int:
    """Run a command; those that start an event loop of their own need a thread of their own here."""
    import asyncio

    return await asyncio.to_thread(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (["replay", "ab" * 16, "--data", "none"], 2, "storage.missing"),
        (["export", "ab" * 16, "--data", "none"], 2, "storage.missing"),
        (["replay", "../x", "--data", "none"], 2, "id.invalid"),
        (["serve", "--config", "none.toml"], 3, "config.unreadable"),
        (["enrol", "i", "l", "none.jpg"], 3, "enrol.unreadable"),
        (["verify", "none.bundle", "--log-key", "x"], 2, ""),
    ],
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path,
    arguments: list[str],
    exit_code: int,
    code: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _clean(monkeypatch)
    monkeypatch.chdir(tmp_path)
    result = main(arguments)
    said = capsys.readouterr().err.strip()
    assert said.startswith("zaichang: ") and "\n" not in said and code in said
    assert result == exit_code or not code


def test_an_unknown_setting_stops_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _clean(monkeypatch)
    config = tmp_path / "z.toml"
    config.write_text("prot = 1")
    assert main(["serve", "--config", str(config)]) == 3
    assert "'prot'" in capsys.readouterr().err


def test_a_data_folder_that_cannot_be_written_stops_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _clean(monkeypatch)
    (tmp_path / "file").write_text("in the way")
    assert main(["serve", "--port", "0", "--data", str(tmp_path / "file")]) == 2
    assert "storage.not_writable" in capsys.readouterr().err


def test_a_taken_port_stops_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _clean(monkeypatch)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), "--data", str(tmp_path)]) == 3
    said = capsys.readouterr().err
    assert "serve.port_taken" in said and str(port) in said
    assert not (tmp_path / "zaichang.sqlite3").exists()


def test_an_address_that_is_not_ours_is_said() -> None:
    with pytest.raises(ConfigError) as caught:
        bind("203.0.113.1", 0)
    assert caught.value.code == "serve.address"


@pytest.mark.parametrize("line", ["", "nonsense", "serve --prot 1", "replay", "serve --port x"])
def test_wrong_usage_exits_with_3(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(line.split())
    assert caught.value.code == 3
    assert capsys.readouterr().err


def test_json_errors_have_the_one_shape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["replay", "ab" * 16, "--data", "none", "--json"]) == 2
    assert set(json.loads(capsys.readouterr().out)["error"]) == {"code", "message", "hint"}


def test_every_command_has_a_help_and_a_handler() -> None:
    parser = build_parser()
    [commands] = [action for action in parser._actions if action.dest == "command"]
    assert {"serve", "demo", "enrol", "replay", "export", "verify"} <= set(commands.choices or ())
