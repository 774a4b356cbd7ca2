"""A certificate from its issue to the page that anyone opens: on a phone, in Chinese, and by the command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from support.served import PHONE, complaints_of, served, shot
from support.study import ManualClock, Student, service, token
from zaichang.cli import main
from zaichang.core.ids import InstitutionId, ReviewerId
from zaichang.log.bundles import log_trust

WAIT_MS = 60_000


@pytest.mark.e2e
async def test_anyone_checks_a_certificate_on_a_phone(tmp_path: Path, chromium: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path / "data", clock=clock) as services, served(services) as url:
        await services.institutions.add("inst", "重庆某某继续教育学院", "A College")
        key = tmp_path / "key"
        key.write_text(await services.institutions.add_reviewer(InstitutionId("inst"), ReviewerId("ren")))
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(70_000, 10_000)
        await student.finish()
        await student.closed()
        pdf, edited = tmp_path / "certificate.pdf", tmp_path / "edited.pdf"
        asked = ["--learner", "learner", "--rules", "cq-pharmacist-2025", "--year", "2023", "--name", "欧阳㛃"]
        command = ["hours", "certificate", "--service", url, "--key-file", str(key), *asked, "--out", str(pdf)]
        assert await asyncio.to_thread(main, command) == 0
        trust = tmp_path / "trust"
        trust.write_bytes(log_trust(services.log_places.place(InstitutionId("inst"), 2023)))
        assert await asyncio.to_thread(main, ["verify", str(pdf), "--trust", str(trust)]) == 0
        edited.write_bytes(pdf.read_bytes().replace(b"/Count 1", b"/Count 2"))
        assert await asyncio.to_thread(main, ["verify", str(edited), "--trust", str(trust)]) == 1
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = await (await browser.new_context(viewport=PHONE, locale="zh-CN")).new_page()
            complaints = complaints_of(page)
            await page.goto(f"{url}/verify")
            await shot(page, "verify-empty")
            await page.locator("#file").set_input_files(pdf)
            await expect(page.locator("[data-exit]")).to_have_attribute("data-exit", "0", timeout=WAIT_MS)
            await expect(page.get_by_role("row").first).to_contain_text("欧阳㛃")
            for name in ("signature", "inclusion", "document", "name"):
                await expect(page.locator(f"[data-own={name}]")).to_have_attribute("data-good", "true")
            for name in ("page", "later"):
                await expect(page.locator(f"[data-check={name}]")).to_have_attribute("data-status", "pass")
            await shot(page, "verify-passed")
            await page.goto(f"{url}/verify")
            await page.locator("#file").set_input_files(edited)
            await expect(page.locator("[data-exit]")).to_have_attribute("data-exit", "1", timeout=WAIT_MS)
            await expect(page.locator("[data-check=page]")).to_have_attribute("data-status", "fail")
            await shot(page, "verify-edited")
            other = tmp_path / "other.pdf"
            other.write_bytes(pdf.read_bytes().replace("欧阳㛃".encode(), "欧阳修".encode()))
            await page.goto(f"{url}/verify")
            await page.locator("#file").set_input_files(other)
            await expect(page.locator("[data-own=name]")).to_have_attribute("data-good", "false", timeout=WAIT_MS)
            await expect(page.locator("[data-exit]")).to_have_attribute("data-exit", "1")
            await browser.close()
        assert complaints == []
