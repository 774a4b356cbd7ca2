"""Routes of an institution's own settings: lessons, question banks, allowances, reviewers."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from zaichang.api.access import ByAnyKey, ByOwner, ByPlatform
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.common import Done
from zaichang.api.models.lessons import (
    AllowanceAnswer,
    AllowanceRequest,
    AllowanceVersion,
    Bank,
    BankSize,
    LessonAnswer,
    LessonLine,
    LessonRequest,
    LessonsAnswer,
    ReviewerKey,
    ReviewerLine,
    ReviewerRequest,
    ReviewersAnswer,
)
from zaichang.api.parameters import CourseInPath, LearnerInPath, LessonInPath, ReviewerInPath
from zaichang.api.parts import Parts
from zaichang.api.views import names_of
from zaichang.core.errors import ConfigError, PeerViolation
from zaichang.core.ids import check_id
from zaichang.launch.allowances import set_allowance
from zaichang.launch.policy_packs import Pack, load_pack, parse_pack, read_pack
from zaichang.launch.question_bank import bank_json
from zaichang.ports.records import Allowance

_PACK_CODES: Final = ("policy.not_found", "policy.unreadable", "policy.unknown_key", "policy.invalid")


def manage_router() -> APIRouter:
    """Return ``/v1/lessons``, ``/v1/learners/{learner}/allowance`` and ``/v1/reviewers``."""
    router = contract_router("lessons", "/v1")

    @router.get("/lessons")
    async def list_lessons(caller: ByAnyKey, parts: Parts) -> LessonsAnswer:
        """List the institution's lessons."""
        lessons = await parts.ports.lessons.lessons(caller.institution.institution_id)
        return LessonsAnswer(
            institution=names_of(caller.institution),
            lessons=[
                LessonLine(
                    course=lesson.course_id,
                    lesson=lesson.lesson_id,
                    zh=lesson.title_zh,
                    en=lesson.title_en,
                    version=lesson.version,
                    timeline=lesson.timeline,
                    live_from_ms=lesson.live_from_ms,
                    counts_again=lesson.counts_again,
                    category=lesson.category,
                    course_version=lesson.course_version,
                    duration_ms=lesson.duration_ms,
                    policy_digest=lesson.policy_digest,
                    questions=len(lesson.questions),
                )
                for lesson in lessons
            ],
        )

    @router.put("/lessons/{course}/{lesson}", responses=refused({422: ("id.invalid", "lesson.length", *_PACK_CODES)}))
    async def put_lesson(
        institution: ByPlatform, course: CourseInPath, lesson: LessonInPath, asked: LessonRequest, parts: Parts
    ) -> LessonAnswer:
        """Create or replace a lesson and the rules that hold for it.

        Its question bank stays. Running sessions go on under the rules that they began with; the next launch gets the
        new ones. A version has one length: where the length changes and no version is named, the lesson gets a version
        that names its length, on the same time line.
        """
        pack = _pack(asked)
        made = await parts.lessons.add(
            institution.institution_id,
            course,
            lesson,
            title_zh=asked.title_zh,
            title_en=asked.title_en,
            duration_ms=asked.duration_ms,
            policy=pack.policy,
            appeals=pack.appeals,
            version=asked.version,
            timeline_kept=asked.timeline_kept,
            live_from_ms=asked.live_from_ms,
            counts_again=asked.counts_again,
            category=asked.category,
            course_version=asked.course_version,
        )
        return LessonAnswer(ok=True, version=made.version, timeline=made.timeline, counts_again=made.counts_again)

    @router.get(
        "/lessons/{course}/{lesson}/questions", responses=refused({404: ("lesson.unknown",), 422: ("id.invalid",)})
    )
    async def get_questions(caller: ByAnyKey, course: CourseInPath, lesson: LessonInPath, parts: Parts) -> Bank:
        """Show a lesson's question bank."""
        place = (check_id(course, "course"), check_id(lesson, "lesson"))
        found = await parts.ports.lessons.lesson(caller.institution.institution_id, *place)
        return Bank.model_validate(bank_json(found.questions))

    @router.put(
        "/lessons/{course}/{lesson}/questions",
        responses=refused({404: ("lesson.unknown",), 422: ("questions.invalid", "id.invalid")}),
    )
    async def put_questions(
        institution: ByPlatform,
        course: CourseInPath,
        lesson: LessonInPath,
        asked: Bank,
        parts: Parts,
    ) -> BankSize:
        """Replace a lesson's question bank for sessions to come."""
        place = (check_id(course, "course"), check_id(lesson, "lesson"))
        size = await parts.lessons.set_questions(institution.institution_id, *place, asked.as_questions())
        return BankSize(questions=size)

    @router.get("/learners/{learner}/allowance", responses=refused({422: ("id.invalid",)}))
    async def get_allowance(caller: ByAnyKey, learner: LearnerInPath, parts: Parts) -> AllowanceAnswer:
        """Show a learner's allowances, the newest version first."""
        held = await parts.ports.learners.allowances(caller.institution.institution_id, check_id(learner, "learner"))
        return AllowanceAnswer(versions=[_shown(each) for each in held])

    @router.put(
        "/learners/{learner}/allowance",
        responses=refused({409: ("allowance.raced",), 422: ("allowance.invalid", "id.invalid")}),
    )
    async def put_allowance(
        caller: ByAnyKey, learner: LearnerInPath, asked: AllowanceRequest, parts: Parts
    ) -> AllowanceVersion:
        """Give a learner more time, leave movements out, or grant the route without a face; a new version each time."""
        made = await set_allowance(
            parts.ports.learners,
            (caller.institution.institution_id, check_id(learner, "learner")),
            caller.actor,
            parts.ports.clock.now_ms(),
            route=asked.route,
            extra_time_pct=asked.extra_time_pct,
            liveness_excluded=asked.liveness_excluded,
        )
        return _shown(made)

    @router.get("/reviewers")
    async def list_reviewers(institution: ByOwner, parts: Parts) -> ReviewersAnswer:
        """List the institution's reviewers."""
        found = await parts.ports.staff.reviewers(institution.institution_id)
        return ReviewersAnswer(
            reviewers=[ReviewerLine(reviewer=name, created_ms=at, revoked_ms=gone) for name, at, gone in found]
        )

    @router.post("/reviewers", responses=refused({422: ("id.invalid",)}))
    async def add_reviewer(institution: ByOwner, asked: ReviewerRequest, parts: Parts) -> ReviewerKey:
        """Give a reviewer a key of their own; an older key of the same reviewer ends."""
        key = await parts.institutions.add_reviewer(institution.institution_id, asked.reviewer)
        return ReviewerKey(reviewer=asked.reviewer, key=key)

    @router.delete("/reviewers/{reviewer}", responses=refused({404: ("reviewer.unknown",), 422: ("id.invalid",)}))
    async def revoke_reviewer(institution: ByOwner, reviewer: ReviewerInPath, parts: Parts) -> Done:
        """End a reviewer's key; the reviewer's decisions stay."""
        await parts.institutions.revoke_reviewer(institution.institution_id, check_id(reviewer, "reviewer"))
        return Done(ok=True)

    return router


def _pack(asked: LessonRequest) -> Pack:
    """Return the rules that a request names: a shipped pack, or a pack of the institution's own.

    Raises:
        PeerViolation: ``http.invalid`` where the request gives both or neither; else the code of ``zaichang policy
            check``.
    """
    if bool(asked.policy) == (asked.pack is not None):
        raise PeerViolation("http.invalid", "The lesson needs policy or pack, and not both.", "See docs/http.md.")
    try:
        match asked.pack:
            case None:
                return load_pack(asked.policy)
            case str() as text:
                return parse_pack(text.encode(), "pack")
            case tables:
                return read_pack(tables, "pack")
    except ConfigError as error:
        raise _refusal(error) from None


def _refusal(error: ConfigError) -> PeerViolation:
    """Return a pack's error as an error of the request, with the same code, message and hint."""
    return PeerViolation(error.code, error.message, error.hint)


def _shown(allowance: Allowance) -> AllowanceVersion:
    return AllowanceVersion(
        version=allowance.version,
        at_ms=allowance.at_ms,
        set_by=allowance.set_by,
        route=allowance.route or "",
        extra_time_pct=allowance.extra_time_pct,
        liveness_excluded=list(allowance.liveness_excluded),
    )
