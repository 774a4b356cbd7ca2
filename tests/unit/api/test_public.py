"""Public routes: health and the log as it lies on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from support.web import studied, web


async def test_health_says_that_the_service_lives(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.get("/healthz")
        assert answer.status_code == 200 and answer.json()["ok"] is True


async def test_the_log_is_public_as_it_lies_on_disk(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        [log] = (await page.client.get("/v1/logs")).json()["logs"]
        note = await page.client.get(f"{log['path']}/checkpoint")
        size = int(note.text.split("\n")[1])
        assert note.text.split("\n")[0] == log["vkey"].split("+")[0]
        entries = await page.client.get(f"{log['path']}/tile/entries/000.p/{size}")
        assert entries.status_code == 200 and "immutable" in entries.headers["cache-control"]
        everything = entries.content + note.content
        assert b"learner" not in everything


async def test_many_requests_at_once_are_answered(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        answers = await asyncio.gather(*(page.client.get("/healthz") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
