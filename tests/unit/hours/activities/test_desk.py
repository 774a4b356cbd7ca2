"""The desk: a step is stored, logged once, and survives a log that refuses; drafts, refs and employers are checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.activities import HOSPITAL, LEARNER, PDF, PLATFORM, REN, SUN, WU, degree, office
from zaichang.core.errors import NotAllowed, PeerViolation, StorageError, ZaichangError
from zaichang.hours.activities.desk import DRAFTS_MAX
from zaichang.hours.feed import HourFeed
from zaichang.ledger.activities.stages import Party, Stage, State
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash

DOCUMENTS = ("diploma", "chsi")


async def test_each_step_is_an_entry_that_follows_the_one_before_and_names_no_one(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(title="张三的学位"), *DOCUMENTS)
        await page.parts.desk.take(REN, name, Stage.CHECK)
        await page.parts.desk.take(SUN, name, Stage.APPROVE, words="好")
        entries = page.logs.of("inst", page.clock.at_ms).entries
        leaves = [parse_leaf(entry) for entry in entries]
        assert [(leaf["aid"], leaf["seq"], leaf["stage"]) for leaf in leaves] == [
            (name, 0, "submit"), (name, 1, "check"), (name, 2, "approve"),
        ]  # fmt: skip
        assert [leaf["prev"] for leaf in leaves] == ["", *(leaf_hash(entry).hex() for entry in entries[:2])]
        assert set(leaves[0]) == {"v", "t", "origin", "at", "aid", "seq", "prev", "stage", "document_c"}
        steps = await page.store.steps(name)
        assert "张三".encode() not in b"".join(step.body + step.leaf for step in steps), "no free text is in a document"
        assert b'"sha256"' in steps[0].body and steps[2].words and b'"words_c":""' not in steps[2].body


async def test_a_step_waits_while_the_log_refuses_and_is_logged_once(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        log = page.logs.of("inst", page.clock.at_ms)
        log.refuses = True
        with pytest.raises(StorageError):
            await page.hand_in(degree(), *DOCUMENTS)
        [(activity, step)] = await page.store.unlogged_steps(9)
        assert (activity.state, step.entry_index) == (State.SUBMITTED, None)
        assert await HourFeed(page.store).feed() == 0
        log.refuses = False
        assert await page.parts.desk.log_waiting() == 1
        assert await page.parts.desk.log_waiting() == 0
        assert await HourFeed(page.store).feed() == 1 and await HourFeed(page.store).feed() == 0
        assert len(log.entries) == 1


async def test_a_log_that_refuses_stops_no_other_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zaichang.hours.activities.desk._BATCH", 1)
    async with office(tmp_path) as page:
        refusing = page.logs.of("inst", page.clock.at_ms)
        refusing.refuses = True
        with pytest.raises(StorageError):
            await page.hand_in(degree(), *DOCUMENTS)
        page.clock.at_ms += 366 * 86_400_000
        name = await page.hand_in(degree(), *DOCUMENTS)
        [step] = await page.store.steps(name)
        assert step.entry_index == 0, "the other year's log took it"
        assert await page.parts.desk.log_waiting() == 0, "the refused one is logged as an error and waits"
        refusing.refuses = False
        assert await page.parts.desk.log_waiting() == 1


async def test_a_decision_of_the_next_year_stands_in_the_log_of_the_first(tmp_path: Path) -> None:
    async with office(tmp_path, "2026-12-31T10:00:00") as page:
        name = await page.hand_in(degree(), *DOCUMENTS)
        first = page.logs.of("inst", page.clock.at_ms)
        page.clock.at_ms += 5 * 86_400_000
        await page.parts.desk.take(REN, name, Stage.CHECK)
        assert len(first.entries) == 2 and len(page.logs.logs) == 1


async def test_two_decisions_at_once_cannot_both_stand(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(), *DOCUMENTS)
        steps = await page.store.steps(name)
        late = replace(steps[0], stage=Stage.CHECK, actor="ren")
        with pytest.raises(NotAllowed, match=r"activity\.raced"):
            await page.store.take_step(late, State.CHECKED, 2)
        with pytest.raises(NotAllowed, match=r"activity\.raced"):
            await page.store.take_step(replace(late, seq=1), State.CHECKED, 1)
        assert (await page.store.activity(name)).state is State.SUBMITTED


async def code(awaitable: Any) -> str:
    with pytest.raises(ZaichangError) as caught:
        await awaitable
    return caught.value.code


async def test_what_a_draft_may_not_be(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        desk = page.parts.desk
        assert await code(desk.draft(HOSPITAL, degree())) == "activity.party"
        assert await code(desk.draft(replace(LEARNER, learner_id="other"), degree())) == "activity.party"  # type: ignore[arg-type]
        assert await code(desk.draft(LEARNER, degree(unit_id="unknown"))) == "activity.employer"
        assert await code(desk.draft(LEARNER, degree(ref="a b"))) == "id.invalid"
        await desk.draft(PLATFORM, degree(ref="r-1"))
        other = degree(ref="r-1", details={"awarded": "2026-06-21"})
        assert await code(desk.draft(PLATFORM, other)) == "activity.ref"
        for _ in range(DRAFTS_MAX - 1):
            await desk.draft(LEARNER, degree())
        assert await code(desk.draft(LEARNER, degree())) == "activity.drafts"
        await desk.draft(LEARNER, degree(batch="import-1"))


async def test_what_a_step_may_not_be(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        desk = page.parts.desk
        draft = (await desk.draft(LEARNER, degree())).activity_id
        assert await code(desk.take(LEARNER, draft, Stage.SUBMIT)) == "activity.incomplete"
        service = replace(PLATFORM, party=Party.SERVICE)
        assert await code(desk.take(service, draft, Stage.RECORD)) == "activity.signed"
        name = await page.hand_in(degree(), *DOCUMENTS)
        assert await code(desk.take(REN, name, Stage.REFUSE, reason="none")) == "activity.reason"
        assert await code(desk.take(REN, name, Stage.CHECK, reason="other")) == "activity.reason"
        assert await code(desk.take(REN, name, Stage.CHECK, words="\x1b[2J")) == "activity.words"
        shared = replace(REN, name="staff")
        assert await code(desk.take(shared, name, Stage.CHECK)) == "review.personal_key"


async def test_papers_that_the_office_holds_stand_for_files(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        papers = {name: f"2026-{number}" for number, name in enumerate(DOCUMENTS)}
        name = await page.hand_in(degree(papers=papers), actor=REN)
        assert b'"papers":{"chsi":"2026-1","diploma":"2026-0"}' in (await page.store.steps(name))[0].body
        with pytest.raises(PeerViolation, match=r"activity\.invalid"):
            await page.parts.desk.draft(REN, degree(papers={"none": "1"}))


async def test_the_office_drafts_with_own_keys_and_does_not_judge_its_own_papers(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        desk, evidence, shared = page.parts.desk, page.parts.evidence, replace(REN, name="staff")
        assert await code(desk.draft(shared, degree())) == "review.personal_key"
        draft = (await desk.draft(REN, degree())).activity_id
        assert await code(evidence.add(shared, draft, "chsi", "application/pdf", PDF)) == "review.personal_key"
        assert await code(evidence.discard(shared, draft)) == "review.personal_key"
        for actor, document in ((LEARNER, "diploma"), (SUN, "chsi")):
            await evidence.add(actor, draft, document, "application/pdf", PDF)
        await desk.take(LEARNER, draft, Stage.SUBMIT)
        for actor in (REN, SUN):
            assert await code(desk.take(actor, draft, Stage.CHECK)) == "activity.same_person"
        await desk.take(WU, draft, Stage.CHECK)
        dropped = (await desk.draft(REN, degree())).activity_id
        await evidence.discard(REN, dropped)
        noted = [(entry.actor, entry.action) for entry in await page.store.audit("inst", 9_999, 50)]
        for expected in (("ren", "activity.draft"), ("sun", "activity.add_file"), ("ren", "activity.discard")):
            assert expected in noted
