"""A launch gives a token for exactly the terms that were asked for, or a refusal with a code."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.web import code_of, studied, web


async def test_a_launch_opens_exactly_what_was_asked_for(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        asked = {
            "learner": "p-9",
            "course": "course",
            "lesson": "lesson",
            "extra_time_pct": 25,
            "liveness_excluded": ["blink"],
        }
        answer = await page.client.post("/v1/launch", json=asked, headers=page.platform())
        claims = page.services.tokens.verify(answer.json()["token"], page.clock.now_ms())
        assert (claims.institution_id, claims.learner_id, claims.terms.extra_time_pct) == ("inst", "p-9", 25)
        assert claims.terms.liveness_excluded == ("blink",)
        me = await page.client.get("/v1/me", headers={"authorization": f"Bearer {answer.json()['token']}"})
        assert me.json()["enrolled"] is False and me.json()["may_enrol"] is False


async def test_a_launch_of_any_lesson_shows_all_records_and_opens_no_session(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        session_id = await studied(page)
        lesson = {"title_zh": "别的课", "title_en": "Other", "duration_ms": 60_000, "policy": "demo"}
        assert (
            await page.client.put("/v1/lessons/course/other", json=lesson, headers=page.platform())
        ).status_code == 200
        page.clock.at_ms += 24 * 3_600_000
        asked = {"learner": "learner", "course": "course", "lesson": "other"}
        made = (await page.client.post("/v1/launch", json=asked, headers=page.platform())).json()
        path, _, key = made["records_path"].partition("#token=")
        assert (path, key) == ("/timeline", made["token"])
        mine = {"authorization": f"Bearer {key}"}
        found = (await page.client.get("/v1/me/sessions", headers=mine)).json()["sessions"]
        assert [each["session"] for each in found] == [session_id]
        appeal = {"minutes": [], "text": "I was there."}
        answer = await page.client.post(f"/v1/me/sessions/{session_id}/appeal", json=appeal, headers=mine)
        assert answer.json() == {"ok": True}
        assert await page.services.store.session_of_token(made["launch"]) is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "http.not_json"),
        (b"[" * 60_000, "http.not_json"),
        (b"x" * 70_000, "http.too_large"),
        (b'{"learner":"p"}', "launch.invalid"),
        (b'{"learner":"../x","course":"course","lesson":"lesson"}', "id.invalid"),
        (b'{"learner":"p","course":"course","lesson":"lesson","policy":"mine"}', "launch.invalid"),
        (b'{"learner":"p","course":"course","lesson":"lesson","route":"none"}', "launch.invalid"),
        (b'{"learner":"p","course":"course","lesson":"none"}', "lesson.unknown"),
    ],
)
async def test_a_wrong_launch_is_refused(tmp_path: Path, body: bytes, code: str) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.post("/v1/launch", content=body, headers=page.platform())
        assert code_of(answer) == code
