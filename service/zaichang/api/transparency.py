"""The log, to everybody: list of logs, their keys, and the published files exactly as they lie on disk (C2SP tiles)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from zaichang.api.deps import ApiDeps
from zaichang.core.errors import NotFound
from zaichang.core.ids import check_id

PUBLIC: Final = "public"
_YEAR: Final = re.compile(r"20[0-9]{2}")
_OBJECT: Final = re.compile(
    r"checkpoint(?:\.witnessed|\.sm3)?|tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?"
)


def transparency_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/logs`` and ``/log/<institution>/<year>/...``."""
    router = APIRouter()

    @router.get("/v1/logs")
    async def logs() -> dict[str, Any]:
        return {"logs": await asyncio.to_thread(_logs, deps.folder.log)}

    @router.get("/log/{institution}/{year}/{name:path}")
    async def published(institution: str, year: str, name: str) -> Response:
        check_id(institution, "institution")
        if _YEAR.fullmatch(year) is None or _OBJECT.fullmatch(name) is None:
            raise NotFound("log.no_object", "The log has no such object.")
        path = deps.folder.log / institution / year / PUBLIC / name
        if not path.is_file():
            raise NotFound("log.no_object", "The log has no such object.")
        immutable = not name.startswith("checkpoint")
        return FileResponse(
            path,
            media_type="application/octet-stream" if immutable else "text/plain; charset=utf-8",
            headers={"cache-control": "public, max-age=31536000, immutable" if immutable else "no-cache"},
        )

    return router


def _logs(root: Path) -> list[dict[str, Any]]:
    found = []
    for vkey in sorted(root.glob("*/*/vkey")):
        year, institution = vkey.parent.name, vkey.parent.parent.name
        lines = vkey.read_text(encoding="ascii").split()
        if lines:
            found.append(
                {"institution": institution, "year": year, "vkey": lines[0], "path": f"/log/{institution}/{year}"}
            )
    return found
