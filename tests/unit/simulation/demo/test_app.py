"""The demo serves its lessons' media itself, and logs what it sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.study import T0_MS, token
from support.web import Web, code_of, web
from unit.api.test_deliveries import noted
from zaichang.session.policy import Policy
from zaichang_simulation.demo.app import create_demo_app
from zaichang_simulation.demo.lessons import FOLDER, LESSONS, ensure_lessons
from zaichang_simulation.demo.media_index import media_parts

LESSON = LESSONS[1]
PARTS = media_parts((FOLDER / LESSON.video).read_bytes(), LESSON.duration_ms)


async def served(page: Web) -> tuple[str, str]:
    """Register a lesson that the service serves itself; return its media ticket and its launch."""
    await page.services.lessons.add(
        "inst", "course", LESSON.lesson_id, title_zh="课", title_en="L", duration_ms=LESSON.duration_ms, policy=Policy()
    )
    media = page.services.settings.data / "media"
    ensure_lessons(media)
    (media / LESSON.video).write_bytes((FOLDER / LESSON.video).read_bytes())
    (media / "other.webm").write_bytes((FOLDER / LESSON.video).read_bytes())
    launch = await page.services.launches.issue("inst", "learner", "course", LESSON.lesson_id)
    me = (await page.client.get("/v1/me", headers={"authorization": f"Bearer {launch}"})).json()
    return me["media_ticket"], page.services.tokens.verify(launch, T0_MS).token_id


async def test_the_service_notes_what_it_sent_part_by_part(tmp_path: Path) -> None:
    async with web(tmp_path, create_demo_app) as page:
        ticket, launch = await served(page)
        path = f"/media/{LESSON.video}?ticket={ticket}"
        second = PARTS[1]
        whole = (FOLDER / LESSON.video).read_bytes()
        answer = await page.client.get(path, headers={"range": f"bytes={second[0]}-{second[1] - 2}"})
        assert answer.status_code == 206 and await noted(page, launch) == [], "a byte is missing"
        answer = await page.client.get(path, headers={"range": f"bytes={second[0]}-{second[1] - 1}"})
        assert answer.content == whole[second[0] : second[1]] and answer.headers["cache-control"] == "no-store"
        assert await noted(page, launch) == [second[2:]]
        answer = await page.client.get(path, headers={"range": "bytes=0-9,20-29"})
        assert answer.status_code == 206 and await noted(page, launch) == [second[2:]]
        assert (await page.client.get(path, headers={"range": "bytes=999999999-"})).status_code == 416
        answer = await page.client.get(path)
        assert answer.content == whole
        ends = [end_ms for _, end_ms in await noted(page, launch)]
        assert max(ends) == LESSON.duration_ms
        assert (await page.client.head(path)).status_code == 405


@pytest.mark.parametrize("ticket", ["", "nonsense", "launch", "expired", "other file"])
async def test_without_a_ticket_for_this_file_nothing_is_noted(tmp_path: Path, ticket: str) -> None:
    async with web(tmp_path, create_demo_app) as page:
        right, launch = await served(page)
        name = "other.webm" if ticket == "other file" else LESSON.video
        if ticket == "launch":
            right = await token(page.services)
        if ticket == "expired":
            page.clock.at_ms += 10 * 86_400_000
        text = ticket if ticket in ("", "nonsense") else right
        answer = await page.client.get(f"/media/{name}?ticket={text}")
        assert answer.status_code == 200, "the media is not secret"
        assert await noted(page, launch) == []


@pytest.mark.parametrize("name", [".hidden.webm", "absent.webm", "sound.txt", "..%2Fmaster.key"])
async def test_only_media_files_are_served(tmp_path: Path, name: str) -> None:
    async with web(tmp_path, create_demo_app) as page:
        media = page.services.settings.data / "media"
        ensure_lessons(media)
        (media / ".hidden.webm").write_bytes(b"x")
        (media / "sound.txt").write_bytes(b"x")
        assert code_of(await page.client.get(f"/media/{name}")) == "http.not_found"


async def test_the_service_alone_serves_no_media(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        ensure_lessons(page.services.settings.data / "media")
        assert code_of(await page.client.get(f"/media/{LESSON.video}")) == "http.not_found"
