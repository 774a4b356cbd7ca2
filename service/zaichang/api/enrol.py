"""Routes of enrolment: the institution's photos, a learner's own photo, and a learner before the camera."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from zaichang.api.deps import PHOTO_MAX_BYTES, ApiDeps, body, launched, parsed, platform
from zaichang.biometric.template import MAX_VECTORS
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import check_id
from zaichang.core.reasons import SENTENCES
from zaichang.launch.camera_enrolment import FRAMES_MAX, Step
from zaichang.launch.enrolment import Enrolled
from zaichang.launch.tokens import LaunchClaims
from zaichang.session.policy import policy_from_mapping

_JSON: Final = "application/json"
PHOTOS_MAX_BYTES: Final = 4 * PHOTO_MAX_BYTES
"""Several photos at once, as base64 in JSON."""


class Photos(BaseModel):
    """Several photos of one learner."""

    model_config = ConfigDict(extra="forbid", strict=True)

    photos: Annotated[list[str], Field(min_length=1, max_length=MAX_VECTORS)]
    at_least: Annotated[int, Field(ge=1, le=MAX_VECTORS)] | None = None


class PoseShown(BaseModel):
    """The pictures of one pose."""

    model_config = ConfigDict(extra="forbid", strict=True)

    pose: Annotated[str, Field(max_length=16)]
    pictures: Annotated[list[str], Field(min_length=1, max_length=FRAMES_MAX)]


def enrol_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/enrol``, ``/v1/enrol-me`` and ``/v1/references``."""
    router = APIRouter(prefix="/v1")
    live = deps.camera_enrolment

    @router.post("/enrol/{learner}")
    async def enrol(request: Request, learner: str) -> dict[str, Any]:
        institution = await platform(request, deps)
        learner_id = check_id(learner, "learner")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            photo = await body(request, PHOTO_MAX_BYTES)
            return _made(await deps.registry.enrol(institution.institution_id, learner_id, photo))
        asked = parsed(Photos, await body(request, PHOTOS_MAX_BYTES))
        made = await deps.registry.enrolling.from_photos(
            institution.institution_id, learner_id, _pictures(asked.photos), at_least=asked.at_least
        )
        return _made(made)

    @router.get("/references")
    async def references(request: Request) -> list[dict[str, Any]]:
        institution = await platform(request, deps)
        held = await deps.registry.enrolling.all_held(institution.institution_id)
        return [
            {
                "learner": each.learner_id,
                "version": each.version,
                "at_ms": each.at_ms,
                "photos": each.photos,
                "embedder": each.embedder,
                "thresholds": each.thresholds,
                "current": each.current,
            }
            for each in held
        ]

    @router.post("/enrol-me")
    async def enrol_me(request: Request) -> dict[str, Any]:
        claims = _may(launched(request, deps))
        deps.rates.spend("photos", claims.token_id, deps.rates.limits.photos)
        photo = await body(request, PHOTO_MAX_BYTES)
        alive = await _wants_pad(deps, claims)
        made = await deps.registry.enrolling.from_photos(
            claims.institution_id, claims.learner_id, [photo], replace=False, alive=alive
        )
        return _made(made)

    @router.post("/enrol-me/live")
    async def begin(request: Request) -> dict[str, Any]:
        claims = _may(launched(request, deps))
        deps.rates.spend("photos", claims.token_id, deps.rates.limits.photos)
        alive = await _wants_pad(deps, claims)
        return _next(await live.begin(claims.token_id, claims.institution_id, claims.learner_id, alive=alive))

    @router.post("/enrol-me/live/pose")
    async def pose(request: Request) -> dict[str, Any]:
        claims = _may(launched(request, deps))
        deps.rates.spend("poses", claims.token_id, 5 * deps.rates.limits.photos)
        shown = parsed(PoseShown, await body(request, PHOTO_MAX_BYTES))
        pictures = _pictures(shown.pictures)
        return _next(await live.show(claims.token_id, claims.institution_id, claims.learner_id, shown.pose, pictures))

    return router


def _may(claims: LaunchClaims) -> LaunchClaims:
    if not claims.enrol:
        raise NotAllowed("enrol.not_granted", "This launch does not allow the learner to enrol.")
    return claims


async def _wants_pad(deps: ApiDeps, claims: LaunchClaims) -> bool:
    policy = policy_from_mapping(parse_canonical_object(await deps.ports.lessons.policy(claims.policy_digest)))
    return "pad" in policy.proofs


def _pictures(encoded: list[str]) -> list[bytes]:
    try:
        return [base64.b64decode(each, validate=True) for each in encoded]
    except (binascii.Error, ValueError):
        raise PeerViolation("enrol.not_base64", "A photo is not base64.", "Send each file's bytes as base64.") from None


def _made(made: Enrolled) -> dict[str, Any]:
    return {
        "version": made.version,
        "quality_bp": made.quality_bp,
        "models": made.models,
        "thresholds": made.thresholds,
        "photos": made.photos,
        "left_out": [{"photo": at + 1, "reasons": [each.value for each in reasons]} for at, reasons in made.left_out],
    }


def _next(step: Step) -> dict[str, Any]:
    answer: dict[str, Any] = {"done": step.made is not None, "number": step.number, "of": step.of}
    if step.made is not None:
        return {**answer, **_made(step.made)}
    reasons = [{"code": each.value, "zh": SENTENCES[each].zh, "en": SENTENCES[each].en} for each in step.reasons]
    return {**answer, "pose": step.pose, "frames": step.frames, "due_ms": step.due_ms, "reasons": reasons}
