"""The page of activities in a real browser: handed in on a phone in Chinese, checked and approved by two persons."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from support.served import PHONE, complaints_of, served, shot
from support.study import ManualClock, service, token
from zaichang.core.civil import parse_moment
from zaichang.core.ids import InstitutionId, ReviewerId

INST = InstitutionId("inst")


@pytest.mark.e2e
async def test_a_learner_hands_in_and_two_persons_approve(tmp_path: Path, chromium: Path) -> None:
    clock = ManualClock(parse_moment("2026-07-01T10:00:00").ms)
    async with service(tmp_path, clock=clock) as services, served(services) as base:
        keys = [await services.institutions.add_reviewer(INST, ReviewerId(name)) for name in ("ren", "sun")]
        launch = await token(services)
        url = f"{base}/activities"
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            learner = await (await browser.new_context(viewport=PHONE, locale="zh-CN")).new_page()
            offices = [await (await browser.new_context(viewport=PHONE, locale="en")).new_page() for _ in keys]
            complaints = complaints_of(learner, *offices)
            for page in (learner, *offices):
                page.set_default_timeout(20_000)
            await learner.goto(f"{url}#token={launch}")
            await learner.locator("#begin summary").click()
            await learner.locator("#title").fill("药学硕士")
            await learner.locator("#d-awarded").fill("2026-06-20")
            await shot(learner, "activities-begin")
            await learner.locator("#create").click()
            for document in ("diploma", "chsi"):
                file = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 " + document.encode()}
                await learner.locator(f"#f-{document}").set_input_files(file)
                await expect(learner.locator(f"#f-{document}")).to_have_count(0)
            await expect(learner.locator("#would")).to_contain_text("90 学时")
            await learner.locator("#s-submit").click()
            await learner.locator("#send").click()
            await expect(learner.locator("#one .badge")).to_have_text("已提交")
            await shot(learner, "activities-submitted")
            for page, key, stage in zip(offices, keys, ("check", "approve"), strict=True):
                await page.goto(f"{url}#key={key}")
                await page.get_by_role("button", name="Degree").click()
                await page.locator(f"#s-{stage}").click()
                await page.locator("#send").click()
                await expect(page.locator("#steps li strong").last).to_have_text(stage.capitalize())
                await shot(page, f"activities-{stage}")
            await learner.locator("#back").click()
            await expect(learner.locator(".card .badge").first).to_have_text("已认定")
            await shot(learner, "activities-approved")
            await browser.close()
        assert complaints == []
