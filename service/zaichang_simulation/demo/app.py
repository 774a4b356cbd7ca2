"""The demo's application: the service's own, and the sample lessons' media beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Query
from starlette.responses import Response

from zaichang.console.pages import find_file, send_file
from zaichang.main.service import Services, create_service_app
from zaichang_simulation.demo.counted_file import CountedFile
from zaichang_simulation.demo.media_log import MediaLog

_TYPES: Final = {".vtt": "text/vtt; charset=utf-8", ".webm": "video/webm", ".mp4": "video/mp4"}


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
        path, kind = find_file(folder, name, _TYPES)
        sent = await log.open(ticket, path) if ticket else None
        if sent is None:
            return send_file(path, kind)
        return CountedFile(path, kind, sent)

    return router
