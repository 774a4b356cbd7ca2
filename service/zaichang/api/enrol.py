"""Routes of enrolment: from the institution's photos, from a learner's own photo, and in front of the camera."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request

from zaichang.api.access import ByEnrolling, ByPlatform
from zaichang.api.contract import PHOTO_MAX_BYTES, bounded_body, contract_router, json_of, refused, value_as
from zaichang.api.models.enrolment import EnrolledAnswer, LeftOut, NextPose, Photos, PosesDone, PoseShown, Reference
from zaichang.api.parameters import LearnerInPath
from zaichang.api.parts import ApiParts, Parts
from zaichang.api.views import reason_view
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.ids import check_id
from zaichang.launch.camera_enrolment import Step
from zaichang.launch.enrolment import Enrolled
from zaichang.launch.tokens import LaunchClaims
from zaichang.session.policy import policy_from_mapping

_JSON: Final = "application/json"
_PHOTO_CONTENT: Final[dict[str, Any]] = {
    kind: {"schema": {"type": "string", "format": "binary", "maxLength": PHOTO_MAX_BYTES}}
    for kind in ("image/jpeg", "image/png", "image/webp")
}
_PHOTO_BODY: Final = {
    "requestBody": {"required": True, "description": "A picture file of at most 8 MB.", "content": _PHOTO_CONTENT}
}
_PHOTOS_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "A picture file of at most 8 MB, or several as JSON of at most 32 MB.",
        "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Photos"}}, **_PHOTO_CONTENT},
    }
}
_MADE: Final = {
    403: ("enrol.exists",),
    404: ("learner.erased",),
    409: ("enrolment.raced",),
    422: ("enrol.unfit", "enrol.several_people", "enrol.count", "enrol.not_base64", "id.invalid", "frame.*"),
}


async def _photo(request: Request) -> bytes:
    return await bounded_body(request, PHOTO_MAX_BYTES)


async def _photo_or_photos(request: Request) -> bytes | Photos:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        return await bounded_body(request, PHOTO_MAX_BYTES)
    return value_as(Photos, json_of(await bounded_body(request, Photos.max_bytes)))


def enrol_router() -> APIRouter:
    """Return ``/v1/enrol``, ``/v1/enrol-me`` and ``/v1/references``."""
    router = contract_router("enrolment", "/v1")

    @router.post("/enrol/{learner}", openapi_extra=_PHOTOS_BODY, responses=refused(_MADE))
    async def enrol(
        institution: ByPlatform,
        learner: LearnerInPath,
        sent: Annotated[bytes | Photos, Depends(_photo_or_photos)],
        parts: Parts,
    ) -> EnrolledAnswer:
        """Make a learner's reference from one photo, or from several that show one person.

        The photos are not kept. A reference that the learner had before is replaced.
        """
        owner = (institution.institution_id, check_id(learner, "learner"))
        if isinstance(sent, bytes):
            return _made(await parts.enrolling.from_photos(*owner, [sent]))
        return _made(await parts.enrolling.from_photos(*owner, sent.photos, at_least=sent.at_least))

    @router.get("/references")
    async def list_references(institution: ByPlatform, parts: Parts) -> list[Reference]:
        """List the references of the institution's learners."""
        held = await parts.enrolling.all_held(institution.institution_id)
        return [
            Reference(
                learner=each.learner_id,
                version=each.version,
                at_ms=each.at_ms,
                photos=each.photos,
                embedder=each.embedder,
                thresholds=each.thresholds,
                current=each.current,
            )
            for each in held
        ]

    @router.post("/enrol-me", openapi_extra=_PHOTO_BODY, responses=refused(_MADE))
    async def enrol_me(claims: ByEnrolling, photo: Annotated[bytes, Depends(_photo)], parts: Parts) -> EnrolledAnswer:
        """Make the learner's own reference from one photo, where there is none that can be compared."""
        parts.rates.spend("photos", claims.token_id, parts.rates.limits.photos)
        made = await parts.enrolling.from_photos(
            claims.institution_id, claims.learner_id, [photo], replace=False, alive=await _wants_pad(parts, claims)
        )
        return _made(made)

    @router.post("/enrol-me/live", responses=refused({403: ("enrol.exists",), 404: ("learner.erased",)}))
    async def begin_camera_enrolment(claims: ByEnrolling, parts: Parts) -> NextPose | PosesDone:
        """Begin enrolment before the camera, or begin it again; the answer names the first pose."""
        parts.rates.spend("photos", claims.token_id, parts.rates.limits.photos)
        alive = await _wants_pad(parts, claims)
        enrolment = parts.camera_enrolment
        return _next(await enrolment.begin(claims.token_id, claims.institution_id, claims.learner_id, alive=alive))

    @router.post(
        "/enrol-me/live/pose",
        responses=refused({**_MADE, 422: ("enrol.not_begun", "enrol.other_pose", *_MADE[422])}),
    )
    async def show_pose(claims: ByEnrolling, asked: PoseShown, parts: Parts) -> NextPose | PosesDone:
        """Take the pictures of the pose that was asked for; the answer names the next one, or ends the enrolment."""
        parts.rates.spend("poses", claims.token_id, 5 * parts.rates.limits.photos)
        owner = (claims.token_id, claims.institution_id, claims.learner_id)
        return _next(await parts.camera_enrolment.show(*owner, asked.pose, asked.pictures))

    return router


async def _wants_pad(parts: ApiParts, claims: LaunchClaims) -> bool:
    policy = policy_from_mapping(parse_canonical_object(await parts.ports.lessons.policy(claims.policy_digest)))
    return "pad" in policy.proofs


def _fields(made: Enrolled) -> dict[str, Any]:
    return {
        "version": made.version,
        "quality_bp": made.quality_bp,
        "models": made.models,
        "thresholds": made.thresholds,
        "photos": made.photos,
        "left_out": [LeftOut(photo=at + 1, reasons=[each.value for each in reasons]) for at, reasons in made.left_out],
    }


def _made(made: Enrolled) -> EnrolledAnswer:
    return EnrolledAnswer(**_fields(made))


def _next(step: Step) -> NextPose | PosesDone:
    if step.made is not None:
        return PosesDone(done=True, number=step.number, of=step.of, **_fields(step.made))
    return NextPose(
        done=False,
        number=step.number,
        of=step.of,
        pose=str(step.pose),
        frames=step.frames,
        due_ms=step.due_ms,
        reasons=[reason_view(each.value) for each in step.reasons],
    )
