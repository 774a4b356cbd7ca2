"""A reviewer sees minutes, reasons and captures of their own institution."""

from __future__ import annotations

from pathlib import Path

from support.web import code_of, studied, web


async def test_a_reviewer_sees_minutes_reasons_and_captures_of_their_institution_alone(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        session_id = await studied(page)
        listed = (await page.client.get("/v1/sessions", headers=page.staff())).json()
        assert [each["session"] for each in listed["sessions"]] == [session_id]
        found = (await page.client.get(f"/v1/sessions/{session_id}", headers=page.staff())).json()
        assert found["state"] == "closed" and found["timeline"][0]["verdict"] == "V"
        assert all(minute["log_index"] is not None for minute in found["timeline"])
        assert sum(minute["verified_ms"] for minute in found["timeline"]) == found["verified_ms"]
        path = f"/v1/sessions/{session_id}/captures/{found['captures'][0]['id']}"
        picture = await page.client.get(path, headers=page.staff())
        assert picture.content.startswith(b"\xff\xd8\xff") and picture.headers["content-type"] == "image/jpeg"
        assert picture.headers["cache-control"] == "no-store"

        other = await page.services.institutions.add("other", "另", "Other")
        stranger = {"authorization": f"Bearer {other.staff}"}
        for address in (f"/v1/sessions/{session_id}", path):
            for headers in ({}, page.platform()):
                assert (await page.client.get(address, headers=headers)).status_code in (401, 403)
            assert code_of(await page.client.get(address, headers=stranger)) == "session.unknown"
        assert (await page.client.get("/v1/sessions", headers=stranger)).json()["sessions"] == []
