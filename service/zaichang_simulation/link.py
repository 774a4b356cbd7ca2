"""The network between one client and the service: late, slow, cut, as the scenario says; like TCP it keeps the order.

Only what stands between (``duplicate``, ``reorder``) can break it.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable
from typing import Literal

from zaichang_client import ConnectionGone
from zaichang_simulation.format.network import (
    Bandwidth,
    Delay,
    Drop,
    Duplicate,
    Flap,
    Lose,
    Move,
    NetworkEntry,
    Reorder,
)
from zaichang_simulation.format.types import to_ms

Direction = Literal["up", "down"]


class Network:
    """One client's network over the whole scenario."""

    def __init__(self, entries: tuple[NetworkEntry, ...], now_ms: Callable[[], int], seed: int) -> None:
        """``now_ms`` is the time since the scenario's start."""
        self._entries = entries
        self._now_ms = now_ms
        self._random = random.Random(seed)  # noqa: S311  (a simulation, repeatable by its seed)
        self._left = {index: entry.count for index, entry in enumerate(entries) if isinstance(entry, Lose)}
        self._down_until_ms = 0

    def _active(self, entry: NetworkEntry) -> bool:
        return to_ms(entry.from_s) <= self._now_ms() and (not entry.until_s or self._now_ms() < to_ms(entry.until_s))

    @property
    def up(self) -> bool:
        """Whether a connection can be made or kept now."""
        if self._now_ms() < self._down_until_ms:
            return False
        for entry in self._entries:
            if self._active(entry) and (isinstance(entry, Drop) or (isinstance(entry, Flap) and self._flapped(entry))):
                return False
            if isinstance(entry, Move) and 0 <= self._now_ms() - to_ms(entry.from_s) < to_ms(entry.down_s):
                return False
        return True

    def address(self, own: str) -> str:
        """Return where a connection comes from now; ``own`` is the client's first address."""
        moves = [entry for entry in self._entries if isinstance(entry, Move) and self._active(entry)]
        return max(moves, key=lambda entry: entry.from_s).address if moves else own

    def _flapped(self, entry: Flap) -> bool:
        return (self._now_ms() - to_ms(entry.from_s)) % to_ms(entry.every_s) < to_ms(entry.down_s)

    def cuts_ms(self) -> list[tuple[int, int]]:
        """Return ``(moment, notice)`` of every cut that the entries bring, for the engine to carry out."""
        cuts: list[tuple[int, int]] = []
        for entry in self._entries:
            if isinstance(entry, Drop):
                cuts.append((to_ms(entry.from_s), to_ms(entry.notice_s)))
            elif isinstance(entry, Move):
                cuts.append((to_ms(entry.from_s), 0))
            elif isinstance(entry, Flap):
                end_ms = to_ms(entry.until_s) if entry.until_s else 14_400_000
                cuts += [(at_ms, 0) for at_ms in range(to_ms(entry.from_s), end_ms, to_ms(entry.every_s))]
        return sorted(cuts)

    def loses(self, data: str | bytes) -> bool:
        """Whether the connection dies with this message; then it is down for a while."""
        kind = message_kind(data)
        for index, entry in enumerate(self._entries):
            if isinstance(entry, Lose) and self._active(entry) and self._left[index] and entry.message == kind:
                self._left[index] -= 1
                self._down_until_ms = self._now_ms() + to_ms(entry.down_s)
                return True
        return False

    def again_ms(self) -> list[int]:
        """Return after how long the client's message now arrives once more, for every entry that repeats it."""
        return [
            to_ms(entry.delay_s)
            for entry in self._entries
            if isinstance(entry, Duplicate) and self._active(entry) and self._random.random() < entry.share
        ]

    def held_ms(self) -> int:
        """Return how long the client's message now is held back while later ones overtake it; 0: not."""
        return sum(
            to_ms(entry.delay_s)
            for entry in self._entries
            if isinstance(entry, Reorder) and self._active(entry) and self._random.random() < entry.share
        )

    def delay_ms(self, direction: Direction, size_bytes: int) -> int:
        """Return how long a message of this size takes now."""
        total_ms = 0.0
        for entry in self._entries:
            if not self._active(entry):
                continue
            if isinstance(entry, Delay) and entry.direction in (direction, "both"):
                if self._random.random() < entry.share:
                    total_ms += to_ms(entry.delay_s) + self._random.random() * to_ms(entry.jitter_s)
            elif isinstance(entry, Bandwidth) and direction == "up":
                total_ms += size_bytes * 8 / entry.up_kbit_s
        return round(total_ms)


