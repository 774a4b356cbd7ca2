"""The captures of one open session: each is stored for review, held until its analysis, and assessed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace

from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.frames import IDENTITY, PRESENCE, Frame
from zaichang.core.ids import CaptureId, SessionId
from zaichang.live.kept_captures import keep_capture
from zaichang.live.same_face import studies_elsewhere
from zaichang.ports.captures import Seen
from zaichang.ports.encryption import LearnerKey
from zaichang.ports.session import SessionPorts
from zaichang.session.decisions import AnalyseCapture, Decision
from zaichang.session.events import CaptureAssessed, CaptureReceived, Event, KeptCapture
from zaichang.session.state import State


class CaptureDesk:
    """Holds each capture in memory from its arrival to its assessment."""

    def __init__(
        self,
        ports: SessionPorts,
        session_id: SessionId,
        key: LearnerKey,
        template: bytes | None,
        capture_days: int | None,
    ) -> None:
        """Serve one session; see ``LiveSession`` for the key and the template, its start for the days."""
        self._ports = ports
        self._session_id = session_id
        self._key = key
        self._template = template
        self._capture_days = capture_days
        self._pictures: dict[str, bytes] = {}

    async def take(self, event: Event, decisions: Sequence[Decision], picture: bytes) -> Event:
        """Hold and store the picture of an event whose decisions order an analysis; otherwise do nothing.

        Args:
            event: The event that the picture came with.
            decisions: The decisions of ``step`` on it.
            picture: The encoded picture.

        Returns:
            The event; with the picture's digests where the picture was taken.

        Raises:
            StorageError: The picture could not be stored; the event must not be committed.
        """
        if not isinstance(event, CaptureReceived) or not any(isinstance(d, AnalyseCapture) for d in decisions):
            return event
        self._pictures[event.capture_id] = picture
        kept = await self.keep(event.capture_id, picture, event.at_ms)
        return replace(event, picture=_digest(picture), encrypted=None if kept is None else kept.encrypted)

    async def keep_now(self, capture_id: CaptureId, picture: bytes) -> KeptCapture | None:
        """Store a picture that arrived now; see ``keep``."""
        return await self.keep(capture_id, picture, self._ports.clock.now_ms())

    async def keep(self, capture_id: CaptureId, picture: bytes, at_ms: int) -> KeptCapture | None:
        """Store an encrypted picture for review.

        Args:
            capture_id: Name of the capture.
            picture: The encoded picture.
            at_ms: Server time of its arrival.

        Returns:
            The picture's digests; None where the service keeps no captures.
        """
        if not self._ports.config.keep_captures:
            return None
        blobs, session_id = self._ports.blobs, self._session_id
        encrypted = await asyncio.to_thread(keep_capture, blobs, self._key, session_id, capture_id, picture)
        days = self._capture_days
        await self._ports.captures.add_capture(session_id, capture_id, at_ms, len(encrypted), days)
        return KeptCapture(capture_id=capture_id, picture=_digest(picture), encrypted=_digest(encrypted))

    async def assess(self, order: AnalyseCapture, allowance_ms: int) -> CaptureAssessed:
        """Analyse the held picture of an order, and drop it.

        Args:
            order: Names the capture.
            allowance_ms: Time until the answer is due.

        Returns:
            The event, at the time of the answer; its assessment is ``not_analysed`` without a picture or time.
        """
        picture = self._pictures.pop(order.capture_id, b"")
        assessment = not_analysed()
        if picture and allowance_ms > 0:
            frame = Frame(
                data=picture,
                want=IDENTITY if order.identity else PRESENCE,
                reference=self._template,
                deadline_ms_from_now=allowance_ms,
            )
            [assessment] = await self._ports.vision.analyse([frame])
        seen = False
        if assessment.content:
            captures = self._ports.captures
            seen = await captures.seen_elsewhere(assessment.content, self._session_id)
            await captures.add_picture(assessment.content, assessment.phash, self._session_id, order.capture_id)
        now_ms = self._ports.clock.now_ms()
        copies = self._near_copies(order, picture, assessment, now_ms)
        elsewhere = order.identity and await studies_elsewhere(self._ports, self._session_id, self._template, now_ms)
        return CaptureAssessed(
            at_ms=now_ms,
            capture_id=order.capture_id,
            assessment=assessment,
            seen_before=seen,
            elsewhere=elsewhere or None,
            copies=copies or None,
        )

    def _near_copies(self, order: AnalyseCapture, picture: bytes, assessment: FrameAssessment, now_ms: int) -> int:
        """Have the capture searched beside; return how many copies were found among the session's earlier ones."""
        near = self._ports.near_copies
        if near is None:
            return 0
        if assessment.main is not None and self._ports.config.keep_captures and order.near is None:
            near.note(
                Seen(
                    session_id=self._session_id,
                    capture_id=order.capture_id,
                    at_ms=now_ms,
                    picture=picture,
                    assessment=assessment,
                )
            )
        return near.found(self._session_id)


def announced(state: State, capture_id: CaptureId, picture: bytes) -> str | None:
    """Return the picture's SHA-256 where the player announced or pledged one for this capture, else None."""
    current = state.proofs.round
    waits = current is not None and current.capture_id == capture_id and (current.digest or current.frame) != ""
    return _digest(picture) if waits else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
