"""Employers (用人单位): each has a key of its own, with which it confirms what its people hand in."""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.core.enums import KeyRole
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import InstitutionId, check_id
from zaichang.core.text import plain
from zaichang.launch.institutions import KEY_BYTES, key_digest
from zaichang.ports.hours.activities import Employer, UnitId
from zaichang.ports.hours.desk import ActivityPorts

NAME_MAX_CHARS = 200


class Employers:
    """Keeps employers, and finds the owner of a key."""

    def __init__(self, ports: ActivityPorts) -> None:
        """Use the ports."""
        self._ports = ports

    async def add(self, institution_id: InstitutionId, unit_id: UnitId, name_zh: str, name_en: str) -> str:
        """Add an employer (or give one a new key and name) and return the key, which is shown once.

        Raises:
            PeerViolation: ``employer.name``, ``id.invalid``.
        """
        for name in (name_zh, name_en):
            if not name or len(name) > NAME_MAX_CHARS or not plain(name):
                raise PeerViolation("employer.name", f"A name is a plain text of at most {NAME_MAX_CHARS} characters.")
        ports, now_ms, key = self._ports, self._ports.clock.now_ms(), f"ze-{self._ports.token_hex(KEY_BYTES)}"
        employer = Employer(
            institution_id=institution_id,
            unit_id=check_id(unit_id, "employer"),
            name_zh=name_zh,
            name_en=name_en,
            created_ms=now_ms,
        )
        await ports.employers.put_employer(employer, key_digest(key))
        await ports.staff.note_audit(institution_id, now_ms, KeyRole.STAFF, "employer.key", unit_id)
        return key

    async def revoke(self, institution_id: InstitutionId, unit_id: UnitId) -> None:
        """End an employer's key; its confirmations stay.

        Raises:
            NotFound: ``employer.unknown``.
        """
        now_ms = self._ports.clock.now_ms()
        await self._ports.employers.revoke_employer(institution_id, unit_id, now_ms)
        await self._ports.staff.note_audit(institution_id, now_ms, KeyRole.STAFF, "employer.revoke", unit_id)

    async def all(self, institution_id: InstitutionId) -> Sequence[Employer]:
        """Return an institution's employers by id."""
        return await self._ports.employers.employers(institution_id)

    async def of_key(self, key: str) -> Employer | None:
        """Return the employer whose key this is; None for another key."""
        return await self._ports.employers.employer_of_key(key_digest(key)) if 8 <= len(key) <= 200 else None
