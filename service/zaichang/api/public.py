"""Routes without a key: health, policies, the list of logs, and the published files of a log (C2SP tiles)."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any, Final

from fastapi import APIRouter
from fastapi import Path as PathParameter
from starlette.responses import Response

from zaichang import __version__
from zaichang.api.access import Public
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.public import Health, LogLine, LogsAnswer, PolicyAnswer
from zaichang.api.parameters import id_in_path
from zaichang.api.parts import Parts
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import NotFound
from zaichang.core.ids import InstitutionId, check_id
from zaichang.ports.log.places import LogPlaces
from zaichang.protocol.limits import PROTOCOL_VERSION
from zaichang.session.policy import policy_from_mapping, policy_to_mapping

_YEAR: Final = re.compile(r"20[0-9]{2}")
_OBJECT: Final = re.compile(
    r"checkpoint(?:\.witnessed|\.history|\.timestamps|\.sm3)?|tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/[0-9]{1,3})?"
)


Digest = Annotated[
    str,
    PathParameter(
        description="A policy's digest, 64 hex digits.",
        examples=["0f" * 32],
        json_schema_extra={"pattern": "^[0-9a-f]{64}$"},
    ),
]
InstitutionInPath = Annotated[InstitutionId, id_in_path("The institution.", "college")]
Year = Annotated[str, PathParameter(description="The log's year.", examples=["2026"])]
ObjectName = Annotated[
    str,
    PathParameter(
        description="`checkpoint`, its `.witnessed`, `.history`, `.timestamps` or `.sm3`, or a path under `tile/`.",
        examples=["checkpoint"],
    ),
]


def public_router() -> APIRouter:
    """Return ``/healthz``, ``/v1/policies/{digest}``, ``/v1/logs`` and ``/log/<institution>/<year>/...``."""
    router = contract_router("public")

    @router.get("/healthz", dependencies=[Public])
    async def health(parts: Parts) -> Health:
        """Answer that the service lives and its storage can be read."""
        await parts.ports.history.ping()
        return Health(
            ok=True,
            version=__version__,
            protocol=PROTOCOL_VERSION,
            now_ms=parts.ports.clock.now_ms(),
            vision_capacity=parts.ports.vision.capacity(),
        )

    @router.get(
        "/v1/policies/{digest}",
        dependencies=[Public],
        response_model=PolicyAnswer,
        response_model_exclude_unset=True,
        responses=refused({404: ("policy.unknown",)}),
    )
    async def get_policy(digest: Digest, parts: Parts) -> Any:
        """Show the rules that a record names by their digest."""
        body = await parts.ports.lessons.policy(digest)
        return policy_to_mapping(policy_from_mapping(parse_canonical_object(body)))

    @router.get("/v1/logs", dependencies=[Public])
    async def list_logs(parts: Parts) -> LogsAnswer:
        """List every log with its key."""
        return LogsAnswer(logs=await asyncio.to_thread(_list, parts.logs))

    @router.get(
        "/log/{institution}/{year}/{name:path}",
        dependencies=[Public],
        response_class=Response,
        responses={
            200: {
                "description": "The file's bytes; a tile never changes.",
                "content": {
                    "text/plain": {"schema": {"type": "string"}},
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                },
            },
            **refused({404: ("log.no_object",), 422: ("id.invalid",)}),
        },
    )
    async def get_log_file(institution: InstitutionInPath, year: Year, name: ObjectName, parts: Parts) -> Response:
        """Give a published file of a log exactly as it lies on disk (C2SP tlog-tiles)."""
        check_id(institution, "institution")
        if _YEAR.fullmatch(year) is None or _OBJECT.fullmatch(name) is None:
            raise NotFound("log.no_object", "The log has no such object.")
        data = await asyncio.to_thread(parts.logs.place(institution, int(year)).published.get, name)
        if data is None:
            raise NotFound("log.no_object", "The log has no such object.")
        immutable = not name.startswith("checkpoint")
        return Response(
            data,
            media_type="application/octet-stream" if immutable else "text/plain; charset=utf-8",
            headers={"cache-control": "public, max-age=31536000, immutable" if immutable else "no-cache"},
        )

    return router


def _list(logs: LogPlaces) -> list[LogLine]:
    found = [(place, place.published.verifier_key()) for place in logs.all()]
    return [
        LogLine(institution=place.institution_id, year=str(place.year), vkey=vkey, path=f"/log/{place.name}")
        for place, vkey in found
        if vkey is not None
    ]
