"""Rate limits of the API, as ASGI middleware: by address and by key. Too many requests get 429 with Retry-After."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from zaichang.live.rate_limits import RateExceeded, Rates


class RateLimit:
    """ASGI middleware for paths under ``/v1/``."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        """Wrap an application.

        Args:
            app: The ASGI application.
            rates: The limits and their counters.
        """
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request above the limits; pass all others on."""
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            try:
                self._count(scope)
            except RateExceeded as error:
                answer = JSONResponse(
                    error.as_dict(), status_code=429, headers={"retry-after": str(error.retry_after_s)}
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _count(self, scope: Scope) -> None:
        client = scope.get("client")
        self._rates.spend("requests", client[0] if client else "", self._rates.limits.address)
        key = Headers(scope=scope).get("authorization", "")
        if key:
            # The digest only: no key stays in memory for this.
            digest = hashlib.sha256(key.encode()).hexdigest()
            self._rates.spend("requests with one key", digest, self._rates.limits.key)
