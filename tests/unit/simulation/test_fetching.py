"""A simulated player's fetching: a few segments ahead of the playhead, each once, and none without a network."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from zaichang_simulation.fetching import SEGMENT_MS, SEGMENTS_AHEAD, fetch_media
from zaichang_simulation.loop import run_virtual


def client(**more: Any) -> Any:
    return SimpleNamespace(
        token="t1", player=SimpleNamespace(position_ms=0), network=SimpleNamespace(up=True), lesson_ms=10**6, **more
    )


async def fetching(one: Any) -> tuple[list[tuple[str, tuple[int, int]]], asyncio.Task[None]]:
    got: list[tuple[str, tuple[int, int]]] = []

    async def delivered(token: str, part: tuple[int, int]) -> None:
        got.append((token, part))

    task = asyncio.ensure_future(fetch_media(one, delivered))
    await asyncio.sleep(1)
    return got, task


def starts(got: list[tuple[str, tuple[int, int]]]) -> list[int]:
    return [start_ms // SEGMENT_MS for _, (start_ms, _) in got]


def test_segments_ahead_of_the_playhead_are_fetched_once() -> None:
    async def run() -> None:
        one = client()
        got, task = await fetching(one)
        assert starts(got) == list(range(SEGMENTS_AHEAD))
        assert got[1] == ("t1", (SEGMENT_MS, 2 * SEGMENT_MS))
        one.player.position_ms = 2 * SEGMENT_MS
        await asyncio.sleep(10)
        assert starts(got) == list(range(SEGMENTS_AHEAD + 2))
        task.cancel()

    run_virtual(run())


def test_nothing_is_fetched_beyond_the_lesson_or_without_a_network() -> None:
    async def run() -> None:
        one = client()
        one.lesson_ms = SEGMENT_MS + 1
        one.network.up = False
        got, task = await fetching(one)
        assert got == []
        one.network.up = True
        await asyncio.sleep(10)
        assert starts(got) == [0, 1]
        task.cancel()

    run_virtual(run())


def test_another_launch_fetches_anew() -> None:
    async def run() -> None:
        one = client()
        got, task = await fetching(one)
        one.token = "t2"
        await asyncio.sleep(10)
        assert starts(got) == 2 * list(range(SEGMENTS_AHEAD))
        assert {token for token, _ in got} == {"t1", "t2"}
        task.cancel()

    run_virtual(run())
