"""A running service renews the mark of its clock, and goes on where that fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from zaichang.adapters.posix.clock_mark import check_clock
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import StorageError
from zaichang.main import clocks
from zaichang.main.clocks import keep_mark, renew_mark


async def test_the_mark_is_renewed_while_the_service_runs_and_a_failure_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [StorageError("storage.full", "The disk is full.", "Make room.")]

    def renewed(where: DataFolder) -> None:
        if failures:
            raise failures.pop()
        renew_mark(where)

    monkeypatch.setattr(clocks, "renew_mark", renewed)
    folder = DataFolder(tmp_path)
    folder.prepare()
    check_clock(folder, 0, accepted=True)
    path = folder.root / "clock.json"
    mark = json.loads(path.read_text())
    path.write_text(json.dumps({**mark, "seen_ms": 1}))
    keeping = asyncio.create_task(keep_mark(folder, 0.001))
    async with asyncio.timeout(20):
        while not (path.is_file() and json.loads(path.read_bytes() or b"{}").get("seen_ms", 1) > 1):
            await asyncio.sleep(0)
    assert not keeping.done() and failures == []
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
