"""A page of another site opens no session, and is told why."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from fastapi import FastAPI

from zaichang.api.websocket import origin_allowed, websocket_router

KNOWN, UNKNOWN = "https://school.example", "https://other.example"


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "may"),
    [
        (None, "a.example", (), True),
        ("https://a.example", "a.example", (), True),
        ("https://b.example", "a.example", (), False),
        ("https://b.example", "a.example", ("https://b.example",), True),
        ("null", "a.example", (), False),
        ("https://a.example.evil", "a.example", (), False),
    ],
)
def test_only_known_pages_may_open_a_session(
    origin: str | None, host: str, allowed: tuple[str, ...], may: bool
) -> None:
    assert origin_allowed(origin, host, allowed) is may


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
