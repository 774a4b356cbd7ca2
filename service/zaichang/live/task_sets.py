"""Waits until a set of tasks is empty. Each task removes itself from the set when it ends."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

_Work = TypeVar("_Work", bound="asyncio.Future[Any]")


async def drained(tasks: set[_Work], *, quietly: bool = False) -> None:
    """Wait until ``tasks`` is empty, including tasks that are added meanwhile.

    From Python 3.12 on, gathering tasks that have ended does not yield to the event loop, so their own callbacks would
    never
    remove them. This function removes them itself.

    Args:
        tasks: The running tasks.
        quietly: Whether errors of the tasks are ignored; otherwise they are raised here.
    """
    while waited := tuple(tasks):
        await asyncio.gather(*waited, return_exceptions=quietly)
        tasks.difference_update(waited)
