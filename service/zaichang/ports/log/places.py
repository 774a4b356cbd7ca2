"""Where logs are kept. One institution has one log for each calendar year (UTC+8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from zaichang.core.ids import InstitutionId
from zaichang.ports.log.keys import KeyFiles
from zaichang.ports.log.side_files import SideFiles
from zaichang.ports.log.store import HeadStore, LogStore, PublishedLog


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """One log's storage: a port for each part of it. Nothing is opened or created before it is used.

    Attributes:
        institution_id: Whose log.
        year: Of which year.
        published: For readers.
        side_files: Small files that change.
        keys: Its signing keys and its key list.
        open_store: Opens the writer's side of its objects; creates it for a new log.
        open_heads: Opens the head store; the caller closes it.
    """

    institution_id: InstitutionId
    year: int
    published: PublishedLog
    side_files: SideFiles
    keys: KeyFiles
    open_store: Callable[[], LogStore]
    open_heads: Callable[[], HeadStore]

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"{self.institution_id}/{self.year}"


class LogPlaces(Protocol):
    """All logs of a service."""

    def place(self, institution_id: InstitutionId, year: int) -> LogPlace:
        """Return where a log is, whether it exists or not. Cost: memory."""

    def all(self) -> list[LogPlace]:
        """Return the places of the logs that exist, sorted by institution and year. Cost: read."""
