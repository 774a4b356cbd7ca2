"""Pages for people: static files of this folder, and the player bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from zaichang.core.errors import NotFound

STATIC: Final = Path(__file__).parent / "static"
PAGES: Final = (
    "queue",
    "revocations",
    "activities",
    "certificates",
    "filing",
    "lessons",
    "timeline",
    "sessions",
    "log",
    "course",
    "passkey",
    "statement",
    "verify",
)
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".map": "application/json",
}


_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""A file's name. A longer one, or one with a NUL, would make the file system raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    """Where files lie.

    Attributes:
        sdk: Folder of the player bundle, or None where it was not built.
        allowed_origins: Sites that embed the player; they may load the bundle from here.
    """

    sdk: Path | None
    allowed_origins: tuple[str, ...] = ()


def find_sdk() -> Path | None:
    """Return the folder of the player bundle: packaged with us, or built in the checkout."""
    packaged = Path(__file__).parent / "sdk"
    checkout = Path(__file__).resolve().parents[3] / "client_sdk" / "web" / "dist"
    return next((folder for folder in (packaged, checkout) if folder.is_dir()), None)


def console_router(config: ConsoleConfig) -> APIRouter:
    """Return the pages' routes."""
    router = APIRouter()

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse("/sessions")

    def page(name: str) -> None:
        @router.get(f"/{name}")
        async def show() -> Response:
            return FileResponse(
                STATIC / f"{name}.html", media_type="text/html; charset=utf-8", headers={"cache-control": "no-cache"}
            )

    for name in PAGES:
        page(name)

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        return send_file(*find_file(STATIC, name, _TYPES))

    @router.get("/sdk/{name}")
    async def sdk(name: str, request: Request) -> Response:
        if config.sdk is None:
            raise NotFound(
                "sdk.not_built", "The player bundle is not built.", "Run: npm ci && npm run build in client_sdk/web."
            )
        reply = send_file(*find_file(config.sdk, name, _TYPES))
        # Modules of another origin are fetched with CORS; a cache must not hand one site's answer to another.
        reply.headers["vary"] = "Origin"
        origin = request.headers.get("origin")
        if origin in config.allowed_origins:
            reply.headers["access-control-allow-origin"] = origin
            reply.headers["cross-origin-resource-policy"] = "cross-origin"
        return reply

    return router


def find_file(folder: Path, name: str, types: Mapping[str, str]) -> tuple[Path, str]:
    """Return a file of a folder and its media type.

    Args:
        folder: The one folder that is looked in.
        name: From the address; one that the file system would refuse is the name of nothing.
        types: Media type by suffix; other files are not served.

    Raises:
        NotFound: ``http.not_found``.
    """
    path = folder / name
    kind = types.get(path.suffix)
    if kind is None or _NAME.fullmatch(name) is None or not path.is_file():
        raise NotFound("http.not_found", "There is nothing here.")
    return path, kind


def send_file(path: Path, kind: str) -> Response:
    """Return a whole file as the answer; the browser asks again each time whether it changed."""
    return FileResponse(path, media_type=kind, headers={"cache-control": "no-cache"})
