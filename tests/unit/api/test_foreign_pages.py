"""Pages of other sites: who may load the player's bundle from here, and what a refused one is told."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from zaichang.api.websocket import websocket_router
from zaichang.console.pages import ConsoleConfig, console_router

KNOWN, UNKNOWN = "https://school.example", "https://other.example"


@pytest.mark.parametrize(("origin", "allowed"), [(KNOWN, KNOWN), (UNKNOWN, None), (None, None)])
async def test_the_bundle_is_for_known_sites(tmp_path: Path, origin: str | None, allowed: str | None) -> None:
    (tmp_path / "zaichang.js").write_text("export {};")
    app = FastAPI()
    app.include_router(console_router(ConsoleConfig(sdk=tmp_path, allowed_origins=(KNOWN,))))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        headers = {} if origin is None else {"origin": origin}
        reply = await client.get("/sdk/zaichang.js", headers=headers)
        assert reply.status_code == 200
        assert reply.headers.get("access-control-allow-origin") == allowed
        assert reply.headers["vary"] == "Origin"
        other = await client.get("/static/course.js", headers=headers)
        assert "access-control-allow-origin" not in other.headers


async def test_a_page_of_an_unknown_origin_is_told_why_and_closed() -> None:
    app = FastAPI()
    app.include_router(websocket_router(SimpleNamespace(allowed_origins=(KNOWN,), gateway=None)))  # type: ignore[arg-type]  # the gateway is not reached
    said: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, object]) -> None:
        said.append(message)

    headers = [(b"host", b"study.example"), (b"origin", UNKNOWN.encode())]
    scope = {"type": "websocket", "path": "/v1/session", "headers": headers, "query_string": b"", "subprotocols": []}
    await app(scope, receive, send)
    assert [message["type"] for message in said] == ["websocket.accept", "websocket.send", "websocket.close"]
    told = json.loads(str(said[1]["text"]))
    assert (told["code"], told["fatal"]) == ("origin.not_allowed", True)
    assert UNKNOWN not in str(said)
    assert said[2]["code"] == 4403
