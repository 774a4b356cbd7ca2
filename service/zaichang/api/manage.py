"""Routes of an institution's own settings: lessons, question banks, allowances, reviewers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from zaichang.api.deps import JSON_MAX_BYTES, ApiDeps, bearer, body, owner, parsed, platform
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import check_id
from zaichang.launch.allowances import set_allowance
from zaichang.launch.policy_packs import load_pack
from zaichang.launch.question_bank import BANK_MAX_BYTES, bank_json
from zaichang.launch.tokens import EXTRA_TIME_MAX_PCT, LESSON_MAX_MS
from zaichang.ports.records import Allowance, Institution

Title = Annotated[str, Field(min_length=1, max_length=200)]


class LessonRequest(BaseModel):
    """A lesson and the policy pack that holds for it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title_zh: Title
    title_en: Title
    duration_ms: Annotated[int, Field(ge=1_000, le=LESSON_MAX_MS)]
    policy: Annotated[str, Field(min_length=1, max_length=64, pattern="^[a-z0-9-]+$")]
    version: Annotated[str, Field(max_length=64)] = ""
    timeline_kept: bool = False
    live_from_ms: Annotated[int, Field(ge=0, lt=2**53)] = 0


class AllowanceRequest(BaseModel):
    """What a learner is granted; what is left out is not granted any more."""

    model_config = ConfigDict(extra="forbid", strict=True)

    route: Annotated[str, Field(max_length=16)] = ""
    extra_time_pct: Annotated[int, Field(ge=0, le=EXTRA_TIME_MAX_PCT)] = 0
    liveness_excluded: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=6)] = []


class ReviewerRequest(BaseModel):
    """A reviewer to be given a key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reviewer: Annotated[str, Field(min_length=1, max_length=64)]


def manage_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/lessons``, ``/v1/learners/{learner}/allowance`` and ``/v1/reviewers``."""
    router = APIRouter(prefix="/v1")
    ports = deps.ports

    @router.get("/lessons")
    async def lessons(request: Request) -> dict[str, Any]:
        institution = await _any(request, deps)
        return {
            "institution": {"id": institution.institution_id, "zh": institution.name_zh, "en": institution.name_en},
            "lessons": [
                {
                    "course": lesson.course_id,
                    "lesson": lesson.lesson_id,
                    "zh": lesson.title_zh,
                    "en": lesson.title_en,
                    "version": lesson.version,
                    "timeline": lesson.timeline,
                    "live_from_ms": lesson.live_from_ms,
                    "duration_ms": lesson.duration_ms,
                    "policy_digest": lesson.policy_digest,
                    "questions": len(lesson.questions),
                }
                for lesson in await ports.lessons.lessons(institution.institution_id)
            ],
        }

    @router.put("/lessons/{course}/{lesson}")
    async def put_lesson(request: Request, course: str, lesson: str) -> dict[str, Any]:
        institution = await platform(request, deps)
        asked = parsed(LessonRequest, await body(request, JSON_MAX_BYTES))
        held = await ports.lessons.lessons(institution.institution_id)
        before = next((each for each in held if (each.course_id, each.lesson_id) == (course, lesson)), None)
        made = await deps.registry.add_lesson(
            institution.institution_id,
            course,
            lesson,
            title_zh=asked.title_zh,
            title_en=asked.title_en,
            duration_ms=asked.duration_ms,
            policy=load_pack(asked.policy).policy,
            questions=before.questions if before is not None else (),
            version=asked.version,
            timeline_kept=asked.timeline_kept,
            live_from_ms=asked.live_from_ms,
        )
        return {"ok": True, "version": made.version, "timeline": made.timeline}

    @router.get("/lessons/{course}/{lesson}/questions")
    async def questions(request: Request, course: str, lesson: str) -> dict[str, Any]:
        institution = await _any(request, deps)
        return bank_json((await ports.lessons.lesson(institution.institution_id, course, lesson)).questions)

    @router.put("/lessons/{course}/{lesson}/questions")
    async def put_questions(request: Request, course: str, lesson: str) -> dict[str, Any]:
        institution = await platform(request, deps)
        bank = await body(request, BANK_MAX_BYTES)
        return {"questions": await deps.registry.set_questions(institution.institution_id, course, lesson, bank)}

    @router.get("/learners/{learner}/allowance")
    async def allowance(request: Request, learner: str) -> dict[str, Any]:
        institution = await _any(request, deps)
        held = await ports.learners.allowances(institution.institution_id, check_id(learner, "learner"))
        return {"versions": [_shown(each) for each in held]}

    @router.put("/learners/{learner}/allowance")
    async def put_allowance(request: Request, learner: str) -> dict[str, Any]:
        institution, actor = await _actor(request, deps)
        asked = parsed(AllowanceRequest, await body(request, JSON_MAX_BYTES))
        made = await set_allowance(
            ports.learners,
            (institution.institution_id, check_id(learner, "learner")),
            actor,
            deps.ports.clock.now_ms(),
            route=asked.route,
            extra_time_pct=asked.extra_time_pct,
            liveness_excluded=asked.liveness_excluded,
        )
        return _shown(made)

    @router.get("/reviewers")
    async def reviewers(request: Request) -> dict[str, Any]:
        institution = await owner(request, deps)
        found = await ports.staff.reviewers(institution.institution_id)
        return {"reviewers": [{"reviewer": name, "created_ms": at, "revoked_ms": gone} for name, at, gone in found]}

    @router.post("/reviewers")
    async def add_reviewer(request: Request) -> dict[str, Any]:
        institution = await owner(request, deps)
        asked = parsed(ReviewerRequest, await body(request, JSON_MAX_BYTES))
        key = await deps.registry.add_reviewer(institution.institution_id, asked.reviewer)
        return {"reviewer": asked.reviewer, "key": key}

    @router.delete("/reviewers/{reviewer}")
    async def revoke_reviewer(request: Request, reviewer: str) -> dict[str, Any]:
        institution = await owner(request, deps)
        await deps.registry.revoke_reviewer(institution.institution_id, check_id(reviewer, "reviewer"))
        return {"ok": True}

    return router


def _shown(allowance: Allowance) -> dict[str, Any]:
    return {
        "version": allowance.version,
        "at_ms": allowance.at_ms,
        "set_by": allowance.set_by,
        "route": allowance.route,
        "extra_time_pct": allowance.extra_time_pct,
        "liveness_excluded": list(allowance.liveness_excluded),
    }


async def _actor(request: Request, deps: ApiDeps) -> tuple[Institution, str]:
    """Return the institution that calls with any of its keys, and whose key it is."""
    try:
        institution, reviewer_id = await deps.registry.reviewer_of_key(bearer(request))
        return institution, reviewer_id or "staff"
    except NotAllowed as error:
        if error.code != "auth.role":
            raise
    return await platform(request, deps), "platform"


async def _any(request: Request, deps: ApiDeps) -> Institution:
    return (await _actor(request, deps))[0]
