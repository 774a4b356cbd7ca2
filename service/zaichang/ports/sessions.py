"""Sessions: opened, owned by one writer, appended to, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.enums import ChallengeKind
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, SessionId, TokenId
from zaichang.core.periods import ONCE
from zaichang.ports.records import Append, SessionRow, StoredLeaf, StoredMinute
from zaichang.session.events import Leniency
from zaichang.session.playhead import IntervalSet


class SessionStore(Protocol):
    """Opens sessions and writes their events. Each change is durable when its method returns."""

    async def open_session(self, row: SessionRow) -> tuple[SessionRow, ...]:
        """Make ``row`` the learner's one earning session; return those it supersedes.

        Cost: commit.

        Raises:
            NotAllowed: ``token.used`` where the token opened a session before.
        """

    async def release_token(self, session_id: SessionId) -> None:
        """Let the session's launch token open another one: this one ended before anything could count in it.

        Cost: commit.
        """

    async def unfinished(self) -> Sequence[SessionRow]:
        """Return every session that is not closed (start-up sweep). Cost: read."""

    async def claim(self, session_id: SessionId) -> SessionRow:
        """Take the session with a new fencing epoch; writers of older epochs are refused from now on. Cost: commit."""

    async def append(self, write: Append) -> None:
        """Write atomically and durably; a repeat of the same write is a no-op.

        Cost: commit, shared with other sessions' writes that wait at the same time.

        Raises:
            StorageError: ``storage.fenced`` for an old epoch, ``storage.conflict`` where other events stand there.
        """

    async def last_at_ms(self) -> int:
        """Return the latest server time in any event; 0 for none. The clock starts no earlier.

        Cost: scan, linear in the number of sessions, for start-up; the events of ended sessions are not read.
        """


class SessionHistory(Protocol):
    """Reads stored sessions."""

    async def ping(self) -> None:
        """Return once the store answers a read that touches no table (health probes). Cost: read."""

    async def session(self, session_id: SessionId) -> SessionRow:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def session_of_token(self, token_id: TokenId) -> SessionRow | None:
        """Return the session that the token opened. Cost: read."""

    async def sessions_page(
        self, institution_id: InstitutionId, learner_id: LearnerId, before: tuple[int, str], limit: int
    ) -> Sequence[SessionRow]:
        """Return a page, the newest first: those before (opened_ms, session_id); of one learner, or "" for all.

        Cost: read.
        """

    async def events(self, session_id: SessionId) -> Sequence[bytes]:
        """Return all events in order. Cost: read."""

    async def minutes(self, session_id: SessionId) -> Sequence[StoredMinute]:
        """Return all minutes in order (``credited`` is not filled in; it is in the body). Cost: read."""

    async def leaves(self, session_id: SessionId) -> Sequence[StoredLeaf]:
        """Return all leaves in order. Cost: read."""

    async def credited(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        course_id: CourseId,
        lesson_id: LessonId,
        timeline: str = "1",
        period: str = ONCE,
    ) -> IntervalSet:
        """Return the intervals credited to the learner on this time line of the lesson in a period (I2).

        Cost: read.

        Args:
            institution_id: Whose.
            learner_id: The learner.
            course_id: The course.
            lesson_id: The lesson.
            timeline: The time line.
            period: Credit of periods that overlap it is included; ``once`` overlaps every period.
        """

    async def leniency(self, row: SessionRow, since_ms: int) -> Leniency | None:
        """Return the counts at the end of the learner's last session of this lesson, if it closed since. Cost: read.

        Args:
            row: A session of the learner, the lesson and the time line that are meant.
            since_ms: Server time; sessions that closed before it no longer count.
        """

    async def debt_ms(self, row: SessionRow, since_ms: int) -> int | None:
        """Return the debt of missed samples at the end of the learner's last session of any lesson. Cost: read.

        Args:
            row: A session of the learner that is meant.
            since_ms: As in ``leniency``.
        """

    async def owed(self, institution_id: InstitutionId, learner_id: LearnerId) -> ChallengeKind | None:
        """Return the kind of the challenge that the learner's last closed session left open, or None. Cost: read."""
