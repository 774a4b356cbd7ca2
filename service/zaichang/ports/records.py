"""Rows of sessions, learners and lessons, as ports carry them. Plain values; no storage is named here."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.enums import ChallengeKind, LeafKind, LivenessAction, Route, SessionState
from zaichang.core.ids import CaptureId, CourseId, InstitutionId, LearnerId, LessonId, SessionId, TokenId
from zaichang.core.periods import CALENDAR_YEAR
from zaichang.ports.records_cases import CaseDraft
from zaichang.session.events import Leniency, Question
from zaichang.session.playhead import IntervalSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """An institution; only digests of its keys are kept (SHA-256, hex).

    Attributes:
        institution_id: Identifier.
        name_zh: Name shown in Chinese.
        name_en: Name shown in English.
        key_digest: Of the key with which its learning platform calls the service.
        staff_digest: Of the key with which its reviewers open captures.
        created_ms: Server time.
    """

    institution_id: InstitutionId
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
    when a live broadcast began, server time, or 0. ``counts_again`` is the day of each year (``MM-DD``) from which it
    counts again, or ``once``. ``category`` (``professional``, ``public`` or empty) and ``course_version`` are the
    institution's words, for the hour system. ``appeals`` is the promise about appeals (``core.appeal_terms``) or empty.
    """

    institution_id: InstitutionId
    course_id: CourseId
    lesson_id: LessonId
    title_zh: str
    title_en: str
    duration_ms: int
    policy_digest: str
    questions: tuple[Question, ...] = ()
    version: str = "1"
    timeline: str = "1"
    live_from_ms: int = 0
    counts_again: str = CALENDAR_YEAR
    category: str = ""
    course_version: str = ""
    appeals: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A learner, known by the institution's pseudonym only; ``wrapped_key`` is None once erased.

    ``mark`` is a keyed digest of the pseudonym (``Vault.mark``): it finds the tombstone of an earlier erasure.
    """

    institution_id: InstitutionId
    learner_id: LearnerId
    wrapped_key: bytes | None
    created_ms: int
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A reference template, encrypted with the learner's key; ``models`` says which models made it."""

    version: int
    at_ms: int
    models: str
    encrypted: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An institution's grant to a learner for every later session. Its reason is not stored (it may concern health).

    Attributes:
        version: 1, 2, 3, ...; older ones stay as a record of their time.
        at_ms: Server time.
        set_by: ``platform``, ``operator`` or a reviewer's id.
        route: The granted route; None: as the launch asks.
        extra_time_pct: So many percent more time for answers and captures.
        liveness_excluded: Movements that are never asked for.
    """

    version: int
    at_ms: int
    set_by: str
    route: Route | None = None
    extra_time_pct: int = 0
    liveness_excluded: tuple[LivenessAction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A session's row in storage.

    Attributes:
        session_id: Random, 32 hex digits.
        institution_id: Whose.
        learner_id: Pseudonym.
        course_id: Course.
        lesson_id: Lesson.
        token_id: The launch token that opened it; one session per token.
        policy_digest: The policy in force.
        state: Only an open one may earn.
        opened_ms: Server time.
        closed_ms: Server time, or None.
        superseded_by: The session that took its place, or None.
        epoch: Fencing number; a writer with an older one is refused.
        next_seq: Sequence number of the next event.
        lesson_version: The lesson's version that it began with.
        timeline: The time line that its positions are on.
        owed: The kind of the challenge that was left open at its end, or None.
        period: The period in which its credit counts (``core.periods``).
        route: The route that its learner was on; None in sessions from before it was noted.
        person: A keyed digest of the person behind the account (``Vault.mark``); empty where no launch named one.
        category: ``professional``, ``public``, or empty: as the lesson said at the start.
        course_version: The version of its course then, or empty.
        mode: The lesson's form (``core.enums.Mode``); empty in sessions from before it was noted.
    """

    session_id: SessionId
    institution_id: InstitutionId
    learner_id: LearnerId
    course_id: CourseId
    lesson_id: LessonId
    token_id: TokenId
    policy_digest: str
    state: SessionState
    opened_ms: int
    closed_ms: int | None = None
    superseded_by: SessionId | None = None
    epoch: int = 1
    next_seq: int = 0
    lesson_version: str = "1"
    timeline: str = "1"
    owed: ChallengeKind | None = None
    period: str = ""
    route: Route | None = None
    person: str = ""
    category: str = ""
    course_version: str = ""
    mode: str = ""

    def words(self) -> dict[str, str]:
        """Return the session's terms as the outbox and the hour ledger name them, those that are known."""
        values = {
            "route": self.route or "",
            "category": self.category,
            "mode": self.mode,
            "course_version": self.course_version,
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One event: canonical bytes, and the server time in them."""

    at_ms: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMinute:
    """One minute's record (canonical bytes) and the time that it credits.

    ``leaf_seq`` is the leaf that carries its verdict, None until that leaf is written; ``published`` says that its line
    is in the outbox. Both are kept by the store.
    """

    minute: int
    body: bytes
    credited: IntervalSet = ()
    leaf_seq: int | None = None
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLeaf:
    """A leaf of the log, with its final bytes.

    Attributes:
        leaf_seq: 0, 1, 2, ... within the session.
        kind: Its kind.
        at_ms: Server time.
        body: The canonical bytes.
        first_minute: The first minute whose verdict it carries.
        n_minutes: How many minutes it carries.
        entry_index: Its index in the log, once a signed checkpoint covers it.
    """

    leaf_seq: int
    kind: LeafKind
    at_ms: int
    body: bytes
    first_minute: int = 0
    n_minutes: int = 0
    entry_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRow:
    """A picture that was kept, encrypted; ``deleted_ms`` once retention or erasure removed it.

    ``keep_days`` is how long its session's start said that it would be kept; None where it said nothing.
    """

    session_id: SessionId
    capture_id: CaptureId
    at_ms: int
    size: int
    deleted_ms: int | None = None
    keep_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A part of a lesson that was sent to the player of a launch; ``sent_ms`` is when sending began, server time."""

    launch: TokenId
    start_ms: int
    end_ms: int
    sent_ms: int


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
        owed: The kind of the challenge that was left open then, or None.
        leniency: The learner's counts then, or None under rules without them.
        case: The review case to open; the reasons of undecided minutes are added to it.
    """

    session_id: SessionId
    epoch: int
    first_seq: int
    events: tuple[StoredEvent, ...]
    minutes: tuple[StoredMinute, ...] = ()
    leaves: tuple[StoredLeaf, ...] = ()
    closed_ms: int | None = None
    owed: ChallengeKind | None = None
    leniency: Leniency | None = None
    case: CaseDraft | None = None
