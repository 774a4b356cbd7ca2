"""Credit in storage: each part of a lesson once in a period, again in the next, and never again where it is once."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores import events, open_store, row
from zaichang.adapters.sql.credits import take_back
from zaichang.core.errors import StorageError
from zaichang.core.periods import ONCE
from zaichang.ports.records import Learner, StoredMinute

PART = ((0, 60_000),)


async def earn(store, number: int, period: str) -> None:  # type: ignore[no-untyped-def]
    session = row(number, period=period)
    await store.open_session(session)
    minute = StoredMinute(minute=0, body=b"{}", credited=PART)
    await store.append(events(0, b"{}", session_id=session.session_id, minutes=(minute,), closed_ms=2_000))


@pytest.mark.parametrize(
    ("first", "second"), [("2026-01-01", "2027-01-01"), ("2025-11-01", "2026-11-01"), ("2027-01-01", "2026-01-01")]
)
async def test_a_lesson_counts_again_in_another_year(tmp_path: Path, first: str, second: str) -> None:
    async with open_store(tmp_path) as store:
        await earn(store, 1, first)
        assert await store.credited("inst", "learner", "course", "lesson", "1", second) == ()
        await earn(store, 2, second)
        assert await store.credited("inst", "learner", "course", "lesson", "1", first) == PART


@pytest.mark.parametrize(
    ("first", "second"),
    [("2026-01-01", "2026-01-01"), ("2026-01-01", "2026-11-01"), ("2026-01-01", ONCE), (ONCE, "2030-01-01"),
     ("", "2026-01-01")],
)  # fmt: skip
async def test_a_lesson_counts_once_in_periods_that_overlap(tmp_path: Path, first: str, second: str) -> None:
    async with open_store(tmp_path) as store:
        await earn(store, 1, first)
        assert await store.credited("inst", "learner", "course", "lesson", "1", second) == PART
        with pytest.raises(StorageError, match=r"storage\.double_credit"):
            await earn(store, 2, second)


async def test_part_of_a_minute_is_taken_back_where_another_account_of_the_person_holds_it_too(tmp_path: Path) -> None:
    """Both earned it before a launch said that they are one person."""
    async with open_store(tmp_path, inline=True) as store:
        await store.ensure_learner(Learner(institution_id="inst", learner_id="b", wrapped_key=b"w", created_ms=1))
        for number, learner in ((1, "learner"), (2, "b")):
            await store.open_session(row(number, learner_id=learner))
            minute = StoredMinute(minute=0, body=b"{}", credited=PART)
            await store.append(events(0, b"{}", session_id=f"s{number}", minutes=(minute,), closed_ms=2_000))
        await store._db.write(lambda db: db.execute("UPDATE learners SET person = 'who'").rowcount)
        where = ("inst", "learner", "course", "lesson", "1", "")
        await store._db.write(lambda db: take_back(db, where, "s1", 0, ((0, 10_000),)))
        assert await store.credited_minutes("s1") == {0: ((10_000, 60_000),)}
        assert await store.credited_minutes("s2") == {0: PART}
        with pytest.raises(StorageError, match=r"storage\.conflict"):
            await store._db.write(lambda db: take_back(db, where, "s1", 0, ((0, 20_000),)))
