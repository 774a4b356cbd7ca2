"""Batches in SQLite: immutable, of one number once, and a refusal that comes again opens its case anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.filed_rows import filed
from support.stores import open_store
from unit.adapters.sql.hours.test_activities import DRAFT, FIRST
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.ledger.activities.stages import Stage, State
from zaichang.ledger.filing.rows import CaseState, RowKey, RowState
from zaichang.ports.hours.filing import Batch, Cut, FactSpan, RowChange
from zaichang.ports.ledger import HourFact

BATCH = Batch(
    institution_id="inst", batch_id="cq-2026-0001", target="cq", year=2026, number=1, made_ms=5, made_by="ren",
    cuts=(Cut(log_year=2026, size=3, from_index=1, to_index=2),), manifest=b"note",
)  # fmt: skip
ROW = filed(1, "prepared")


async def test_a_batch_and_its_rows_come_back_as_they_were(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_batch(BATCH, [ROW, filed(1, "prepared", learner="wang", amount="1/3")])
        assert await store.batches("inst", 9) == [BATCH]
        assert await store.batches("inst", 9, "other") == []
        assert await store.filed_rows("inst", "cq", 2026, learner_id="li") == [ROW]
        assert len(await store.filed_rows("inst", "cq", 2026, batch_id="cq-2026-0001")) == 2
        assert await store.filed_rows("inst", "cq", 2025) == []


async def test_a_number_and_a_row_are_taken_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_batch(BATCH, [ROW])
        with pytest.raises(NotAllowed, match="Another batch"):
            await store.add_batch(BATCH, [])
        second = replace(BATCH, batch_id="cq-2026-0002", number=2)
        with pytest.raises(NotAllowed):
            await store.add_batch(second, [replace(ROW, batch_id=second.batch_id)])
        assert await store.batches("inst", 9) == [BATCH], "nothing of the second batch is stored"


async def test_a_refusal_after_a_decision_opens_the_case_anew(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_batch(BATCH, [ROW])
        refusal = RowChange(key=ROW.key, state=RowState.REFUSED, code="e", owner="ren", due_ms=9)
        await store.change_rows(BATCH, [refusal], [], 6)
        case = await store.filing_case("inst", "cq", ROW.key)
        row = replace(case.row, state=RowState.ACCEPTED, case=CaseState.ACCEPTED)
        await store.decide_filing_case("inst", case, replace(case, row=row, decided_by="ren", decided_ms=7))
        with pytest.raises(NotAllowed, match="decided"):
            await store.decide_filing_case("inst", case, case)
        await store.change_rows(BATCH, [refusal], [], 8)
        [again] = await store.filing_cases("inst", CaseState.OPEN, 9)
        assert (again.opened_ms, again.decided_ms, again.row.state) == (8, None, RowState.REFUSED)
        with pytest.raises(NotFound):
            await store.filing_case("inst", "cq", RowKey("x", "law", 2026, 1))


async def test_a_case_is_changed_only_as_it_was_read(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_batch(BATCH, [ROW])
        refusal = RowChange(key=ROW.key, state=RowState.REFUSED, code="e", owner="ren", due_ms=9)
        await store.change_rows(BATCH, [refusal], [], 6)
        read = await store.filing_case("inst", "cq", ROW.key)
        proposed = replace(read, proposed=CaseState.DROP, proposed_by="ren")
        await store.decide_filing_case("inst", read, proposed)
        for late in (replace(read, note="asks"), replace(read, owner="wu")):
            with pytest.raises(NotAllowed, match=r"filing\.raced"):
                await store.decide_filing_case("inst", read, late)
        dropped = replace(proposed, row=replace(read.row, case=CaseState.DROP), decided_ms=7)
        with pytest.raises(NotAllowed, match=r"filing\.raced"):
            await store.decide_filing_case("inst", proposed, replace(dropped, decided_by="ren"))
        assert await store.filing_case("inst", "cq", ROW.key) == proposed
        await store.decide_filing_case("inst", proposed, replace(dropped, decided_by="sun"))


async def test_a_word_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_batch(BATCH, [ROW])
        await store._db.write(lambda db: db.execute("UPDATE filing_rows SET state = 'lost'"))
        with pytest.raises(StorageError):
            await store.filed_rows("inst", "cq", 2026)


async def test_an_activity_s_log_entries_begin_with_its_first_step_in_the_log_of_its_year(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_activity(DRAFT)
        for seq, (stage, at_ms, index) in enumerate(((Stage.SUBMIT, 5, 7), (Stage.APPROVE, 90, 31))):
            await store.take_step(replace(FIRST, seq=seq, stage=stage, at_ms=at_ms), State.SUBMITTED, 0)
            await store.note_step_logged("a1", seq, index)
            fact = HourFact(
                institution_id="inst", learner_id="learner", fact_key=f"activity/a1/{seq}", session_id="a1",
                verified_ms=0, first_index=index, last_index=index, body=b"{}",
            )  # fmt: skip
            await store.add_hour_fact(fact)
        assert await store.fact_spans("inst", "learner") == [
            FactSpan(fact_key="activity/a1", opened_ms=5, first_index=7, last_index=last) for last in (7, 31)
        ]
