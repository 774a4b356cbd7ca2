"""The nightly runs of filing: one holder at a time for each target and day, and each day done once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zaichang.core.ids import InstitutionId
from zaichang.ledger.filing.rows import RowState


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingNight:
    """The run of one target and day.

    Attributes:
        target: The platform.
        day: The day in China, ``YYYY-MM-DD``.
        holder: Who runs it, a word that the institution's side drew.
        until_ms: Until when no other one may take it over.
        begun_ms: When it was begun first.
        done_ms: When it was done, or None.
        faults: Our codes of its faults, in their order.
    """

    target: str
    day: str
    holder: str
    until_ms: int
    begun_ms: int
    done_ms: int | None
    faults: tuple[str, ...]


class FilingNights(Protocol):
    """Keeps the runs, and counts rows for them."""

    async def claim_night(
        self, institution_id: InstitutionId, target: str, day: str, holder: str, now_ms: int, until_ms: int
    ) -> FilingNight:
        """Take a day's run, or keep it longer; return it as it stands then. Cost: commit.

        A run that is done, or that another one holds, stays as it is.
        """

    async def end_night(
        self, institution_id: InstitutionId, target: str, day: str, holder: str, now_ms: int, faults: Sequence[str]
    ) -> FilingNight | None:
        """Note a run as done where this holder has it; return it as it stands, or None where there is none.

        Cost: commit.
        """

    async def nights(self, institution_id: InstitutionId, limit: int) -> Sequence[FilingNight]:
        """Return the newest runs. Cost: read."""

    async def batch_states(
        self, institution_id: InstitutionId, batch_ids: Sequence[str]
    ) -> Mapping[str, Mapping[RowState, int]]:
        """Return how many rows of each batch are in each state. Cost: read."""
