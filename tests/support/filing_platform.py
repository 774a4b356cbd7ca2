"""A platform of our JSON interface that can be hostile, for tests and the benchmark of simulated days."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

from zaichang.adapters.filing.requests import signature

SECRET = b"a shared secret"


@dataclass
class FakePlatform:
    """Keeps rows by key; a batch that comes again changes nothing.

    Attributes:
        moods: Percent of requests that meet a misfortune: ``500``, ``slow``, ``lost`` (it is done, and the answer is
            lost), ``count`` (a wrong count), ``half`` (half of the rows are answered), ``twice`` (rows told twice).
        down: Whether it does not answer at all.
        refuse_pct: Percent of rows that it refuses.
        keep_pct: Percent of withdrawals that it refuses.
    """

    random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a simulation
    moods: dict[str, int] = field(default_factory=dict)
    down: bool = False
    refuse_pct: int = 0
    keep_pct: int = 0
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    unknown_people: dict[str, str] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)
    signed: bool = True

    def transport(self) -> httpx.MockTransport:
        """Return the transport of a client that reaches this platform."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            self._note("down")
            raise httpx.ConnectTimeout("down", request=request)
        if self.signed and not self._proved(request):
            return httpx.Response(403, json={"error": "signature"})
        mood = self._mood()
        if mood == "500":
            return httpx.Response(500, text="oops")
        if mood == "slow":
            raise httpx.ReadTimeout("slow", request=request)
        answer = self._route(request, mood)
        if mood == "lost":
            raise httpx.ReadError("lost", request=request)
        return answer

    def _proved(self, request: httpx.Request) -> bool:
        at, nonce = request.headers["x-zaichang-time"], request.headers["x-zaichang-nonce"]
        path = request.url.raw_path.decode()
        expected = signature(SECRET, request.method, path, int(at), nonce, request.content)
        return request.headers["x-zaichang-signature"] == expected

    def _mood(self) -> str:
        draw = self.random.randrange(100)
        for mood, share in self.moods.items():
            if draw < share:
                self._note(mood)
                return mood
            draw -= share
        return "ok"

    def _note(self, mood: str) -> None:
        self.met[mood] = self.met.get(mood, 0) + 1

    def _route(self, request: httpx.Request, mood: str) -> httpx.Response:
        path = request.url.path
        if request.method == "POST" and path == "/batches":
            return self._take(json.loads(request.content), request.headers["idempotency-key"], mood)
        if path.startswith("/batches/"):
            return self._told(path.removeprefix("/batches/"), mood)
        if path == "/match":
            asked = json.loads(request.content)["people"]
            unknown = [
                {"id": person["id"], "code": self.unknown_people[person["id"]]} for person in asked
                if person["id"] in self.unknown_people
            ]  # fmt: skip
            return httpx.Response(200, json={"unknown": unknown})
        if path == "/courses":
            return httpx.Response(200, json={"code": f"C-{json.loads(request.content)['course']}"})
        if path == "/rows":
            year = parse_qs(request.url.query.decode())["year"][0]
            rows = [row for key, row in self.rows.items() if key.split("/")[2] == year]
            return httpx.Response(200, json={"rows": rows})
        return httpx.Response(404, json={})

    def _take(self, body: dict[str, Any], batch: str, mood: str) -> httpx.Response:
        known = self.batches.get(batch)
        if known is not None and known != body:
            return httpx.Response(409, json={"error": "another batch of this id"})
        if known is None:
            self.batches[batch] = body
            self.answers[batch] = [self._row(row) for row in body["rows"]]
        else:
            self._note("again")
        count = len(body["rows"]) + (1 if mood == "count" else 0)
        return httpx.Response(202, json={"count": count})

    def _row(self, row: dict[str, Any]) -> dict[str, str]:
        key, operation, values = row["key"], row["operation"], row["values"]
        learner, course, year, _ = key.split("/")
        if operation != "withdraw" and self.random.randrange(100) < self.refuse_pct:
            return {"记录编号": key, "结果": "不通过", "原因代码": "E7", "原因": "证号有误"}
        if operation == "withdraw" and self.keep_pct and self.random.randrange(100) < self.keep_pct:
            return {"记录编号": key, "结果": "不通过", "原因代码": "E9", "原因": "不予撤销"}
        if operation == "withdraw":
            self.rows.pop(key, None)
        else:
            if operation == "replace":
                for old in [other for other in self.rows if other.rpartition("/")[0] == f"{learner}/{course}/{year}"]:
                    del self.rows[old]
            self.rows[key] = {"记录编号": key, "学时": values["学时"]}
        return {"记录编号": key, "结果": "通过", "原因代码": "", "原因": ""}

    def _told(self, batch: str, mood: str) -> httpx.Response:
        if batch not in self.answers:
            return httpx.Response(404, json={})
        rows = self.answers[batch]
        if mood == "half":
            rows = rows[: len(rows) // 2]
        if mood == "twice":
            rows = rows + rows
        return httpx.Response(200, json={"rows": rows})
