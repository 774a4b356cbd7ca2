"""The search for near copies of the last day's captures. It runs beside the sessions, in bounded work and memory.

A perceptual hash, the face's place and its pose choose earlier captures of the institution; the pixels decide. A hash
alone cannot tell a copy from another moment of a person who sits still (docs/accuracy.md). A short memory of earlier
captures is kept in this process for a day. Their pictures are the encrypted ones that are kept for review, opened into
memory for the comparison. A session learns the count with its next capture.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.assessment import FaceFinding
from zaichang.core.civil import DAY_MS
from zaichang.core.enums import SessionState
from zaichang.core.errors import ZaichangError
from zaichang.core.ids import CaptureId, InstitutionId, LearnerId, SessionId
from zaichang.live.kept_captures import kept_capture
from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import Box, PixelComparison, Seen
from zaichang.ports.encryption import Vault
from zaichang.ports.learners import LearnerStore
from zaichang.ports.records import SessionRow
from zaichang.ports.sessions import SessionHistory

WAITING_MAX: Final = 64
"""Captures that may wait for the search; more are skipped, with a line in the service's log."""
LOOKS_MAX: Final = 50_000
"""Earlier captures that are remembered; the oldest are forgotten first."""
COMPARED_MAX: Final = 3
"""Earlier captures whose pixels are compared with one capture."""
APART_MS: Final = 10_000
"""Captures of one session that lie closer are not compared: a person may sit as still for seconds."""
HASH_BITS: Final = 14
MIDDLE_PERMILLE: Final = 40
"""How far the middle of the face may have moved, of the picture's sides."""
SIDE_PCT: Final = 12
"""How much larger or smaller the face may be, in per cent."""
POSE_CDEG: Final = 250

_log = logging.getLogger("zaichang.live")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The memory of a capture, and whose it is."""

    institution_id: InstitutionId
    learner_id: LearnerId
    session_id: SessionId
    capture_id: CaptureId
    at_ms: int
    phash: int
    box: Box
    place: tuple[int, int]
    width_permille: int
    pose: tuple[int, int, int]


def look_of(row: SessionRow, seen: Seen, face: FaceFinding) -> Look:
    """Return the memory of a capture.

    Args:
        row: Its session.
        seen: The capture.
        face: Its main face.
    """
    frame = seen.assessment
    x, y, width, height = face.box_px
    return Look(
        institution_id=row.institution_id,
        learner_id=row.learner_id,
        session_id=seen.session_id,
        capture_id=seen.capture_id,
        at_ms=seen.at_ms,
        phash=int(frame.phash, 16),
        box=(x, y, width, height),
        place=(1000 * (2 * x + width) // (2 * frame.width_px), 1000 * (2 * y + height) // (2 * frame.height_px)),
        width_permille=1000 * width // frame.width_px,
        pose=(face.yaw_cdeg, face.pitch_cdeg, face.roll_cdeg),
    )


def may_be(earlier: Look, now: Look) -> bool:
    """Return whether the pixels of two captures are worth a comparison."""
    if earlier.institution_id != now.institution_id or (earlier.phash ^ now.phash).bit_count() > HASH_BITS:
        return False
    if earlier.session_id == now.session_id and now.at_ms - earlier.at_ms < APART_MS:
        return False
    return (
        max(abs(a - b) for a, b in zip(earlier.place, now.place, strict=True)) <= MIDDLE_PERMILLE
        and 100 * abs(earlier.width_permille - now.width_permille) <= SIDE_PCT * now.width_permille
        and max(abs(a - b) for a, b in zip(earlier.pose, now.pose, strict=True)) <= POSE_CDEG
    )


class NearCopySearch:
    """The ``NearCopies`` port; ``run`` does its work."""

    def __init__(
        self, history: SessionHistory, learners: LearnerStore, vault: Vault, blobs: Blobs, pixels: PixelComparison
    ) -> None:
        """Use the ports that open kept pictures, and the comparison of pixels."""
        self._history = history
        self._learners = learners
        self._vault = vault
        self._blobs = blobs
        self._pixels = pixels
        self._waiting: asyncio.Queue[Seen] = asyncio.Queue(maxsize=WAITING_MAX)
        self._looks: deque[Look] = deque(maxlen=LOOKS_MAX)
        self._found: dict[SessionId, int] = {}

    def note(self, seen: Seen) -> None:
        """See the port."""
        try:
            self._waiting.put_nowait(seen)
        except asyncio.QueueFull:
            _log.warning("near copies: %d captures wait already, one was left out", WAITING_MAX)

    def found(self, session_id: SessionId) -> int:
        """See the port."""
        return self._found.get(session_id, 0)

    def closed(self, row: SessionRow) -> None:
        """A session has ended: nothing asks for its count any more."""
        self._found.pop(row.session_id, None)

    def forget(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """A learner was erased: remember nothing of their captures."""
        others = [
            each for each in self._looks if (each.institution_id, each.learner_id) != (institution_id, learner_id)
        ]
        self._looks = deque(others, maxlen=LOOKS_MAX)

    async def run(self) -> None:
        """Search the captures that wait, until cancelled; one that cannot be read is skipped."""
        while True:
            seen = await self._waiting.get()
            try:
                await self.look(seen)
            except (ZaichangError, ValueError) as error:
                _log.warning("near copies: a capture was left out: %s", error)
            finally:
                self._waiting.task_done()

    async def settle(self) -> None:
        """Wait until nothing waits (tests)."""
        await self._waiting.join()

    async def look(self, seen: Seen) -> None:
        """Compare one capture with those before it, and remember it.

        Raises:
            ZaichangError: The store cannot be read.
        """
        row, face = await self._history.session(seen.session_id), seen.assessment.main
        if face is None or not seen.assessment.phash:
            return
        now = look_of(row, seen, face)
        while self._looks and self._looks[0].at_ms < seen.at_ms - DAY_MS:
            self._looks.popleft()
        for earlier in self._nearest(now):
            if await self._same(earlier, seen.picture, now.box):
                if row.state is SessionState.OPEN:
                    self._found[seen.session_id] = self.found(seen.session_id) + 1
                break
        self._looks.append(now)

    def _nearest(self, now: Look) -> Sequence[Look]:
        near = [each for each in self._looks if may_be(each, now)]
        return sorted(near, key=lambda each: (each.phash ^ now.phash).bit_count())[:COMPARED_MAX]

    async def _same(self, earlier: Look, picture: bytes, box: Box) -> bool:
        try:
            learner = await self._learners.learner(earlier.institution_id, earlier.learner_id)
            key = self._vault.unlock(learner)
            kept = await asyncio.to_thread(kept_capture, self._blobs, key, earlier.session_id, earlier.capture_id)
        except ZaichangError:
            return False  # erased or deleted meanwhile: nothing to compare with
        return await asyncio.to_thread(self._pixels.same_picture, kept, earlier.box, picture, box)
