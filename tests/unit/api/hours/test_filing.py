"""Filing over HTTP: a batch, the platform's words, a refused row, a comparison; and requests that do not fit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from support.filing_world import RULES, World, filing_world
from unit.api.test_queue import Web, code_of
from zaichang.core.civil import date_text
from zaichang.hours.filing.manifest import read_manifest
from zaichang.main.service import create_service_app

LI, WANG = "li/law/2026/1", "wang/law/2026/1"
ASKED = {"target": "cq", "year": "2026", "rules": RULES}
WORD = {"kind": "receipt", "document": "d" * 64, "answer": "a" * 64, "status": 200}


@asynccontextmanager
async def web(tmp_path: Path) -> AsyncIterator[tuple[Web, World]]:
    async with filing_world(tmp_path) as world:
        services = world.services
        keys = {name: await services.institutions.add_reviewer("inst", name) for name in ("ren", "sun")}
        keys["staff"] = (await services.institutions.add("inst", "机构", "Institution")).staff
        await services.institutions.add("other", "另", "Other")
        keys["stranger"] = await services.institutions.add_reviewer("other", "stranger")
        transport = httpx.ASGITransport(app=create_service_app(services), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await world.learn("li", "law", 45)
            await world.learn("wang", "law", 30, world.clock.at_ms + 3_600_000)
            yield Web(services, world.clock, client, keys), world


async def test_a_batch_goes_out_and_its_answers_come_back(tmp_path: Path) -> None:
    async with web(tmp_path) as (page, _):
        made = (await page.ask("POST", "/v1/filing/batches", "ren", json=ASKED)).json()
        assert (made["batch"], made["made_by"]) == ("cq-2026-0001", "ren")
        assert code_of(await page.ask("POST", "/v1/filing/batches", "ren", json=ASKED)) == "filing.nothing"
        path = f"/v1/filing/batches/{made['batch']}"
        assert code_of(await page.ask("GET", path, "stranger")) == "filing.batch_unknown"
        assert code_of(await page.ask("POST", f"{path}/words", "staff", json={**WORD, "rows": []})) == (
            "review.personal_key"
        )
        sent = {**WORD, "kind": "sent", "rows": [{"key": LI, "state": "sent"}, {"key": WANG, "state": "sent"}]}
        assert (await page.ask("POST", f"{path}/words", "ren", json=sent)).json()["waiting"] == 2
        rows = [{"key": LI, "state": "accepted"}, {"key": WANG, "state": "refused", "code": "E1"}]
        told = (await page.ask("POST", f"{path}/words", "ren", json={**WORD, "rows": rows})).json()
        assert (told["refused"], told["waiting"]) == ([WANG], 0)

        shown = await page.get(path)
        assert [(row["key"], row["state"], row["amount"]) for row in shown["rows"]] == [
            (LI, "accepted", "1"), (WANG, "refused", "2/3"),
        ]  # fmt: skip
        assert read_manifest(shown["manifest"].encode())["rows"] == 2
        assert [each["kind"] for each in shown["exchanges"]] == ["sent", "receipt"]
        [listed] = (await page.get("/v1/filing/batches"))["batches"]
        assert listed == {**made, "rows": {"accepted": 1, "refused": 1}} and made["rows"] == {"prepared": 2}


async def test_a_refused_row_is_dropped_by_two_people(tmp_path: Path) -> None:
    async with web(tmp_path) as (page, _):
        await page.ask("POST", "/v1/filing/batches", "ren", json=ASKED)
        word = {**WORD, "rows": [{"key": LI, "state": "refused", "code": "E1"}]}
        await page.ask("POST", "/v1/filing/batches/cq-2026-0001/words", "ren", json=word)
        [case] = (await page.get("/v1/filing/cases"))["cases"]
        assert (case["row"]["key"], case["owner"], case["state"]) == (LI, "ren", "open")
        drop = {"target": "cq", "key": LI, "decision": "drop", "note": "已离职"}
        assert (await page.ask("POST", "/v1/filing/cases", "ren", json=drop)).json()["proposed_by"] == "ren"
        assert code_of(await page.ask("POST", "/v1/filing/cases", "ren", json=drop)) == "filing.same_person"
        assert code_of(await page.ask("POST", "/v1/filing/cases", "stranger", json=drop)) == "filing.case_unknown"
        done = (await page.ask("POST", "/v1/filing/cases", "sun", json=drop)).json()
        assert (done["state"], done["decided_by"]) == ("drop", "sun")
        assert [each["note"] for each in (await page.get("/v1/filing/cases?state=drop"))["cases"]] == ["已离职"]


async def test_a_list_is_compared(tmp_path: Path) -> None:
    async with web(tmp_path) as (page, _):
        await page.ask("POST", "/v1/filing/batches", "ren", json=ASKED)
        word = {**WORD, "rows": [{"key": LI, "state": "accepted"}, {"key": WANG, "state": "accepted"}]}
        await page.ask("POST", "/v1/filing/batches/cq-2026-0001/words", "ren", json=word)
        asked = {"target": "cq", "year": "2026", "style": "tenths", "rows": [{"key": LI, "amount": "1.1"}]}
        found = (await page.ask("POST", "/v1/filing/reconciliations", "ren", json=asked)).json()
        kinds = [(each["kind"], each["key"]) for each in found["differences"]]
        assert kinds == [("other_amount", LI), ("missing_there", WANG)]
        assert (await page.get("/v1/filing/reconciliations"))["reconciliations"] == [found]


async def test_requests_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    async with web(tmp_path) as (page, _):
        for body in (
            {**ASKED, "target": "CQ"},
            {**ASKED, "year": "26"},
            {**ASKED, "rules": "../x"},
            {**ASKED, "rules": "0"},
            {**ASKED, "year": "0000"},
        ):
            assert code_of(await page.ask("POST", "/v1/filing/batches", "ren", json=body)) == "filing.invalid"
        await page.ask("POST", "/v1/filing/batches", "ren", json=ASKED)
        path = "/v1/filing/batches/cq-2026-0001/words"
        refused = {"key": LI, "state": "refused"}
        for body in (
            {**WORD, "rows": [{"key": LI, "state": "gone"}]},
            {**WORD, "kind": "x", "rows": []},
            {**WORD, "rows": [{**refused, "message": "李明"}]},
            {**WORD, "rows": [{**refused, "code": "李明"}]},
            {**WORD, "rows": [{**refused, "code": "11010519491231002X"}]},
        ):
            assert code_of(await page.ask("POST", path, "ren", json=body)) == "filing.invalid"
        style = {"target": "cq", "year": "2026", "style": "thirds", "rows": []}
        assert code_of(await page.ask("POST", "/v1/filing/reconciliations", "ren", json=style)) == "filing.invalid"
        for row in ({"key": "李明", "amount": "1"}, {"key": LI, "amount": "李明"}):
            asked = {**style, "style": "tenths", "rows": [row]}
            assert code_of(await page.ask("POST", "/v1/filing/reconciliations", "ren", json=asked)) == "filing.invalid"
        assert code_of(await page.ask("GET", "/v1/filing/cases?state=lost", "ren")) == "filing.invalid"


async def test_a_nightly_run_is_one_computer_s_and_batches_tell_what_waits(tmp_path: Path) -> None:
    async with web(tmp_path) as (page, world):
        made = (await page.ask("POST", "/v1/filing/batches", "ren", json=ASKED)).json()
        listed = await page.get("/v1/filing/batches?waiting=true")
        assert [batch["batch"] for batch in listed["batches"]] == [made["batch"]] and listed["reviewer"] == "ren"
        word = {**WORD, "rows": [{"key": key, "state": "accepted"} for key in (LI, WANG)]}
        await page.ask("POST", f"/v1/filing/batches/{made['batch']}/words", "ren", json=word)
        assert (await page.get("/v1/filing/batches?waiting=true"))["batches"] == []
        assert (await page.get("/v1/filing/batches"))["batches"][0]["rows"] == {"accepted": 2}

        night = {"target": "cq", "day": date_text(world.clock.at_ms), "holder": "a"}
        claimed = (await page.ask("POST", "/v1/filing/runs", "ren", json=night)).json()
        assert (claimed["holder"], claimed["done_ms"]) == ("a", None)
        other = await page.ask("POST", "/v1/filing/runs", "sun", json={**night, "holder": "b"})
        assert other.json()["holder"] == "a"
        ended = {**night, "faults": ["filing.count"]}
        refused = await page.ask("POST", "/v1/filing/runs/done", "sun", json={**ended, "holder": "b"})
        assert code_of(refused) == "filing.run_held"
        for wrong in ({"day": "2026-1-1"}, {"day": "2001-01-01"}, {"faults": ["李明"]}):
            asked = await page.ask("POST", "/v1/filing/runs/done", "ren", json={**ended, **wrong})
            assert code_of(asked) in ("filing.invalid", "filing.run_held")
        done = (await page.ask("POST", "/v1/filing/runs/done", "ren", json=ended)).json()
        assert done["done_ms"] and (await page.get("/v1/filing/runs"))["runs"] == [done]
