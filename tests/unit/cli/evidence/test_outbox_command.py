"""``zaichang log outbox`` on a real data folder; a folder without a log is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.cli import main


async def test_a_real_outbox_is_compared_by_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.study(await token(services), 130_000, 5_000)
    command = ["log", "outbox", "--data", str(tmp_path)]
    assert await asyncio.to_thread(main, command) == 0
    assert "lines are as the log states." in capsys.readouterr().out
    (path,) = (tmp_path / "outbox").glob("*.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    value = json.loads(lines[0])
    value["record"]["verified_ms"] += 1
    path.write_text("".join([json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n", *lines[1:]]))
    assert await asyncio.to_thread(main, [*command, "--json"]) == 1
    assert '"E_MINUTES"' in capsys.readouterr().out
    other = json.loads(lines[0]) | {"learner": "another"}
    path.write_text("".join([json.dumps(other, sort_keys=True, separators=(",", ":")) + "\n", *lines[1:]]))
    assert await asyncio.to_thread(main, command) == 1
    assert "learner or institution" in capsys.readouterr().err
    path.write_text("".join(lines[1:]))
    assert await asyncio.to_thread(main, command) == 1
    assert "E_" in capsys.readouterr().err


def test_a_folder_without_a_log_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "outbox", "--data", str(tmp_path)]) == 2
    assert "log.none" in capsys.readouterr().err
