"""The delivery log over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.study import T0_MS
from support.web import Web, code_of, web


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
