"""The search for near copies of the last day's captures. It runs beside the sessions, in bounded work and memory.

The store keeps the look of each capture for a day: a perceptual hash, the face's place and its pose. They choose
earlier captures; the pixels decide. A hash alone cannot tell a copy from another moment of a person who sits still
(docs/accuracy.md). The pictures are the encrypted ones that are kept for review, opened into memory for the
comparison. A session learns the count with its next capture.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.assessment import FaceFinding
from zaichang.core.civil import DAY_MS
from zaichang.core.errors import ZaichangError
from zaichang.core.ids import SessionId
from zaichang.live.kept_captures import kept_capture
from zaichang.ports.blobs import Blobs
from zaichang.ports.captures import Box, Look, LookStore, PixelComparison, Seen
from zaichang.ports.encryption import Vault
from zaichang.ports.learners import LearnerStore
from zaichang.ports.records import SessionRow
from zaichang.ports.sessions import SessionHistory

WAITING_MAX: Final = 64
"""Captures that may wait for the search; more are skipped, with a line in the service's log."""
CHOSEN_MAX: Final = 1_000
"""Earlier captures whose hash is compared with one capture's: the newest of those whose face has its place and pose."""
COMPARED_MAX: Final = 3
"""Earlier captures whose pixels are compared with one capture."""
HASH_BITS: Final = 14
_UNREAD: Final = -1

_log = logging.getLogger("zaichang.live")


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCopyPorts:
    """What the search needs.

    Attributes:
        history: Whose a capture is.
        looks: The looks of the last day's captures.
        learners: The keys of kept pictures, encrypted.
        vault: Opens them.
        blobs: The kept pictures.
        pixels: The comparison.
    """

    history: SessionHistory
    looks: LookStore
    learners: LearnerStore
    vault: Vault
    blobs: Blobs
    pixels: PixelComparison


def look_of(row: SessionRow, seen: Seen, face: FaceFinding) -> Look:
    """Return the look of a capture.

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


class NearCopySearch:
    """The ``NearCopies`` port; ``run`` does its work."""

    def __init__(self, ports: NearCopyPorts, *, across: bool = False, inline: bool = False) -> None:
        """Search with these ports.

        Args:
            ports: What it needs.
            across: Whether captures of other institutions are compared, too.
            inline: Compare in the calling thread (simulations on a virtual clock).
        """
        self._ports = ports
        self._across = across
        self._inline = inline
        self._waiting: asyncio.Queue[Seen] = asyncio.Queue(maxsize=WAITING_MAX)
        self._found: dict[SessionId, int] = {}
        """The count of each open session of this process; ``_UNREAD`` until its first capture is searched."""

    def note(self, seen: Seen) -> None:
        """See the port."""
        self._found.setdefault(seen.session_id, _UNREAD)
        try:
            self._waiting.put_nowait(seen)
        except asyncio.QueueFull:
            _log.warning("near copies: %d captures wait already, one was left out", WAITING_MAX)

    def found(self, session_id: SessionId) -> int:
        """See the port."""
        return max(0, self._found.get(session_id, 0))

    def closed(self, row: SessionRow) -> None:
        """A session has ended: nothing asks for its count any more."""
        self._found.pop(row.session_id, None)

    async def run(self) -> None:
        """Search the captures that wait, until cancelled; one whose search fails is skipped, with a line in the log."""
        while True:
            await self.next()

    async def next(self) -> None:
        """Wait for a capture and search it."""
        seen = await self._waiting.get()
        try:
            await self._look(seen)
        except ZaichangError as error:
            _log.warning("near copies: a capture was left out: %s", error)
        except Exception:
            _log.exception("near copies: a capture was left out")
        finally:
            self._waiting.task_done()

    async def settle(self) -> None:
        """Wait until nothing waits (tests)."""
        await self._waiting.join()

    async def _look(self, seen: Seen) -> None:
        """Compare one capture with those before it, and keep its look.

        Raises:
            ZaichangError: The store cannot be read or written.
        """
        row, face = await self._ports.history.session(seen.session_id), seen.assessment.main
        if face is None or not seen.assessment.phash:
            return
        now = look_of(row, seen, face)
        copy = False
        for earlier in await self._nearest(now):
            copy = await self._same(earlier, seen.picture, now.box)
            if copy:
                break
        await self._ports.looks.add_look(now, copy=copy, before_ms=seen.at_ms - DAY_MS)
        if copy or self._found.get(seen.session_id) == _UNREAD:
            # The store's count, because another process may have begun this session.
            found = await self._ports.looks.copies_of(seen.session_id)
            if seen.session_id in self._found:
                self._found[seen.session_id] = found

    async def _nearest(self, now: Look) -> Sequence[Look]:
        since_ms = now.at_ms - DAY_MS
        near = await self._ports.looks.looks_near(now, since_ms, across=self._across, limit=CHOSEN_MAX)
        alike = [(_distance(each, now), each) for each in near]
        alike = [each for each in alike if each[0] <= HASH_BITS]
        return [each for _, each in sorted(alike, key=lambda pair: pair[0])[:COMPARED_MAX]]

    async def _same(self, earlier: Look, picture: bytes, box: Box) -> bool:
        try:
            learner = await self._ports.learners.learner(earlier.institution_id, earlier.learner_id)
            key = self._ports.vault.unlock(learner)
            if self._inline:
                kept = kept_capture(self._ports.blobs, key, earlier.session_id, earlier.capture_id)
                return self._ports.pixels.same_picture(kept, earlier.box, picture, box)
            kept = await asyncio.to_thread(kept_capture, self._ports.blobs, key, earlier.session_id, earlier.capture_id)
        except ZaichangError:
            return False  # erased or deleted meanwhile: nothing to compare with
        return await asyncio.to_thread(self._ports.pixels.same_picture, kept, earlier.box, picture, box)


def _distance(one: Look, other: Look) -> int:
    """Return in how many bits two hashes differ."""
    return (one.phash ^ other.phash).bit_count()
