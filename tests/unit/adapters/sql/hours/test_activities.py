"""Activities in SQLite: a draft with a ref once, steps in order, and steps that wait for the log and the feed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, open_store
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.ledger.activities.stages import Party, Stage, State
from zaichang.ports.hours.activities import Activity, ActivityStep, EvidenceFile
from zaichang.ports.ledger import HourFact

DRAFT = Activity(
    activity_id="a1", institution_id="inst", learner_id="learner", rules="r", item="paper", unit_id="", ref="n-1",
    batch="", details=b"{}", papers=b"{}", title=b"", state=State.DRAFT, created_by="learner", created_ms=1,
    changed_ms=1,
)  # fmt: skip
FIRST = ActivityStep(
    activity_id="a1", seq=0, stage=Stage.SUBMIT, party=Party.LEARNER, actor="learner", at_ms=5, reason="", words=b"",
    body=b'{"entry":{}}', leaf=b"leaf",
)  # fmt: skip
FILE = EvidenceFile(
    activity_id="a1", file_id="f1", document="copy", media_type="application/pdf", size_bytes=1, sha256="0" * 64,
    at_ms=2,
)  # fmt: skip


async def test_a_ref_is_one_activity_of_one_learner(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        assert await store.add_activity(DRAFT) == DRAFT
        assert await store.add_activity(replace(DRAFT, activity_id="a2", item="book")) == DRAFT
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
        fact = HourFact(
            institution_id="inst", learner_id="learner", fact_key="activity/a1/0", session_id="a1", verified_ms=0,
            first_index=7, last_index=7, body=b"{}",
        )  # fmt: skip
        await store.add_hour_fact(fact)
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
