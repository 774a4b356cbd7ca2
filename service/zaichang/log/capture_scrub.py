"""The scrub of kept captures: compares their encrypted bytes with the digests in the sessions' events.

It needs no key and decrypts nothing. Each night checks one thirtieth of all session ids, a few sessions at a time with
a
pause. So every capture is read about once a month.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from zaichang.audit.check import Check, Status
from zaichang.audit.findings import About, Findings
from zaichang.audit.openings.capture_checks import check_kept, promised
from zaichang.core.civil import date_at, day_number, hour_at
from zaichang.core.errors import NotFound, ZaichangError
from zaichang.core.ids import CaptureId, InstitutionId, SessionId
from zaichang.log.scrub import NIGHTS, PAUSE_S, SCRUB_HOURS
from zaichang.ports.blobs import Blobs
from zaichang.ports.evidence import EvidenceStore

STEP_SESSIONS: Final = 20
_PAGE: Final = 200
_IDS: Final = 1 << 16
_log = logging.getLogger("zaichang.log")


def shard_bounds(part: int, parts: int) -> tuple[str, str]:
    """Return the bounds of one part of all session ids, as hex digits.

    Args:
        part: Number of the part, from 0.
        parts: Number of equal parts.
    """
    first, end = _IDS * part // parts, _IDS * (part + 1) // parts
    return f"{first:04x}" if part else "", f"{end:04x}" if part + 1 < parts else "g"


async def scrub_session(
    store: EvidenceStore, blobs: Blobs, session_id: SessionId, now_ms: int, findings: Findings
) -> None:
    """Check one session's kept captures; an erasure of the learner's biometrics destroyed them rightly.

    Args:
        store: Holds its events.
        blobs: Holds its captures.
        session_id: The session.
        now_ms: Now, server time.
        findings: Takes the results.

    Raises:
        StorageError: A file or the store cannot be read.
    """
    if await store.faces_erased(session_id):
        return
    promise = promised(enumerate(await store.events(session_id)))

    def read(capture_id: CaptureId) -> bytes | None:
        try:
            return blobs.get(session_id, capture_id)
        except NotFound:
            return None

    await asyncio.to_thread(check_kept, promise, About(sid=session_id), read, now_ms, findings)


async def scrub_captures(
    store: EvidenceStore,
    blobs: Blobs,
    now_ms: int,
    institution_id: InstitutionId | None = None,
    bounds: tuple[str, str] = ("", "g"),
) -> list[Check]:
    """Check the kept captures of many sessions.

    Args:
        store: Holds their events.
        blobs: Holds their captures.
        now_ms: Now, server time.
        institution_id: Only its sessions; None for all.
        bounds: Only ids between these.

    Raises:
        StorageError: A file or the store cannot be read.
    """
    findings = Findings()
    after, below = bounds
    while page := await store.session_ids(after, below, _PAGE):
        for session_id, owner in page:
            if institution_id in (None, owner):
                await scrub_session(store, blobs, session_id, now_ms, findings)
        after = page[-1][0]
    return findings.checks


class NightlyCaptures:
    """Background task: scrubs a thirtieth of the captures between 1 and 5 o'clock (UTC+8), until cancelled.

    Args:
        store: Holds the sessions' events.
        blobs: Holds their captures.
        now_ms: Server time.
        pause_s: Pause between two steps, in seconds.
    """

    def __init__(self, store: EvidenceStore, blobs: Blobs, now_ms: Callable[[], int], pause_s: float = PAUSE_S) -> None:
        """Begin with the part of the night that comes."""
        self._store = store
        self._blobs = blobs
        self._now_ms = now_ms
        self._pause_s = pause_s
        self._night = 0
        self._after = ""
        self._below = ""

    async def run(self) -> None:
        """Run until cancelled: a step, then a pause; during the day only pauses."""
        while True:
            busy = False
            try:
                busy = await self.step()
            except ZaichangError as error:
                _log.error("scrub of captures: %s", error)
            await asyncio.sleep(self._pause_s if busy else 60.0)

    async def step(self) -> bool:
        """Check some sessions of tonight's part; return whether there was any.

        Raises:
            StorageError: A file or the store cannot be read.
        """
        now_ms = self._now_ms()
        if hour_at(now_ms) not in SCRUB_HOURS:
            return False
        night = day_number(date_at(now_ms))
        if night != self._night:
            self._night = night
            self._after, self._below = shard_bounds(self._night % NIGHTS, NIGHTS)
        page = await self._store.session_ids(self._after, self._below, STEP_SESSIONS)
        findings = Findings()
        for session_id, _ in page:
            self._after = session_id
            await scrub_session(self._store, self._blobs, session_id, now_ms, findings)
        for check in findings.checks:
            if check.status is not Status.PASS:
                _log.error("scrub of captures: session %s, event %s: %s", check.sid, check.event, check.message)
        return bool(page)
