"""Path and query parameters that several routes have."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from zaichang.api.models.common import ID_PATTERN
from zaichang.core.ids import CaptureId, CaseId, CourseId, LearnerId, LessonId, ReviewerId, SessionId

CURSOR_MAX_CHARS = 100


def id_in_path(description: str, example: str) -> Any:
    """Return the place of an identifier in a path.

    The handler checks the letters, so that the error is `id.invalid`; the schema says them.
    """
    return Path(description=description, examples=[example], json_schema_extra={"pattern": ID_PATTERN})


CourseInPath = Annotated[CourseId, id_in_path("The course.", "pharmacy-2026")]
LessonInPath = Annotated[LessonId, id_in_path("The lesson.", "lesson-1")]
LearnerInPath = Annotated[LearnerId, id_in_path("The institution's pseudonym for the learner.", "learner-17")]
SessionInPath = Annotated[SessionId, id_in_path("The session.", "5f0c" * 8)]
CaptureInPath = Annotated[CaptureId, id_in_path("The capture.", "c1")]
CaseInPath = Annotated[CaseId, id_in_path("The case.", "5f0c" * 8)]
ReviewerInPath = Annotated[ReviewerId, id_in_path("The reviewer.", "ren")]
Before = Annotated[
    str, Query(max_length=CURSOR_MAX_CHARS, description="`next` of the page before; empty: the first page.")
]
LearnerFilter = Annotated[str, Query(max_length=64, description="Only this learner's; empty: all.")]
