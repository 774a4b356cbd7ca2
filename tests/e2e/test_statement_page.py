"""The learner's statement in a real browser: phone and desktop, both languages, light and dark, and axe."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from support.served import DESKTOP, PHONE, complaints_of, served, shot
from support.study import POLICY, FixedVision, ManualClock, Student, service, token
from support.web import statement_token
from zaichang.core.appeal_terms import AppealTerms
from zaichang.core.assessment import not_analysed
from zaichang.core.civil import parse_moment
from zaichang.hours.certificates import CertificateWanted
from zaichang.hours.feed import HourFeed
from zaichang.launch.statement_tokens import STATEMENT_MS
from zaichang.main.service import Services
from zaichang.ports.ledger import HourFact

WEB = Path(__file__).parents[2] / "client_sdk" / "web"


LESSONS = (
    # Lesson, title, category, month and day, minutes.
    ("adr", "药品不良反应监测与报告", "professional", "03-02", 90),
    ("interaction", "常用降压药的相互作用", "professional", "04-11", 135),
    ("law", "药品管理法解读", "public", "05-20", 60),
    ("adr", "药品不良反应监测与报告", "professional", "06-01", 30),
)


async def years_study(services: Services) -> None:
    """Put study of earlier months into the ledger; the last of it was studied before."""
    for number, (lesson, title, category, day, minutes) in enumerate(LESSONS):
        await services.lessons.add(
            "inst", "course", lesson, title_zh=title, title_en=lesson.capitalize(), duration_ms=9_000_000, policy=POLICY
        )
        entry = {
            "id": f"study/s{number}", "kind": "study", "institution": "inst", "course": "course", "lesson": lesson,
            "session": f"s{number}", "note": f"log {number * 9}-{number * 9 + 8}", "category": category,
            "runs": [[parse_moment(f"2026-{day}T19:00:00").ms, 60_000, 0, 60_000, minutes]],
        }  # fmt: skip
        await services.store.add_hour_fact(
            HourFact(
                institution_id="inst",
                learner_id="learner",
                fact_key=f"study/s{number}",
                session_id=f"s{number}",
                verified_ms=minutes * 60_000,
                first_index=0,
                last_index=8,
                body=json.dumps(entry).encode(),
            )
        )


async def study(services: Services, clock: ManualClock, vision: FixedVision) -> None:
    """Study some minutes, of which the last go to a reviewer."""
    lesson = await services.store.lesson("inst", "course", "lesson")
    terms = AppealTerms(hours=168, working_days=5).text()
    await services.store.put_lesson(replace(lesson, appeals=terms, category="professional"))
    student = Student(services, clock)
    await student.begin(await token(services))
    await student.play(70_000, 10_000)
    vision.answer = lambda _: not_analysed()
    await student.play(150_000, 10_000)
    await student.finish()
    await student.closed()
    await services.hub.settle()
    await HourFeed(services.store).feed()


async def look(page: Page, name: str, width: int) -> None:
    """Nothing is wider than the screen, and axe finds nothing against WCAG 2.2 AA."""
    await shot(page, name, width)
    await page.evaluate((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}"
    found = await page.evaluate(f"axe.run({rules}).then((all) => all.violations.map((each) => [each.id, each.nodes]))")
    assert found == []


async def opened(browser: Browser, address: str, **look_of: Any) -> tuple[Page, list[str]]:
    page = await (await browser.new_context(**look_of)).new_page()
    complaints = complaints_of(page)
    await page.goto(address)
    return page, complaints


@pytest.mark.e2e
async def test_a_learner_reads_the_year_on_a_phone_and_at_a_desk(tmp_path: Path, chromium: Path) -> None:
    clock, vision = ManualClock(parse_moment("2026-11-20T10:00:00").ms), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services, served(services) as base:
        await years_study(services)
        await study(services, clock, vision)
        inst = await services.store.institution("inst")
        wanted = CertificateWanted(learner_id="learner", rules="cq-pharmacist-2025", year=2026, name="欧阳㛃")
        paper = await services.certificates.issue(inst, "ren", wanted)
        mine = statement_token(services)
        url = f"{base}/statement"
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page, heard = await opened(
                browser, f"{url}#statement={mine}", viewport=PHONE, locale="zh-CN", color_scheme="light"
            )
            await expect(page.locator("h1")).to_have_text("我的学时学分 · 机构")
            # The token has left the address, and so the history.
            assert page.url == url and await page.evaluate("history.length") == 2
            cards = page.locator("section.card")
            await expect(cards.nth(0)).to_contain_text("还差 83.7")
            await expect(cards.nth(0)).to_contain_text("再学 83.7 学时，其中专业科目至少 55 学时")
            await expect(cards.nth(1)).to_contain_text("课：人工审核")
            await expect(cards.nth(1)).to_contain_text("等机构 · 从 2026年11月20日起 · 最迟 ")
            await expect(cards.nth(2)).to_contain_text("申诉期限：2026年11月27日")
            await expect(cards.nth(3)).to_contain_text("同一内容已计算过。 怎么办：请学习本年度还没有学过的内容。")
            await look(page, "statement-phone-zh-light", PHONE["width"])
            for each in await page.locator("summary").all():
                await each.click()
            await expect(page.locator("#moved")).to_contain_text("由它决定是否认可")
            await look(page, "statement-phone-zh-open", PHONE["width"])
            await page.reload()
            await expect(page.locator("h1")).to_have_text("我的学时学分 · 机构")
            clock.at_ms += STATEMENT_MS
            await page.reload()
            await expect(page.get_by_role("alert")).to_contain_text("15 分钟后失效")
            assert await page.evaluate("sessionStorage.length") == 0
            clock.at_ms -= STATEMENT_MS

            desk, told = await opened(
                browser, f"{url}#statement={mine}", viewport=DESKTOP, locale="en", color_scheme="dark"
            )
            await expect(desk.locator("h1")).to_have_text("My hours and credits · Institution")
            await expect(desk.locator("section.card").nth(0)).to_contain_text("Study 83.7 more hours")
            await look(desk, "statement-desktop-en-dark", DESKTOP["width"])
            await expect(desk.locator("#certificates")).to_contain_text("stands")
            await desk.locator(f"#name-{paper.number}").fill("欧阳㛃")
            async with desk.expect_download() as saved:
                await desk.get_by_role("button", name="Download the PDF").click()
            assert (await saved.value).suggested_filename == f"{paper.number}.pdf"
            async with desk.expect_download() as saved:
                await desk.get_by_role("button", name="Download the data").click()
            assert (await saved.value).suggested_filename == "statement-cq-pharmacist-2025-2026.json"

            # The player's token opens no statement, and its page keeps no statement's token.
            player, _ = await opened(
                browser, f"{url}#statement={await token(services)}", viewport=PHONE, locale="en", color_scheme="dark"
            )
            await expect(player.get_by_role("alert")).to_contain_text("This link opens no statement")
            await look(player, "statement-phone-en-dark-refused", PHONE["width"])
            nothing, _ = await opened(browser, url, viewport=PHONE, locale="en")
            await expect(nothing.locator("main")).to_contain_text("Open this page from your learning platform")
            assert [text for text in (*heard, *told) if "401" not in text] == []
            await browser.close()
