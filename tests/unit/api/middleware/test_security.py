"""Pages carry a strict content security policy; API answers are not cached."""

from __future__ import annotations

from pathlib import Path

from support.web import web


async def test_pages_carry_a_strict_policy_and_no_outside_address(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        for path in ("/sessions", "/log", "/course", "/static/common.js", "/static/course.js"):
            answer = await page.client.get(path)
            assert answer.status_code == 200
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "https://" not in answer.text
        assert (await page.client.get("/v1/logs")).headers["cache-control"] == "no-store"
