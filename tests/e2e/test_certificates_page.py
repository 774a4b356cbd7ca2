"""The office's page of certificates in a real browser: issued on a phone, revoked by a second person at a desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from support.served import DESKTOP, PHONE, complaints_of, served, shot
from support.study import ManualClock, Student, service, token
from zaichang.core.ids import InstitutionId, ReviewerId


@pytest.mark.e2e
async def test_one_person_issues_and_two_revoke(tmp_path: Path, chromium: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services, served(services) as base:
        keys = [await services.institutions.add_reviewer(InstitutionId("inst"), ReviewerId(n)) for n in ("ren", "sun")]
        student = Student(services, clock)
        await student.study(await token(services))
        url = f"{base}/certificates"
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            first = await (await browser.new_context(viewport=PHONE, locale="zh-CN")).new_page()
            second = await (await browser.new_context(viewport=DESKTOP, locale="en", color_scheme="dark")).new_page()
            complaints = complaints_of(first, second)
            await first.goto(f"{url}#key={keys[0]}")
            assert keys[0] not in first.url
            await first.get_by_text("出具证明").click()
            await first.locator("#learner").fill("learner")
            await first.locator("#rules").select_option("cq-pharmacist-2025")
            await first.locator("#year").fill("2023")
            await first.locator("#name").fill("欧阳㛃")
            await shot(first, "certificates-issue-phone-zh")
            async with first.expect_download() as printed:
                await first.locator("#send").click()
            [row] = await services.certificates.listed(InstitutionId("inst"), None, 9)
            assert (await printed.value).suggested_filename == f"{row.number}.pdf"
            await expect(first.get_by_role("status")).to_contain_text("已出具，编号")
            card = first.locator("section.card[data-state=issued]")
            await card.get_by_role("button", name="更换").click()
            await first.locator("#print-name").fill("欧阳芳")
            await shot(first, "certificates-replace-phone-zh")
            async with first.expect_download():
                await card.locator("form button.primary").click()
            await expect(first.locator("section.card[data-state=replaced]")).to_contain_text("已由")
            old = await services.certificates.found(InstitutionId("inst"), row.number)
            row = await services.certificates.found(InstitutionId("inst"), old.replaced_by)
            assert row.replaces == old.number
            await card.get_by_role("button", name="撤销").click()
            await card.locator("#note").fill("代学")
            await shot(first, "certificates-revoke-phone-zh")
            await card.get_by_role("button", name="提出撤销").click()
            await expect(card).to_contain_text("请另一位人员确认")
            await expect(card.get_by_role("button")).to_have_text(["撤回提议"])

            await second.goto(f"{url}#key={keys[1]}")
            await second.locator("#find").fill("-".join(row.number.upper()[at : at + 4] for at in (0, 4, 8, 12)))
            await second.get_by_role("button", name="Find").click()
            card = second.locator("section.card[data-state]")
            await card.get_by_role("button", name="Confirm").click()
            await shot(second, "certificates-sure-desktop-en", DESKTOP["width"])
            await second.locator("#sure").click()
            await expect(second.locator("section.card[data-state=revoked]")).to_contain_text("confirmed by sun")
            await shot(second, "certificates-revoked-desktop-en", DESKTOP["width"])
            await browser.close()
        assert complaints == []
