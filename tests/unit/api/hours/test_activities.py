"""Activities over HTTP: handed in with evidence, confirmed, approved by two, refused, appealed, withdrawn, counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.study import token
from unit.api.test_queue import Web, code_of, web
from zaichang.core.civil import DAY_MS, parse_moment
from zaichang.hours.activities.audit import audit_activities
from zaichang.hours.feed import HourFeed
from zaichang.hours.packs import load_rules
from zaichang.hours.stored import stored_facts
from zaichang.ledger.count import count
from zaichang.main.hours import entries_at

PDF = b"%PDF-1.7 a certificate"
DEGREE = {"rules": "cq-pharmacist-2025", "item": "degree", "details": {"awarded": "2026-06-20"}, "title": "硕士学位"}
DISPATCH = {
    "rules": "cq-pharmacist-2025", "item": "dispatch", "details": {"from": "2026-01-01", "to": "2026-09-30"},
    "unit": "hospital",
}  # fmt: skip


@asynccontextmanager
async def office(tmp_path: Path, now: str = "2026-07-01T10:00:00") -> AsyncIterator[Web]:
    async with web(tmp_path) as page:
        page.clock.at_ms = parse_moment(now).ms
        for name in ("sun", "wu"):
            page.keys[name] = await page.services.institutions.add_reviewer("inst", name)  # type: ignore[arg-type]
        made = await page.ask("PUT", "/v1/employers/hospital", "staff", json={"zh": "医院", "en": "Hospital"})
        page.keys["hospital"] = made.json()["key"]
        page.keys["learner"] = await token(page.services)
        yield page


async def add(page: Web, name: str, document: str, key: str = "learner") -> Any:
    path = f"/v1/activities/{name}/files?document={document}"
    headers = {"authorization": f"Bearer {page.keys[key]}", "content-type": "application/pdf"}
    return await page.client.post(path, content=PDF + document.encode(), headers=headers)


async def step(page: Web, name: str, key: str, stage: str, **more: str) -> Any:
    return await page.ask("POST", f"/v1/activities/{name}/steps", key, json={"stage": stage, **more})


async def handed_in(page: Web, asked: dict[str, Any], *documents: str, key: str = "learner") -> str:
    made = await page.ask("POST", "/v1/activities", key, json=asked)
    assert made.status_code == 200, made.text
    name = str(made.json()["activity"])
    for document in documents:
        assert (await add(page, name, document, key)).status_code == 200
    done = await step(page, name, key, "submit")
    assert done.status_code == 200, done.text
    return name


async def hours(page: Web, year: int = 2026) -> tuple[str, str]:
    await HourFeed(page.services.store).feed()
    facts = await stored_facts(page.services.store, "inst", "learner", {})  # type: ignore[arg-type]
    statement = count(facts, load_rules("cq-pharmacist-2025"), year)
    return str(statement.sums["total"]), statement.status


async def test_a_degree_counts_once_two_persons_of_the_office_approved_it(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        draft = (await page.ask("POST", "/v1/activities", "learner", json=DEGREE)).json()
        name = draft["activity"]
        assert (draft["state"], draft["waits_on"], draft["may"]) == ("draft", "learner", ["submit"])
        assert [each["name"] for each in draft["missing"]] == ["diploma", "chsi"]
        assert code_of(await step(page, name, "learner", "submit")) == "activity.incomplete"
        for document in ("diploma", "chsi"):
            assert (await add(page, name, document)).status_code == 200
        submitted = (await step(page, name, "learner", "submit")).json()
        assert (submitted["state"], submitted["waits_on"], submitted["title"]) == ("submitted", "office", "硕士学位")
        assert submitted["would_count"]["counted"] == "90" and submitted["steps"][0]["log_index"] is not None
        assert await hours(page) == ("0", "not_met")

        assert code_of(await step(page, name, "staff", "check")) == "review.personal_key"
        assert code_of(await step(page, name, "platform", "check")) == "activity.party"
        assert code_of(await step(page, name, "stranger", "check")) == "activity.unknown"
        assert (await step(page, name, "ren", "check")).json()["state"] == "checked"
        assert code_of(await step(page, name, "ren", "approve")) == "activity.same_person"
        assert (await step(page, name, "sun", "approve")).json()["state"] == "approved"
        assert await hours(page) == ("90", "met")

        mine = await page.get(f"/v1/activities/{name}", "learner")
        assert [(each["stage"], each["actor"]) for each in mine["steps"]] == [
            ("submit", "learner"), ("check", ""), ("approve", ""),
        ]  # fmt: skip
        [line] = (await page.get("/v1/activities?state=approved"))["activities"]
        assert (line["activity"], line["item"]["zh"], line["learner"]) == (name, "学历（学位）教育", "learner")
        file = mine["files"][0]
        got = await page.ask("GET", f"/v1/activities/{name}/files/{file['file']}", "ren")
        assert got.content == PDF + file["document"].encode() and got.headers["content-type"] == "application/pdf"
        assert "attachment" in got.headers["content-disposition"]
        stored = [path.read_bytes() for path in page.services.folder.evidence.rglob("*") if path.is_file()]
        assert len(stored) == 2 and not any(b"%PDF" in data for data in stored), "files are encrypted"

        store, vault = page.services.store, page.services.ports.vault
        found = await audit_activities(store, store, vault, entries_at(page.services.settings))
        assert (found.steps, found.waiting, found.findings) == (3, 0, ())


async def test_the_employer_confirms_before_the_office_looks(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await handed_in(page, DISPATCH | {"learner": "learner"}, "employer", "dispatch", key="platform")
        assert code_of(await step(page, name, "ren", "check")) == "activity.state"
        listed = await page.get("/v1/activities", "hospital")
        assert (listed["party"], listed["activities"][0]["waits_on"]) == ("employer", "employer")
        assert (await step(page, name, "hospital", "confirm")).json()["state"] == "confirmed"
        for key, stage in (("ren", "check"), ("sun", "approve")):
            assert (await step(page, name, key, stage)).status_code == 200
        assert (await hours(page))[1] == "deemed_met"
        assert code_of(await page.ask("GET", "/v1/sessions", "hospital")) == "auth.required"
        assert (await page.ask("DELETE", "/v1/employers/hospital", "staff")).status_code == 200
        assert code_of(await page.ask("GET", "/v1/activities", "hospital")) == "auth.required"
        assert code_of(await page.ask("POST", "/v1/activities", "learner", json=DISPATCH)) == "activity.employer"


async def test_an_appeal_against_the_employers_refusal_waits_for_the_employer(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await handed_in(page, DISPATCH | {"learner": "learner"}, "employer", "dispatch", key="platform")
        assert (await step(page, name, "hospital", "refuse", reason="not_employed")).json()["state"] == "refused"
        assert (await step(page, name, "platform", "appeal", text="请再看")).json()["waits_on"] == "employer"
        assert (await step(page, name, "hospital", "confirm")).json()["waits_on"] == "office"
        assert (await page.get("/v1/activities", "ren"))["activities"][0]["waits_on"] == "office"


async def test_a_refusal_says_why_and_is_appealed_in_time_and_once(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await handed_in(page, DEGREE, "diploma", "chsi")
        assert code_of(await step(page, name, "ren", "refuse")) == "activity.reason"
        refused = (await step(page, name, "ren", "refuse", reason="unreadable", text="第二页看不清")).json()
        assert refused["state"] == "refused"
        mine = await page.get(f"/v1/activities/{name}", "learner")
        assert mine["steps"][-1]["text"] == "第二页看不清" and "辨认" in mine["steps"][-1]["reason"]["zh"]
        assert mine["may"] == ["appeal"] and mine["appeal_until_ms"] == page.clock.at_ms + 30 * DAY_MS
        assert code_of(await step(page, name, "learner", "appeal")) == "activity.words"
        page.clock.at_ms += 30 * DAY_MS
        page.keys["learner"] = await token(page.services)
        assert code_of(await step(page, name, "learner", "appeal", text="请再看")) == "activity.too_late"
        assert (await page.get(f"/v1/activities/{name}", "learner"))["may"] == []
        page.clock.at_ms -= 1
        assert (await step(page, name, "learner", "appeal", text="请再看")).json()["waits_on"] == "office"
        assert code_of(await step(page, name, "ren", "check")) == "activity.same_person"
        assert (await step(page, name, "sun", "refuse", reason="unreadable")).json()["may"] == []
        assert code_of(await step(page, name, "learner", "appeal", text="x")) == "activity.appealed"


async def test_what_comes_after_the_year_is_shown_as_late(tmp_path: Path) -> None:
    async with office(tmp_path, "2027-01-02T10:00:00") as page:
        name = await handed_in(page, DEGREE, "diploma", "chsi")
        would = (await page.get(f"/v1/activities/{name}", "learner"))["would_count"]
        assert (would["year"], would["counted"], would["whys"][0]["code"]) == (2026, "0", "late")


async def test_a_draft_is_discarded_and_a_handed_in_one_is_withdrawn(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        draft = (await page.ask("POST", "/v1/activities", "learner", json=DEGREE)).json()["activity"]
        await add(page, draft, "diploma")
        assert (await page.ask("DELETE", f"/v1/activities/{draft}", "learner")).status_code == 200
        assert not [path for path in page.services.folder.evidence.rglob("*") if path.is_file()]
        name = await handed_in(page, DEGREE | {"ref": "r-1"}, "diploma", "chsi")
        again = await page.ask("POST", "/v1/activities", "learner", json=DEGREE | {"ref": "r-1"})
        assert again.json()["activity"] == name, "the same ref is the same activity"
        assert code_of(await page.ask("DELETE", f"/v1/activities/{name}", "learner")) == "activity.raced"
        assert code_of(await add(page, name, "diploma")) == "activity.raced"
        assert (await step(page, name, "learner", "withdraw")).json()["state"] == "withdrawn"
        assert await hours(page) == ("0", "not_met")


async def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        for more, code in (
            ({"rules": "none"}, "activity.rules"),
            ({"item": "none"}, "activity.invalid"),
            ({"details": {}}, "activity.invalid"),
            ({"details": {"awarded": "2026-02-30"}}, "activity.invalid"),
            ({"details": {"awarded": "2026-06-20", "title": "x"}}, "activity.invalid"),
            ({"learner": "other"}, "activity.invalid"),
            ({"papers": {"none": "1"}}, "activity.invalid"),
        ):
            assert code_of(await page.ask("POST", "/v1/activities", "learner", json=DEGREE | more)) == code, more
        draft = (await page.ask("POST", "/v1/activities", "learner", json=DEGREE)).json()["activity"]
        headers = {"authorization": f"Bearer {page.keys['learner']}", "content-type": "application/pdf"}
        path = f"/v1/activities/{draft}/files?document="
        assert (
            code_of(await page.client.post(path + "diploma", content=b"\xff\xd8\xff", headers=headers))
            == "activity.file"
        )
        assert code_of(await page.client.post(path + "none", content=PDF, headers=headers)) == "activity.invalid"
        assert code_of(await page.ask("GET", "/v1/activities?state=none", "ren")) == "activity.invalid"
        assert code_of(await page.ask("GET", f"/v1/activities/{draft}", "hospital")) == "activity.unknown"
        assert code_of(await page.ask("GET", f"/v1/activities/{draft}/files/none", "ren")) == "activity.file_unknown"
        checklist = await page.get("/v1/checklists/cq-pharmacist-2025")
        assert checklist["appeal_days"] == 30 and {each["name"] for each in checklist["items"]} > {"paper", "book"}


async def test_an_erased_learner_leaves_no_evidence_and_the_log_still_holds(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        await handed_in(page, DEGREE, "diploma", "chsi")
        await HourFeed(page.services.store).feed()
        asked = {"learner": "learner", "scope": "all", "basis": "pipl-47"}
        made = (await page.ask("POST", "/v1/erasures", "ren", json=asked)).json()
        done = await page.ask("POST", f"/v1/erasures/{made['erasure']}/confirm", "sun")
        assert done.json()["state"] == "done", done.text
        assert not [path for path in page.services.folder.evidence.rglob("*") if path.is_file()]
        store, vault = page.services.store, page.services.ports.vault
        found = await audit_activities(store, store, vault, entries_at(page.services.settings))
        assert (found.steps, found.findings) == (1, ())
        [line] = (await page.get("/v1/activities"))["activities"]
        assert line["learner"].startswith("erased-")
        gone = await page.get(f"/v1/activities/{line['activity']}")
        assert (gone["title"], gone["details"], gone["files"]) == ("", {}, [])
        assert code_of(await step(page, line["activity"], "ren", "check")) == "learner.erased"
