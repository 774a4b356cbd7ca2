"""Sessions and events: durable, idempotent, fenced, one earning session per learner."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import ROW, events, open_store, row
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.store import LAST_AT_MS, SqliteStore
from zaichang.core.enums import LeafKind, Route
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.ports.records import Append, StoredEvent, StoredLeaf, StoredMinute
from zaichang.session.events import Leniency


@pytest.mark.parametrize("inline", [False, True])
async def test_events_come_back_in_order_after_reopening(tmp_path: Path, inline: bool) -> None:
    async with open_store(tmp_path, inline=inline) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a", b"b"))
        await store.append(events(2, b"c"))
    async with open_store(tmp_path, inline=inline) as store:
        assert list(await store.events("s1")) == [b"a", b"b", b"c"]
        assert (await store.session("s1")).next_seq == 3
        assert await store.last_at_ms() == 1_002


async def test_what_is_acknowledged_is_on_disk_before_the_store_is_closed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a"))
        second = SqliteStore(DataFolder(tmp_path), inline=True)
        try:
            assert list(await second.events("s1")) == [b"a"]
        finally:
            second.close()


async def test_the_same_write_twice_is_one_write(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a", b"b"))
        await store.append(events(0, b"a", b"b"))
        await store.append(events(1, b"b"))
        assert list(await store.events("s1")) == [b"a", b"b"]


@pytest.mark.parametrize("write", [events(0, b"x"), events(1, b"b", b"c"), events(3, b"d")])
async def test_other_events_at_the_same_place_are_refused(tmp_path: Path, write: object) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a", b"b"))
        with pytest.raises(StorageError) as caught:
            await store.append(write)  # type: ignore[arg-type]
        assert caught.value.code == "storage.conflict"
        assert list(await store.events("s1")) == [b"a", b"b"]


async def test_a_writer_of_an_older_epoch_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a"))
        assert (await store.claim("s1")).epoch == 2
        with pytest.raises(StorageError) as caught:
            await store.append(events(1, b"b"))
        assert caught.value.code == "storage.fenced"
        await store.append(events(1, b"b", epoch=2))


async def test_a_later_session_supersedes_the_earlier_one(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assert await store.open_session(row(1)) == ()
        await store.append(events(0, b"a"))
        superseded = await store.open_session(row(2))
        assert [(old.session_id, old.superseded_by) for old in superseded] == [("s1", "s2")]
        states = [(await store.session(name)).state for name in ("s1", "s2")]
        assert states == ["superseded", "open"]


async def test_many_starts_at_once_leave_one_earning_session(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        begun: list[int] = []

        async def begin(number: int) -> None:
            await store.open_session(row(number))
            try:
                await store.append(events(0, b"a", session_id=f"s{number}"))
            except NotFound:
                return  # a later start found this one without its first event and put it aside
            begun.append(number)

        await asyncio.gather(*(begin(number) for number in range(12)))
        states = [(await store.session(f"s{number}")).state for number in begun]
        assert len(states) >= 1
        assert states.count("open") == 1


async def test_a_token_opens_one_session(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"a"))
        with pytest.raises(NotAllowed) as caught:
            await store.open_session(row(2, token_id="token-1"))
        assert caught.value.code == "token.used"
        assert (await store.session("s1")).state == "open"


async def test_a_start_that_failed_does_not_use_up_the_token(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(row(1))
        assert await store.session_of_token("token-1") is None
        assert await store.open_session(row(2, token_id="token-1")) == ()


async def test_minutes_credit_exactly_once(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        minute = StoredMinute(minute=0, body=b"{}", credited=((0, 100), (200, 300)))
        await store.append(events(0, b"a", minutes=(minute,)))
        assert await store.credited("inst", "learner", "course", "lesson") == ((0, 100), (200, 300))
        assert await store.credited("inst", "learner", "course", "other") == ()
        again = StoredMinute(minute=1, body=b"{}", credited=((250, 350),))
        with pytest.raises(StorageError) as caught:
            await store.append(events(1, b"b", minutes=(again,)))
        assert caught.value.code == "storage.double_credit"
        assert list(await store.events("s1")) == [b"a"]
        touching = StoredMinute(minute=1, body=b"{}", credited=((100, 200), (300, 350)))
        await store.append(events(1, b"b", minutes=(touching,)))
        assert await store.credited("inst", "learner", "course", "lesson") == ((0, 350),)


async def test_leaves_are_anchored_once_and_then_their_minutes_are_due(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        minutes = tuple(StoredMinute(minute=number, body=b"{}") for number in range(3))
        await store.append(events(0, b"a", minutes=minutes))
        leaf = StoredLeaf(leaf_seq=1, kind=LeafKind.SEGMENT, at_ms=5, body=b"leaf", first_minute=0, n_minutes=2)
        await store.append(events(1, b"b", leaves=(leaf,)))
        assert [found.leaf_seq for _, found in await store.unanchored()] == [1]
        assert await store.unpublished() == []
        await store.note_anchored("s1", 1, 17)
        await store.note_anchored("s1", 1, 17)
        assert await store.unanchored() == []
        assert [(name, minute.minute) for name, minute in await store.unpublished()] == [("s1", 0), ("s1", 1)]
        with pytest.raises(StorageError):
            await store.note_anchored("s1", 1, 18)
        await store.note_published("s1", [0, 1])
        assert await store.unpublished() == []
        assert [minute.published for minute in await store.minutes("s1")] == [True, True, False]


async def test_closing_is_part_of_the_write(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a", closed_ms=1_000))
        assert (await store.session("s1")).state == "closed"
        assert list(await store.unfinished()) == []


async def test_what_does_not_exist_is_said_to(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        for call in (store.session("nope"), store.claim("nope"), store.append(events(0, b"a", session_id="nope"))):
            with pytest.raises(NotFound):
                await call


async def test_a_picture_is_recognised_in_another_session_only(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_picture("c0ffee", "00", "s1", "c0")
        assert not await store.seen_elsewhere("c0ffee", "s1")
        assert await store.seen_elsewhere("c0ffee", "s2")
        assert not await store.seen_elsewhere("beef", "s2")


async def test_an_event_that_was_stored_after_its_sessions_end_counts_for_the_latest_time(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"a", b"b", closed_ms=1_001))
        late = StoredEvent(at_ms=9_000, body=b"late")
        await store.append(Append(session_id="s1", epoch=1, first_seq=2, events=(late,)))
        assert await store.last_at_ms() >= 9_000


async def test_the_latest_time_is_found_without_reading_all_events(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        assert await store.last_at_ms() == 0
        await store.open_session(row(1))
        await store.append(events(0, b"a", b"b", closed_ms=1_001))
        assert await store.last_at_ms() == 1_001
        await store.open_session(row(2, opened_ms=1_002))
        await store.append(events(0, b"a", b"b", b"c", b"d", session_id="s2"))
        assert await store.last_at_ms() == 1_003
        plan = await store._db.read(lambda db: db.execute(f"EXPLAIN QUERY PLAN {LAST_AT_MS}").fetchall())
        steps = [str(step["detail"]) for step in plan]
        assert any(step.startswith("SEARCH e ") for step in steps)
        assert not any(step.startswith(("SCAN e", "SCAN events")) for step in steps), steps


async def test_a_health_probe_reads_no_table(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.ping()
        seen: list[str] = []
        await store._db.read(lambda db: db.set_trace_callback(seen.append))
        await store.ping()
        assert seen == ["SELECT 1"]


@pytest.mark.parametrize(("column", "value"), [("owed", "dance"), ("state", "paused")])
async def test_a_word_that_this_version_does_not_know_is_an_error_with_its_place(
    tmp_path: Path, column: str, value: str
) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        with sqlite3.connect(DataFolder(tmp_path).database) as by_hand:
            by_hand.execute("PRAGMA ignore_check_constraints = ON")
            by_hand.execute(f"UPDATE sessions SET {column} = ?", (value,))  # noqa: S608 - names from above
        with pytest.raises(StorageError) as caught:
            await store.session("s1")
        assert caught.value.code == "storage.unknown_word" and f"sessions.{column}" in caught.value.message


async def test_the_counts_of_the_last_session_of_a_lesson_are_remembered_for_the_period(tmp_path: Path) -> None:
    used = Leniency(debt_ms=5, calls=1, failures=2, liveness_failed=3)
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        assert await store.leniency(ROW, 0) is None, "still open"
        await store.append(replace(events(0, b"a"), closed_ms=2_000, leniency=used))
        assert await store.leniency(ROW, 2_000) == used
        assert await store.leniency(ROW, 2_001) is None, "longer ago than the period"
        other = replace(ROW, lesson_id="other")
        assert await store.leniency(other, 0) is None
        assert await store.debt_ms(other, 2_000) == 5, "of any lesson"
        assert await store.debt_ms(other, 2_001) is None
        assert await store.debt_ms(replace(ROW, learner_id="another"), 0) is None


async def test_a_session_keeps_its_route_and_period(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(row(1, route=Route.CHALLENGE, period="2025-11-01"))
        found = await store.session(row(1).session_id)
        assert (found.route, found.period) == (Route.CHALLENGE, "2025-11-01")
        await store.open_session(row(2))
        assert (await store.session(row(2).session_id)).route is None, "not noted"
