"""A learning record store of the rules that filing needs, for tests and the conformance run."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import httpx

from zaichang.adapters.filing.lrs import VOIDED

HOME = "https://college.example"


class Store:
    """An LRS of the rules that filing needs: an id is stored once, a voided statement is found as voided."""

    def __init__(self) -> None:
        self.statements: dict[str, dict[str, object]] = {}
        self.page = 1

    def voided(self) -> set[str]:
        return {
            str(one["object"]["id"])  # type: ignore[index]
            for one in self.statements.values()
            if one["verb"]["id"] == VOIDED  # type: ignore[index]
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        query = parse_qs(request.url.query.decode())
        if request.method in ("POST", "PUT"):
            body = json.loads(request.content)
            asked = body if isinstance(body, list) else [body]
            if any(one["id"] in self.statements for one in asked):
                return httpx.Response(409, json={"detail": "conflict"})
            self.statements |= {one["id"]: one for one in asked}
            return httpx.Response(200 if request.method == "POST" else 204, json=[one["id"] for one in asked])
        for name, wanted in (("statementId", False), ("voidedStatementId", True)):
            if name in query:
                found = self.statements.get(query[name][0])
                there = found is not None and (found["id"] in self.voided()) is wanted
                return httpx.Response(200, json=found) if there else httpx.Response(404, json={})
        rows = [
            one for one in self.statements.values()
            if one["id"] not in self.voided() and one["verb"]["id"] in query.get("verb", [one["verb"]["id"]])  # type: ignore[index]
        ]  # fmt: skip
        first = int(query.get("from", ["0"])[0])
        more = f"/xAPI/statements?from={first + self.page}" if first + self.page < len(rows) else ""
        return httpx.Response(200, json={"statements": rows[first : first + self.page], "more": more})
