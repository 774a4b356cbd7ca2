"""A signal to stop arrives also while the loop's own pipe is full."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, os, signal, sys, uvicorn
from zaichang.cli.service import _server, loop_factory

async def app(scope, receive, send): ...

async def main():
    loop = asyncio.get_running_loop()
    server = _server(uvicorn.Config(app, port=0, lifespan="off", log_level="error"), lambda: print("players sent away"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    for _ in range(2_000):  # what a large group commit and the vision threads do at one moment
        loop.call_soon_threadsafe(int)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 20)
    print("told to stop:", server.told_to_stop)

with asyncio.Runner(loop_factory={'uvloop': loop_factory(), 'asyncio': None}[sys.argv[1]]) as runner:
    runner.run(main())
"""


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_signal_is_not_lost_behind_two_thousand_callbacks(loop: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, loop], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["players sent away", "told to stop: True"], done.stderr
