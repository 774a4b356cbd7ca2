"""The page of revocations in a real browser: proposed by one reviewer, confirmed by another, on a phone, in Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from support.served import PHONE, complaints_of, served, shot
from support.study import ManualClock, Student, service, token
from zaichang.core.ids import InstitutionId, ReviewerId


@pytest.mark.e2e
async def test_one_reviewer_proposes_and_another_takes_the_time_back(tmp_path: Path, chromium: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services, served(services) as base:
        keys = [await services.institutions.add_reviewer(InstitutionId("inst"), ReviewerId(n)) for n in ("ren", "sun")]
        student = Student(services, clock)
        await student.study(await token(services))
        url = f"{base}/revocations"
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            first = await (await browser.new_context(viewport=PHONE, locale="en")).new_page()
            second = await (await browser.new_context(viewport=PHONE, locale="zh-CN")).new_page()
            complaints = complaints_of(first, second)
            await first.goto(f"{url}?session={student.session_id}#key={keys[0]}")
            await expect(first.locator("#session")).to_have_value(student.session_id)
            assert keys[0] not in first.url
            await first.get_by_label("Parts of a session's lesson").check()
            await first.locator("#parts").fill("0:10-0:05")
            await first.locator("#send").click()
            assert await services.store.revocations(InstitutionId("inst"), 9) == []
            await first.locator("#parts").fill("0:00-0:10, 0:20-0:30")
            await first.locator("#note").fill("同一人脸")
            await shot(first, "revocation-form")
            await first.locator("#send").click()
            await expect(first.get_by_role("status")).to_contain_text("Another reviewer")
            card = first.locator("section.card")
            await expect(card).to_contain_text("You cannot confirm your own proposal.")
            await expect(card.get_by_role("button")).to_have_text(["Withdraw"])
            await shot(first, "revocation-own")

            await second.goto(f"{url}#key={keys[1]}")
            await expect(second.locator("h1")).to_contain_text("撤销已核验时间")
            card = second.locator("section.card")
            await expect(card).to_contain_text("将撤销 0 分 20 秒")
            await card.get_by_role("button", name="确认撤销").click()
            await shot(second, "revocation-sure")
            await second.locator("#sure").click()
            await expect(second.locator("section.card[data-state=done]")).to_contain_text("0 分 20 秒")
            await expect(second.locator("section.card")).to_contain_text("决定人 sun")
            await shot(second, "revocation-done")
            await browser.close()
        assert complaints == []
        counted = await services.store.credited(InstitutionId("inst"), "learner", "course", "lesson")  # type: ignore[arg-type]
        assert counted == ((10_000, 20_000), (30_000, 70_000))
