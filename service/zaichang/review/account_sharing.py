"""Indicators across sessions: shared devices and addresses, one account on many devices, parallel courses.

They open review cases and do nothing else: no session is refused, and no credit is lost. They store a keyed
digest per institution (the key never leaves the data folder, so a digest cannot be looked up, nor compared between
institutions), for a limited time, and it goes with the learner's erasure.

One case per device and per address, not one per account: a hospital behind one address is one line in the queue, and
once a reviewer has called it expected, it stays away.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
import re
from dataclasses import dataclass
from typing import Final

from zaichang.core.civil import DAY_MS
from zaichang.core.enums import CaseKind, SightingKind
from zaichang.core.errors import ZaichangError
from zaichang.core.ids import NO_LEARNER, CaseId, InstitutionId, LearnerId
from zaichang.core.reasons import ReasonCode
from zaichang.ports.connections import Peer
from zaichang.ports.records import SessionRow
from zaichang.ports.records_cases import CaseDraft, CaseReason
from zaichang.ports.records_review import Sighting
from zaichang.ports.review_desk import ReviewPorts

_log = logging.getLogger("zaichang.review")
_HINT = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,47}")
HINTS_MAX: Final = 16
"""Different hints kept of one connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingLimits:
    """The numbers from which on a review case opens; 0 switches a signal off. All are our choice.

    Attributes:
        device_accounts: Accounts on one device within ``days``.
        address_accounts: Accounts behind one address within a day.
        account_devices: Devices of one account within a day.
        account_parallel: Times that an account left a lesson for another one while it ran, within a day.
        days: How long sightings are kept.
        due_days: Days until a review case is due.
    """

    device_accounts: int = 3
    address_accounts: int = 50
    account_devices: int = 4
    account_parallel: int = 5
    days: int = 30
    due_days: int = 7


class AccountSharing:
    """Records sightings and opens cases. It never raises an error: a learner's session does not depend on it."""

    def __init__(self, ports: ReviewPorts, key: bytes, limits: SharingLimits) -> None:
        """Use the ports; ``key`` makes the digests."""
        self._ports = ports
        self._key = key
        self.limits = limits

    async def joined(self, row: SessionRow, peer: Peer) -> None:
        """Record the device and address of an opened or resumed session, and open the cases that follow."""
        try:
            for kind, raw in ((SightingKind.DEVICE, peer.device), (SightingKind.ADDRESS, address_group(peer.address))):
                if raw:
                    await self._seen(row, kind, self.digest(row.institution_id, kind, raw))
            await self._account(row)
        except ZaichangError as error:
            _log.warning("session %s: indicators were not noted: %s", row.session_id, error)

    async def hinted(self, row: SessionRow, hints: tuple[str, ...], known: set[str]) -> None:
        """Keep new hints of a capture's header; ``known`` holds those that this connection sent before."""
        for hint in hints:
            if hint in known or len(known) >= HINTS_MAX or _HINT.fullmatch(hint) is None:
                continue
            known.add(hint)
            try:
                await self._ports.sightings.sight(self._sighting(row, SightingKind.HINT, hint))
            except ZaichangError as error:
                _log.warning("session %s: a hint was not noted: %s", row.session_id, error)

    def digest(self, institution_id: InstitutionId, kind: SightingKind, raw: str) -> str:
        """Return the keyed digest of a device or address at one institution, 32 hex digits."""
        return hmac.digest(self._key, f"{institution_id}|{kind}|{raw}".encode(), hashlib.sha256).hex()[:32]

    async def _seen(self, row: SessionRow, kind: SightingKind, value: str) -> None:
        ports, limits = self._ports, self.limits
        await ports.sightings.sight(self._sighting(row, kind, value))
        now_ms = self._ports.clock.now_ms()
        limit, days, code = (
            (limits.device_accounts, limits.days, ReasonCode.SHARED_DEVICE)
            if kind is SightingKind.DEVICE
            else (limits.address_accounts, 1, ReasonCode.SHARED_ADDRESS)
        )
        if not limit:
            return
        accounts = await ports.sightings.seen_with(row.institution_id, kind, value, now_ms - days * DAY_MS)
        if len(accounts) >= limit:
            await self._raise(
                row.institution_id, CaseKind(kind), value, NO_LEARNER, CaseReason(code=code.value, n=len(accounts))
            )

    async def _account(self, row: SessionRow) -> None:
        ports, limits = self._ports, self.limits
        since_ms = self._ports.clock.now_ms() - DAY_MS
        who = (row.institution_id, row.learner_id)
        counts = (
            (
                ReasonCode.MANY_DEVICES,
                await ports.sightings.values_of(*who, SightingKind.DEVICE, since_ms),
                limits.account_devices,
            ),
            (
                ReasonCode.PARALLEL_COURSES,
                await ports.sightings.superseded_lately(*who, since_ms),
                limits.account_parallel,
            ),
        )
        for code, count, limit in counts:
            if limit and count >= limit:
                await self._raise(
                    row.institution_id,
                    CaseKind.ACCOUNT,
                    row.learner_id,
                    row.learner_id,
                    CaseReason(code=code.value, n=count),
                )

    async def _raise(
        self, institution_id: InstitutionId, kind: CaseKind, subject: str, learner_id: LearnerId, reason: CaseReason
    ) -> None:
        now_ms = self._ports.clock.now_ms()
        await self._ports.cases.raise_case(
            CaseDraft(
                case_id=CaseId(self._ports.token_hex(8)),
                institution_id=institution_id,
                kind=kind,
                subject=subject,
                learner_id=learner_id,
                at_ms=now_ms,
                due_ms=now_ms + self.limits.due_days * DAY_MS,
                reasons=(reason,),
            )
        )

    def _sighting(self, row: SessionRow, kind: SightingKind, value: str) -> Sighting:
        return Sighting(
            session_id=row.session_id,
            kind=kind,
            value=value,
            institution_id=row.institution_id,
            learner_id=row.learner_id,
            at_ms=self._ports.clock.now_ms(),
        )


def address_group(address: str) -> str:
    """Return the key of a client's address: IPv4 as it is, IPv6 by its /64, empty for the machine itself.

    Behind a proxy that does not forward addresses, every client comes from loopback, which identifies none.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback or parsed.is_unspecified:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
