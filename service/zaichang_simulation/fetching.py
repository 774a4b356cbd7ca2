"""How a simulated player fetches its lesson's media: segment by segment, a little ahead of the playhead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from zaichang_simulation.link import Network
from zaichang_simulation.player import SimPlayer

SEGMENT_MS = 6_000
SEGMENTS_AHEAD = 5
"""What a player fetches ahead, in segments."""
_FETCH_EVERY_S = 3.0


class Fetcher(Protocol):
    """The client whose player fetches."""

    token: str
    player: SimPlayer
    network: Network
    lesson_ms: int


async def fetch_media(client: Fetcher, delivered: Callable[[str, tuple[int, int]], Awaitable[None]]) -> None:
    """Fetch until cancelled.

    Args:
        client: Its playhead says what is needed, its network whether anything comes.
        delivered: Is told the launch token and the part of the lesson, in ms, that was sent.
    """
    fetched: set[tuple[str, int]] = set()
    while True:
        first = client.player.position_ms // SEGMENT_MS
        for number in range(first, first + SEGMENTS_AHEAD):
            start_ms = number * SEGMENT_MS
            if client.network.up and start_ms < client.lesson_ms and (client.token, number) not in fetched:
                fetched.add((client.token, number))
                await delivered(client.token, (start_ms, start_ms + SEGMENT_MS))
        await asyncio.sleep(_FETCH_EVERY_S)
