"""Lists and single activities: each side sees its own, and an erased learner's words are gone."""

from __future__ import annotations

from pathlib import Path

from support.activities import HOSPITAL, LEARNER, REN, degree, office
from support.stores import erase_all
from zaichang.hours.activities.reading import NEWEST
from zaichang.hours.feed import HourFeed
from zaichang.ledger.activities.stages import Stage, State
from zaichang.ports.hours.activities import ActivityFilter

ALL = ActivityFilter()


async def test_a_list_restricts_pages_and_hides_drafts_from_the_employer(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        reader, names = page.parts.reader, []
        for _ in range(3):
            page.clock.at_ms += 1_000
            names.append(await page.hand_in(degree(unit_id="hospital"), "diploma", "chsi"))
        draft = (await page.parts.desk.draft(LEARNER, degree(unit_id="hospital"))).activity_id
        newest = await reader.listed(REN, ALL, NEWEST, 2)
        assert [each.activity_id for each in newest] == [draft, names[2]]
        after = (newest[-1].changed_ms, newest[-1].activity_id)
        assert [each.activity_id for each in await reader.listed(REN, ALL, after, 9)] == names[1::-1]
        assert len(await reader.listed(HOSPITAL, ALL, NEWEST, 9)) == 3
        drafts = ActivityFilter(states=(State.DRAFT,), learner_id="person")
        assert [each.activity_id for each in await reader.listed(LEARNER, drafts, NEWEST, 9)] == [draft]
        assert await reader.listed(LEARNER, ActivityFilter(batch="b"), NEWEST, 9) == []
        assert len(await reader.listed(LEARNER, ActivityFilter(learner_id="other"), NEWEST, 9)) == 4, "only the own"


async def test_words_are_opened_and_gone_with_the_learner(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(title="硕士"), "diploma", "chsi")
        await page.parts.desk.take(REN, name, Stage.REFUSE, reason="other", words="不清楚")
        seen = await page.parts.reader.seen(LEARNER, name)
        assert (seen.title, list(seen.words), seen.held) == ("硕士", ["", "不清楚"], {"diploma", "chsi"})
        await HourFeed(page.store).feed()
        await erase_all(page.store, "inst", "person", "erased-1", page.clock.at_ms)
        gone = await page.parts.reader.seen(REN, name)
        assert (gone.title, list(gone.words), gone.files) == ("", ["", ""], [])
        assert (gone.activity.details, gone.activity.learner_id) == (b"{}", "erased-1")
        assert all(step.body == b"" and step.leaf for step in gone.steps), "the log's entries stay"
        assert len(await page.store.hour_facts("inst", "erased-1")) == 2
