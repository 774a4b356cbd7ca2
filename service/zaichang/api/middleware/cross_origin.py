"""Pages of course sites may register passkeys here: CORS for the configured origins and these two routes alone.

A passkey belongs to the domain of the page that makes it, so a course site whose domain is not ours must register it on
a page of its own. Every other route of the API stays closed to pages of other origins.
"""

from __future__ import annotations

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PATHS: Final = frozenset({"/v1/enrol-me/passkey", "/v1/enrol-me/passkey/options"})
PREFLIGHT_S: Final = 600
"""How long a browser may remember a preflight's answer."""


class CrossOrigin:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        """Wrap ``app``; ``origins`` are exact, and ``*`` among them opens nothing."""
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=[origin for origin in origins if origin != "*"],
            allow_methods=("POST",),
            allow_headers=("authorization", "content-type"),
            max_age=PREFLIGHT_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight for these routes, and let the origin's page read their answers."""
        opened = scope["type"] == "http" and scope["path"] in PATHS
        await (self._open if opened else self._app)(scope, receive, send)
