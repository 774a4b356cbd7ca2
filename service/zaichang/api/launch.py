"""Routes of a launch: the learning platform asks for one, the learner's page asks what it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from zaichang.api.deps import JSON_MAX_BYTES, ApiDeps, body, launched, parsed, platform
from zaichang.core.errors import PeerViolation
from zaichang.launch.allowances import current_allowance

Id = Annotated[str, Field(min_length=1, max_length=64)]


class LaunchRequest(BaseModel):
    """What a learning platform asks for when a learner opens a lesson."""

    model_config = ConfigDict(extra="forbid", strict=True)

    learner: Id
    course: Id
    lesson: Id
    route: str = "face"
    extra_time_pct: Annotated[int, Field(ge=0, le=400)] = 0
    liveness_excluded: Annotated[list[str], Field(max_length=6)] = []
    enrol: bool = False


def launch_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/launch`` and ``/v1/me``."""
    router = APIRouter(prefix="/v1")

    @router.post("/launch")
    async def launch(request: Request) -> dict[str, Any]:
        institution = await platform(request, deps)
        asked = _asked(await body(request, JSON_MAX_BYTES))
        token = await deps.registry.launch(
            institution.institution_id,
            asked.learner,
            asked.course,
            asked.lesson,
            route=asked.route,
            extra_time_pct=asked.extra_time_pct,
            liveness_excluded=tuple(asked.liveness_excluded),
            enrol=asked.enrol,
        )
        claims = deps.tokens.verify(token, deps.ports.clock.now_ms())
        return {
            "token": token,
            "launch": claims.token_id,
            "lesson_version": claims.lesson_version,
            "session_path": "/v1/session",
            "course_path": f"/course#token={token}",
        }

    @router.get("/me")
    async def me(request: Request) -> dict[str, Any]:
        claims = launched(request, deps)
        lesson = await deps.ports.lessons.lesson(claims.institution_id, claims.course_id, claims.lesson_id)
        institution = await deps.ports.lessons.institution(claims.institution_id)
        allowance = await current_allowance(deps.ports.learners, claims.institution_id, claims.learner_id)
        held = await deps.registry.enrolling.held(claims.institution_id, claims.learner_id)
        enrolled = held is not None and held.current
        return {
            "institution": {"zh": institution.name_zh, "en": institution.name_en},
            "lesson": {"id": lesson.lesson_id, "zh": lesson.title_zh, "en": lesson.title_en},
            "version": claims.lesson_version,
            "live_from_ms": claims.live_from_ms,
            "course": lesson.course_id,
            "learner": claims.learner_id,
            "duration_ms": claims.lesson_duration_ms,
            "route": allowance.route or claims.route,
            "extra_time_pct": max(allowance.extra_time_pct, claims.extra_time_pct),
            "enrolled": enrolled,
            "outdated": held is not None and not enrolled,
            "may_enrol": claims.enrol and not enrolled,
            "media_ticket": deps.tokens.media_ticket(claims),
        }

    return router


def _asked(data: bytes) -> LaunchRequest:
    try:
        return parsed(LaunchRequest, data)
    except PeerViolation as error:
        if error.code != "http.invalid":
            raise
        raise PeerViolation("launch.invalid", error.message, error.hint) from None
