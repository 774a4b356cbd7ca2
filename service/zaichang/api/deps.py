"""What the routes need, and who may call them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import HTTPConnection, Request

from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.launch.camera_enrolment import LiveEnrolment
from zaichang.launch.registry import Registry
from zaichang.launch.tokens import LaunchClaims, LaunchTokens
from zaichang.live.gateway import Gateway
from zaichang.live.rate_limits import Rates
from zaichang.ports.log_places import LogPlaces
from zaichang.ports.records import Institution
from zaichang.ports.review_desk import ReviewPorts
from zaichang.review.account_sharing import AccountSharing
from zaichang.review.desk import ReviewDesk
from zaichang.review.media_delivery import DeliveryDesk

M = TypeVar("M", bound=BaseModel)
JSON_MAX_BYTES: Final = 65_536
PHOTO_MAX_BYTES: Final = 8_000_000
"""A phone's photo; the decoder has its own limits (50 megapixels are refused there)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """Handed to ``create_app``.

    Attributes:
        gateway: Serves websockets.
        registry: Institutions, lessons, enrolment, launches.
        ports: Store, blobs, vault, clock.
        tokens: Launch tokens (self-enrolment).
        logs: Logs to serve.
        camera_enrolment: Enrolment before the camera.
        review: Decisions and appeals.
        rates: Rate limits.
        account_sharing: Indicators across sessions.
        deliveries: Delivery log.
        allowed_origins: Origins whose pages may open a websocket, beside our own.
    """

    gateway: Gateway
    registry: Registry
    ports: ReviewPorts
    tokens: LaunchTokens
    logs: LogPlaces
    camera_enrolment: LiveEnrolment
    review: ReviewDesk
    rates: Rates
    account_sharing: AccountSharing
    deliveries: DeliveryDesk
    allowed_origins: tuple[str, ...] = ()


def bearer(request: HTTPConnection) -> str:
    """Return the key or token of the Authorization header.

    Raises:
        NotAllowed: ``auth.required``.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise NotAllowed("auth.required", "A valid key is required.", "Send it as Authorization: Bearer <key>.")
    return key.strip()


async def platform(request: Request, deps: ApiDeps) -> Institution:
    """Return the institution whose learning platform calls."""
    return await deps.registry.institution_of_key(bearer(request), "platform")


async def staff(request: Request, deps: ApiDeps) -> Institution:
    """Return the institution whose reviewer calls, with a personal key or the shared staff key."""
    return (await deps.registry.reviewer_of_key(bearer(request)))[0]


async def reviewer(request: Request, deps: ApiDeps) -> tuple[Institution, str]:
    """Return the institution and the reviewer; decisions need a personal key, so that they have an author.

    Raises:
        NotAllowed: ``review.personal_key``.
    """
    institution, reviewer_id = await deps.registry.reviewer_of_key(bearer(request))
    if not reviewer_id:
        raise NotAllowed(
            "review.personal_key",
            "Deciding needs a reviewer's own key; this is the staff key that several people share.",
            "Create one: POST /v1/reviewers, or zaichang manage reviewer.",
        )
    return institution, reviewer_id


async def owner(request: Request, deps: ApiDeps) -> Institution:
    """Return the institution that calls with its staff key: only that may hand out reviewers' keys."""
    return await deps.registry.institution_of_key(bearer(request), "staff")


def launched(request: Request, deps: ApiDeps) -> LaunchClaims:
    """Return the claims of the launch token that a learner's page calls with."""
    return deps.tokens.verify(bearer(request), deps.ports.clock.now_ms())


async def body(request: Request, limit: int) -> bytes:
    """Read a request's body, never more than ``limit`` bytes of it.

    Raises:
        PeerViolation: ``http.too_large``.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def parsed(model: type[M], data: bytes) -> M:
    """Return a request's JSON body as its model.

    Raises:
        PeerViolation: ``http.not_json``, or ``http.invalid`` naming the fields that do not fit.
    """
    try:
        return model.model_validate(json.loads(data))
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise PeerViolation("http.invalid", f"The request does not fit: {where}.", "See docs/protocol.md.") from None
    except (ValueError, RecursionError):
        raise PeerViolation("http.not_json", "The request's body is not JSON.") from None


def _too_large(limit: int) -> PeerViolation:
    return PeerViolation("http.too_large", f"The request's body may have {limit} bytes.")
