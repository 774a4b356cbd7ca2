"""Routes of a launch: the learning platform orders it, and the learner's page reads it."""

from __future__ import annotations

from fastapi import APIRouter

from zaichang.api.access import ByLearner, ByPlatform
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.common import Names
from zaichang.api.models.launch import LaunchAnswer, LaunchRequest, LessonNames, MeAnswer
from zaichang.api.parts import Parts
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import PasskeyUse
from zaichang.launch.allowances import current_allowance, granted
from zaichang.launch.passkeys import use_of
from zaichang.session.policy import policy_from_mapping


def launch_router() -> APIRouter:
    """Return ``/v1/launch`` and ``/v1/me``."""
    router = contract_router("launch", "/v1")

    @router.post("/launch", responses=refused({404: ("lesson.unknown",), 422: ("launch.invalid", "id.invalid")}))
    async def launch(institution: ByPlatform, asked: LaunchRequest, parts: Parts) -> LaunchAnswer:
        """Launch a lesson for a learner.

        The platform calls this when a learner opens a lesson, and hands the token to the learner's page.
        """
        token = await parts.launches.issue(
            institution.institution_id,
            asked.learner,
            asked.course,
            asked.lesson,
            route=asked.route,
            extra_time_pct=asked.extra_time_pct,
            liveness_excluded=tuple(asked.liveness_excluded),
            enrol=asked.enrol,
            person_ref=asked.person_ref,
        )
        claims = parts.tokens.verify(token, parts.ports.clock.now_ms())
        return LaunchAnswer(
            token=token,
            launch=claims.token_id,
            lesson_version=claims.lesson.version,
            session_path="/v1/session",
            course_path=f"/course#token={token}",
            records_path=f"/timeline#token={token}",
        )

    @router.get("/me", responses=refused({404: ("lesson.unknown",)}))
    async def me(claims: ByLearner, parts: Parts) -> MeAnswer:
        """Show the launch that the token stands for, and whether its learner is enrolled."""
        ports = parts.ports
        lesson = await ports.lessons.lesson(claims.institution_id, claims.lesson.course_id, claims.lesson.lesson_id)
        institution = await ports.lessons.institution(claims.institution_id)
        allowance = await current_allowance(parts.ports.learners, claims.institution_id, claims.learner_id)
        terms = granted(allowance, claims.terms)
        policy = policy_from_mapping(parse_canonical_object(await ports.lessons.policy(claims.policy_digest)))
        use = use_of(policy, terms.route)
        passkeys = len(await parts.passkeys.held(claims.institution_id, claims.learner_id))
        held = await parts.enrolling.held(claims.institution_id, claims.learner_id)
        enrolled = held is not None and held.current
        return MeAnswer(
            institution=Names(zh=institution.name_zh, en=institution.name_en),
            lesson=LessonNames(id=lesson.lesson_id, zh=lesson.title_zh, en=lesson.title_en),
            version=claims.lesson.version,
            live_from_ms=claims.lesson.live_from_ms,
            course=lesson.course_id,
            learner=claims.learner_id,
            duration_ms=claims.lesson.duration_ms,
            route=terms.route,
            extra_time_pct=terms.extra_time_pct,
            enrolled=enrolled,
            outdated=held is not None and not enrolled,
            may_enrol=claims.enrol and not enrolled,
            passkey=use,
            passkeys=passkeys,
            may_register_passkey=claims.enrol and passkeys == 0 and use is not PasskeyUse.OFF,
            media_ticket=parts.tokens.media_ticket(claims),
        )

    return router
