"""Waiting until a set of tasks is empty, where each takes itself out when it ends."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

_Work = TypeVar("_Work", bound="asyncio.Future[Any]")


async def drained(tasks: set[_Work], *, quietly: bool = False) -> None:
    """Wait until ``tasks`` is empty, including tasks that are added meanwhile.

    From Python 3.12 on, gathering what has ended does not yield, so that no callback would ever take it out: it is
    taken out here.

    Args:
        tasks: The running tasks.
        quietly: Whether what a task raised is dropped, and not raised here.
    """
    while waited := tuple(tasks):
        await asyncio.gather(*waited, return_exceptions=quietly)
        tasks.difference_update(waited)
