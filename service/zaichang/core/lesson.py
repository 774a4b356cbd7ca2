"""The lesson of a session, and the terms under which its learner studies. Both pass unchanged from launch to rules."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.enums import LivenessAction, Route
from zaichang.core.ids import CourseId, LessonId


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonRef:
    """One version of one lesson, as a launch names it.

    Attributes:
        course_id: The course.
        lesson_id: The lesson.
        duration_ms: Length of the lesson, from the launch token, never from the player.
        version: The lesson's version; a session keeps the one that it began with.
        timeline: Names the time line that positions are on; versions that kept it share it.
        live_from_ms: When the live broadcast began, server time; 0: the lesson is no broadcast.
    """

    course_id: CourseId
    lesson_id: LessonId
    duration_ms: int
    version: str = "1"
    timeline: str = "1"
    live_from_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The recorded terms of one learner's session.

    Attributes:
        route: By face, or by challenges alone (the route without face recognition).
        extra_time_pct: Recorded allowance: this many percent longer for every answer and capture.
        liveness_excluded: Actions that this learner is never asked for, a recorded allowance; one at least is left.
    """

    route: Route = Route.FACE
    extra_time_pct: int = 0
    liveness_excluded: tuple[LivenessAction, ...] = ()
