"""No input answers 500: long names, control characters, broken UTF-8, deep and huge JSON, NUL bytes, odd headers."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from support.study import token
from support.web import Web, statement_token, web
from zaichang.api.app import describe
from zaichang.api.contract import ContractRoute
from zaichang.api.openapi import contract_routes

TEXTS = ["x" * 10_000, "a\x00b", "\x1b[2J", "\u202e\u200b", "\ud800", "../../x", "%00", "😀" * 100, "ﬁ", "\r\nX: y", ""]
NAMES = ["x" * 5_000, "%00", "%ff%fe", "%ed%a0%80", "..%2f..%2fx", "%0d%0aX%3a%20y", "%F0%9F%98%80", "%20", "~"]
BODIES = [
    b"\x00" * 100,
    b"\xff\xfe",
    b'{"\xff": 1}',
    b"[" * 50_000,
    b'{"a":' * 10_000,
    b"1" * 10_000,
    b'{"learner": NaN, "duration_ms": 1e999}',
    b'"\\ud800"',
    b"null",
    b"",
    json.dumps({text: text for text in TEXTS}).encode(),
    json.dumps({"minutes": [[]] * 3_000, "records": [{}] * 3_000, "text": "x"}).encode(),
]
FIELDS = (
    "learner",
    "course",
    "lesson",
    "title_zh",
    "title_en",
    "policy",
    "version",
    "text",
    "outcome",
    "reason",
    "note",
)
HEADERS = [
    {"authorization": "Bearer " + "x" * 100_000},
    {"authorization": "Bearer \u00e9\u00b2"},
    {"authorization": "Bearer a.b.c"},
    {"authorization": "Bearer"},
    {"authorization": ""},
    {"content-type": "application/json; charset=\u00b2"},
    {"content-length": "\u00b2"},
    {"content-length": "9" * 30},
]


async def keys_of(page: Web) -> dict[str, str]:
    return {
        "platformKey": page.keys.platform,
        "staffKey": page.keys.staff,
        "reviewerKey": await page.services.institutions.add_reviewer("inst", "ren"),
        "launchToken": await token(page.services, "p-2", enrol=True),
        "statementToken": statement_token(page.services, "p-2"),
    }


def headers_for(route: ContractRoute, keys: dict[str, str]) -> dict[str, str]:
    return {"authorization": f"Bearer {keys[route.role.keys[-1]]}"} if route.role.keys else {}


def check(answer: httpx.Response, route: ContractRoute) -> None:
    assert answer.status_code < 500, (route.path, answer.text[:300])
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"code", "message", "hint"}
        assert len(answer.content) < 4_000, "an answer repeats what it was sent"


def address(route: ContractRoute, name: str) -> str:
    path = route.path.replace("{name:path}", "{name}")
    while "{" in path:
        path = path[: path.index("{")] + name + path[path.index("}") + 1 :]
    return path


@pytest.mark.parametrize("kind", ["bodies", "fields", "names", "queries", "headers"])
async def test_nothing_that_is_sent_answers_500(tmp_path: Path, kind: str) -> None:
    async with web(tmp_path, rate_address=10**6, rate_key=10**6, rate_photos=10**5, rate_appeals=10**5) as page:
        keys = await keys_of(page)
        for route in contract_routes(describe()):
            [method] = route.methods or ()
            held = headers_for(route, keys)
            path = address(route, "lesson")
            requests: list[tuple[str, bytes, dict[str, str]]] = []
            match kind:
                case "bodies" if method in ("POST", "PUT"):
                    requests = [(path, body, {**held, **more}) for body in BODIES for more in JSON_OR_NOT]
                case "fields" if method in ("POST", "PUT"):
                    requests = [(path, json.dumps(dict.fromkeys(FIELDS, text)).encode(), held) for text in TEXTS]
                case "names" if "{" in route.path:
                    requests = [(address(route, name), b"", held) for name in NAMES]
                case "queries":
                    requests = [(f"{path}?{name}={value}", b"", held) for name in QUERY for value in NAMES]
                case "headers":
                    requests = [(path, b"{}", {**held, **more}) for more in HEADERS]
            for where, body, headers in requests:
                raw = {name: value.encode("latin-1") for name, value in headers.items()}
                check(await page.client.request(method, where, content=body, headers=raw), route)


JSON_OR_NOT: list[dict[str, str]] = [{}, {"content-type": "application/json"}]
QUERY = ("limit", "before", "after", "state", "kind", "reason", "learner", "%ff", "x" * 2_000)
