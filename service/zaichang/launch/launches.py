"""Launches: one signed token opens one session of one lesson."""

from __future__ import annotations

from zaichang.core.enums import Route
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, TokenId, check_id
from zaichang.core.lesson import LessonRef
from zaichang.launch.tokens import LaunchClaims, LaunchTokens, terms_of
from zaichang.ports.launch import LaunchPorts
from zaichang.ports.purposes import MarkKind


class Launches:
    """Signs launches of lessons in their current version."""

    def __init__(self, ports: LaunchPorts, tokens: LaunchTokens, token_ms: int) -> None:
        """Use the ports and the key of the tokens; ``token_ms`` is how long a launch token lives."""
        self._ports = ports
        self._tokens = tokens
        self._token_ms = token_ms

    async def issue(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        course_id: CourseId,
        lesson_id: LessonId,
        *,
        route: str = Route.FACE,
        extra_time_pct: int = 0,
        liveness_excluded: tuple[str, ...] = (),
        enrol: bool = False,
        person_ref: str = "",
    ) -> str:
        """Return a launch token for one session of a lesson. It holds a digest of ``person_ref`` alone.

        Raises:
            NotFound: ``lesson.unknown``.
            PeerViolation: ``launch.invalid`` or ``id.invalid``, naming the field.
        """
        lesson = await self._ports.lessons.lesson(institution_id, course_id, lesson_id)
        return self._tokens.issue(
            LaunchClaims(
                token_id=TokenId(self._ports.token_hex(16)),
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
                counts_again=lesson.counts_again,
                category=lesson.category,
                course_version=lesson.course_version,
                person=self._ports.vault.mark(MarkKind.PERSON, person_ref) if person_ref else "",
            )
        )
