"""A witness that answers with a byte now and then does not hold up the end of a service's process."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from support.dripping import dripping
from support.process import serving
from support.witness_server import COSIGNER
from zaichang.main.service import build
from zaichang.settings import load_settings

pytestmark = pytest.mark.e2e

STOP_S = 120
"""Far above the 5 s of the last round, for a busy machine; a process that waits for the witness waits for hours."""


async def test_the_process_ends_while_a_witness_drips(tmp_path: Path) -> None:
    services = await build(load_settings(None, {"data": tmp_path}, {}))
    async with services:
        await services.institutions.add("inst", "机构", "Institution")
        await services.logs.log_for("inst", time.time_ns() // 1_000_000)
    asked: list[str] = []
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", met=asked) as url:
        async with serving(tmp_path, env={"ZAICHANG_LOG_WITNESSES": f"{url} {COSIGNER.vkey}"}) as server:
            assert asked, "the witness was asked before the service signed, and did not hold up the start"
            async with asyncio.timeout(STOP_S):
                while len(asked) < 2:  # until a round is under way
                    await asyncio.sleep(0.05)
                assert await server.stop() in (0, -signal.SIGTERM), "it ended as asked; the server hands the signal on"
