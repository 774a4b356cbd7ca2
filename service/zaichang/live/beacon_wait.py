"""The wait of one open session for a witness's beacon. The session continues with or without a beacon."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from zaichang.core.ids import SessionId
from zaichang.ports.log.open_logs import Beacon, OpenLog
from zaichang.ports.session import SessionPorts

_log = logging.getLogger("zaichang.live")


class BeaconWait:
    """Waits at most once, in its own task. ``cancel`` ends the wait."""

    def __init__(self, ports: SessionPorts, log: OpenLog, session_id: SessionId) -> None:
        """Prepare the wait.

        Args:
            ports: Clock and other ports.
            log: The log whose beacon is awaited.
            session_id: The session.
        """
        self._ports = ports
        self._log = log
        self._session_id = session_id
        self._task: asyncio.Future[None] | None = None

    def begin(
        self,
        until_ms: int,
        arrived: Callable[[Beacon], Awaitable[None]],
        guard: Callable[[Awaitable[None]], Awaitable[None]],
    ) -> None:
        """Start the wait.

        Args:
            until_ms: Server time after which a beacon is too late.
            arrived: Called with a beacon that comes in time.
            guard: Runs the wait and handles its errors.
        """
        self._task = asyncio.ensure_future(guard(self._take(until_ms, arrived)))

    def cancel(self) -> None:
        """End the wait; harmless where there is none."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _take(self, until_ms: int, arrived: Callable[[Beacon], Awaitable[None]]) -> None:
        left_ms = until_ms - self._ports.clock.now_ms()
        start, *_ = await self._ports.history.leaves(self._session_id)
        try:
            async with asyncio.timeout(left_ms / 1000):
                found = await self._log.beacon(start.entry_index or 0)
        except TimeoutError:
            _log.info("session %s: no beacon came in time", self._session_id)
            return
        await arrived(found)
