"""Sending: in order, bounded, and never in anybody's way."""

from __future__ import annotations

import asyncio

from support.study import Pipe
from zaichang.live.connection import Connection
from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.codec import decode_server
from zaichang.protocol.messages import Resume, Seek


async def test_messages_go_out_in_order_and_the_close_last() -> None:
    pipe = Pipe()
    connection = Connection(pipe, locale="en", outgoing_max=8)
    for to_ms in (1, 2, 3):
        connection.send(Seek(to_ms=to_ms, reason="r", message="m"))
    connection.end(CloseCode.FINISHED, "done")
    connection.send(Resume())
    await connection.run()
    sent = [pipe.outbox.get_nowait() for _ in range(4)]
    assert [decode_server(text).to_ms for text in sent[:3]] == [1, 2, 3]  # type: ignore[arg-type, union-attr]
    assert sent[3] == (CloseCode.FINISHED, "done")
    assert pipe.outbox.empty()
    connection.send(Resume())
    assert pipe.outbox.empty()


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    class Stuck(Pipe):
        def __init__(self) -> None:
            super().__init__()
            self.free = asyncio.Event()

        async def send(self, text: str) -> None:
            await self.free.wait()
            await super().send(text)

    pipe = Stuck()
    connection = Connection(pipe, locale="en", outgoing_max=4)
    running = asyncio.ensure_future(connection.run())
    connection.send(Resume())
    await asyncio.sleep(0)
    for _ in range(10):
        connection.send(Resume())
    pipe.free.set()
    await running
    assert pipe.closed is not None and pipe.closed[0] == CloseCode.OVERLOADED
