"""Every refusal has one shape, and a failure of the service tells nothing about itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.web import code_of, web


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "http.not_found"),
        ("DELETE", "/v1/sessions", 405, "http.method"),
        ("GET", "/v1/sessions?limit=100000", 401, "auth.required"),
        ("GET", "/v1/logs?limit=100000", 422, "http.invalid"),
        ("GET", "/v1/sessions", 401, "auth.required"),
        ("POST", "/v1/launch", 401, "auth.required"),
        ("GET", "/v1/me", 401, "auth.required"),
        ("GET", "/v1/policies/" + "0" * 64, 404, "policy.unknown"),
        ("GET", "/log/inst/2023/%2e%2e/%2e%2e/keys/master.key", 404, "log.no_object"),
        ("GET", "/log/inst/2023", 404, "http.not_found"),
        ("GET", "/log/inst/2023/vkey", 404, "log.no_object"),
        ("GET", "/static/..%2fpages.py", 404, "http.not_found"),
        ("GET", "/media/.hidden.webm", 404, "http.not_found"),
        ("GET", "/sdk/none.js", 404, "http.not_found"),
        # Names that the file system itself would refuse are names of nothing, not failures of the service
        ("GET", "/static/" + "a" * 300 + ".css", 404, "http.not_found"),
        ("GET", "/static/a%00.css", 404, "http.not_found"),
        ("GET", "/media/" + "a" * 300 + ".webm", 404, "http.not_found"),
        ("GET", "/media/a%00.webm", 404, "http.not_found"),
        ("GET", "/sdk/" + "%E5%9C%A8" * 100 + ".js", 404, "http.not_found"),
        ("GET", "/log/inst/2023/tile/8/" + "x000/" * 900 + "000", 404, "log.no_object"),
        ("GET", "/" + "a" * 5_000, 404, "http.not_found"),
    ],
)
async def test_every_refusal_has_the_one_shape(tmp_path: Path, method: str, path: str, status: int, code: str) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.request(method, path)
        assert answer.status_code == status
        assert code_of(answer) in {code, "sdk.not_built"}


async def test_a_failure_of_ours_tells_nothing_about_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with web(tmp_path) as page:

        async def broken() -> None:
            raise RuntimeError("inside information")

        monkeypatch.setattr(page.services.store, "ping", broken)
        answer = await page.client.get("/healthz")
        assert answer.status_code == 500
        assert code_of(answer) == "server.error"
        assert "inside" not in answer.text