def message_kind(data: str | bytes) -> str:
    """Return a client message's type; ``capture`` for a picture, ``frame`` for one of a liveness challenge."""
    if isinstance(data, bytes):
        return "frame" if b'"capture_id":"q' in data[:100] else "capture"
    try:
        kind = json.loads(data).get("t")
    except (ValueError, AttributeError):
        return "unknown"
    return kind if isinstance(kind, str) else "unknown"


class Pipe:
    """One connection: the client's transport and the service's channel at its two ends."""

    def __init__(self, network: Network, now_ms: Callable[[], int]) -> None:
        """Open it."""
        self._network = network
        self._now_ms = now_ms
        self._to_server: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._to_client: asyncio.Queue[str | int] = asyncio.Queue()
        self._last_ms: dict[Direction, int] = {"up": 0, "down": 0}
        self._waiting: dict[Direction, deque[Callable[[], None]]] = {"up": deque(), "down": deque()}
        self._muted = False
        self.client_open = True
        self.server_open = True
        self.close_code: int | None = None
        self.client = _ClientEnd(self)
        self.server = _ServerEnd(self)

    def cut(self, notice_ms: int = 0) -> None:
        """The network fails: nothing gets through any more, and both ends notice after a while."""
        self._muted = True
        if notice_ms:
            asyncio.get_running_loop().call_later(notice_ms / 1000, self._noticed)
        else:
            self._noticed()

    def _noticed(self) -> None:
        if self.client_open:
            self._to_client.put_nowait(1006)
        if self.server_open:
            self._to_server.put_nowait(None)

    def up(self, data: str | bytes) -> None:
        """Carry a client's message."""
        if self._muted or not self.server_open:
            return
        if self._network.loses(data):
            self.cut()
            return
        held_ms = self._network.held_ms()
        if held_ms:
            self._aside(held_ms, data)
        else:
            self._carry("up", len(data), lambda: self._to_server.put_nowait(data))
        for again_ms in self._network.again_ms():
            self._aside(again_ms, data)

    def _aside(self, wait_ms: int, data: str | bytes) -> None:
        """Carry a client's message outside the order of the others."""
        wait_ms += self._network.delay_ms("up", len(data))
        asyncio.get_running_loop().call_later(wait_ms / 1000, self._arrive, data)

    def _arrive(self, data: str | bytes) -> None:
        if not self._muted and self.server_open:
            self._to_server.put_nowait(data)

    def down(self, item: str | int) -> None:
        """Carry a service's message, or its close code, which is recorded: a client that left does not read it."""
        if isinstance(item, int):
            self.close_code = item
        if not self._muted and self.client_open:
            self._carry("down", len(item) if isinstance(item, str) else 0, lambda: self._to_client.put_nowait(item))

    def leave(self) -> None:
        """The client closes its end."""
        if self.client_open:
            self.client_open = False
            if not self._muted:
                self._carry("up", 0, lambda: self._to_server.put_nowait(None))

    def _carry(self, direction: Direction, size_bytes: int, deliver: Callable[[], None]) -> None:
        at_ms = max(self._last_ms[direction], self._now_ms() + self._network.delay_ms(direction, size_bytes))
        self._last_ms[direction] = at_ms
        wait_ms = at_ms - self._now_ms()
        if wait_ms <= 0 and not self._waiting[direction]:
            deliver()
        else:
            self._waiting[direction].append(deliver)
            asyncio.get_running_loop().call_later(wait_ms / 1000, self._late, direction)

    def _late(self, direction: Direction) -> None:
        # Timers of one moment fire in any order, so that each takes the oldest message, not its own.
        deliver = self._waiting[direction].popleft()
        if not self._muted:
            deliver()

    async def next_for_server(self) -> str | bytes | None:
        """Wait for the service's next message."""
        return await self._to_server.get() if self.server_open else None

    async def next_for_client(self) -> str | int:
        """Wait for the client's next message or the close code."""
        return await self._to_client.get() if self.client_open else 1006


class _ClientEnd:
    """``zaichang_client.Transport``."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def send(self, data: str | bytes) -> None:
        if not self._pipe.client_open:
            raise ConnectionGone(1006)
        self._pipe.up(data)

    async def receive(self) -> str | bytes:
        item = await self._pipe.next_for_client()
        if isinstance(item, int):
            self._pipe.client_open = False
            raise ConnectionGone(item)
        return item

    async def close(self) -> None:
        self._pipe.leave()


class _ServerEnd:
    """``zaichang.live.connection.Channel``."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def receive(self) -> str | bytes | None:
        item = await self._pipe.next_for_server()
        if item is None:
            self._pipe.server_open = False
        return item

    async def send(self, text: str) -> None:
        self._pipe.down(text)

    async def close(self, code: int, reason: str) -> None:
        self._pipe.down(code)
        self._pipe.server_open = False
