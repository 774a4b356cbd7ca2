"""The wait for a witness's beacon: at most one, in time or not at all, and it can be called off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any

from zaichang.live.beacon_wait import BeaconWait
from zaichang.ports.log.open_logs import Beacon

FOUND = Beacon(size=9, value="ab" * 32, note="note")


class Log:
    """Gives the beacon when the test lets it."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.free = asyncio.Event()
        self.waiting = asyncio.Event()
        self.ended = asyncio.Event()

    async def beacon(self, index: int) -> Beacon:
        self.asked.append(index)
        self.waiting.set()
        try:
            await self.free.wait()
        finally:
            self.ended.set()
        return FOUND


async def leaves(session_id: str) -> list[Any]:
    assert session_id == "s1"
    return [SimpleNamespace(entry_index=41), SimpleNamespace(entry_index=50)]


def waiting(log: Log, now_ms: int = 1_000) -> tuple[BeaconWait, list[Beacon], list[asyncio.Task[None]]]:
    ports: Any = SimpleNamespace(clock=SimpleNamespace(now_ms=lambda: now_ms), history=SimpleNamespace(leaves=leaves))
    open_log: Any = log
    return BeaconWait(ports, open_log, "s1"), [], []


async def begin(log: Log, until_ms: int) -> tuple[BeaconWait, list[Beacon], list[BaseException | None]]:
    """Begin a wait; return it, what arrived, and how its guarded run ended."""
    one, got, _ = waiting(log)
    ended: list[BaseException | None] = []

    async def arrived(beacon: Beacon) -> None:
        got.append(beacon)

    async def guard(work: Awaitable[None]) -> None:
        try:
            await work
        except BaseException as error:
            ended.append(error)
            raise
        ended.append(None)

    one.begin(until_ms, arrived, guard)
    return one, got, ended


async def test_a_beacon_over_the_sessions_own_start_is_told() -> None:
    log = Log()
    _, got, ended = await begin(log, until_ms=61_000)
    await log.waiting.wait()
    assert log.asked == [41] and got == []
    log.free.set()
    async with asyncio.timeout(5):
        while not ended:
            await asyncio.sleep(0)
    assert got == [FOUND] and ended == [None]


async def test_after_its_time_the_wait_ends_and_nothing_is_told() -> None:
    log = Log()
    _, got, ended = await begin(log, until_ms=1_000)
    await log.ended.wait()
    async with asyncio.timeout(5):
        while not ended:
            await asyncio.sleep(0)
    assert got == [] and ended == [None], "a late beacon is no error"


async def test_a_wait_that_is_called_off_tells_nothing() -> None:
    log = Log()
    one, got, ended = await begin(log, until_ms=61_000)
    await log.waiting.wait()
    one.cancel()
    log.free.set()
    await log.ended.wait()
    async with asyncio.timeout(5):
        while not ended:
            await asyncio.sleep(0)
    assert got == [] and isinstance(ended[0], asyncio.CancelledError)


async def test_calling_off_is_harmless_where_there_is_no_wait() -> None:
    one, _, _ = waiting(Log())
    one.cancel()
    one.cancel()
