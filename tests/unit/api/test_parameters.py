"""Query parameters that are unknown, repeated or out of range are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.web import code_of, web


@pytest.mark.parametrize("query", ["limit=100000", "limit=0", "limit=x", "page=2", "limit=1&limit=1", "before=1"])
async def test_a_query_that_does_not_fit_is_refused(tmp_path: Path, query: str) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.get(f"/v1/sessions?{query}", headers=page.staff())
        assert answer.status_code == 422 and code_of(answer) in ("http.invalid", "http.cursor")
