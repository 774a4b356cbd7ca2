"""The service's side of nightly runs: it gives each day of a target to one holder, and keeps its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from zaichang.core.civil import DAY_MS, date_text
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import InstitutionId, ReviewerId
from zaichang.ledger.filing.codes import is_told_code
from zaichang.ledger.filing.rows import RowState
from zaichang.ports.clock import Clock
from zaichang.ports.hours.filing_nights import FilingNight, FilingNights
from zaichang.ports.review import StaffStore

LEASE_MS: Final = 30 * 60_000
"""How long a run is held without word from its holder; our choice."""
FAULTS_MAX: Final = 50


class NightDesk:
    """Gives and ends nightly runs."""

    def __init__(self, clock: Clock, store: FilingNights, staff: StaffStore) -> None:
        """Use the ports."""
        self._clock = clock
        self._store = store
        self._staff = staff

    async def claim(self, institution_id: InstitutionId, target: str, day: str, holder: str) -> FilingNight:
        """Take the run of a day, or keep it for the next half hour; return it as it stands.

        The caller has it where the answer names its holder and the run is not done.

        Raises:
            PeerViolation: ``filing.invalid`` for another day than this one or the one before.
        """
        now_ms = self._clock.now_ms()
        if day not in (date_text(now_ms), date_text(now_ms - DAY_MS)):
            raise PeerViolation("filing.invalid", f"A run is of today or yesterday; today is {date_text(now_ms)}.")
        return await self._store.claim_night(institution_id, target, day, holder, now_ms, now_ms + LEASE_MS)

    async def end(
        self, institution_id: InstitutionId, reviewer_id: ReviewerId, night: tuple[str, str, str], faults: Sequence[str]
    ) -> FilingNight:
        """Note a run as done.

        Args:
            institution_id: Whose.
            reviewer_id: Who says so.
            night: Target, day and holder.
            faults: Codes of its faults.

        Raises:
            PeerViolation: ``filing.invalid`` where a fault may hold words.
            NotAllowed: ``filing.run_held`` where another one has the run.
        """
        if len(faults) > FAULTS_MAX or not all(fault and is_told_code(fault) for fault in faults):
            raise PeerViolation("filing.invalid", f"faults are at most {FAULTS_MAX} codes.")
        target, day, holder = night
        now_ms = self._clock.now_ms()
        found = await self._store.end_night(institution_id, target, day, holder, now_ms, faults)
        if found is None or found.holder != holder or found.done_ms is None:
            raise NotAllowed(
                "filing.run_held", "Another computer has this run, or it was never begun.", "Look at the list."
            )
        if found.done_ms == now_ms:
            await self._staff.note_audit(institution_id, now_ms, reviewer_id, "filing.night", f"{target}-{day}")
        return found

    async def listed(self, institution_id: InstitutionId, limit: int) -> Sequence[FilingNight]:
        """Return the newest runs."""
        return await self._store.nights(institution_id, limit)

    async def states(
        self, institution_id: InstitutionId, batch_ids: Sequence[str]
    ) -> Mapping[str, Mapping[RowState, int]]:
        """Return how many rows of each batch are in each state."""
        return await self._store.batch_states(institution_id, batch_ids)
