"""Routes of activities beyond study: one set for the learner, the platform, the employer and the office.

The key or token says which side asks; each side sees its own, and takes the steps that the rules give it.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from zaichang.api.access import ByParty, Public
from zaichang.api.contract import bounded_body, contract_router, refused
from zaichang.api.hours.activity_views import activity_line, activity_view, checklist_view, file_line
from zaichang.api.models.activities import (
    ActivitiesAnswer,
    ActivityAnswer,
    ActivityRequest,
    ChecklistAnswer,
    FileLine,
    StepRequest,
)
from zaichang.api.models.common import Done
from zaichang.api.parameters import Before, LearnerFilter, id_in_path
from zaichang.api.parts import ApiParts, Parts
from zaichang.api.views import cursor_text, parse_cursor
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import LearnerId, check_id
from zaichang.hours.activities.actors import Actor
from zaichang.hours.activities.checklists import load_checklist
from zaichang.hours.activities.handing_in import FILE_MAX_BYTES, MEDIA_TYPES, Wanted
from zaichang.hours.activities.reading import NEWEST
from zaichang.ledger.activities.stages import Party, Stage, State
from zaichang.ports.hours.activities import ActivityFilter, ActivityId, FileId, UnitId

PAGE_MAX: Final = 200
_CONTENT: Final[dict[str, Any]] = {
    kind: {"schema": {"type": "string", "format": "binary", "maxLength": FILE_MAX_BYTES}} for kind in MEDIA_TYPES
}
_FILE_BODY: Final = {
    "requestBody": {"required": True, "description": "A file of at most 8 MB: PDF or a picture.", "content": _CONTENT}
}
_UNKNOWN: Final = {404: ("activity.unknown",), 422: ("id.invalid",)}
ActivityInPath = Annotated[ActivityId, id_in_path("The activity.", "5f0c" * 8)]
FileInPath = Annotated[FileId, id_in_path("The file.", "5f0c" * 8)]


async def _file(request: Request) -> tuple[str, bytes]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type, await bounded_body(request, FILE_MAX_BYTES)


def activities_router() -> APIRouter:
    """Return ``/v1/checklists`` and ``/v1/activities``."""
    router = contract_router("activities", "/v1")

    @router.get("/checklists/{rules}", dependencies=[Public], responses=refused({404: ("activity.rules",)}))
    async def get_checklist(
        rules: Annotated[str, Path(max_length=64, description="The hour rules.", examples=["cq-pharmacist-2025"])],
    ) -> ChecklistAnswer:
        """Show what each item of a pack of hour rules asks for."""
        return checklist_view(load_checklist(rules))

    @router.get("/activities", responses=refused({422: ("http.cursor", "activity.invalid")}))
    async def list_activities(
        actor: ByParty,
        parts: Parts,
        learner: LearnerFilter = "",
        state: Annotated[str, Query(max_length=16, description="Only in this state; empty: all.")] = "",
        batch: Annotated[str, Query(max_length=64, description="Only of this import; empty: all.")] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
        before: Before = "",
    ) -> ActivitiesAnswer:
        """List the activities that the asking side may see, the newest change first."""
        if state and state not in tuple(State):
            raise PeerViolation("activity.invalid", f"There is no state {state!r}.", f"States: {', '.join(State)}.")
        wanted = ActivityFilter(learner_id=learner, states=(State(state),) if state else (), batch=batch)
        found = await parts.activities.reader.listed(actor, wanted, parse_cursor(before, NEWEST), limit)
        more = len(found) == limit
        return ActivitiesAnswer(
            party=actor.party,
            actor=actor.name,
            activities=[activity_line(each) for each in found],
            next=cursor_text((found[-1].changed_ms, found[-1].activity_id)) if more else "",
        )

    @router.post(
        "/activities",
        responses=refused(
            {
                403: (
                    "activity.party",
                    "activity.drafts",
                    "activity.ref",
                    "activity.employer",
                    "learner.erased",
                    "review.personal_key",
                ),
                404: ("activity.rules",),
                422: ("activity.invalid", "id.invalid"),
            }
        ),
    )
    async def draft(actor: ByParty, asked: ActivityRequest, parts: Parts) -> ActivityAnswer:
        """Begin an activity. It is a draft until it is handed in; the same `ref` again gives the same one."""
        wanted = Wanted(
            learner_id=actor.learner_id or LearnerId(asked.learner),
            rules=asked.rules,
            item=asked.item,
            details=asked.details,
            title=asked.title,
            unit_id=UnitId(asked.unit),
            ref=asked.ref,
            papers=asked.papers,
        )
        if actor.learner_id and asked.learner not in ("", actor.learner_id):
            raise PeerViolation("activity.invalid", "A learner hands in the own activities only.")
        made = await parts.activities.desk.draft(actor, wanted)
        return await _view(parts, actor, made.activity_id)

    @router.get("/activities/{activity}", responses=refused(_UNKNOWN))
    async def get_activity(actor: ByParty, activity: ActivityInPath, parts: Parts) -> ActivityAnswer:
        """Show an activity: its state, its steps with their reasons, the side that it waits for, and its own amount."""
        return await _view(parts, actor, check_id(activity, "activity"))

    @router.delete(
        "/activities/{activity}",
        responses=refused({**_UNKNOWN, 403: ("activity.raced", "activity.party", "review.personal_key")}),
    )
    async def discard(actor: ByParty, activity: ActivityInPath, parts: Parts) -> Done:
        """Delete a draft with its files. One that was handed in is withdrawn instead."""
        await parts.activities.evidence.discard(actor, check_id(activity, "activity"))
        return Done(ok=True)

    @router.post(
        "/activities/{activity}/files",
        openapi_extra=_FILE_BODY,
        responses=refused(
            {
                403: ("activity.raced", "activity.party", "activity.files", "learner.erased", "review.personal_key"),
                404: ("activity.unknown",),
                413: ("http.too_large",),
                422: ("activity.file", "activity.invalid", "id.invalid"),
            }
        ),
    )
    async def add_file(
        actor: ByParty,
        activity: ActivityInPath,
        document: Annotated[str, Query(max_length=64, description="Document of the checklist.")],
        sent: Annotated[tuple[str, bytes], Depends(_file)],
        parts: Parts,
    ) -> FileLine:
        """Add a file of evidence to a draft. It is encrypted; the log holds a salted commitment to its digest."""
        if actor.party is Party.LEARNER:
            parts.rates.spend("photos", actor.learner_id, parts.rates.limits.photos)
        name = check_id(activity, "activity")
        return file_line(await parts.activities.evidence.add(actor, name, document, *sent))

    @router.get(
        "/activities/{activity}/files/{file}",
        response_class=Response,
        responses={
            200: {"description": "The file.", "content": _CONTENT},
            **refused(
                {403: ("learner.erased",), 404: ("activity.unknown", "activity.file_unknown"), 422: ("id.invalid",)}
            ),
        },
    )
    async def get_file(actor: ByParty, activity: ActivityInPath, file: FileInPath, parts: Parts) -> Response:
        """Give a file of evidence; the audit trail notes who asked."""
        found, data = await parts.activities.evidence.read(
            actor, check_id(activity, "activity"), check_id(file, "file")
        )
        headers = {"content-disposition": f'attachment; filename="{found.document}"', "cache-control": "no-store"}
        return Response(data, media_type=found.media_type, headers=headers)

    @router.post(
        "/activities/{activity}/steps",
        responses=refused(
            {
                403: (
                    "activity.party",
                    "activity.state",
                    "activity.same_person",
                    "activity.appealed",
                    "activity.too_late",
                    "activity.signed",
                    "activity.raced",
                    "learner.erased",
                    "review.personal_key",
                ),
                404: ("activity.unknown",),
                422: ("activity.incomplete", "activity.reason", "activity.words", "activity.invalid", "id.invalid"),
            }
        ),
    )
    async def take_step(actor: ByParty, activity: ActivityInPath, asked: StepRequest, parts: Parts) -> ActivityAnswer:
        """Take a step: hand in, confirm, check, approve, refuse, withdraw, appeal, doubt, uphold, void.

        Each is an entry in the log. The office approves with two persons, neither of whom handed it in.
        """
        if asked.stage not in tuple(Stage) or asked.stage == Stage.RECORD:
            raise PeerViolation("activity.invalid", "stage is none.", "See docs/hours.md.")
        name = check_id(activity, "activity")
        await parts.activities.desk.take(actor, name, Stage(asked.stage), reason=asked.reason, words=asked.text)
        return await _view(parts, actor, name)

    return router


async def _view(parts: ApiParts, actor: Actor, activity_id: ActivityId) -> ActivityAnswer:
    seen = await parts.activities.reader.seen(actor, activity_id)
    return activity_view(seen, actor, parts.ports.clock.now_ms())
