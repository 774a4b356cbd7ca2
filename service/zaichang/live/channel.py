"""A connection as the runtime sees it: a websocket in the service, a pair of queues in a simulation."""

from __future__ import annotations

from typing import Protocol


class Channel(Protocol):
    """Ordered messages both ways. Nothing here knows what they mean."""

    async def receive(self) -> str | bytes | None:
        """Return the next text or binary message, or None once the other side is gone."""

    async def send(self, text: str) -> None:
        """Send a text message; silently does nothing once the other side is gone."""

    async def close(self, code: int, reason: str) -> None:
        """Close with a code; harmless where it is closed."""
