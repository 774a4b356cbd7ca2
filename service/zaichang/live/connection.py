"""A player's connection: a channel in both directions, and a bounded queue, so that a slow client delays no session.

The channel is a websocket in the service, and a pair of queues in a simulation.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.codec import encode
from zaichang.protocol.messages import ServerMessage


class Channel(Protocol):
    """An ordered stream of messages in both directions. It does not read their content."""

    async def receive(self) -> str | bytes | None:
        """Return the next text or binary message, or None once the other side is gone."""

    async def send(self, text: str) -> None:
        """Send a text message; once the other side is gone, do nothing."""

    async def close(self, code: int, reason: str) -> None:
        """Close with a code; a closed channel stays as it is."""


class Connection:
    """Sends messages in order, in its own task. Start ``run``; ``end`` closes the connection."""

    def __init__(self, channel: Channel, *, locale: str, outgoing_max: int) -> None:
        """Wrap a channel.

        Args:
            channel: The channel.
            locale: Language of the learner's sentences, ``zh-CN`` or ``en``.
            outgoing_max: Most messages that may wait.
        """
        self.locale = locale
        self._channel = channel
        self._outgoing: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue(maxsize=outgoing_max)
        self._ended = asyncio.Event()

    def send(self, message: ServerMessage) -> None:
        """Queue a message. A client that does not read is disconnected; it may resume."""
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
        """Close after the queued messages."""
        if not self._ended.is_set():
            try:
                self._outgoing.put_nowait((int(code), reason))
            except asyncio.QueueFull:
                self._cut(code, reason)

    async def run(self) -> None:
        """Send queued messages until ``end``; then close the channel."""
        try:
            while True:
                item = await self._outgoing.get()
                if isinstance(item, tuple):
                    await self._channel.close(*item)
                    return
                await self._channel.send(item)
        finally:
            self._ended.set()
