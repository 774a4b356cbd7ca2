"""The office's page of filing in a real browser: a refused row is decided by two, and batches are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from support.filing_world import INST, RULES, filing_world
from support.served import DESKTOP, PHONE, complaints_of, served, shot
from zaichang.core.civil import date_text
from zaichang.core.ids import ReviewerId
from zaichang.hours.filing.desk import Word
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ledger.filing.rows import CaseState, RowState

REN, LI, WANG = ReviewerId("ren"), "li/law/2026/1", "wang/law/2026/1"


@pytest.mark.e2e
async def test_two_people_decide_a_refused_row_and_look_at_the_batch(tmp_path: Path, chromium: Path) -> None:
    async with filing_world(tmp_path) as world, served(world.services) as base:
        filing = world.services.filing
        keys = [await world.services.institutions.add_reviewer(INST, ReviewerId(name)) for name in ("ren", "sun")]
        for learner in ("li", "wang"):
            await world.learn(learner, "law", 45)
        made = await filing.preparing.prepare(INST, REN, "cq", 2026, RULES)
        words = (LineAnswer(LI, RowState.ACCEPTED), LineAnswer(WANG, RowState.REFUSED, "local.id_number:4"))
        await filing.desk.take(
            INST, REN, made.batch_id, Word(kind="receipt", rows=words, document="d" * 64, answer="a" * 64, status=200)
        )
        await filing.desk.reconcile(INST, REN, "cq", 2026, [Listed("zhao/law/2026/1", "2")], str)
        night = ("cq", date_text(world.clock.at_ms), "holder")
        await filing.nights.claim(INST, *night)
        await filing.nights.end(INST, REN, night, ["filing.differences"])
        url = f"{base}/filing"
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            first = await (await browser.new_context(viewport=PHONE, locale="zh-CN")).new_page()
            second = await (await browser.new_context(viewport=DESKTOP, locale="en", color_scheme="dark")).new_page()
            complaints = complaints_of(first, second)
            await first.goto(f"{url}#key={keys[0]}")
            case = first.locator(f"[data-case='{WANG}']")
            await expect(case).to_contain_text("证件号码不合格 (local.id_number:4)")
            await case.get_by_role("button", name="处理").click()
            await case.locator("#note").fill("已离职")
            await shot(first, "filing-decide-phone-zh")
            await case.locator("[data-decision=drop]").click()
            await expect(first.get_by_role("status")).to_contain_text("等待另一人确认")
            await expect(first.locator("#runs")).to_contain_text("filing.differences")
            await shot(first, "filing-phone-zh")

            await second.goto(f"{url}#key={keys[1]}")
            await second.locator(f"[data-case='{WANG}']").get_by_role("button", name="Decide").click()
            await second.locator("[data-decision=drop]").click()
            await expect(second.locator("#cases")).to_contain_text("No row waits for a decision.")
            batch = second.locator(f"[data-batch='{made.batch_id}']")
            await batch.get_by_role("button", name="Show the rows").click()
            await expect(batch).to_contain_text("the ID number is none")
            await expect(second.locator("#compared")).to_contain_text("missing here: zhao/law/2026/1")
            async with second.expect_download() as saved:
                await batch.get_by_role("button", name="Download the rows").click()
            text = Path(await (await saved.value).path()).read_text(encoding="utf-8-sig")
            assert text.splitlines()[0].startswith("key,learner,") and f"{LI},li,law,1,new," in text
            await shot(second, "filing-desktop-en", DESKTOP["width"])
            await browser.close()
        assert complaints == []
        [dropped] = await filing.cases.cases(INST, CaseState.DROP, 9)
        assert (dropped.proposed_by, dropped.decided_by, dropped.note) == ("ren", "sun", "已离职")
