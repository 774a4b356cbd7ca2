"""Kept captures, the fingerprints of pictures, and the search for near copies. The pictures themselves are blobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from zaichang.core.assessment import FrameAssessment
from zaichang.core.ids import CaptureId, InstitutionId, LearnerId, SessionId
from zaichang.ports.records import CaptureRow


class CaptureStore(Protocol):
    """Records which encrypted pictures are kept, and which pictures were seen."""

    async def add_capture(
        self, session_id: SessionId, capture_id: CaptureId, at_ms: int, size: int, keep_days: int | None = None
    ) -> None:
        """Record an encrypted picture, and the days promised for it, if any. Cost: commit."""

    async def captures(self, session_id: SessionId) -> Sequence[CaptureRow]:
        """Return the session's pictures. Cost: read."""

    async def captures_due(self, now_ms: int, days: int, limit: int) -> Sequence[CaptureRow]:
        """Return pictures past their days that are not deleted, the oldest first. Cost: read.

        Args:
            now_ms: Now, server time.
            days: How long a picture is kept for which nothing was promised.
            limit: Most rows.
        """

    async def captures_of_learner(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[CaptureRow]:
        """Return every kept picture of a learner (erasure). Cost: read."""

    async def note_capture_deleted(self, session_id: SessionId, capture_id: CaptureId, at_ms: int) -> None:
        """Record that a picture was deleted. Cost: commit."""

    async def add_picture(self, content: str, phash: str, session_id: SessionId, capture_id: CaptureId) -> None:
        """Remember a picture's fingerprints (I7). Cost: commit."""

    async def running_alike(self, session_id: SessionId, since_ms: int) -> Sequence[tuple[InstitutionId, LearnerId]]:
        """Return other accounts that study now and that face search found like this session's.

        An account whose likeness a reviewer called expected (twins) is left out. Cost: read.

        Args:
            session_id: The session.
            since_ms: Server time; a session without an event since is not running.
        """

    async def note_alike(self, one: tuple[InstitutionId, LearnerId], other: tuple[InstitutionId, LearnerId]) -> None:
        """Record that accounts of two institutions show one face. Cost: commit."""

    async def overlapped_alike(self, session_id: SessionId) -> Sequence[tuple[InstitutionId, LearnerId]]:
        """Return accounts of other institutions with this session's face that studied at the same time. Cost: read."""

    async def seen_elsewhere(self, content: str, session_id: SessionId) -> bool:
        """Return whether the very same picture came in another session of any learner. Cost: read."""


Box = tuple[int, int, int, int]
"""A face in a picture: x, y, width, height in pixels."""
APART_MS: Final = 10_000
"""Captures of one session that lie closer are not compared: a person may sit as still for seconds."""
MIDDLE_PERMILLE: Final = 40
"""How far the middle of the face may have moved, of the picture's sides."""
SIDE_PCT: Final = 12
"""How much larger or smaller the face may be, in per cent."""
POSE_CDEG: Final = 250
"""How far each angle of the head may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A capture that was analysed.

    Attributes:
        session_id: Its session.
        capture_id: Its name there.
        at_ms: Server time.
        picture: As it came, encoded.
        assessment: What the analysis saw; it has a main face.
    """

    session_id: SessionId
    capture_id: CaptureId
    at_ms: int
    picture: bytes
    assessment: FrameAssessment


class PixelComparison(Protocol):
    """Compares the pixels of two pictures."""

    def same_picture(self, first: bytes, first_box: Box, second: bytes, second_box: Box) -> bool:
        """Return whether both are one picture of a camera, not two of one person. Cost: memory.

        Blocks: call it in a thread.

        Args:
            first: A picture, encoded.
            first_box: Its face.
            second: Another picture.
            second_box: Its face.
        """


class NearCopies(Protocol):
    """Looks for near copies beside the sessions. Its methods neither block nor wait."""

    def note(self, seen: Seen) -> None:
        """Take a capture, to be compared with those of the last day. Cost: memory."""

    def found(self, session_id: SessionId) -> int:
        """Return how many captures of a session were found to be near copies so far. Cost: memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A capture in numbers, and whose it is.

    Attributes:
        institution_id: Whose learner.
        learner_id: Whose capture.
        session_id: Its session.
        capture_id: Its name there.
        at_ms: Server time.
        phash: Perceptual hash, 64 bits.
        box: The main face.
        place: Middle of the face, in thousandths of the picture's width and height.
        width_permille: Width of the face, of the picture's.
        pose: Turn, nod and tilt of the head, in hundredths of a degree.
    """

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


class LookStore(Protocol):
    """Keeps looks for all processes of the service."""

    async def looks_near(self, look: Look, since_ms: int, *, across: bool, limit: int) -> Sequence[Look]:
        """Return earlier looks whose face has the same place, size and pose, the newest first. Cost: read.

        Place, size and pose may differ by ``MIDDLE_PERMILLE``, ``SIDE_PCT`` and ``POSE_CDEG``. Looks of the same
        session closer than ``APART_MS`` are left out.

        Args:
            look: The look.
            since_ms: Oldest server time.
            across: Whether other institutions' looks count, too.
            limit: Most rows.
        """

    async def add_look(self, look: Look, *, copy: bool, before_ms: int) -> None:
        """Keep a look, and forget those before a time. Cost: commit.

        A look is not kept where its session's faces or its learner were erased, or its picture was deleted, meanwhile.

        Args:
            look: The look.
            copy: Whether it was found to be a near copy.
            before_ms: Older ones are deleted.
        """

    async def copies_of(self, session_id: SessionId) -> int:
        """Return how many kept looks of a session were found to be near copies. Cost: read."""

    async def forget_looks(self, before_ms: int) -> int:
        """Delete looks before a time; return how many. Cost: commit."""
