"""Institutions, their reviewers, and the keys of both. Only a key's digest is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from zaichang.core.enums import KeyRole
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import NO_REVIEWER, InstitutionId, ReviewerId, check_id
from zaichang.core.text import plain
from zaichang.ledger.activities.stages import Party
from zaichang.ports.launch import LaunchPorts
from zaichang.ports.records import Institution

KEY_BYTES = 32
_PARTIES: Final = frozenset((*KeyRole, *Party))
"""Words that steps and the audit trail use for a key or a side, so no person has them as an id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionKeys:
    """The two keys of an institution, shown once: only their digests are kept.

    Attributes:
        platform: For its learning platform: launch and enrol.
        staff: For its reviewers: timelines and captures.
    """

    platform: str
    staff: str


class Institutions:
    """Creates institutions and reviewers, and finds the owner of a key."""

    def __init__(self, ports: LaunchPorts) -> None:
        """Use the ports: stores of institutions and reviewers, clock, source of random keys."""
        self._ports = ports

    async def add(self, institution_id: InstitutionId, name_zh: str, name_en: str) -> InstitutionKeys:
        """Create an institution (or give an existing one new keys); the keys are shown once.

        Raises:
            PeerViolation: ``institution.name``, ``id.invalid``.
        """
        for name in (name_zh, name_en):
            if not plain(name):
                raise PeerViolation("institution.name", "A name must not hold control or format characters.")
        keys = InstitutionKeys(
            platform=f"zp-{self._ports.token_hex(KEY_BYTES)}", staff=f"zs-{self._ports.token_hex(KEY_BYTES)}"
        )
        await self._ports.lessons.put_institution(
            Institution(
                institution_id=check_id(institution_id, "institution_id"),
                name_zh=name_zh,
                name_en=name_en,
                key_digest=key_digest(keys.platform),
                staff_digest=key_digest(keys.staff),
                created_ms=self._ports.clock.now_ms(),
            )
        )
        return keys

    async def add_reviewer(self, institution_id: InstitutionId, reviewer_id: ReviewerId) -> str:
        """Create a reviewer (or give one a new key) and return the key, shown once; decisions carry its owner's id.

        Raises:
            PeerViolation: ``id.invalid``, also for the name of a party, as ``platform`` or ``staff``.
            NotFound: ``institution.unknown``.
        """
        await self._ports.lessons.institution(institution_id)
        key = f"zr-{self._ports.token_hex(KEY_BYTES)}"
        now_ms = self._ports.clock.now_ms()
        reviewer_id = check_id(reviewer_id, "reviewer")
        if reviewer_id in _PARTIES or reviewer_id.startswith(f"{Party.EMPLOYER}."):
            raise PeerViolation(
                "id.invalid", f"reviewer must not be {reviewer_id!r}: that names a party.", "Take another."
            )
        await self._ports.staff.put_reviewer(institution_id, reviewer_id, key_digest(key), now_ms)
        await self._ports.staff.note_audit(institution_id, now_ms, KeyRole.STAFF, "reviewer.key", reviewer_id)
        return key

    async def revoke_reviewer(self, institution_id: InstitutionId, reviewer_id: ReviewerId) -> None:
        """End a reviewer's key; the decisions stay under the reviewer's id."""
        now_ms = self._ports.clock.now_ms()
        await self._ports.staff.revoke_reviewer(institution_id, reviewer_id, now_ms)
        await self._ports.staff.note_audit(institution_id, now_ms, KeyRole.STAFF, "reviewer.revoke", reviewer_id)

    async def reviewer_of_key(self, key: str) -> tuple[Institution, ReviewerId]:
        """Return institution and reviewer of a key; the staff key, which reviewers share, has no reviewer's id (empty).

        Raises:
            NotAllowed: ``auth.required``, ``auth.role``.
        """
        found = await self._ports.staff.reviewer_of_key(key_digest(key)) if 8 <= len(key) <= 200 else None
        if found is not None:
            return await self._ports.lessons.institution(found[0]), found[1]
        return await self.of_key(key, KeyRole.STAFF), NO_REVIEWER

    async def of_key(self, key: str, role: KeyRole) -> Institution:
        """Return the institution that a key belongs to.

        Raises:
            NotAllowed: ``auth.required`` for no known key, ``auth.role`` for a key of another role.
        """
        if not 8 <= len(key) <= 200:
            raise NotAllowed("auth.required", "A valid key is required.", "Send it as Authorization: Bearer <key>.")
        found = await self._ports.lessons.institution_of_key(key_digest(key))
        if found is None:
            raise NotAllowed("auth.required", "A valid key is required.", "Send it as Authorization: Bearer <key>.")
        institution, held = found
        if held is not role:
            raise NotAllowed("auth.role", f"This needs the institution's {role} key.")
        return institution


def key_digest(key: str) -> str:
    """Return the stored digest of a key. Keys are random, so one hash is enough."""
    return hashlib.sha256(b"zaichang/key/v1|" + key.encode()).hexdigest()
