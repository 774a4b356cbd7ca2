"""Wires the hour ledger's commands: the log's entries by session, and its voids."""

from __future__ import annotations

from collections.abc import Callable

from zaichang.adapters.posix.folder import DataFolder
from zaichang.audit.reading.log_entries import read_entries
from zaichang.core.ids import InstitutionId
from zaichang.hours.audit import voids_of
from zaichang.log.reader import LogReader
from zaichang.log.shelf import log_year
from zaichang.main.logs import FolderLogs
from zaichang.ports.records import SessionRow
from zaichang.settings import Settings


def log_entries(settings: Settings) -> Callable[[SessionRow, int], bytes]:
    """Return a function that reads an entry of a session's log at the published checkpoint.

    It raises ``NotFound`` where there is no log, ``EvidenceError`` and ``StorageError`` where it cannot be read.
    """
    at = entries_at(settings)
    return lambda row, index: at(row.institution_id, row.opened_ms, index)


def entries_at(settings: Settings) -> Callable[[InstitutionId, int, int], bytes]:
    """Return a function that reads an entry of an institution's log of the year of a moment.

    Errors: see ``log_entries``.
    """
    places = FolderLogs(DataFolder(settings.data))
    readers: dict[tuple[InstitutionId, int], LogReader] = {}

    def entry(institution_id: InstitutionId, began_ms: int, index: int) -> bytes:
        key = (institution_id, log_year(began_ms))
        if key not in readers:
            readers[key] = LogReader(places.place(*key).published)
        return readers[key].entry(index)

    return entry


def log_voids(settings: Settings) -> dict[str, list[int]]:
    """Return the indexes that the voids of a data folder's logs name, by session.

    Raises:
        EvidenceError: ``E_TILE`` where a log's entries cannot be read: then it is not known what was voided.
    """
    found: dict[str, list[int]] = {}
    for place in FolderLogs(DataFolder(settings.data)).all():
        reader = LogReader(place.published)
        found |= voids_of(read_entries(place.published.get, reader.size))
    return found
