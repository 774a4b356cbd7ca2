"""The statement over HTTP: who gets a token, the doors that it opens, and the learner's year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.study import Student, token
from support.web import Web, code_of, studied, web
from zaichang.api.hours.statements import PRINTED_PER_MINUTE
from zaichang.core.ids import InstitutionId, LearnerId, ReviewerId
from zaichang.hours.certificates import CertificateWanted
from zaichang.hours.feed import HourFeed
from zaichang.launch.statement_tokens import STATEMENT_MS

ME = "/v1/me/statement"


async def link(page: Web, learner: str = "learner", rules: str = "cq-pharmacist-2025") -> dict[str, Any]:
    answer = await page.client.post(f"/v1/statements/{learner}", headers=page.platform(), json={"rules": rules})
    return dict(answer.json())


async def read(page: Web, learner: str = "learner", year: str = "", rules: str = "cq-pharmacist-2025") -> Any:
    given = await link(page, learner, rules)
    headers = {"authorization": f"Bearer {given['token']}"}
    return (await page.client.get(ME + (f"?year={year}" if year else ""), headers=headers)).json()


async def test_the_platform_opens_it_for_one_learner_and_for_nothing_else(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        mine = await token(page.services)
        given = await link(page)
        assert given["until_ms"] == page.clock.at_ms + STATEMENT_MS
        assert given["page_path"] == f"/statement#statement={given['token']}"
        holder = {"authorization": f"Bearer {given['token']}"}
        player = {"authorization": f"Bearer {mine}"}
        opened = await page.client.get(ME, headers=holder)
        assert opened.status_code == 200 and opened.json()["learner"] == "learner"
        assert opened.headers["cache-control"] == "no-store"
        assert code_of(await page.client.get(ME, headers=player)) == "token.audience"
        for path in ("/v1/me", "/v1/me/sessions"):
            assert code_of(await page.client.get(path, headers=holder)) == "token.audience"
            assert (await page.client.get(path, headers=player)).status_code == 200
        assert code_of(await page.client.post("/v1/statements/learner", headers=holder, json={"rules": "x"}))
        for headers in ({}, page.staff(), page.platform()):
            assert (await page.client.get(ME, headers=headers)).status_code in (401, 403)
        page.clock.at_ms = given["until_ms"]
        late = await page.client.get(ME, headers=holder)
        assert (late.status_code, code_of(late)) == (401, "token.expired")


async def test_rules_and_names_that_are_not_known(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        ask = page.client.post
        assert (await link(page, rules="none"))["error"]["code"] == "statement.invalid"
        for body in ({}, {"rules": 1}, {"rules": "article-001", "more": 1}):
            answer = await ask("/v1/statements/learner", headers=page.platform(), json=body)
            assert code_of(answer) == "statement.invalid"
        answer = await ask("/v1/statements/a b", headers=page.platform(), json={"rules": "article-001"})
        assert code_of(answer) == "id.invalid"
        assert (await read(page, year="1"))["error"]["code"] == "http.invalid"


async def test_a_learner_without_a_record_sees_an_empty_year(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        found = await read(page, learner="nobody")
        assert (found["lines"], found["waits"], found["sessions"], found["years"]) == ([], [], [], [2023])
        assert found["status"]["code"] == "not_met" and found["next"]["en"].startswith("Study 90 more hours")


async def test_a_learner_sees_and_prints_the_own_certificates_alone(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        desk, institution = page.services.certificates, await page.services.store.institution(InstitutionId("inst"))
        wanted = CertificateWanted(
            learner_id=LearnerId("learner"), rules="cq-pharmacist-2025", year=2023, name="欧阳㛃"
        )
        row = await desk.issue(institution, ReviewerId("ren"), wanted)
        assert (await read(page, learner="other"))["certificates"] == []
        [mine] = (await read(page))["certificates"]
        assert (mine["number"], mine["state"], mine["named"], mine["ready"]) == (row.number, "issued", True, True)
        path = f"/v1/me/certificates/{row.number}/pdf"

        async def pdf(learner: str, name: str) -> Any:
            headers = {"authorization": f"Bearer {(await link(page, learner))['token']}"}
            return await page.client.post(path, headers=headers, json={"name": name})

        assert code_of(await pdf("other", "")) == "certificate.unknown"
        assert code_of(await pdf("learner", "李四")) == "certificate.other_name"
        printed = await pdf("learner", "欧阳㛃")
        assert printed.content.startswith(b"%PDF-") and "欧阳㛃".encode() in printed.content
        await desk.propose_end(institution.institution_id, ReviewerId("ren"), row.number, "REVOKED_FRAUD", "secret")
        [waits] = (await read(page))["certificates"]
        assert waits == mine, "a proposal is not shown"
        await desk.confirm_end(institution.institution_id, ReviewerId("sun"), row.number)
        [ended] = (await read(page))["certificates"]
        assert (ended["state"], ended["reason"]["code"], ended["ready"]) == ("revoked", "REVOKED_FRAUD", False)
        assert ended["ended_ms"] == page.clock.at_ms and "secret" not in str(ended)
        assert code_of(await pdf("learner", "")) == "certificate.closed"
        for _ in range(PRINTED_PER_MINUTE):
            last = await pdf("learner", "")
        assert code_of(last) == "rate.exceeded"


async def test_study_counts_once_its_fact_is_there_and_waits_for_the_log_before(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        session_id = await studied(page)
        await page.services.hub.settle()
        before = await read(page)
        assert before["lines"] == [] and before["sums"][0]["have"] == "0"
        [wait] = before["waits"]
        assert wait["on"]["code"] == "service" and wait["what"]["zh"] == "课：刚结束的学习，等待写入日志"
        await HourFeed(page.services.store).feed()
        found = await read(page)
        assert found["waits"] == []
        [line] = found["lines"]
        assert (line["session"], line["what"]["zh"], line["stage"]) == (session_id, "课", "counted")
        assert line["counted_ms"] == 70_000 and "-" in line["log"] and line["at_ms"]
        total = found["sums"][0]
        assert (total["code"], total["have"], total["required"]) == ("total", line["counted"], "90")
        assert (found["institution"]["zh"], found["year"], found["years"]) == ("机构", 2023, [2023])
        assert found["facts_digest"] != before["facts_digest"]
        assert [each["code"] for each in found["questions"]][:3] == ["required", "kinds", "missing"]
        past = await read(page, year="2022")
        assert (past["year"], past["sessions"], past["days_left"]) == (2022, [], 0)
        # The line's own year is named, and what to do about it.
        assert [each["why"][0]["code"] for each in past["lines"]] == ["other_year"]
        assert past["lines"][0]["why"][0]["cure"]["en"] == "See the statement of the year to which it belongs."


async def test_an_open_session_waits_for_the_learner(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        student = Student(page.services, page.clock)
        await student.begin(await token(page.services))
        await student.play(10_000)
        [wait] = (await read(page))["waits"]
        assert (wait["on"]["code"], wait["what"]["en"]) == ("learner", "Lesson: a session that has not ended")
        assert wait["since_ms"] <= page.clock.at_ms and wait["due_ms"] is None
