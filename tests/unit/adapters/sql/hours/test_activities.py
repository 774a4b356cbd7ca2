"""Activities in SQLite: a draft with a ref once, steps in order, and steps that wait for the log and the feed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, open_store
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.ledger.activities.folding import folded, step_body
from zaichang.ledger.activities.stages import Party, Stage, State
from zaichang.ports.hours.activities import Activity, ActivityFilter, ActivityStep, EvidenceFile
from zaichang.ports.ledger import HourFact
from zaichang.ports.records import Learner

DRAFT = Activity(
    activity_id="a1", institution_id="inst", learner_id="learner", rules="r", item="paper", unit_id="", ref="n-1",
    batch="", details=b"{}", papers=b"{}", title=b"", state=State.DRAFT, created_by="learner", created_ms=1,
    changed_ms=1,
)  # fmt: skip
FIRST = ActivityStep(
    activity_id="a1", seq=0, stage=Stage.SUBMIT, party=Party.LEARNER, actor="learner", at_ms=5, reason="", words=b"",
    body=b'{"entry":{}}', leaf=b"leaf",
)  # fmt: skip
FACT = HourFact(
    institution_id="inst", learner_id="learner", fact_key="activity/a1/0", session_id="a1", verified_ms=0,
    first_index=7, last_index=7, body=b"{}",
)  # fmt: skip
FILE = EvidenceFile(
    activity_id="a1", file_id="f1", document="copy", media_type="application/pdf", size_bytes=1, sha256="0" * 64,
    at_ms=2,
)  # fmt: skip


async def test_a_ref_is_one_activity_of_one_learner(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        assert await store.add_activity(DRAFT) == DRAFT
        assert await store.add_activity(replace(DRAFT, activity_id="a2", item="book")) == DRAFT
        await store.ensure_learner(Learner(institution_id="inst", learner_id="other", wrapped_key=b"w", created_ms=1))
        other = replace(DRAFT, activity_id="a3", learner_id="other")
        assert await store.add_activity(other) == other
        with pytest.raises(NotFound, match=r"activity\.unknown"):
            await store.activity("a2")


async def test_a_step_waits_for_the_log_and_then_for_the_feed(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_activity(DRAFT)
        await store.add_evidence(FILE)
        await store.take_step(FIRST, State.SUBMITTED, 1)
        changed = replace(DRAFT, state=State.SUBMITTED, changed_ms=5)
        assert await store.unlogged_steps(9) == [(changed, FIRST)]
        assert await store.unfed_steps(9) == []
        await store.note_step_logged("a1", 0, 7)
        logged = replace(FIRST, entry_index=7)
        assert await store.unlogged_steps(9) == [] and await store.unfed_steps(9) == [(changed, logged)]
        whose = (changed.institution_id, changed.learner_id)
        assert await store.unfed_steps(9, owner=whose) == [(changed, logged)]
        assert await store.unfed_steps(9, owner=(changed.institution_id, "other")) == []  # type: ignore[arg-type]
        await store.add_hour_fact(FACT)
        assert await store.unfed_steps(9) == []
        assert await store.logged_steps(("", -1), 9) == [(changed, logged, b"{}")]
        assert await store.logged_steps(("a1", 0), 9) == []
        assert await store.steps("a1") == [logged]


async def test_only_a_draft_takes_files_and_is_dropped(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_activity(DRAFT)
        await store.add_evidence(FILE)
        assert await store.evidence_of("a1") == [FILE]
        assert await store.evidence_to_erase("inst", "learner") == [("a1", "f1")]
        await store.take_step(FIRST, State.SUBMITTED, 1)
        with pytest.raises(NotAllowed, match=r"activity\.raced"):
            await store.add_evidence(replace(FILE, file_id="f2"))
        with pytest.raises(NotAllowed, match=r"activity\.raced"):
            await store.drop_draft("a1")
        assert (await store.activity("a1")).state is State.SUBMITTED and await store.evidence_of("a1") == [FILE]
        await store.add_activity(replace(DRAFT, activity_id="a4", ref=""))
        await store.add_evidence(replace(FILE, activity_id="a4", file_id="f4"))
        assert await store.drop_draft("a4") == ["f4"]
        with pytest.raises(NotFound):
            await store.activity("a4")
        assert await store.evidence_of("a4") == []
        with pytest.raises(NotAllowed, match=r"activity\.raced"):
            await store.drop_draft("a4")


async def test_an_erased_learners_activity_takes_nothing_more(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_activity(DRAFT)
        await store.take_step(FIRST, State.SUBMITTED, 0)
        await store.add_activity(replace(DRAFT, activity_id="a5", ref=""))
        await erase_all(store, "inst", "learner", "alias", 10_000)
        with pytest.raises(NotAllowed, match=r"learner\.erased"):
            await store.take_step(replace(FIRST, seq=1, stage=Stage.CHECK), State.CHECKED, 0)
        with pytest.raises(NotAllowed, match=r"activity\.raced"):
            await store.add_evidence(replace(FILE, activity_id="a5"))
        assert [(step.words, step.body) for step in await store.steps("a1")] == [(b"", b"")]
        with pytest.raises(NotAllowed, match=r"learner\.erased"):
            await store.add_activity(replace(DRAFT, activity_id="a6", ref=""))
        assert (await store.activity("a1")).learner_id == "alias"


async def test_a_fact_of_an_erased_learner_keeps_its_steps_and_no_words(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_activity(DRAFT)
        entry = {"id": "activity/a1", "kind": "activity", "item": "paper", "activity": "王五的论文"}
        body = canonical_bytes(step_body("activity/a1", 0, Stage.SUBMIT, "2026-01-02T10:00:00", entry))
        await store.add_hour_fact(replace(FACT, body=body))
        await erase_all(store, "inst", "learner", "alias", 10_000)
        [fact] = await store.hour_facts("inst", "alias")
        assert json.loads(fact.body) == {
            "at": "2026-01-02T10:00:00", "id": "activity/a1/0", "of": "activity/a1", "reason": "", "stage": "submit",
        }  # fmt: skip
        assert folded([json.loads(fact.body)]) == []


async def test_a_fact_made_while_its_learner_was_erased_is_not_written(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_activity(DRAFT)
        await store.take_step(FIRST, State.SUBMITTED, 0)
        await erase_all(store, "inst", "learner", "alias", 10_000)
        await store.add_hour_fact(FACT)
        assert [await store.hour_facts("inst", name) for name in ("learner", "alias")] == [[], []]


async def test_a_store_knows_whether_the_employer_confirmed(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_activity(DRAFT)
        await store.take_step(FIRST, State.SUBMITTED, 0)
        assert not (await store.activity("a1")).confirmed
        step = replace(FIRST, seq=1, stage=Stage.CONFIRM, party=Party.EMPLOYER)
        await store.take_step(step, State.CONFIRMED, 0)
        [listed] = await store.activities("inst", ActivityFilter(), (10**15, ""), 9)
        assert listed.confirmed and (await store.activity("a1")).confirmed
