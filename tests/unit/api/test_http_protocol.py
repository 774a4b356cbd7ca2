"""A connection that asks for nothing is closed; one that asks is answered, however often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from zaichang.api import http_protocol

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def _app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def _serving(monkeypatch: pytest.MonkeyPatch, timeout_s: float) -> AsyncIterator[int]:
    monkeypatch.setattr(http_protocol, "HEAD_TIMEOUT_S", timeout_s)
    config = uvicorn.Config(_app, http=http_protocol.ImpatientHttp, lifespan="off", log_level="error")
    config.load()
    state = uvicorn.Server(config).server_state
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: http_protocol.ImpatientHttp(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("sent", [b"", b"GET / HT", REQUEST[:-2]])
async def test_a_silent_or_unfinished_head_ends_the_connection(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    async with _serving(monkeypatch, 0.05) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await reader.read() == b""
        writer.close()


async def test_a_second_head_that_drips_ends_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _serving(monkeypatch, 0.2) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        for byte in b"GET /":  # before the keep-alive timer of uvicorn (5 s), which a first byte stops
            writer.write(bytes([byte]))
        assert await reader.read() == b""
        writer.close()


async def test_requests_one_after_the_other_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _serving(monkeypatch, 30) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(REQUEST)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.close()
