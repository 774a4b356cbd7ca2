"""Employers over HTTP: the institution's staff key gives, lists and ends their keys."""

from __future__ import annotations

from pathlib import Path

from unit.api.test_queue import code_of, web

NAMES = {"zh": "医院", "en": "Hospital"}


async def test_the_owner_keeps_employers(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        made = await page.ask("PUT", "/v1/employers/hospital", "staff", json=NAMES)
        assert made.json()["key"].startswith("ze-")
        assert code_of(await page.ask("PUT", "/v1/employers/hospital", "ren", json=NAMES)) == "auth.required"
        bad = await page.ask("PUT", "/v1/employers/hospital", "staff", json=NAMES | {"zh": "\u0007"})
        assert code_of(bad) == "employer.name"
        [line] = (await page.get("/v1/employers", "staff"))["employers"]
        assert (line["employer"], line["zh"], line["revoked_ms"]) == ("hospital", "医院", None)
        assert (await page.ask("DELETE", "/v1/employers/hospital", "staff")).json() == {"ok": True}
        assert code_of(await page.ask("DELETE", "/v1/employers/none", "staff")) == "employer.unknown"
