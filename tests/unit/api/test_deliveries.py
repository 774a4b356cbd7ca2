"""The delivery log over HTTP, and the service's own where it serves the media itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.study import T0_MS, token
from unit.api.test_routes import Web, code_of, web
from zaichang.console.lessons import FOLDER, LESSONS
from zaichang.review.media_index import media_parts
from zaichang.session.policy import Policy

LESSON = LESSONS[1]
PARTS = media_parts((FOLDER / LESSON.video).read_bytes(), LESSON.duration_ms)


async def noted(page: Web, launch: str) -> list[tuple[int, int]]:
    return [(r.start_ms, r.end_ms) for r in await page.services.store.unused_deliveries("inst", launch, 100)]


async def test_an_institutions_servers_say_what_they_sent(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        asked = {"learner": "learner", "course": "course", "lesson": "lesson"}
        made = (await page.client.post("/v1/launch", json=asked, headers=page.platform())).json()
        one = {"launch": made["launch"], "from_ms": 0, "to_ms": 6_000, "sent_ms": T0_MS}
        answer = await page.client.post("/v1/deliveries", json={"records": [one, one]}, headers=page.platform())
        assert answer.json() == {"records": 2, "new": 1}
        assert (await page.client.post("/v1/deliveries", json={"records": [one]}, headers=page.platform())).json() == {
            "records": 1, "new": 0,
        }  # fmt: skip
        assert await noted(page, made["launch"]) == [(0, 6_000)]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"to_ms": 0}, "delivery.invalid"), ({"from_ms": "0"}, "http.invalid"), ({"more": 1}, "http.invalid"),
     ({"launch": "../x"}, "id.invalid"), ({"sent_ms": T0_MS * 1_000}, "delivery.invalid")],
)  # fmt: skip
async def test_bad_records_are_refused(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    async with web(tmp_path) as page:
        one = {"launch": "a" * 32, "from_ms": 0, "to_ms": 6_000, "sent_ms": T0_MS, **change}
        answer = await page.client.post("/v1/deliveries", json={"records": [one]}, headers=page.platform())
        assert answer.status_code >= 400 and code_of(answer) == code


async def test_only_the_platform_may(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        assert code_of(await page.client.post("/v1/deliveries", json={"records": []})) == "auth.required"
        answer = await page.client.post("/v1/deliveries", json={"records": []}, headers=page.staff())
        assert code_of(answer) == "auth.role"
        many = {"records": [{"launch": "a", "from_ms": 0, "to_ms": 1, "sent_ms": 0}] * 2_001}
        assert code_of(await page.client.post("/v1/deliveries", json=many, headers=page.platform())) == "http.invalid"


async def served(page: Web) -> tuple[str, str]:
    """Register a lesson that the service serves itself; return its media ticket and its launch."""
    await page.services.registry.add_lesson(
        "inst", "course", LESSON.lesson_id, title_zh="课", title_en="L", duration_ms=LESSON.duration_ms, policy=Policy()
    )
    (page.services.folder.media / LESSON.video).write_bytes((FOLDER / LESSON.video).read_bytes())
    (page.services.folder.media / "other.webm").write_bytes((FOLDER / LESSON.video).read_bytes())
    launch = await page.services.registry.launch("inst", "learner", "course", LESSON.lesson_id)
    me = (await page.client.get("/v1/me", headers={"authorization": f"Bearer {launch}"})).json()
    return me["media_ticket"], page.services.tokens.verify(launch, T0_MS).token_id


async def test_the_service_notes_what_it_sent_part_by_part(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
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
    async with web(tmp_path) as page:
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
