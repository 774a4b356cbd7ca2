"""The logs over HTTP, for everyone: their list with keys, and their published objects unchanged (C2SP tlog-tiles)."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from zaichang.api.deps import ApiDeps
from zaichang.core.errors import NotFound
from zaichang.core.ids import check_id
from zaichang.ports.log_places import LogPlaces

_YEAR: Final = re.compile(r"20[0-9]{2}")
_OBJECT: Final = re.compile(
    r"checkpoint(?:\.witnessed|\.sm3)?|tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?"
)


def transparency_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/logs`` and ``/log/<institution>/<year>/...``."""
    router = APIRouter()

    @router.get("/v1/logs")
    async def logs() -> dict[str, Any]:
        return {"logs": await asyncio.to_thread(_list, deps.logs)}

    @router.get("/log/{institution}/{year}/{name:path}")
    async def published(institution: str, year: str, name: str) -> Response:
        check_id(institution, "institution")
        if _YEAR.fullmatch(year) is None or _OBJECT.fullmatch(name) is None:
            raise NotFound("log.no_object", "The log has no such object.")
        data = await asyncio.to_thread(deps.logs.place(institution, int(year)).published.get, name)
        if data is None:
            raise NotFound("log.no_object", "The log has no such object.")
        immutable = not name.startswith("checkpoint")
        return Response(
            data,
            media_type="application/octet-stream" if immutable else "text/plain; charset=utf-8",
            headers={"cache-control": "public, max-age=31536000, immutable" if immutable else "no-cache"},
        )

    return router


def _list(logs: LogPlaces) -> list[dict[str, Any]]:
    found = [(place, place.published.verifier_key()) for place in logs.all()]
    return [
        {"institution": place.institution_id, "year": str(place.year), "vkey": vkey, "path": f"/log/{place.name}"}
        for place, vkey in found
        if vkey is not None
    ]
