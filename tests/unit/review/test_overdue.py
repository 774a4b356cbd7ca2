"""The alarm about overdue answers goes on after an error."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from support.study import service
from zaichang.core.errors import StorageError
from zaichang.review import overdue
from zaichang.review.overdue import OverdueAppeals


async def test_an_error_is_told_and_the_next_look_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks = asyncio.Semaphore(0)

    async def look(_: OverdueAppeals) -> int:
        looks.release()
        raise StorageError("storage.io", "The disk is gone.")

    monkeypatch.setattr(OverdueAppeals, "look", look)
    monkeypatch.setattr(overdue, "PAUSE_S", 0)
    async with service(tmp_path, enrol_first=False) as services:
        running = asyncio.create_task(OverdueAppeals(services.ports).run())
        with caplog.at_level(logging.ERROR, "zaichang.review"):
            for _ in range(2):
                await asyncio.wait_for(looks.acquire(), 10)
        running.cancel()
    assert "overdue appeals" in caplog.text
