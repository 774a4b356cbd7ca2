"""HTTP: one error shape, limits, headers, and who may see what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from support.study import ManualClock, Student, service, token
from zaichang.api.contract import PHOTO_MAX_BYTES
from zaichang.api.websocket import origin_allowed
from zaichang.launch.registry import InstitutionKeys
from zaichang.main.service import Services, create_service_app


@dataclass
class Web:
    services: Services
    clock: ManualClock
    keys: InstitutionKeys
    client: httpx.AsyncClient

    def staff(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.staff}"}

    def platform(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.platform}"}


@asynccontextmanager
async def web(
    tmp_path: Path, create: Callable[[Services], FastAPI] = create_service_app, **settings: int
) -> AsyncIterator[Web]:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, **settings) as services:
        keys = await services.registry.add_institution("inst", "机构", "Institution")
        # An unforeseen error must answer in the one shape, not surface in the test's client.
        transport = httpx.ASGITransport(app=create(services), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Web(services, clock, keys, client)


async def studied(page: Web) -> str:
    student = Student(page.services, page.clock)
    await student.begin(await token(page.services))
    await student.play(70_000)
    await student.finish()
    await student.closed()
    return student.session_id


def code_of(answer: httpx.Response) -> str:
    body = answer.json()
    assert set(body) == {"error"} and set(body["error"]) == {"code", "message", "hint"}
    return str(body["error"]["code"])


async def test_health_says_that_the_service_lives(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.get("/healthz")
        assert answer.status_code == 200 and answer.json()["ok"] is True


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
    ],
)
async def test_every_refusal_has_the_one_shape(tmp_path: Path, method: str, path: str, status: int, code: str) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.request(method, path)
        assert answer.status_code == status
        assert code_of(answer) in {code, "sdk.not_built"}


@pytest.mark.parametrize("query", ["limit=100000", "limit=0", "limit=x", "page=2", "limit=1&limit=1", "before=1"])
async def test_a_query_that_does_not_fit_is_refused(tmp_path: Path, query: str) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.get(f"/v1/sessions?{query}", headers=page.staff())
        assert answer.status_code == 422 and code_of(answer) in ("http.invalid", "http.cursor")


async def test_a_failure_of_ours_tells_nothing_about_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with web(tmp_path) as page:

        async def broken() -> None:
            raise RuntimeError("inside information")

        monkeypatch.setattr(page.services.store, "ping", broken)
        answer = await page.client.get("/healthz")
        assert answer.status_code == 500
        assert code_of(answer) == "server.error"
        assert "inside" not in answer.text


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


async def test_a_launch_opens_exactly_what_was_asked_for(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        asked = {
            "learner": "p-9",
            "course": "course",
            "lesson": "lesson",
            "extra_time_pct": 25,
            "liveness_excluded": ["blink"],
        }
        answer = await page.client.post("/v1/launch", json=asked, headers=page.platform())
        claims = page.services.tokens.verify(answer.json()["token"], page.clock.now_ms())
        assert (claims.institution_id, claims.learner_id, claims.extra_time_pct) == ("inst", "p-9", 25)
        assert claims.liveness_excluded == ("blink",)
        me = await page.client.get("/v1/me", headers={"authorization": f"Bearer {answer.json()['token']}"})
        assert me.json()["enrolled"] is False and me.json()["may_enrol"] is False


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "http.not_json"),
        (b"[" * 60_000, "http.not_json"),
        (b"x" * 70_000, "http.too_large"),
        (b'{"learner":"p"}', "launch.invalid"),
        (b'{"learner":"../x","course":"course","lesson":"lesson"}', "id.invalid"),
        (b'{"learner":"p","course":"course","lesson":"lesson","policy":"mine"}', "launch.invalid"),
        (b'{"learner":"p","course":"course","lesson":"lesson","route":"none"}', "launch.invalid"),
        (b'{"learner":"p","course":"course","lesson":"none"}', "lesson.unknown"),
    ],
)
async def test_a_wrong_launch_is_refused(tmp_path: Path, body: bytes, code: str) -> None:
    async with web(tmp_path) as page:
        answer = await page.client.post("/v1/launch", content=body, headers=page.platform())
        assert code_of(answer) == code


async def test_each_key_opens_its_own_doors_only(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        assert code_of(await page.client.get("/v1/sessions", headers=page.platform())) == "auth.role"
        assert code_of(await page.client.post("/v1/launch", json={}, headers=page.staff())) == "auth.role"
        wrong = {"authorization": "Bearer zs-0000000000000000"}
        assert (await page.client.get("/v1/sessions", headers=wrong)).status_code == 401


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

        other = await page.services.registry.add_institution("other", "另", "Other")
        stranger = {"authorization": f"Bearer {other.staff}"}
        for address in (f"/v1/sessions/{session_id}", path):
            for headers in ({}, page.platform()):
                assert (await page.client.get(address, headers=headers)).status_code in (401, 403)
            assert code_of(await page.client.get(address, headers=stranger)) == "session.unknown"
        assert (await page.client.get("/v1/sessions", headers=stranger)).json()["sessions"] == []


async def test_the_log_is_public_as_it_lies_on_disk(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        [log] = (await page.client.get("/v1/logs")).json()["logs"]
        note = await page.client.get(f"{log['path']}/checkpoint")
        size = int(note.text.split("\n")[1])
        assert note.text.split("\n")[0] == log["vkey"].split("+")[0]
        entries = await page.client.get(f"{log['path']}/tile/entries/000.p/{size}")
        assert entries.status_code == 200 and "immutable" in entries.headers["cache-control"]
        everything = entries.content + note.content
        assert b"learner" not in everything


async def test_enrolling_needs_the_right_and_a_photo_within_limits(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        made = await page.client.post("/v1/enrol/p-5", content=b"photo", headers=page.platform())
        assert made.json()["version"] == 1
        again = await page.client.post("/v1/enrol/p-5", content=b"photo", headers=page.platform())
        assert again.json()["version"] == 2
        large = await page.client.post("/v1/enrol/p-5", content=b"x" * (PHOTO_MAX_BYTES + 1), headers=page.platform())
        assert large.status_code == 413 and code_of(large) == "http.too_large"
        plain = await token(page.services, "p-6")
        may = await token(page.services, "p-6", enrol=True)
        refused = await page.client.post("/v1/enrol-me", content=b"p", headers={"authorization": f"Bearer {plain}"})
        assert code_of(refused) == "enrol.not_granted"
        done = await page.client.post("/v1/enrol-me", content=b"p", headers={"authorization": f"Bearer {may}"})
        assert done.status_code == 200
        twice = await page.client.post("/v1/enrol-me", content=b"p", headers={"authorization": f"Bearer {may}"})
        assert code_of(twice) == "enrol.exists"


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "may"),
    [
        (None, "a.example", (), True),
        ("https://a.example", "a.example", (), True),
        ("https://b.example", "a.example", (), False),
        ("https://b.example", "a.example", ("https://b.example",), True),
        ("null", "a.example", (), False),
        ("https://a.example.evil", "a.example", (), False),
    ],
)
def test_only_known_pages_may_open_a_session(
    origin: str | None, host: str, allowed: tuple[str, ...], may: bool
) -> None:
    assert origin_allowed(origin, host, allowed) is may


async def test_many_requests_at_once_are_answered(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        answers = await asyncio.gather(*(page.client.get("/healthz") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
