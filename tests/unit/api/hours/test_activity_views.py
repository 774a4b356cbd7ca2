"""Views of an activity: steps that a side may take, the office's names hidden from the learner, an erased learner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.activities import LEARNER, REN, SUN, degree, office
from support.stores import erase_all
from zaichang.api.hours.activity_views import activity_view, checklist_view
from zaichang.hours.activities.checklists import load_checklist
from zaichang.ledger.activities.stages import Stage


async def test_a_learner_reads_reasons_and_no_names_of_the_office(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(), "diploma", "chsi")
        await page.parts.desk.take(REN, name, Stage.REFUSE, reason="amount")
        now_ms = page.clock.at_ms
        mine = activity_view(await page.parts.reader.seen(LEARNER, name), LEARNER, now_ms)
        theirs = activity_view(await page.parts.reader.seen(SUN, name), SUN, now_ms)
        assert [step.actor for step in mine.steps] == ["learner", ""]
        assert [step.actor for step in theirs.steps] == ["learner", "ren"]
        assert mine.steps[1].reason is not None and mine.steps[1].reason.code == "amount"
        assert (mine.may, theirs.may) == (["appeal"], [])
        assert activity_view(await page.parts.reader.seen(LEARNER, name), LEARNER, mine.appeal_until_ms or 0).may == []
        shared = replace(REN, name="staff")
        fresh = await page.hand_in(degree(), "diploma", "chsi")
        assert activity_view(await page.parts.reader.seen(shared, fresh), shared, now_ms).may == []
        await erase_all(page.store, "inst", "person", "erased-1", now_ms)
        gone = activity_view(await page.parts.reader.seen(SUN, name), SUN, now_ms)
        assert (gone.would_count, gone.details, gone.learner) == (None, {}, "erased-1")


def test_a_checklist_shows_items_documents_and_reasons() -> None:
    shown = checklist_view(load_checklist("cq-pharmacist-2025"))
    assert len(shown.reasons) == 11
    assert [document.name for document in shown.items[0].documents] == ["diploma", "chsi"]
