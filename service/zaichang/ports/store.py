"""The ``Store`` port: what the runtime needs kept. Nothing outside ``storage`` knows what is behind it.

Every ``async`` method that changes something returns after the change is durable. ``append`` is idempotent by
(session, epoch, seq): the same write twice is one write, another write at the same place is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zaichang.ports.review import CaseDraft, ReviewStore
from zaichang.ports.stored_leaf import StoredLeaf as StoredLeaf
from zaichang.session.events import Question
from zaichang.session.playhead import IntervalSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """An institution; only digests of its keys are kept (SHA-256, hex).

    Attributes:
        institution_id: Identifier.
        name_zh: Name shown in Chinese.
        name_en: Name shown in English.
        key_digest: Of the key its learning platform calls us with.
        staff_digest: Of the key its reviewers open captures with.
        created_ms: Server time.
    """

    institution_id: str
    name_zh: str
    name_en: str
    key_digest: str
    staff_digest: str
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A lesson of a course, with the policy that holds for it.

    ``duration_ms`` is never the player's word; ``questions`` is the bank for question challenges, which stays here.
    ``timeline`` names the time line that positions are on: that of the first version that had it. ``live_from_ms`` is
    when a live broadcast began, server time, or 0.
    """

    institution_id: str
    course_id: str
    lesson_id: str
    title_zh: str
    title_en: str
    duration_ms: int
    policy_digest: str
    questions: tuple[Question, ...] = ()
    version: str = "1"
    timeline: str = "1"
    live_from_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A learner, known by the institution's pseudonym only; ``wrapped_key`` is None once erased."""

    institution_id: str
    learner_id: str
    wrapped_key: bytes | None
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A reference template, sealed with the learner's key; ``models`` says which models made it."""

    version: int
    at_ms: int
    models: str
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session as storage knows it.

    Attributes:
        session_id: Random, 32 hex digits.
        institution_id: Whose.
        learner_id: Pseudonym.
        course_id: Course.
        lesson_id: Lesson.
        token_id: The launch token that opened it; one session per token.
        policy_digest: The policy in force.
        state: ``open`` (may earn), ``superseded`` (being closed) or ``closed``.
        opened_ms: Server time.
        closed_ms: Server time, or None.
        superseded_by: The session that took its place, or None.
        epoch: Fencing number; a writer with an older one is refused.
        next_seq: Sequence number of the next event.
        lesson_version: The lesson's version that it began with.
        timeline: The time line that its positions are on.
        owed: The kind of the pop-up that was left open at its end, or empty.
    """

    session_id: str
    institution_id: str
    learner_id: str
    course_id: str
    lesson_id: str
    token_id: str
    policy_digest: str
    state: str
    opened_ms: int
    closed_ms: int | None = None
    superseded_by: str | None = None
    epoch: int = 1
    next_seq: int = 0
    lesson_version: str = "1"
    timeline: str = "1"
    owed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One event: canonical bytes, and the server time in them."""

    at_ms: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMinute:
    """One minute's record (canonical bytes) and what it credits.

    ``leaf_seq`` is the leaf that carries its verdict, None until that leaf is written; ``delivered`` says that its line
    is in the outbox. Both are kept by the store.
    """

    minute: int
    body: bytes
    credited: IntervalSet = ()
    leaf_seq: int | None = None
    delivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A part of a lesson that was sent to the player of a launch; ``sent_ms`` is when sending began, server time."""

    launch: str
    start_ms: int
    end_ms: int
    sent_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRow:
    """A picture that was kept, encrypted; ``deleted_ms`` once retention or erasure removed it."""

    session_id: str
    capture_id: str
    at_ms: int
    size: int
    deleted_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """One atomic write of a session: its next events and all that follows from them.

    Attributes:
        session_id: Which session.
        epoch: The writer's fencing number.
        first_seq: Sequence number of the first event.
        events: In order.
        minutes: Minutes that became final.
        leaves: Leaves that these events completed.
        closed_ms: Set where the session ended with these events.
        owed: The kind of the pop-up that was left open then, or empty.
        case: What a person should look at then; the reasons of undecided minutes are added to it.
    """

    session_id: str
    epoch: int
    first_seq: int
    events: tuple[StoredEvent, ...]
    minutes: tuple[StoredMinute, ...] = ()
    leaves: tuple[StoredLeaf, ...] = ()
    closed_ms: int | None = None
    owed: str = ""
    case: CaseDraft | None = None


class Store(ReviewStore, Protocol):
    """What is kept, and what it promises."""

    # Set-up
    async def put_institution(self, institution: Institution) -> None:
        """Insert or replace."""

    async def institution(self, institution_id: str) -> Institution:
        """Return it, or raise ``NotFound``."""

    async def institution_of_key(self, digest: str) -> tuple[Institution, str] | None:
        """Return the institution whose key has this digest, with the key's role: ``platform`` or ``staff``."""

    async def put_policy(self, digest: str, name: str, body: bytes) -> None:
        """Keep a policy for ever under its digest."""

    async def policy(self, digest: str) -> bytes:
        """Return the canonical bytes, or raise ``NotFound``."""

    async def put_lesson(self, lesson: Lesson) -> None:
        """Insert or replace."""

    async def lesson(self, institution_id: str, course_id: str, lesson_id: str) -> Lesson:
        """Return it, or raise ``NotFound``."""

    async def lessons(self, institution_id: str) -> Sequence[Lesson]:
        """Return an institution's lessons."""

    # Learners
    async def ensure_learner(self, learner: Learner) -> Learner:
        """Insert where absent; return what is kept. An erased learner raises ``NotAllowed``."""

    async def learner(self, institution_id: str, learner_id: str) -> Learner:
        """Return it, or raise ``NotFound``."""

    async def add_enrolment(self, institution_id: str, learner_id: str, enrolment: Enrolment) -> None:
        """Keep a new reference; older versions are removed."""

    async def enrolment(self, institution_id: str, learner_id: str) -> Enrolment | None:
        """Return the newest reference."""

    async def enrolments_of(self, institution_id: str) -> Sequence[tuple[Learner, Enrolment]]:
        """Return every learner of an institution who has a reference and is not erased, with it."""

    async def erase_learner(self, institution_id: str, learner_id: str, at_ms: int) -> None:
        """Destroy the learner's key and references; what was sealed with it can never be opened again."""

    # Sessions
    async def open_session(self, row: SessionRow) -> tuple[SessionRow, ...]:
        """Make ``row`` the learner's one earning session; return those it supersedes.

        Raises:
            NotAllowed: ``token.used`` where the token opened a session before.
        """

    async def session(self, session_id: str) -> SessionRow:
        """Return it, or raise ``NotFound``."""

    async def release_token(self, session_id: str) -> None:
        """Let the session's launch token open another one: this one ended before anything could count in it."""

    async def session_of_token(self, token_id: str) -> SessionRow | None:
        """Return the session that the token opened."""

    async def unfinished(self) -> Sequence[SessionRow]:
        """Return every session that is not closed (start-up sweep)."""

    async def sessions_of(self, institution_id: str, limit: int, before_ms: int) -> Sequence[SessionRow]:
        """Return an institution's sessions opened before ``before_ms``, the newest first."""

    async def sessions_page(
        self, institution_id: str, learner_id: str, before: tuple[int, str], limit: int
    ) -> Sequence[SessionRow]:
        """Return a page, the newest first: those before (opened_ms, session_id); of one learner, or "" for all."""

    async def claim(self, session_id: str) -> SessionRow:
        """Take the session with a new fencing epoch; writers of older epochs are refused from now on."""

    async def append(self, write: Append) -> None:
        """Write atomically and durably; a repeat of the same write is a no-op.

        Raises:
            StorageError: ``storage.fenced`` for an old epoch, ``storage.conflict`` where other events stand there.
        """

    async def events(self, session_id: str) -> Sequence[bytes]:
        """Return all events in order."""

    async def minutes(self, session_id: str) -> Sequence[StoredMinute]:
        """Return all minutes in order (``credited`` is not filled in; it is in the body)."""

    async def leaves(self, session_id: str) -> Sequence[StoredLeaf]:
        """Return all leaves in order."""

    async def seal(self, session_id: str, leaf_seq: int, entry_index: int) -> None:
        """Note that a signed checkpoint covers the leaf, at this index of the log."""

    async def unsealed(self) -> Sequence[tuple[str, StoredLeaf]]:
        """Return all leaves that no checkpoint covers yet, with their sessions, in an order safe to submit."""

    async def undelivered(self) -> Sequence[tuple[str, StoredMinute]]:
        """Return all minutes whose leaf is sealed and whose outbox line is not noted as written."""

    async def note_delivered(self, session_id: str, minutes: Sequence[int]) -> None:
        """Note that the outbox holds these minutes."""

    async def add_capture(self, session_id: str, capture_id: str, at_ms: int, size: int) -> None:
        """Note that an encrypted picture was kept."""

    async def captures(self, session_id: str) -> Sequence[CaptureRow]:
        """Return the session's pictures."""

    async def captures_before(self, at_ms: int, limit: int) -> Sequence[CaptureRow]:
        """Return pictures older than ``at_ms`` that are not deleted, the oldest first."""

    async def captures_of_learner(self, institution_id: str, learner_id: str) -> Sequence[CaptureRow]:
        """Return every kept picture of a learner (erasure)."""

    async def note_capture_deleted(self, session_id: str, capture_id: str, at_ms: int) -> None:
        """Note that a picture is gone."""

    async def add_picture(self, content: str, phash: str, session_id: str, capture_id: str) -> None:
        """Remember a picture's fingerprints (I7)."""

    async def seen_elsewhere(self, content: str, session_id: str) -> bool:
        """Return whether the very same picture came in another session of anyone's."""

    async def credited(
        self, institution_id: str, learner_id: str, course_id: str, lesson_id: str, timeline: str = "1"
    ) -> IntervalSet:
        """Return what the learner was credited for on this time line of the lesson (I2)."""

    async def owed(self, institution_id: str, learner_id: str) -> str:
        """Return the kind of the pop-up that the learner's last closed session left open, or empty."""

    # Delivery log (I5)
    async def add_deliveries(self, institution_id: str, records: Sequence[Delivery], at_ms: int) -> int:
        """Keep records of the delivery log; return how many were new (or sent earlier than was known).

        Raises:
            NotAllowed: ``delivery.too_many``; nothing is kept.
        """

    async def unused_deliveries(self, institution_id: str, launch: str, limit: int) -> Sequence[Delivery]:
        """Return what the launch's session has not taken in yet, in the order of the lesson."""

    async def note_deliveries_used(self, institution_id: str, records: Sequence[Delivery]) -> None:
        """Note that the session has taken these in."""

    async def launches_waiting(self, limit: int) -> Sequence[tuple[str, str]]:
        """Return (institution, launch) of sessions that have not taken in all that is kept for them."""

    async def forget_deliveries(self, before_ms: int) -> int:
        """Delete what arrived before; return how many."""

    async def last_at_ms(self) -> int:
        """Return the latest server time in any event; 0 for none. The clock starts no earlier."""
