"""Accounts of one person in SQLite: likenesses between institutions, and credit at the same server time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import events, open_store, row
from zaichang.adapters.sql.one_person import _EARNED_AT_ONCE, _NAMES, earned_at_once
from zaichang.adapters.sql.store import SqliteStore
from zaichang.ports.records import Institution, Learner, StoredMinute

ONE, TWO = ("inst", "learner"), ("two", "p-9")


async def other_institution(store: SqliteStore) -> None:
    await store.put_institution(
        Institution(institution_id="two", name_zh="乙", name_en="B", key_digest="x", staff_digest="y", created_ms=1)
    )
    await store.ensure_learner(Learner(institution_id="two", learner_id="p-9", wrapped_key=b"w", created_ms=1))


async def studied(store: SqliteStore, number: int, from_ms: int, *, credited: bool = True, **more: object) -> None:
    """Keep a closed session of one minute of server time."""
    await store.open_session(row(number, opened_ms=from_ms, **more))
    body = json.dumps({"from_ms": from_ms, "to_ms": from_ms + 60_000}).encode()
    minute = StoredMinute(minute=0, body=body, credited=((0, 60_000),) if credited else ())
    write = events(0, b"e", minutes=(minute,), closed_ms=from_ms + 60_000)
    await store.append(replace(write, session_id=f"s{number}"))


async def at_once(store: SqliteStore, session: str = "s1") -> bool:
    return await store._db.write(lambda db: earned_at_once(db, session, "[0]"))


@pytest.mark.parametrize(
    ("apart_ms", "credited", "expected"), [(59_999, True, True), (60_000, True, False), (0, False, False)]
)
async def test_time_shared_with_credit_of_the_same_person_is_seen_to_the_millisecond(
    tmp_path: Path, apart_ms: int, credited: bool, expected: bool
) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await other_institution(store)
        await studied(store, 1, 1_000_000, credited=False, person="who")
        mine = {"institution_id": "two", "learner_id": "p-9", "person": "who"}
        await studied(store, 2, 1_000_000 + apart_ms, credited=credited, **mine)
        assert await at_once(store) is expected


async def test_another_person_and_an_account_without_one_share_time_rightly(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await other_institution(store)
        await studied(store, 1, 1_000_000, credited=False, person="")
        await studied(store, 2, 1_000_000, institution_id="two", learner_id="p-9", person="who")
        assert not await at_once(store)
        await store.note_alike(ONE, TWO)  # type: ignore[arg-type]
        assert await at_once(store), "the same face"
        assert await store.overlapped_alike("s1") == [TWO] and await store.overlapped_alike("s2") == [ONE]  # type: ignore[arg-type]


async def test_a_likeness_holds_in_both_directions_while_the_other_studies(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await other_institution(store)
        await store.note_alike(ONE, TWO)  # type: ignore[arg-type]
        await store.note_alike(TWO, ONE)  # type: ignore[arg-type]
        for number, account in ((1, ONE), (2, TWO)):
            await store.open_session(row(number, institution_id=account[0], learner_id=account[1]))
            await store.append(replace(events(0, b"e"), session_id=f"s{number}"))
        assert await store.running_alike("s1", 0) == [TWO] and await store.running_alike("s2", 0) == [ONE]  # type: ignore[arg-type]
        assert await store.running_alike("s1", 2**50) == [], "silent since"  # type: ignore[arg-type]


async def test_the_accounts_sessions_are_found_by_their_indexes(tmp_path: Path) -> None:
    arguments = {**_NAMES, "session": "s1", "minutes": "[0]"}
    async with open_store(tmp_path, inline=True) as store:
        plan = await store._db.read(
            lambda db: db.execute(f"EXPLAIN QUERY PLAN {_EARNED_AT_ONCE}", arguments).fetchall()
        )
    steps = [str(step["detail"]) for step in plan]
    assert any("sessions_by_person" in step for step in steps)
    assert not [step for step in steps if step in ("SCAN s", "SCAN c", "SCAN m")], "no table is read whole"
