"""Logs the records that commands have left for the running service (``zaichang log record``)."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import FatalLogError, IllegalEvent, ZaichangError
from zaichang.ports.log.command_records import RecordSpool, WaitingRecord
from zaichang.ports.log.open_logs import OpenLogs

PERIOD_S: Final = 2.0
_log = logging.getLogger("zaichang.log")


async def log_waiting_records(spool: RecordSpool, logs: OpenLogs) -> list[tuple[WaitingRecord, int]]:
    """Log every waiting record; return each with its index.

    A record that its log refuses stays in the spool, with an error in the service's own log.

    Raises:
        FatalLogError: The log has stopped.
        StorageError: The log cannot be used now; the remaining records stay in the spool.
    """
    done = []
    for record in await asyncio.to_thread(spool.all):
        try:
            at = parse_canonical_object(record.leaf).get("at")
            log = await logs.log_for(record.institution_id, at if isinstance(at, int) else 0)
            index = await log.submit(record.key, record.leaf)
        except IllegalEvent as error:
            _log.error("record %s of %s cannot be logged: %s", record.name, record.institution_id, error)
            continue
        await asyncio.to_thread(spool.done, record)
        done.append((record, index))
    return done


class CommandRecords:
    """Background task: logs waiting records again and again until cancelled."""

    def __init__(self, spool: RecordSpool, logs: OpenLogs, period_s: float = PERIOD_S) -> None:
        """Look into ``spool`` every ``period_s`` seconds."""
        self._spool = spool
        self._logs = logs
        self._period_s = period_s

    async def run(self) -> None:
        """Run until cancelled, or until a log has stopped."""
        while True:
            try:
                for record, index in await log_waiting_records(self._spool, self._logs):
                    _log.info("record %s of %s is logged at index %d", record.name, record.institution_id, index)
            except FatalLogError:
                return  # the shelf has reported it to the service already
            except (ZaichangError, OSError) as error:
                _log.error("records wait to be logged: %s", error)
            await asyncio.sleep(self._period_s)
