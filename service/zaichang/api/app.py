"""The FastAPI application: routes, one error shape, security headers."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from zaichang import __version__
from zaichang.api.deliveries import deliveries_router
from zaichang.api.deps import ApiDeps
from zaichang.api.enrol import enrol_router
from zaichang.api.errors import install_errors
from zaichang.api.launch import launch_router
from zaichang.api.learner import learner_router
from zaichang.api.manage import manage_router
from zaichang.api.queue import queue_router
from zaichang.api.rate_limit import RateLimit
from zaichang.api.receipts import receipts_router
from zaichang.api.review import review_router
from zaichang.api.security import SecurityHeaders
from zaichang.api.transparency import transparency_router
from zaichang.api.websocket import websocket_router
from zaichang.protocol.limits import PROTOCOL_VERSION


def create_app(deps: ApiDeps) -> FastAPI:
    """Return the application; the caller adds pages and serves it."""
    app = FastAPI(
        title="Zaichang",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    install_errors(app)
    app.add_middleware(RateLimit, rates=deps.rates)
    app.add_middleware(SecurityHeaders)

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        await deps.ports.history.ping()
        return {
            "ok": True,
            "version": __version__,
            "protocol": PROTOCOL_VERSION,
            "now_ms": deps.ports.clock.now_ms(),
            "vision_capacity": deps.ports.vision.capacity(),
        }

    app.include_router(websocket_router(deps))
    app.include_router(launch_router(deps))
    app.include_router(enrol_router(deps))
    app.include_router(receipts_router(deps))
    app.include_router(review_router(deps))
    app.include_router(queue_router(deps))
    app.include_router(learner_router(deps))
    app.include_router(manage_router(deps))
    app.include_router(deliveries_router(deps))
    app.include_router(transparency_router(deps))
    return app
