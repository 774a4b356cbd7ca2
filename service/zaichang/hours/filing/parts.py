"""The parts of filing that a running service has."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.hours.filing.case_desk import FilingCases
from zaichang.hours.filing.desk import FilingDesk
from zaichang.hours.filing.nights import NightDesk
from zaichang.hours.filing.preparing import FilingPorts, Preparing
from zaichang.ports.hours.filing import FilingStore
from zaichang.ports.hours.filing_nights import FilingNights


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """Filing of a running service.

    Attributes:
        store: Batches, rows and exchanges, for reading.
        preparing: Makes batches.
        desk: Takes the words of platforms.
        cases: Decides refused rows.
        nights: Gives nightly runs to one holder each.
    """

    store: FilingStore
    preparing: Preparing
    desk: FilingDesk
    cases: FilingCases
    nights: NightDesk


def filing_of(ports: FilingPorts, nights: FilingNights) -> Filing:
    """Return filing on these ports."""
    return Filing(
        store=ports.store,
        preparing=Preparing(ports),
        desk=FilingDesk(ports),
        cases=FilingCases(ports),
        nights=NightDesk(ports.clock, nights, ports.staff),
    )
