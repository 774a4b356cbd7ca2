"""Institutions, lessons, enrolment and launches: what exists before a session begins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import check_id
from zaichang.core.lesson import LessonRef
from zaichang.launch.enrolment import Enrolled, Enrolling
from zaichang.launch.question_bank import parse_bank
from zaichang.launch.tokens import LaunchClaims, LaunchTokens, terms_of
from zaichang.ports.launch import LaunchPorts
from zaichang.ports.records import Institution, Lesson
from zaichang.session.events import Question
from zaichang.session.policy import Policy, policy_digest, policy_to_mapping

KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionKeys:
    """What an institution is given once: only digests are kept.

    Attributes:
        platform: For its learning platform: launch and enrol.
        staff: For its reviewers: timelines and captures.
    """

    platform: str
    staff: str


class Registry:
    """Writes what sessions need, and signs launches."""

    def __init__(self, ports: LaunchPorts, tokens: LaunchTokens, token_ms: int) -> None:
        """Use the ports; ``token_ms`` is how long a launch token lives."""
        self._ports = ports
        self._tokens = tokens
        self._token_ms = token_ms
        self.enrolling = Enrolling(ports)

    async def add_institution(self, institution_id: str, name_zh: str, name_en: str) -> InstitutionKeys:
        """Create an institution (or give an existing one new keys); the keys are shown once."""
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

    async def add_lesson(
        self,
        institution_id: str,
        course_id: str,
        lesson_id: str,
        *,
        title_zh: str,
        title_en: str,
        duration_ms: int,
        policy: Policy,
        questions: tuple[Question, ...] | None = None,
        version: str = "",
        timeline_kept: bool = False,
        live_from_ms: int | None = None,
    ) -> Lesson:
        """Create or replace a lesson and keep its policy for ever under its digest; return the lesson.

        Args:
            institution_id: Whose.
            course_id: Its course.
            lesson_id: Its id.
            title_zh: Title in Chinese.
            title_en: Title in English.
            duration_ms: Its length.
            policy: The rules.
            questions: Its bank; None: the one that it has.
            version: Its version; empty: the one that it has, or "1".
            timeline_kept: Whether a new version has the time line of the one before, so that positions mean the same.
            live_from_ms: When a live broadcast begins, server time; 0: not live; None: as it was.

        Running sessions go on with the version that they began with; the next launch gets this one.
        """
        before = await self._lesson(institution_id, course_id, lesson_id)
        version = check_id(version or (before.version if before is not None else "1"), "version")
        kept = before is not None and (timeline_kept or version == before.version)
        if questions is None:
            questions = before.questions if before is not None else ()
        if live_from_ms is None:
            live_from_ms = before.live_from_ms if before is not None else 0
        digest = policy_digest(policy)
        await self._ports.lessons.put_policy(digest, policy.name, canonical_bytes(policy_to_mapping(policy)))
        lesson = Lesson(
            institution_id=check_id(institution_id, "institution_id"),
            course_id=check_id(course_id, "course_id"),
            lesson_id=check_id(lesson_id, "lesson_id"),
            title_zh=title_zh,
            title_en=title_en,
            duration_ms=duration_ms,
            policy_digest=digest,
            questions=questions,
            version=version,
            timeline=before.timeline if before is not None and kept else version,
            live_from_ms=live_from_ms,
        )
        await self._ports.lessons.put_lesson(lesson)
        return lesson

    async def _lesson(self, institution_id: str, course_id: str, lesson_id: str) -> Lesson | None:
        try:
            return await self._ports.lessons.lesson(institution_id, course_id, lesson_id)
        except NotFound:
            return None

    async def set_questions(self, institution_id: str, course_id: str, lesson_id: str, bank: bytes) -> int:
        """Replace a lesson's question bank (JSON, see ``question_bank``) for sessions to come; return its size.

        Raises:
            NotFound: ``lesson.unknown``.
            PeerViolation: ``questions.invalid``.
        """
        questions = parse_bank(bank)
        lesson = await self._ports.lessons.lesson(institution_id, course_id, lesson_id)
        await self._ports.lessons.put_lesson(replace(lesson, questions=questions))
        return len(questions)

    async def add_reviewer(self, institution_id: str, reviewer_id: str) -> str:
        """Create a reviewer (or give one a new key) and return the key, shown once; decisions carry its owner's id."""
        await self._ports.lessons.institution(institution_id)
        key = f"zr-{self._ports.token_hex(KEY_BYTES)}"
        now_ms = self._ports.clock.now_ms()
        reviewer_id = check_id(reviewer_id, "reviewer")
        await self._ports.staff.put_reviewer(institution_id, reviewer_id, key_digest(key), now_ms)
        await self._ports.staff.note_audit(institution_id, now_ms, "staff", "reviewer.key", reviewer_id)
        return key

    async def revoke_reviewer(self, institution_id: str, reviewer_id: str) -> None:
        """End a reviewer's key; what they decided stays under their id."""
        now_ms = self._ports.clock.now_ms()
        await self._ports.staff.revoke_reviewer(institution_id, reviewer_id, now_ms)
        await self._ports.staff.note_audit(institution_id, now_ms, "staff", "reviewer.revoke", reviewer_id)

    async def reviewer_of_key(self, key: str) -> tuple[Institution, str]:
        """Return who calls with a staff or reviewer key; the shared staff key has no reviewer's id (empty).

        Raises:
            NotAllowed: ``auth.required``, ``auth.role``.
        """
        found = await self._ports.staff.reviewer_of_key(key_digest(key)) if 8 <= len(key) <= 200 else None
        if found is not None:
            return await self._ports.lessons.institution(found[0]), found[1]
        return await self.institution_of_key(key, "staff"), ""

    async def launch(
        self,
        institution_id: str,
        learner_id: str,
        course_id: str,
        lesson_id: str,
        *,
        route: str = "face",
        extra_time_pct: int = 0,
        liveness_excluded: tuple[str, ...] = (),
        enrol: bool = False,
    ) -> str:
        """Return a launch token for one session of a lesson.

        Raises:
            NotFound: ``lesson.unknown``.
            PeerViolation: ``launch.invalid`` or ``id.invalid``, naming the field.
        """
        lesson = await self._ports.lessons.lesson(institution_id, course_id, lesson_id)
        return self._tokens.issue(
            LaunchClaims(
                token_id=self._ports.token_hex(16),
                institution_id=institution_id,
                learner_id=check_id(learner_id, "learner_id"),
                lesson=LessonRef(
                    course_id=course_id,
                    lesson_id=lesson_id,
                    duration_ms=lesson.duration_ms,
                    version=lesson.version,
                    timeline=lesson.timeline,
                    live_from_ms=lesson.live_from_ms,
                ),
                policy_digest=lesson.policy_digest,
                expires_ms=self._ports.clock.now_ms() + self._token_ms,
                terms=terms_of(route, extra_time_pct, liveness_excluded),
                enrol=enrol,
            )
        )

    async def enrol(self, institution_id: str, learner_id: str, photo: bytes, *, replace: bool = True) -> Enrolled:
        """Make and keep a learner's reference from one photo; see ``Enrolling.from_photos``."""
        return await self.enrolling.from_photos(institution_id, learner_id, [photo], replace=replace)

    async def institution_of_key(self, key: str, role: str) -> Institution:
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
        if held != role:
            raise NotAllowed("auth.role", f"This needs the institution's {role} key.")
        return institution


def key_digest(key: str) -> str:
    """Return what is kept of a key: keys are random, so one hash is enough."""
    return hashlib.sha256(b"zaichang/key/v1|" + key.encode()).hexdigest()
