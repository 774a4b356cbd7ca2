"""The service's clock, for programs that supply their own clocks; and the mark of a running service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from zaichang.adapters.in_process.clock import ServerClock
from zaichang.adapters.posix.clock_mark import renew_mark
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import StorageError
from zaichang.ports.clock import Clock

RENEWED_EVERY_S: Final = 600.0
_log = logging.getLogger("zaichang.clock")


async def keep_mark(folder: DataFolder, every_s: float = RENEWED_EVERY_S) -> None:
    """Note every ten minutes that the service is there, until cancelled: the next start compares its clock with it.

    Args:
        folder: The data folder, locked.
        every_s: How often.
    """
    while True:
        await asyncio.sleep(every_s)
        try:
            await asyncio.to_thread(renew_mark, folder)
        except StorageError as error:
            _log.warning("the clock's mark was not renewed: %s", error)


def server_clock(floor_ms: int, *, wall_ns: Callable[[], int], monotonic_ns: Callable[[], int]) -> Clock:
    """Return the service's own clock.

    Args:
        floor_ms: The latest server time that storage holds.
        wall_ns: Wall clock in nanoseconds.
        monotonic_ns: Monotonic clock in nanoseconds.
    """
    return ServerClock(floor_ms, wall_ns=wall_ns, monotonic_ns=monotonic_ns)
