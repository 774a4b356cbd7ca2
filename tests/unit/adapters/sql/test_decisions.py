"""Decisions and appeals in SQLite: one transaction or nothing, one open appeal, and no second credit (I2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.stores import events, open_store, row
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.enums import CaseKind, CaseState, LeafKind, ReviewOutcome
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records import StoredLeaf, StoredMinute
from zaichang.ports.records_cases import Appeal, CaseClosing, CaseDraft, CaseFilter, CaseReason
from zaichang.ports.records_review import Amend, Amendment
from zaichang.session.decisions import Verdict

DRAFT = CaseDraft(
    case_id="case", institution_id="inst", kind=CaseKind.SESSION, subject="s1", learner_id="learner", at_ms=1,
    due_ms=50, reasons=(CaseReason(code="NO_FACE"),),
)  # fmt: skip
LEAF = StoredLeaf(leaf_seq=1, kind=LeafKind.AMEND, at_ms=5, body=b"amend")
AMENDMENT = Amendment(
    session_id="s1", leaf_seq=1, minute=0, at_ms=5, verdict=Verdict.VERIFIED, delta_ms=10,
    reason=ReasonCode.REVIEW_GRANTED, reviewer_id="ren", body=b"{}",
)  # fmt: skip
CLOSE = CaseClosing(case_id="case", at_ms=6, reviewer_id="ren", outcome=ReviewOutcome.GRANT, note="n")
WRITE = Amend(session_id="s1", leaves=(LEAF,), amendments=(AMENDMENT,), credited=((0, ((100, 110),)),), close=CLOSE)
APPEAL = Appeal(session_id="s1", number=0, at_ms=7, minutes=(0, 2), encrypted=b"words")


@asynccontextmanager
async def decided(path: Path, *, closed: bool = True) -> AsyncIterator[SqliteStore]:
    """A store with one session, one minute of credit and one open case."""
    async with open_store(path, inline=True) as store:
        await store.open_session(row(1))
        more: dict[str, Any] = {"closed_ms": 9_000} if closed else {}
        minute = StoredMinute(minute=0, body=b'{"undecided":[]}', credited=((0, 50),))
        start = StoredLeaf(leaf_seq=0, kind=LeafKind.START, at_ms=1, body=b"start")
        await store.append(events(0, b"e", minutes=(minute,), leaves=(start,), **more))
        await store.raise_case(DRAFT)
        yield store


async def credited(store: SqliteStore) -> object:
    return await store.credited("inst", "learner", "course", "lesson")


async def test_a_decision_writes_leaves_records_credit_and_the_cases_end(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        await store.amend(WRITE)
        assert [leaf.kind for leaf in await store.leaves("s1")] == [LeafKind.START, LeafKind.AMEND]
        assert list(await store.amendments("s1")) == [AMENDMENT]
        assert await credited(store) == ((0, 50), (100, 110))
        case = await store.case("case")
        assert (case.state, case.outcome, case.closed_by) == (CaseState.CLOSED, ReviewOutcome.GRANT, "ren")


async def test_credit_that_is_there_already_leaves_nothing_of_the_decision(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        for part in ((0, 1), (49, 60), (10, 20)):
            with pytest.raises(StorageError, match=r"storage\.double_credit"):
                await store.amend(replace(WRITE, credited=((0, (part,)),)))
        assert len(await store.leaves("s1")) == 1 and await store.amendments("s1") == []
        assert (await store.case("case")).state is CaseState.OPEN and await credited(store) == ((0, 50),)
        await store.amend(replace(WRITE, credited=((0, ((50, 60),)),)))
        assert await credited(store) == ((0, 60),)


async def test_the_leaves_of_a_decision_may_follow_it(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        await store.amend(replace(WRITE, leaves=()))
        assert [leaf.kind for leaf in await store.leaves("s1")] == [LeafKind.START]
        assert await credited(store) == ((0, 50), (100, 110)), "it counts at once"
        assert await store.without_leaf() == ["s1"]
        with pytest.raises(StorageError, match=r"storage\.conflict"):  # its number is taken, although its leaf is not
            await store.amend(replace(WRITE, leaves=(), credited=()))
        with pytest.raises(StorageError, match=r"storage\.conflict"):
            await store.add_leaves("s1", (replace(LEAF, leaf_seq=2),))
        await store.add_leaves("s1", (LEAF,))
        assert await store.without_leaf() == [] and len(await store.leaves("s1")) == 2


async def test_a_decision_that_came_in_between_is_a_conflict(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        with pytest.raises(StorageError, match=r"storage\.conflict"):
            await store.amend(replace(WRITE, leaves=(replace(LEAF, leaf_seq=2),)))
        with pytest.raises(NotFound, match=r"session\.unknown"):
            await store.amend(replace(WRITE, session_id="other"))


async def test_nothing_is_decided_while_the_learner_studies_the_lesson(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        await store.open_session(row(2))
        with pytest.raises(NotAllowed, match=r"review\.session_open"):
            await store.amend(WRITE)
    async with decided(tmp_path / "other") as store:
        await store.open_session(row(2, lesson_id="another"))
        await store.amend(WRITE)


async def test_a_decision_is_published_once_its_leaf_is_anchored(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        await store.amend(WRITE)
        assert await store.unpublished_amendments() == []
        await store.note_anchored("s1", 1, 41)
        assert list(await store.unpublished_amendments()) == [AMENDMENT]
        await store.note_amendment_published("s1", 1)
        assert await store.unpublished_amendments() == []
        assert [each.published for each in await store.amendments("s1")] == [True]


async def test_one_appeal_waits_at_a_time_and_the_decision_answers_it(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        await store.add_appeal(APPEAL, DRAFT)
        with pytest.raises(NotAllowed, match=r"appeal\.open"):
            await store.add_appeal(replace(APPEAL, number=1), DRAFT)
        assert list(await store.appeals("s1")) == [APPEAL]
        await store.amend(WRITE)
        [answered] = await store.appeals("s1")
        assert (answered.answered_ms, answered.outcome) == (6, ReviewOutcome.GRANT)


async def test_an_appeal_opens_a_closed_case_again_with_its_own_time(tmp_path: Path) -> None:
    async with decided(tmp_path) as store:
        await store.close_case(CLOSE)
        await store.add_appeal(APPEAL, replace(DRAFT, due_ms=900))
        [case] = await store.cases(CaseFilter(institution_id="inst"))
        assert (case.case_id, case.due_ms) == ("case", 900)
