"""Deletes captures after the days that the institution keeps them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from zaichang.core.civil import DAY_MS
from zaichang.core.errors import ZaichangError
from zaichang.ports.review_desk import ReviewPorts

PAUSE_S: Final = 3_600.0
_BATCH: Final = 200
_log = logging.getLogger("zaichang.retention")


class Retention:
    """Sweeps by ``sweep``; ``run`` does it now and then until cancelled."""

    def __init__(self, ports: ReviewPorts, capture_days: int, device_days: int = 30) -> None:
        """Keep pictures as long as their session's start said, else ``capture_days`` days of server time.

        Digests of devices and addresses are kept for ``device_days``, looks of captures for a day.

        Records of deliveries are kept for this time, too; those that a session took in are among its events.
        """
        self._ports = ports
        self._sightings_ms = device_days * DAY_MS
        self._capture_days = capture_days

    async def sweep(self) -> int:
        """Delete what is too old; return how many pictures went.

        The file goes first: after a crash in between, the next sweep finds the row again and the file absent.
        """
        now_ms = self._ports.clock.now_ms()
        await self._ports.sightings.forget_sightings(now_ms - self._sightings_ms)
        await self._ports.looks.forget_looks(now_ms - DAY_MS)
        await self._ports.media_deliveries.forget_deliveries(now_ms - self._sightings_ms)
        gone = 0
        while True:
            rows = await self._ports.captures.captures_due(now_ms, self._capture_days, _BATCH)
            for row in rows:
                await asyncio.to_thread(self._ports.blobs.delete, row.session_id, row.capture_id)
                await self._ports.captures.note_capture_deleted(row.session_id, row.capture_id, now_ms)
            gone += len(rows)
            if len(rows) < _BATCH:
                return gone

    async def run(self) -> None:
        """Sweep every hour; an error is logged and tried again."""
        while True:
            try:
                gone = await self.sweep()
                if gone:
                    _log.info("%d pictures reached their age and were deleted", gone)
            except ZaichangError as error:
                _log.error("retention: %s", error)
            await asyncio.sleep(PAUSE_S)
