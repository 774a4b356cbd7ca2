"""The alarm about appeals whose answer is overdue: an error line in the service's log for each institution."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from zaichang.core.civil import date_text
from zaichang.core.errors import ZaichangError
from zaichang.ports.review_desk import ReviewPorts

PAUSE_S: Final = 3_600.0
_log = logging.getLogger("zaichang.review")


class OverdueAppeals:
    """Looks once an hour, until cancelled."""

    def __init__(self, ports: ReviewPorts) -> None:
        """Use the ports."""
        self._ports = ports

    async def look(self) -> int:
        """Tell of each institution with overdue answers; return how many answers are overdue.

        Raises:
            StorageError: The store cannot be read.
        """
        found = await self._ports.decisions.overdue_appeals(self._ports.clock.now_ms())
        for institution_id, count, due_ms in found:
            _log.error("%d appeals of %s are overdue, the oldest since %s", count, institution_id, date_text(due_ms))
        return sum(count for _, count, _ in found)

    async def run(self) -> None:
        """Look now and every hour; an error is logged and tried again."""
        while True:
            try:
                await self.look()
            except ZaichangError as error:
                _log.error("overdue appeals: %s", error)
            await asyncio.sleep(PAUSE_S)
