"""One connection: a port, and the websocket behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import websockets.asyncio.client
import websockets.typing
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from zaichang_client.errors import ConnectionGone
from zaichang_client.protocol.close_codes import CLOSES, CloseAction, CloseCode

_RECONNECT = frozenset({CloseAction.RETRY, CloseAction.SLOW})
RETRY_NOT = frozenset(code for code, close in CLOSES.items() if close.action not in _RECONNECT)
"""Close codes after which reconnecting does not help (docs/protocol.md)."""
LATER = frozenset({CloseCode.TOO_FAST, CloseCode.OVERLOADED})
"""Close codes after which this client waits longer."""


class Transport(Protocol):
    """A connection that is open."""

    async def send(self, data: str | bytes) -> None:
        """Send one frame.

        Raises:
            ConnectionGone: It is closed.
        """
        ...

    async def receive(self) -> str | bytes:
        """Wait for one frame.

        Raises:
            ConnectionGone: It is closed.
        """
        ...

    async def close(self) -> None:
        """Close it; may be called twice."""
        ...


Connect = Callable[[], Awaitable[Transport]]
"""Opens a connection; raises ``ConnectionGone`` where none can be had."""


class _WebSocket:
    def __init__(self, socket: websockets.asyncio.client.ClientConnection) -> None:
        self._socket = socket

    async def send(self, data: str | bytes) -> None:
        try:
            await self._socket.send(data)
        except ConnectionClosed as error:
            raise _gone(error) from None

    async def receive(self) -> str | bytes:
        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise _gone(error) from None

    async def close(self) -> None:
        await self._socket.close()


def _gone(error: ConnectionClosed) -> ConnectionGone:
    return ConnectionGone(error.rcvd.code if error.rcvd is not None else 1006)


def websocket(url: str, *, origin: str = "", open_timeout_s: float = 10.0) -> Connect:
    """Return a ``Connect`` for a service's address (``ws://`` or ``wss://`` ... ``/v1/session``).

    Args:
        url: The address.
        origin: Of the page or app for which passkeys sign, as a browser would send it; empty: none is sent.
        open_timeout_s: Longest wait for the connection.
    """

    async def connect() -> Transport:
        try:
            return _WebSocket(
                await websockets.asyncio.client.connect(
                    url,
                    compression=None,
                    max_size=2**20,
                    open_timeout=open_timeout_s,
                    origin=websockets.typing.Origin(origin) if origin else None,
                )
            )
        except (OSError, TimeoutError, InvalidHandshake) as error:
            raise ConnectionGone(1006, f"no connection to the service: {error}") from None

    return connect
