"""Which pages of other origins may read the answers of which routes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zaichang.api.middleware.cross_origin import PATHS, CrossOrigin

KNOWN, UNKNOWN = "https://school.example", "https://other.example"
OPTIONS = "/v1/enrol-me/passkey/options"


async def answer(request: Request) -> Response:
    return JSONResponse({"ok": True}, status_code=403)


def client_of(*origins: str) -> httpx.AsyncClient:
    routes = [Route(path, answer, methods=["POST", "GET"]) for path in (*PATHS, "/v1/me")]
    app = Starlette(routes=routes, middleware=[Middleware(CrossOrigin, origins=origins)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


def preflight(origin: str, *, method: str = "POST", headers: str = "authorization, content-type") -> dict[str, Any]:
    return {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": headers,
    }


@pytest.mark.parametrize("path", sorted(PATHS))
async def test_a_configured_origin_reads_the_answers_also_refusals(path: str) -> None:
    async with client_of(KNOWN) as client:
        asked = await client.options(path, headers=preflight(KNOWN))
        assert asked.status_code == 200 and asked.headers["access-control-allow-origin"] == KNOWN
        assert asked.headers["access-control-allow-methods"] == "POST"
        assert "access-control-allow-credentials" not in asked.headers
        told = await client.post(path, headers={"origin": KNOWN})
        assert told.status_code == 403 and told.headers["access-control-allow-origin"] == KNOWN
        assert told.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", [UNKNOWN, "https://school.example.evil", "http://school.example", "null"])
async def test_another_origin_reads_nothing(origin: str) -> None:
    async with client_of(KNOWN, "*") as client:
        asked = await client.options(OPTIONS, headers=preflight(origin))
        assert asked.status_code == 400 and "access-control-allow-origin" not in asked.headers
        told = await client.post(OPTIONS, headers={"origin": origin})
        assert "access-control-allow-origin" not in told.headers


@pytest.mark.parametrize(("method", "headers"), [("DELETE", "authorization"), ("POST", "x-other")])
async def test_no_other_method_or_header_is_allowed(method: str, headers: str) -> None:
    async with client_of(KNOWN) as client:
        asked = await client.options(OPTIONS, headers=preflight(KNOWN, method=method, headers=headers))
        assert asked.status_code == 400


async def test_every_other_route_stays_closed_and_an_own_page_needs_nothing() -> None:
    async with client_of(KNOWN) as client:
        for request in (client.get("/v1/me", headers={"origin": KNOWN}), client.post(OPTIONS)):
            assert "access-control-allow-origin" not in (await request).headers
        assert (await client.options("/v1/me", headers=preflight(KNOWN))).status_code == 405
