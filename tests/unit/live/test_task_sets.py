"""Waiting for a set of tasks."""

from __future__ import annotations

import asyncio

import pytest

from zaichang.live.task_sets import drained


def ended(error: Exception | None = None) -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
    return future


async def test_an_ended_task_that_is_still_in_the_set_is_not_awaited() -> None:
    tasks = {ended()}
    async with asyncio.timeout(10):
        await drained(tasks)
    assert not tasks


async def test_what_is_added_meanwhile_is_waited_for_too() -> None:
    seen: list[str] = []
    tasks: set[asyncio.Future[None]] = set()

    async def second() -> None:
        seen.append("second")

    async def first() -> None:
        seen.append("first")
        tasks.add(asyncio.ensure_future(second()))

    tasks.add(asyncio.ensure_future(first()))
    async with asyncio.timeout(10):
        await drained(tasks)
    assert seen == ["first", "second"]


async def test_an_error_is_raised_unless_it_is_asked_not_to_be() -> None:
    with pytest.raises(ValueError, match="broken"):
        await drained({ended(ValueError("broken"))})
    tasks = {ended(ValueError("broken"))}
    await drained(tasks, quietly=True)
    assert not tasks
