"""What the routes need, and who may call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection, Request

from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.runtime.gateway import Gateway
from zaichang.runtime.ports import Ports
from zaichang.runtime.registry import Registry
from zaichang.runtime.tokens import LaunchClaims, LaunchTokens
from zaichang.storage.folder import DataFolder
from zaichang.storage.ports import Institution

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
        folder: Log files to serve.
        allowed_origins: Origins whose pages may open a websocket, beside our own.
    """

    gateway: Gateway
    registry: Registry
    ports: Ports
    tokens: LaunchTokens
    folder: DataFolder
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
    """Return the institution whose reviewer calls."""
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


def _too_large(limit: int) -> PeerViolation:
    return PeerViolation("http.too_large", f"The request's body may have {limit} bytes.")
