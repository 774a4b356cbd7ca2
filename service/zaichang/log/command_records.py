"""What a running service does for its logs beside writing sessions: takes in records that commands have left."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from zaichang.adapters.posix.log_spool import LogSpool, Spooled
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import FatalLogError, IllegalEvent, ZaichangError
from zaichang.ports.session import LogBook

PERIOD_S: Final = 2.0
_log = logging.getLogger("zaichang.log")


async def log_spooled(spool: LogSpool, logs: LogBook) -> list[tuple[Spooled, int]]:
    """Log every waiting record; return each with its index.

    One that its log refuses stays where it is and is named in the service's own log.

    Raises:
        FatalLogError: The log has stopped.
        StorageError: The log cannot be used now; what waits goes on waiting.
    """
    done = []
    for entry in await asyncio.to_thread(spool.all):
        try:
            at = parse_canonical_object(entry.leaf).get("at")
            log = await logs.log_for(entry.institution_id, at if isinstance(at, int) else 0)
            index = await log.submit(entry.key, entry.leaf)
        except IllegalEvent as error:
            _log.error("record %s of %s cannot be logged: %s", entry.name, entry.institution_id, error)
            continue
        await asyncio.to_thread(spool.done, entry)
        done.append((entry, index))
    return done


class CommandRecords:
    """Runs beside the service until cancelled."""

    def __init__(self, spool: LogSpool, logs: LogBook, period_s: float = PERIOD_S) -> None:
        """Look into ``spool`` every ``period_s`` seconds."""
        self._spool = spool
        self._logs = logs
        self._period_s = period_s

    async def run(self) -> None:
        """Take in what waits, again and again."""
        while True:
            try:
                for entry, index in await log_spooled(self._spool, self._logs):
                    _log.info("record %s of %s is logged at index %d", entry.name, entry.institution_id, index)
            except FatalLogError:
                return  # the shelf has told the service already
            except (ZaichangError, OSError) as error:
                _log.error("records wait to be logged: %s", error)
            await asyncio.sleep(self._period_s)
