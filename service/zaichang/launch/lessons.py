"""Lessons, their versions, rules and question banks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from zaichang.core.appeal_terms import AppealTerms
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import NotFound, PeerViolation
from zaichang.core.ids import CourseId, InstitutionId, LessonId, check_id
from zaichang.core.periods import CALENDAR_YEAR, check_counts_again
from zaichang.core.text import plain
from zaichang.launch.question_bank import checked_bank
from zaichang.ports.lessons import LessonStore
from zaichang.ports.records import Lesson
from zaichang.session.events import Question
from zaichang.session.policy import Policy, policy_digest, policy_to_mapping

CATEGORIES: Final = ("", "professional", "public")


class Lessons:
    """Writes lessons. A lesson's policy is kept for ever under its digest."""

    def __init__(self, store: LessonStore) -> None:
        """Use the store of lessons and policies."""
        self._store = store

    async def add(
        self,
        institution_id: InstitutionId,
        course_id: CourseId,
        lesson_id: LessonId,
        *,
        title_zh: str,
        title_en: str,
        duration_ms: int,
        policy: Policy,
        questions: tuple[Question, ...] | None = None,
        version: str = "",
        timeline_kept: bool = False,
        live_from_ms: int | None = None,
        counts_again: str = "",
        category: str | None = None,
        course_version: str | None = None,
        appeals: AppealTerms | None = None,
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
            version: Its version; empty: the one that it has, or "1"; where its length changes, one that names it.
            timeline_kept: Whether a new version has the time line of the one before, so that positions mean the same.
            live_from_ms: When a live broadcast begins, server time; 0: not live; None: as it was.
            counts_again: The day of each year from which it counts again, ``MM-DD``, or ``once``; empty: as it was.
            category: ``professional``, ``public`` or empty, for the hour system; None: as it was.
            course_version: Version of the course, or empty; None: as it was.
            appeals: The promise of the rule pack about appeals; None: no promise.

        Running sessions go on with the version that they began with; the next launch gets this one.

        Raises:
            PeerViolation: ``lesson.title``, ``lesson.counts_again``, ``lesson.category``, ``id.invalid``;
                ``lesson.length`` where a version's length would change: credit rests on it.
        """
        for title in (title_zh, title_en):
            if not plain(title):
                raise PeerViolation("lesson.title", "A title must not hold control or format characters.")
        before = await self._lesson(institution_id, course_id, lesson_id)
        named = version
        version = check_id(version or (before.version if before is not None else "1"), "version")
        kept = before is not None and (timeline_kept or version == before.version)
        if before is not None and version == before.version and duration_ms != before.duration_ms:
            version = _of_length(before, named, duration_ms)
        if questions is None:
            questions = before.questions if before is not None else ()
        if live_from_ms is None:
            live_from_ms = before.live_from_ms if before is not None else 0
        if not counts_again:
            counts_again = before.counts_again if before is not None else CALENDAR_YEAR
        if category is None:
            category = before.category if before is not None else ""
        if category not in CATEGORIES:
            raise PeerViolation("lesson.category", "A category is professional, public or empty.")
        if course_version is None:
            course_version = before.course_version if before is not None else ""
        digest = policy_digest(policy)
        await self._store.put_policy(digest, policy.name, canonical_bytes(policy_to_mapping(policy)))
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
            counts_again=check_counts_again(counts_again),
            category=category,
            course_version=check_id(course_version, "course_version") if course_version else "",
            appeals=appeals.text() if appeals is not None else "",
        )
        await self._store.put_lesson(lesson)
        return lesson

    async def _lesson(self, institution_id: InstitutionId, course_id: CourseId, lesson_id: LessonId) -> Lesson | None:
        try:
            return await self._store.lesson(institution_id, course_id, lesson_id)
        except NotFound:
            return None

    async def set_questions(
        self, institution_id: InstitutionId, course_id: CourseId, lesson_id: LessonId, bank: Sequence[Question]
    ) -> int:
        """Replace a lesson's question bank for sessions to come; return its size.

        Raises:
            NotFound: ``lesson.unknown``.
            PeerViolation: ``questions.invalid``, ``id.invalid``.
        """
        questions = checked_bank(bank)
        lesson = await self._store.lesson(institution_id, course_id, lesson_id)
        await self._store.put_lesson(replace(lesson, questions=questions))
        return len(questions)


def _of_length(before: Lesson, named: str, duration_ms: int) -> str:
    """Return the version of a lesson whose length changes: credit rests on it, so a version has one length.

    Raises:
        PeerViolation: ``lesson.length`` where the caller asks for the version that the lesson has.
    """
    if named:
        raise PeerViolation(
            "lesson.length",
            f"Version {named} of this lesson lasts {before.duration_ms} ms, not {duration_ms} ms.",
            "Name a new version; where positions mean the same, keep its time line.",
        )
    return check_id(f"{before.version.removesuffix(f'-{before.duration_ms}')}-{duration_ms}", "version")
