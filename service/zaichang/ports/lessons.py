"""Institutions, policies and lessons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.ids import CourseId, InstitutionId, LessonId
from zaichang.ports.records import Institution, Lesson


class LessonStore(Protocol):
    """Keeps institutions, policies and lessons."""

    async def put_institution(self, institution: Institution) -> None:
        """Insert or replace. Cost: commit."""

    async def institution(self, institution_id: InstitutionId) -> Institution:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def institutions(self) -> Sequence[Institution]:
        """Return all of the service, by id. Cost: read."""

    async def institution_of_key(self, digest: str) -> tuple[Institution, str] | None:
        """Return the institution whose key has this digest, with the key's role: ``platform`` or ``staff``.

        Cost: read.
        """

    async def put_policy(self, digest: str, name: str, body: bytes) -> None:
        """Keep a policy for ever under its digest. Cost: commit."""

    async def policy(self, digest: str) -> bytes:
        """Return the canonical bytes, or raise ``NotFound``. Cost: read."""

    async def put_lesson(self, lesson: Lesson) -> None:
        """Insert or replace. Cost: commit."""

    async def lesson(self, institution_id: InstitutionId, course_id: CourseId, lesson_id: LessonId) -> Lesson:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def lessons(self, institution_id: InstitutionId) -> Sequence[Lesson]:
        """Return an institution's lessons. Cost: read."""
