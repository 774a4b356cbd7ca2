"""A real ``zaichang serve`` process, and a page that studies over its real websocket."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import websockets

from zaichang.main.service import build
from zaichang.protocol import messages as m
from zaichang.protocol.codec import decode_server, encode, encode_capture
from zaichang.session.policy import Policy
from zaichang.session.schedule import client_commitment
from zaichang.settings import load_settings
from zaichang_simulation.demo.learner import Camera, portrait

ROOT = Path(__file__).resolve().parents[2]
START_S = 240
OPEN = {"ZAICHANG_LOG_HOLD_BACK": "false"}
POLICY = Policy(
    name="e2e",
    proofs=("presence", "identity"),
    capture_mean_ms=5_000,
    capture_min_gap_ms=2_000,
    capture_max_gap_ms=8_000,
    heartbeat_ms=1_000,
    segment_ms=15_000,
    challenge_kinds=(),
)


async def prepare(data: Path, policy: Policy = POLICY) -> str:
    """Set up ``data`` with a lesson and an enrolled learner; return a launch token for it."""
    services = await build(load_settings(None, {"data": data, "log_hold_back": False}, {}))
    async with services:
        await services.institutions.add("inst", "机构", "Institution")
        await services.lessons.add(
            "inst", "course", "lesson", title_zh="课", title_en="Lesson", duration_ms=600_000, policy=policy
        )
        await services.enrolling.from_photos("inst", "learner", [portrait()])
        return await services.launches.issue("inst", "learner", "course", "lesson")


class Server:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"ws://127.0.0.1:{port}/v1/session"

    async def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(START_S):
            return await self.process.wait()


@asynccontextmanager
async def serving(data: Path, port: int = 0, env: Mapping[str, str] = MappingProxyType({})) -> AsyncIterator[Server]:
    """Start ``zaichang serve`` on ``data``, with some variables more, and wait until it serves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "zaichang",
        "serve",
        "--data",
        str(data),
        "--port",
        str(port),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "service"), "PYTHONUNBUFFERED": "1", **OPEN, **env},
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            line = (await process.stdout.readline()).decode()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found is not None, f"the service did not say where it serves: {line!r}"
        yield Server(process, int(found[1]))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Page:
    """Plays a lesson in real time; remembers what was acknowledged."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.session_id = ""
        self.acknowledged: list[m.Ack] = []
        self.minutes: dict[int, m.MinuteSealed] = {}
        self.closed: m.Closed | None = None
        self.resumed = False
        self.captures = 0
        self._camera = Camera()
        self._seq = 0
        self._nonce = ""
        self._client_nonce = "ab" * 16
        self._playing = False
        self._playhead_ms = 0.0
        self._moved = 0.0

    async def study(self, url: str, until: asyncio.Event) -> None:
        """Study until ``until`` is set (then finish) or the connection ends."""
        async with websockets.connect(url, compression=None) as socket:
            commitment = client_commitment(self._client_nonce)
            join = m.Join(protocol=1, token=self.token, client_nonce_c=commitment, resume=self.session_id, locale="en")
            await socket.send(encode(join))
            tasks = [asyncio.create_task(self._beat(socket)), asyncio.create_task(self._finish(socket, until))]
            try:
                async for data in socket:
                    await self._handle(socket, decode_server(data))
            except websockets.ConnectionClosed:
                pass
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _handle(self, socket: websockets.ClientConnection, message: m.ServerMessage) -> None:
        match message:
            case m.Joined():
                self.session_id, self.resumed = message.session_id, message.resumed
                self._seq, self._nonce = message.seq, message.nonce
                self._playhead_ms = max(self._playhead_ms, message.frontier_ms)
                if message.reveal:
                    await socket.send(encode(m.Reveal(client_nonce=self._client_nonce)))
            case m.Ack():
                self.acknowledged.append(message)
                self._seq, self._nonce = message.seq + 1, message.nonce
            case m.CaptureOrder():
                self.captures += 1
                picture = self._camera.picture(asyncio.get_running_loop().time())
                header = m.CaptureHeader(capture_id=message.capture_id, nonce=message.nonce, camera="cam")
                await socket.send(encode_capture(header, picture))
            case m.Resume() | m.Pause():
                self._move()
                self._playing = isinstance(message, m.Resume)
            case m.MinuteSealed():
                self.minutes[message.index] = message
            case m.Closed():
                self.closed = message
            case _:
                pass

    def _move(self) -> int:
        now = asyncio.get_running_loop().time()
        if self._playing:
            self._playhead_ms += (now - self._moved) * 1000
        self._moved = now
        return int(self._playhead_ms)

    async def _beat(self, socket: websockets.ClientConnection) -> None:
        sent = 0
        while True:
            if self._seq != sent:
                sent, playhead_ms = self._seq, self._move()
                await socket.send(
                    encode(m.Heartbeat(seq=sent, nonce=self._nonce, playhead_ms=playhead_ms, playing=self._playing))
                )
            await asyncio.sleep(1 if self.acknowledged else 0.05)

    async def _finish(self, socket: websockets.ClientConnection, until: asyncio.Event) -> None:
        await until.wait()
        await socket.send(encode(m.Finish()))
