"""The demo's landing page hands out tokens on this computer only, one role each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from support.web import Web, code_of, web
from zaichang.main.service import Services
from zaichang.session.policy import Policy
from zaichang_simulation.demo.app import create_demo_app
from zaichang_simulation.demo.entrance import entrance_router
from zaichang_simulation.demo.lessons import COURSE_ID, LESSONS
from zaichang_simulation.demo.progress import StudyProgress

ASKS = {"x-zaichang-demo": "1"}
HERE = "http://127.0.0.1:8000"


@asynccontextmanager
async def door(
    folder: Path, *, peer: str = "127.0.0.1", progress: StudyProgress | None = None
) -> AsyncIterator[tuple[Web, AsyncClient]]:
    apps: list[FastAPI] = []

    def create(services: Services) -> FastAPI:
        apps.append(create_demo_app(services))
        apps[0].include_router(entrance_router(services, "inst", "zr-key", progress or StudyProgress()))
        return apps[0]

    async with web(folder, create) as page:
        async with AsyncClient(transport=ASGITransport(apps[0], client=(peer, 5000)), base_url=HERE) as client:
            yield page, client


async def test_a_learner_gets_a_new_pseudonym_and_both_routes(tmp_path: Path) -> None:
    async with door(tmp_path) as (page, client):
        for lesson in LESSONS:
            await page.services.lessons.add(
                "inst", COURSE_ID, lesson.lesson_id, title_zh="课", title_en="L", duration_ms=60_000, policy=Policy()
            )
        seen = set()
        for _ in range(2):
            address = (await client.post("/demo/enter/learner", headers=ASKS)).json()["address"]
            head, _, others = address.partition("&others=")
            tokens = head.removeprefix("/course#tokens=").split(",")
            assert len(tokens) == len(others.split(",")) == len(LESSONS)
            now_ms = page.services.ports.clock.now_ms()
            names = {page.services.tokens.verify(token, now_ms).learner_id for token in [*tokens, *others.split(",")]}
            assert len(names) == 1
            seen |= names
        assert len(seen) == 2


@pytest.mark.parametrize("role", ["sessions", "queue"])
async def test_a_reviewer_gets_the_key_in_the_fragment(tmp_path: Path, role: str) -> None:
    async with door(tmp_path) as (_, client):
        assert (await client.post(f"/demo/enter/{role}", headers=ASKS)).json() == {"address": f"/{role}#key=zr-key"}


async def test_another_role_is_unknown(tmp_path: Path) -> None:
    async with door(tmp_path) as (_, client):
        assert code_of(await client.post("/demo/enter/admin", headers=ASKS)) == "http.not_found"


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
async def test_loopback_names_are_served(tmp_path: Path, host: str) -> None:
    async with door(tmp_path) as (_, client):
        assert (await client.post("/demo/enter/queue", headers={**ASKS, "host": host})).status_code == 200


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("192.0.2.7", ASKS),
        ("127.0.0.1", {**ASKS, "host": "evil.example"}),
        ("127.0.0.1", {**ASKS, "host": "localhost.evil.example"}),
        ("127.0.0.1", {}),
    ],
)
async def test_nothing_is_handed_out_elsewhere(tmp_path: Path, peer: str, headers: dict[str, str]) -> None:
    async with door(tmp_path, peer=peer) as (_, client):
        answer = await client.post("/demo/enter/queue", headers=headers)
        assert (answer.status_code, code_of(answer)) == (403, "demo.loopback_only")
        assert "zr-key" not in answer.text


async def test_the_page_and_the_progress(tmp_path: Path) -> None:
    progress = StudyProgress(minutes={1: "U", 0: "V"}, checked=True)
    async with door(tmp_path, progress=progress) as (_, client):
        assert (await client.get("/demo/progress")).json() == {"minutes": "VU", "checked": True}
        for path, kind in (("", "text/html"), ("/door.js", "text/javascript"), ("/door.css", "text/css")):
            answer = await client.get(f"/demo{path}")
            assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)
            assert "script-src 'self'" in answer.headers["content-security-policy"]
