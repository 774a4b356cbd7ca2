"""The FastAPI application: routes, one error shape, security headers, openapi.json."""

from __future__ import annotations

from fastapi import FastAPI

from zaichang import __version__
from zaichang.api.decisions.erasures import erasures_router
from zaichang.api.decisions.revocations import revocations_router
from zaichang.api.deliveries import deliveries_router
from zaichang.api.enrol import enrol_router
from zaichang.api.errors import install_errors
from zaichang.api.hours.activities import activities_router
from zaichang.api.hours.certificates import certificates_router
from zaichang.api.hours.employers import employers_router
from zaichang.api.hours.filing import filing_router
from zaichang.api.hours.imports import imports_router
from zaichang.api.hours.statements import statements_router
from zaichang.api.hours.verify import verify_router
from zaichang.api.launch import launch_router
from zaichang.api.learner import learner_router
from zaichang.api.manage import manage_router
from zaichang.api.middleware.cross_origin import CrossOrigin
from zaichang.api.middleware.rate_limit import RateLimit
from zaichang.api.middleware.security import SecurityHeaders
from zaichang.api.openapi import DESCRIPTION, document, openapi_router
from zaichang.api.parts import ApiParts
from zaichang.api.passkeys import passkeys_router
from zaichang.api.public import public_router
from zaichang.api.queue import queue_router
from zaichang.api.receipts import receipts_router
from zaichang.api.review import review_router
from zaichang.api.websocket import websocket_router


def create_app(parts: ApiParts) -> FastAPI:
    """Return the FastAPI application with all API routes. The caller adds the pages and serves it.

    Args:
        parts: The parts of the running service that the routes use.
    """
    app = describe()
    app.state.parts = parts
    install_errors(app)
    app.add_middleware(RateLimit, rates=parts.rates)
    app.add_middleware(CrossOrigin, origins=parts.allowed_origins)
    app.add_middleware(SecurityHeaders)
    app.include_router(websocket_router(parts))
    return app


def describe() -> FastAPI:
    """Return the application with its HTTP routes and without a running service, to make openapi.json."""
    # No page of FastAPI's own is served: Swagger UI and ReDoc load scripts from another host.
    app = FastAPI(
        title="Zaichang",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for router in (
        launch_router(),
        enrol_router(),
        passkeys_router(),
        receipts_router(),
        learner_router(),
        review_router(),
        queue_router(),
        revocations_router(),
        erasures_router(),
        certificates_router(),
        verify_router(),
        filing_router(),
        manage_router(),
        deliveries_router(),
        statements_router(),
        activities_router(),
        employers_router(),
        imports_router(),
        public_router(),
        openapi_router(),
    ):
        # Not include_router: it wraps the routes, and each must stay the ContractRoute that openapi.json describes.
        app.router.routes.extend(router.routes)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # FastAPI's documented way to change it
    return app
