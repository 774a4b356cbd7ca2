"""The queue over HTTP: pages, filters, personal keys, decisions, pictures with a trail, a learner's view and appeal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.core.assessment import not_analysed
from zaichang.core.enums import CaseKind
from zaichang.main.service import Services, create_service_app
from zaichang.ports.records_cases import CaseDraft, CaseReason


class Web:
    """Clients with each kind of key."""

    def __init__(self, services: Services, clock: ManualClock, client: httpx.AsyncClient, keys: dict[str, str]) -> None:
        self.services, self.clock, self.client, self.keys = services, clock, client, keys

    async def ask(self, method: str, path: str, key: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.keys.get(key, key)}"}
        return await self.client.request(method, path, headers=headers, **more)

    async def get(self, path: str, key: str = "ren") -> Any:
        answer = await self.ask("GET", path, key)
        assert answer.status_code == 200, answer.text
        return answer.json()


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


@asynccontextmanager
async def web(tmp_path: Path, vision: FixedVision | None = None, **settings: Any) -> AsyncIterator[Web]:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=vision, **settings) as services:
        keys = await services.institutions.add("inst", "机构", "Institution")
        other = await services.institutions.add("other", "另", "Other")
        held = {
            "staff": keys.staff,
            "platform": keys.platform,
            "ren": await services.institutions.add_reviewer("inst", "ren"),
            "stranger": await services.institutions.add_reviewer("other", "stranger"),
            "other": other.staff,
        }
        transport = httpx.ASGITransport(app=create_service_app(services), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Web(services, clock, client, held)


async def undecided(page: Web, vision: FixedVision) -> str:
    student = Student(page.services, page.clock)
    await student.begin(await token(page.services))
    await student.play(70_000, 10_000)
    good = vision.answer
    vision.answer = lambda _: not_analysed()
    await student.play(100_000, 10_000)
    await student.finish()
    await student.closed()
    vision.answer = good
    return student.session_id


async def raise_cases(page: Web, count: int, code: str = "MANY_DEVICES", kind: str = CaseKind.ACCOUNT) -> None:
    for n in range(count):
        await page.services.store.raise_case(
            CaseDraft(
                case_id=f"{kind}{n:04}",
                institution_id="inst",
                kind=kind,
                subject=f"p-{n}",
                learner_id=f"p-{n}" if kind == CaseKind.ACCOUNT else "",
                at_ms=page.clock.now_ms(),
                due_ms=page.clock.now_ms() + n // 3,
                reasons=(CaseReason(code=code, n=n + 4),),
            )
        )


async def test_three_hundred_cases_are_paged_each_once_the_earliest_due_first(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await raise_cases(page, 300)
        seen: list[str] = []
        after, pages = "", 0
        while True:
            found = await page.get(f"/v1/cases?limit=80&after={after}")
            seen += [case["case"] for case in found["cases"]]
            after, pages = found["next"], pages + 1
            if not after:
                break
        assert len(seen) == len(set(seen)) == 300 and seen == sorted(seen) and pages == 4
        assert found["open"] == 300 and found["reviewer"] == "ren"
        assert [(each["code"], each["n"]) for each in found["reasons"]] == [("MANY_DEVICES", 300)]


async def test_cases_are_filtered_by_reason_kind_and_state(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await raise_cases(page, 3)
        await raise_cases(page, 2, "SHARED_ADDRESS", CaseKind.ADDRESS)
        assert len((await page.get("/v1/cases?reason=SHARED_ADDRESS"))["cases"]) == 2
        assert len((await page.get("/v1/cases?kind=account"))["cases"]) == 3
        assert len((await page.get("/v1/cases?learner=p-1&kind=account"))["cases"]) == 1
        assert (await page.get("/v1/cases?state=closed"))["cases"] == []
        done = await page.ask("POST", "/v1/cases/address0000/decision", "ren", json={"outcome": "expected"})
        assert done.json()["state"] == "closed" and done.json()["closed_by"] == "ren"
        assert len((await page.get("/v1/cases?state=closed"))["cases"]) == 1
        for query in ("kind=none", "after=x.y", "after=-1.a", "state=all", "limit=500"):
            answer = await page.ask("GET", f"/v1/cases?{query}", "ren")
            assert answer.status_code == 422, query


async def test_deciding_needs_a_personal_key_of_the_same_institution(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await raise_cases(page, 1)
        wanted = {"outcome": "noted", "note": "called them"}
        path = "/v1/cases/account0000"
        for key, code in (("staff", "review.personal_key"), ("platform", "auth.role"), ("stranger", "case.unknown")):
            assert code_of(await page.ask("POST", f"{path}/decision", key, json=wanted)) == code
            if key != "staff":
                assert (await page.ask("GET", path, key)).status_code in (403, 404)
        assert (await page.get("/v1/cases", "stranger"))["cases"] == []
        assert (await page.ask("POST", f"{path}/decision", "ren", json=wanted)).json()["note"] == "called them"
        trail = (await page.get("/v1/audit", "staff"))["entries"]
        assert next((each["actor"], each["action"], each["target"]) for each in trail) == (
            "ren",
            "decide.noted",
            "account0000",
        )
        await page.ask("DELETE", "/v1/reviewers/ren", "staff")
        assert (await page.ask("GET", "/v1/cases", "ren")).status_code == 401


async def test_only_the_staff_key_hands_out_reviewers_keys(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        for key in ("ren", "platform"):
            assert (await page.ask("POST", "/v1/reviewers", key, json={"reviewer": "li"})).status_code in (401, 403)
        made = (await page.ask("POST", "/v1/reviewers", "staff", json={"reviewer": "li"})).json()
        assert made["key"].startswith("zr-") and (await page.get("/v1/cases", made["key"]))["reviewer"] == "li"
        assert [each["reviewer"] for each in (await page.get("/v1/reviewers", "staff"))["reviewers"]] == ["li", "ren"]
        assert code_of(await page.ask("DELETE", "/v1/reviewers/nobody", "staff")) == "reviewer.unknown"
        assert code_of(await page.ask("POST", "/v1/reviewers", "staff", json={"reviewer": "a b"})) == "id.invalid"


async def test_a_session_s_case_shows_all_that_a_reviewer_needs_and_is_granted(tmp_path: Path) -> None:
    vision = FixedVision()
    async with web(tmp_path, vision) as page:
        session_id = await undecided(page, vision)
        [line] = (await page.get("/v1/cases"))["cases"]
        found = await page.get(f"/v1/cases/{line['case']}")
        waits = [minute for minute in found["session"]["timeline"] if minute["waits"]]
        assert sum(minute["left_ms"] for minute in waits) == line["undecided_ms"] > 0
        assert found["allowance"]["extra_time_pct"] == 0 and found["appeals"] == []
        assert [each["session"] for each in found["sessions"]] == [session_id]
        picture = found["session"]["captures"][0]["id"]
        for key in ("ren", "staff"):
            answer = await page.ask("GET", f"/v1/sessions/{session_id}/captures/{picture}", key)
            assert answer.status_code == 200
        trail = (await page.get("/v1/audit"))["entries"]
        assert [(each["actor"], each["action"]) for each in trail[:2]] == [
            ("staff", "picture.view"),
            ("ren", "picture.view"),
        ]
        asked = {"outcome": "grant", "reason": "SERVICE_FAULT", "minutes": [waits[0]["index"]]}
        done = await page.ask("POST", f"/v1/cases/{line['case']}/decision", "ren", json=asked)
        assert done.status_code == 200, done.text
        after = await page.get(f"/v1/sessions/{session_id}")
        minute = after["timeline"][waits[0]["index"]]
        assert (minute["verdict"], minute["was"], minute["left_ms"]) == ("V", waits[0]["was"], 0)
        assert minute["decisions"][0]["reviewer"] == "ren" and minute["decisions"][0]["log_index"] is not None
        assert after["granted_ms"] == waits[0]["left_ms"] == minute["decisions"][0]["delta_ms"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"outcome": "grant", "reason": "NOTHING"}, "review.invalid"),
        ({"outcome": "whatever"}, "review.invalid"),
        ({"outcome": "grant", "minutes": [-1]}, "http.invalid"),
        ({"outcome": "grant", "minutes": [99]}, "review.decided"),
        ({"outcome": "grant", "learner": "x"}, "http.invalid"),
        ([], "http.invalid"),
    ],
)
async def test_a_decision_that_does_not_fit_changes_nothing(tmp_path: Path, asked: Any, code: str) -> None:
    vision = FixedVision()
    async with web(tmp_path, vision) as page:
        await undecided(page, vision)
        [line] = (await page.get("/v1/cases"))["cases"]
        answer = await page.ask("POST", f"/v1/cases/{line['case']}/decision", "ren", json=asked)
        assert code_of(answer) == code
        assert (await page.get("/v1/cases"))["open"] == 1


async def test_a_learner_sees_their_own_minutes_and_appeals_and_sees_the_answer(tmp_path: Path) -> None:
    vision = FixedVision()
    async with web(tmp_path, vision) as page:
        session_id = await undecided(page, vision)
        mine, theirs = await token(page.services), await token(page.services, "p-9")
        [line] = (await page.get("/v1/me/sessions", mine))["sessions"]
        assert line["session"] == session_id
        assert (await page.get("/v1/me/sessions", theirs))["sessions"] == []
        for method, path in (("GET", ""), ("POST", "/appeal")):
            answer = await page.ask(method, f"/v1/me/sessions/{session_id}{path}", theirs, json={"text": "x"})
            assert code_of(answer) == "session.unknown"
        shown = await page.get(f"/v1/me/sessions/{session_id}", mine)
        assert shown["may_appeal"] and "captures" not in shown and "seen_with" not in shown
        waits = [minute["index"] for minute in shown["timeline"] if minute["waits"]]
        for wrong in ({"text": " "}, {"text": "x" * 1_001}, {"text": "x", "minutes": [500]}, {"minutes": []}):
            answer = await page.ask("POST", f"/v1/me/sessions/{session_id}/appeal", mine, json=wrong)
            assert code_of(answer) == ("appeal.invalid" if "text" in wrong else "http.invalid")
        asked = {"text": "摄像头没有问题。", "minutes": waits}
        page.clock.at_ms += 60_000
        done = await page.ask("POST", f"/v1/me/sessions/{session_id}/appeal", mine, json=asked)
        assert done.status_code == 200, done.text
        shown = await page.get(f"/v1/me/sessions/{session_id}", mine)
        assert not shown["may_appeal"] and shown["appeals"][0]["text"] == "摄像头没有问题。"

        [case] = (await page.get("/v1/cases?reason=APPEALED"))["cases"]
        found = await page.get(f"/v1/cases/{case['case']}")
        assert found["appeals"][0]["text"] == "摄像头没有问题。"
        refusal = {"outcome": "refuse", "reason": "REVIEW_REFUSED", "note": "not for the learner"}
        await page.ask("POST", f"/v1/cases/{case['case']}/decision", "ren", json=refusal)
        answer = await page.ask("GET", f"/v1/me/sessions/{session_id}", mine)
        assert answer.json()["appeals"][0]["outcome"] == "refuse" and answer.json()["may_appeal"]
        assert "ren" not in [d.get("reviewer") for m in answer.json()["timeline"] for d in m["decisions"]]
        assert "not for the learner" not in answer.text


async def test_sessions_are_paged_without_loss(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        for _ in range(5):
            student = Student(page.services, page.clock)
            await student.join(await token(page.services))
            await student.leave()
        seen: list[str] = []
        before = ""
        while True:
            found = await page.get(f"/v1/sessions?limit=2&before={before}")
            seen += [each["session"] for each in found["sessions"]]
            before = found["next"]
            if not before:
                break
        assert len(seen) == len(set(seen)) == 5
        assert (await page.get("/v1/sessions?learner=nobody"))["sessions"] == []


async def test_lessons_questions_and_allowances_by_their_own_keys(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        lesson = {"title_zh": "第二课", "title_en": "Two", "duration_ms": 60_000, "policy": "demo"}
        assert (await page.ask("PUT", "/v1/lessons/course/two", "platform", json=lesson)).status_code == 200
        assert (await page.ask("PUT", "/v1/lessons/course/two", "ren", json=lesson)).status_code in (401, 403)
        bank = {"questions": [{"id": "q1", "text": "1+1?", "options": ["1", "2"], "correct": 1}]}
        path = "/v1/lessons/course/two/questions"
        assert (await page.ask("PUT", path, "platform", json=bank)).json() == {"questions": 1}
        assert await page.get(path) == bank and await page.get(path, "platform") == bank
        assert (await page.ask("GET", path, "other")).status_code == 404
        assert code_of(await page.ask("PUT", path, "platform", json={"questions": [1]})) == "questions.invalid"
        assert code_of(await page.ask("PUT", path, "platform", content=b"no")) == "http.not_json"
        assert code_of(await page.ask("PUT", path, "platform", content=b" " * 1_000_001)) == "http.too_large"
        # Another title does not lose the bank.
        await page.ask("PUT", "/v1/lessons/course/two", "platform", json={**lesson, "title_en": "2"})
        found = (await page.get("/v1/lessons"))["lessons"]
        assert [(each["lesson"], each["questions"], each["en"]) for each in found][1] == ("two", 1, "2")

        path = "/v1/learners/p-1/allowance"
        assert (await page.get(path))["versions"] == []
        made = await page.ask("PUT", path, "platform", json={"extra_time_pct": 50, "liveness_excluded": ["blink"]})
        assert made.json()["set_by"] == "platform"
        assert (await page.ask("PUT", path, "ren", json={"route": "challenge"})).json()["set_by"] == "ren"
        assert [each["version"] for each in (await page.get(path))["versions"]] == [2, 1]
        assert code_of(await page.ask("PUT", path, "ren", json={"route": "x"})) == "allowance.invalid"
        me = await page.get("/v1/me", await token(page.services, "p-1"))
        assert me["route"] == "challenge"


async def test_too_many_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    async with web(tmp_path, rate_key=3, rate_photos=1, rate_appeals=1) as page:
        for _ in range(3):
            await page.get("/v1/cases")
        answer = await page.ask("GET", "/v1/cases", "ren")
        assert answer.status_code == 429 and code_of(answer) == "rate.exceeded"
        assert int(answer.headers["retry-after"]) == 20
        await page.get("/v1/cases", "staff")
        assert (await page.client.get("/sessions")).status_code == 200
        may = await token(page.services, "p-6", enrol=True)
        assert (await page.ask("POST", "/v1/enrol-me", may, content=b"p")).status_code == 200
        again = await page.ask("POST", "/v1/enrol-me", may, content=b"p")
        assert again.status_code == 429 and again.headers["retry-after"] == "60"


async def test_too_many_connections_are_refused_with_the_reason(tmp_path: Path) -> None:
    async with web(tmp_path, rate_token=2) as page:
        opened = await token(page.services)
        for _ in range(2):
            student = Student(page.services, page.clock)
            await student.join(opened)
            await student.leave()
        student = Student(page.services, page.clock)
        with pytest.raises(AssertionError, match="closed with"):
            await student.join(opened)
        assert [getattr(message, "code", "") for message in student.got] == ["rate.exceeded"]
        assert student.pipe.closed is not None and student.pipe.closed[0] == 4429
