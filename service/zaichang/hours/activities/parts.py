"""The parts of activities beyond study, as one value for the API."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.hours.activities.desk import ActivityDesk
from zaichang.hours.activities.employers import Employers
from zaichang.hours.activities.evidence import EvidenceDesk
from zaichang.hours.activities.imports import Imports
from zaichang.hours.activities.reading import ActivityReader
from zaichang.ports.hours.desk import ActivityPorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """The desks over one set of ports.

    Attributes:
        desk: Drafts and steps.
        evidence: Files.
        reader: Lists and single activities.
        employers: Employers and their keys.
        imports: Files of activities, and steps of an import.
    """

    desk: ActivityDesk
    evidence: EvidenceDesk
    reader: ActivityReader
    employers: Employers
    imports: Imports


def open_activities(ports: ActivityPorts) -> Activities:
    """Return the desks over these ports."""
    desk, reader = ActivityDesk(ports), ActivityReader(ports)
    return Activities(
        desk=desk,
        evidence=EvidenceDesk(ports),
        reader=reader,
        employers=Employers(ports),
        imports=Imports(ports, desk, reader),
    )
