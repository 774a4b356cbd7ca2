"""The client's websocket: frames both ways, and every way to lose it is one error with its close code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import websockets.asyncio.server

from zaichang_client import ConnectionGone
from zaichang_client.protocol.close_codes import CLOSES, CloseAction, CloseCode
from zaichang_client.transport import LATER, RETRY_NOT, websocket


@asynccontextmanager
async def server() -> AsyncIterator[str]:
    """Serve an echo that closes with the code it is told."""

    async def echo(socket: websockets.asyncio.server.ServerConnection) -> None:
        async for data in socket:
            if data == "origin":
                await socket.send(str(socket.request.headers.get("Origin") if socket.request else ""))
                continue
            if isinstance(data, str) and data.startswith("close "):
                await socket.close(int(data.removeprefix("close ")), "as told")
                return
            await socket.send(data)

    async with websockets.asyncio.server.serve(echo, "127.0.0.1", 0) as serving:
        port = next(iter(serving.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def test_text_and_bytes_go_both_ways() -> None:
    async with server() as url:
        line = await websocket(url)()
        for data in ("text", b"bytes"):
            await line.send(data)
            assert await line.receive() == data
        await line.close()
        await line.close()


@pytest.mark.parametrize(("origin", "seen"), [("", "None"), ("https://learn.example", "https://learn.example")])
async def test_the_origin_that_passkeys_sign_for_is_sent(origin: str, seen: str) -> None:
    async with server() as url:
        line = await websocket(url, origin=origin)()
        await line.send("origin")
        assert await line.receive() == seen
        await line.close()


@pytest.mark.parametrize("code", [4008, 1011])
async def test_the_services_close_code_is_kept(code: int) -> None:
    async with server() as url:
        line = await websocket(url)()
        await line.send(f"close {code}")
        with pytest.raises(ConnectionGone) as gone:
            await line.receive()
        assert gone.value.close_code == code
        with pytest.raises(ConnectionGone):
            await line.send("more")


async def test_a_line_that_ends_without_a_word_is_1006() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listening = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        with pytest.raises(ConnectionGone) as gone:
            await websocket(f"ws://127.0.0.1:{port}")()
    assert gone.value.close_code == 1006
    with pytest.raises(ConnectionGone, match="no connection to the service"):
        await websocket(f"ws://127.0.0.1:{port}", open_timeout_s=5)()


def test_codes_after_which_reconnecting_does_not_help_follow_the_table() -> None:
    retried = {CloseAction.RETRY, CloseAction.SLOW}
    assert {code for code in CLOSES if code not in RETRY_NOT} == {
        code for code, close in CLOSES.items() if close.action in retried
    }
    assert CloseCode.SUPERSEDED in RETRY_NOT and CloseCode.OVERLOADED not in RETRY_NOT
    assert not LATER & RETRY_NOT
