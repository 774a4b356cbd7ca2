"""The ports of the desk of activities, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.hours.activities import ActivityStore, EmployerStore, EvidenceFiles, ResultKeyStore
from zaichang.ports.learners import LearnerStore
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.review import StaffStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPorts:
    """Activities are handed in, decided and logged through these."""

    clock: Clock
    activities: ActivityStore
    employers: EmployerStore
    result_keys: ResultKeyStore
    files: EvidenceFiles
    learners: LearnerStore
    staff: StaffStore
    vault: Vault
    logs: OpenLogs
    token_hex: Callable[[int], str]
