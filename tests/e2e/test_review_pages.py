"""Queue, timeline and session list in a real browser: a case granted by keyboard, an appeal, a narrow screen."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import async_playwright, expect

from support.served import complaints_of, served
from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.api.models.lessons import Bank
from zaichang.core.assessment import not_analysed
from zaichang.core.enums import CaseKind
from zaichang.ports.records_cases import CaseDraft, CaseReason
from zaichang.protocol import messages as m

PATIENCE_MS = 40_000
BANK = {"questions": [{"id": "q1", "text": "1+1?", "options": ["1", "2"], "correct": 1}]}
NARROW, WIDE = {"width": 360, "height": 740}, {"width": 1200, "height": 850}


def photo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (160, 120), (90, 120, 140)).save(stream, "JPEG")
    return stream.getvalue()


class Seen(Student):
    """A student whose captures a browser can show."""

    def take(self, order: m.CaptureOrder, picture: bytes = b"") -> None:
        super().take(order, photo() + f"{self.session_id}{self.pictures}".encode())


@pytest.mark.e2e
async def test_a_person_decides_and_a_learner_appeals(tmp_path: Path, chromium: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        key = await services.institutions.add_reviewer("inst", "ren")
        await services.lessons.set_questions("inst", "course", "lesson", Bank.model_validate(BANK).as_questions())
        student = Seen(services, clock)
        await student.begin(await token(services))
        await student.play(70_000, 10_000)
        vision.answer = lambda _: not_analysed()
        await student.play(150_000, 10_000)
        await student.finish()
        await student.closed()
        for n in range(60):
            await services.store.raise_case(
                CaseDraft(
                    case_id=f"c{n:04}",
                    institution_id="inst",
                    kind=CaseKind.ADDRESS,
                    subject=f"{n:032}",
                    at_ms=clock.now_ms(),
                    due_ms=clock.now_ms() + 9 * 86_400_000 + n,
                    reasons=(CaseReason(code="SHARED_ADDRESS", n=60),),
                )
            )
        learner = await token(services)
        async with served(services) as base:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
                page = await (await browser.new_context(viewport=WIDE, locale="zh-CN")).new_page()
                errors = complaints_of(page)
                await page.goto(f"{base}/queue#key={key}")
                await page.wait_for_selector("#case ol.minutes")
                assert key not in page.url and "审核队列" in await page.inner_text("h1")
                assert await page.locator("button.case").count() == 50
                await page.keyboard.press("p")
                # The pictures that are decided about come first, then the first usable one; each can be enlarged.
                await page.wait_for_selector("figure.cause img")
                parts = page.locator("#case .captures")
                assert await parts.nth(0).locator("figure:not(.cause)").count() == 0
                assert "NOT_ANALYSED" in await parts.nth(0).inner_text()
                assert "相似度 0.80" in await parts.nth(1).inner_text()
                await page.keyboard.press("v")
                await expect(page.locator("#large[open] img")).to_have_count(2)
                await page.keyboard.press("ArrowRight")
                await expect(page.locator("#large")).to_contain_text("2 /")
                await page.keyboard.press("Escape")
                await expect(page.locator("#large[open]")).to_have_count(0)
                left = await page.locator("#case ol.minutes button.U").count()
                assert left >= 2
                await page.locator("#case ol.minutes button.U").first.click()
                await page.keyboard.press("g")
                await page.wait_for_selector("#confirm:focus")
                await page.keyboard.press("Enter")
                await expect(page.locator("#case ol.minutes button.U")).to_have_count(left - 1, timeout=PATIENCE_MS)
                await page.keyboard.press("f")
                await page.wait_for_selector("fieldset input")
                await page.keyboard.press("2")
                await page.keyboard.press("Enter")
                await page.wait_for_selector("text=SHARED_ADDRESS")
                await expect(page.locator("#case ol.minutes")).to_have_count(0, timeout=PATIENCE_MS)
                await page.wait_for_selector("#case >> text=属正常情况")
                await page.keyboard.press("e")
                await page.wait_for_selector("#confirm:focus")
                await page.keyboard.press("Enter")
                await expect(page.locator(".chip").first).to_contain_text("(59)", timeout=PATIENCE_MS)

                page = await (await browser.new_context(viewport=NARROW, locale="en-GB")).new_page()
                narrow_errors = complaints_of(page)
                for path in (f"/queue#key={key}", f"/sessions#key={key}"):
                    await page.goto(base + path)
                    await page.wait_for_selector("main .card")
                    assert await page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
                await page.goto(f"{base}/lessons")
                await page.get_by_role("button", name="1 questions").click()
                await page.wait_for_selector("text=right")
                assert await page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
                await page.goto(f"{base}/timeline#token={learner}")
                await page.wait_for_selector("#start-appeal")
                assert "a person's decision" not in (await page.inner_text("main")).lower()
                await page.locator("ol.minutes button.F").first.click()
                assert "did not match the enrolled photo" in await page.inner_text("main")
                await page.click("#start-appeal")
                await page.locator("ol.minutes button.F").first.click()
                await page.fill("#appeal", "我一直在看。")
                assert await page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
                await page.click("#send")
                await page.wait_for_selector("[role=status]")
                await browser.close()
        trail = [(entry.actor, entry.action) for entry in await services.store.audit("inst", 2**53, 50)]
        assert {
            ("ren", "picture.view"),
            ("ren", "decide.grant"),
            ("ren", "decide.refuse"),
            ("ren", "decide.expected"),
        } <= {*trail}
        outcomes = [json.loads(each.body)["outcome"] for each in await services.store.amendments(student.session_id)]
        assert outcomes == ["grant", *["refuse"] * (left - 1)]
        [appeal] = await services.store.appeals(student.session_id)
        assert len(appeal.minutes) == 1
        assert errors == narrow_errors == []
