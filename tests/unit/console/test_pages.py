"""Pages of known sites may load the player's bundle."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

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
