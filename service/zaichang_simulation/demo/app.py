"""The demo's application: the service's own, and the sample lessons' media beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Query
from starlette.responses import FileResponse, Response

from zaichang.core.errors import NotFound
from zaichang.main.service import Services, create_service_app
from zaichang_simulation.demo.counted_file import CountedFile
from zaichang_simulation.demo.media_log import MediaLog

_TYPES: Final = {".vtt": "text/vtt; charset=utf-8", ".webm": "video/webm", ".mp4": "video/mp4"}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""A file's name. A longer one, or one with a NUL, would make the file system raise."""


def create_demo_app(services: Services) -> FastAPI:
    """Return the service's application with ``/media`` from the data folder; sent media is logged as delivered."""
    app = create_service_app(services)
    log = MediaLog(services.deliveries, services.tokens, services.ports.clock)
    app.include_router(media_router(services.settings.data / "media", log))
    return app


def media_router(folder: Path, log: MediaLog) -> APIRouter:
    """Return the route of the lessons' media.

    Args:
        folder: Of films and subtitles.
        log: Records what was sent to which launch.
    """
    router = APIRouter()

    @router.get("/media/{name}")
    async def media(name: str, ticket: Annotated[str, Query(max_length=2_000)] = "") -> Response:
        path = folder / name
        kind = _TYPES.get(path.suffix)
        if kind is None or _NAME.fullmatch(name) is None or not path.is_file():
            raise NotFound("http.not_found", "There is nothing here.")
        sent = await log.open(ticket, path) if ticket else None
        if sent is None:
            return FileResponse(path, media_type=kind, headers={"cache-control": "no-cache"})
        return CountedFile(path, kind, sent)

    return router
