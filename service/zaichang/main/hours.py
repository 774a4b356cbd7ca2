"""Wires the hour ledger's commands: the log's entries by session."""

from __future__ import annotations

from collections.abc import Callable

from zaichang.adapters.posix.folder import DataFolder
from zaichang.log.reader import LogReader
from zaichang.log.shelf import log_year
from zaichang.main.logs import FolderLogs
from zaichang.ports.records import SessionRow
from zaichang.settings import Settings


def log_entries(settings: Settings) -> Callable[[SessionRow, int], bytes]:
    """Return a function that reads an entry of a session's log at the published checkpoint.

    It raises ``NotFound`` where there is no log, ``EvidenceError`` and ``StorageError`` where it cannot be read.
    """
    places = FolderLogs(DataFolder(settings.data))
    readers: dict[tuple[str, int], LogReader] = {}

    def entry(row: SessionRow, index: int) -> bytes:
        key = (row.institution_id, log_year(row.opened_ms))
        if key not in readers:
            readers[key] = LogReader(places.place(*key).published)
        return readers[key].entry(index)

    return entry
