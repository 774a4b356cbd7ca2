"""Requests under /v1/ are counted by address and by key; one too many is answered 429 with Retry-After."""

from __future__ import annotations

import httpx
from starlette.types import Receive, Scope, Send

from zaichang.api.middleware.rate_limit import RateLimit
from zaichang.live.rate_limits import RateExceeded


class Limits:
    address, key = "by address", "by key"


class Counted:
    """Counts, and refuses one kind."""

    limits = Limits()

    def __init__(self, refuse: str = "") -> None:
        self.refuse = refuse
        self.spent: list[tuple[str, str]] = []

    def spend(self, what: str, who: str, limit: object) -> None:
        self.spent.append((str(limit), who))
        if limit == self.refuse:
            raise RateExceeded(what, 7)


async def ask(rates: Counted, path: str, key: str = "") -> httpx.Response:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(app=RateLimit(app, rates), client=("192.0.2.1", 5))  # type: ignore[arg-type]  # a stand-in
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers={"authorization": key} if key else {})


async def test_pages_are_not_counted_and_the_api_is() -> None:
    rates = Counted()
    assert (await ask(rates, "/sessions", "Bearer secret")).status_code == 204
    assert rates.spent == []
    assert (await ask(rates, "/v1/me")).status_code == 204
    assert rates.spent == [("by address", "192.0.2.1")]


async def test_a_key_is_counted_by_its_digest() -> None:
    rates = Counted()
    await ask(rates, "/v1/me", "Bearer secret")
    (_, who) = rates.spent[1]
    assert rates.spent[1][0] == "by key" and len(who) == 64 and "secret" not in who


async def test_one_too_many_is_told_when_to_come_back() -> None:
    for limit in ("by address", "by key"):
        answer = await ask(Counted(limit), "/v1/me", "Bearer secret")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert set(answer.json()) == {"error"}
