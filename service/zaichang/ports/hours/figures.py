"""Counts of each institution's course, for the authority's figures; no row names a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zaichang.core.ids import CourseId, InstitutionId


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseCounts:
    """Counts of the closed sessions of one course that were opened in a span of time.

    Attributes:
        institution_id: The institution.
        course_id: The course.
        learners: Different learners.
        sessions: Sessions.
        without_face: Sessions on the route without a face.
        minutes: Study minutes.
        refused: Of them: refused by the rules.
        no_face: Of them: with a check that found no face.
        appealed: Sessions that were appealed.
        revoked: Sessions of which people took time back.
        begun: Different lessons of learners.
        completed: Of them: with verified time, over all sessions of the period, of 95 % of the lesson at least.
    """

    institution_id: InstitutionId
    course_id: CourseId
    learners: int
    sessions: int
    without_face: int
    minutes: int
    refused: int
    no_face: int
    appealed: int
    revoked: int
    begun: int
    completed: int


class CourseFigures(Protocol):
    """Counts sessions by institution and course."""

    async def course_counts(self, from_ms: int, to_ms: int) -> Sequence[CourseCounts]:
        """Return the counts of sessions opened in [from_ms, to_ms), by institution and course. Cost: scan."""
