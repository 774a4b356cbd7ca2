"""A player's connection: the channel both ways, and a bounded queue, so that no session waits for a slow client.

The channel is a websocket in the service, a pair of queues in a simulation.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.codec import encode
from zaichang.protocol.messages import ServerMessage


class Channel(Protocol):
    """Ordered messages both ways. It does not interpret them."""

    async def receive(self) -> str | bytes | None:
        """Return the next text or binary message, or None once the other side is gone."""

    async def send(self, text: str) -> None:
        """Send a text message; silently does nothing once the other side is gone."""

    async def close(self, code: int, reason: str) -> None:
        """Close with a code; harmless where it is closed."""


class Connection:
    """Sends in order, in a task of its own; ``run`` must be started, ``end`` closes."""

    def __init__(self, channel: Channel, *, locale: str, outgoing_max: int) -> None:
        """Wrap ``channel``; ``locale`` decides the language of sentences."""
        self.locale = locale
        self._channel = channel
        self._outgoing: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue(maxsize=outgoing_max)
        self._ended = asyncio.Event()

    def send(self, message: ServerMessage) -> None:
        """Queue a message; a client that does not read is cut off and may resume."""
        if self._ended.is_set():
            return
        try:
            self._outgoing.put_nowait(encode(message))
        except asyncio.QueueFull:
            self._cut(CloseCode.OVERLOADED, "slow client")

    def _cut(self, code: CloseCode, reason: str) -> None:
        while not self._outgoing.empty():
            self._outgoing.get_nowait()
        self._outgoing.put_nowait((int(code), reason))

    def end(self, code: CloseCode, reason: str) -> None:
        """Close after what is queued."""
        if not self._ended.is_set():
            try:
                self._outgoing.put_nowait((int(code), reason))
            except asyncio.QueueFull:
                self._cut(code, reason)

    async def run(self) -> None:
        """Send what is queued until ``end``; then close the channel."""
        try:
            while True:
                item = await self._outgoing.get()
                if isinstance(item, tuple):
                    await self._channel.close(*item)
                    return
                await self._channel.send(item)
        finally:
            self._ended.set()
