"""Leaves of an older version may not follow the log's change to a newer one. Pure.

A change of credit of version 1 needs no decision behind it. So an institution could go on writing that version, where
the checks of the newer one would find too much.
"""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.audit.findings import About, Findings
from zaichang.audit.time_checks import SKEW_MS


@dataclass(slots=True)
class Forms:
    """The versions met so far.

    Attributes:
        findings: Takes the results.
        version: The newest version.
        since_ms: The latest moment at which the earliest leaf of that version may have been written.
    """

    findings: Findings
    version: int = 0
    since_ms: int = 0

    def take(self, about: About, version: int, at_ms: int, latest_ms: int) -> None:
        """Check the next leaf in the log's order.

        Args:
            about: Its place.
            version: Its version.
            at_ms: Its date; a leaf that was written before the change may enter the log after it.
            latest_ms: The latest moment that its date allows.
        """
        if version > self.version:
            self.version, self.since_ms = version, latest_ms
        elif version == self.version:
            self.since_ms = min(self.since_ms, latest_ms)
        elif at_ms > self.since_ms + SKEW_MS:
            message = f"The leaf has the form of version {version}; the log had changed to version {self.version}."
            self.findings.failed("leaf", "E_SCHEMA", message, about, field="v", expected=self.version, got=version)
