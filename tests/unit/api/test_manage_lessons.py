"""A lesson's version and its broadcast over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.study import T0_MS
from support.web import code_of, web

LESSON = {"title_zh": "课", "title_en": "Lesson", "duration_ms": 60_000, "policy": "default"}


async def test_a_lessons_version_is_kept_unless_another_is_given(tmp_path: Path) -> None:
    async with web(tmp_path) as page:

        async def put(**more: Any) -> dict[str, Any]:
            answer = await page.client.put("/v1/lessons/course/film", json={**LESSON, **more}, headers=page.platform())
            return dict(answer.json())

        again = {"ok": True, "counts_again": "01-01"}
        assert await put() == {"version": "1", "timeline": "1", **again}
        assert await put(version="2", timeline_kept=True) == {"version": "2", "timeline": "1", **again}
        assert await put() == {"version": "2", "timeline": "1", **again}
        assert await put(version="3", live_from_ms=T0_MS) == {"version": "3", "timeline": "3", **again}
        assert (await put(counts_again="11-01"))["counts_again"] == "11-01"
        listed = (await page.client.get("/v1/lessons", headers=page.staff())).json()["lessons"]
        (film,) = [each for each in listed if each["lesson"] == "film"]
        assert (film["version"], film["timeline"], film["live_from_ms"]) == ("3", "3", T0_MS)
        assert film["counts_again"] == "11-01"
        asked = {"learner": "learner", "course": "course", "lesson": "film"}
        made = (await page.client.post("/v1/launch", json=asked, headers=page.platform())).json()
        assert made["lesson_version"] == "3"
        me = (await page.client.get("/v1/me", headers={"authorization": f"Bearer {made['token']}"})).json()
        assert (me["version"], me["live_from_ms"]) == ("3", T0_MS)


@pytest.mark.parametrize(
    "change",
    [{"version": "a b"}, {"version": "x" * 65}, {"live_from_ms": -1}, {"timeline": "1"}, {"counts_again": "2"}],
)
async def test_what_does_not_fit_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.put("/v1/lessons/course/film", json={**LESSON, **change}, headers=page.platform())
        assert code_of(answer) in ("http.invalid", "id.invalid")
