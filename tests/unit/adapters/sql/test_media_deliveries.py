"""The delivery log in SQLite: the earliest sending counts, each record is used once, and a launch has a limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores import events, open_store, row
from zaichang.adapters.sql import media_deliveries
from zaichang.core.errors import NotAllowed
from zaichang.ports.records import Delivery


def part(start_ms: int = 0, sent_ms: int = 50, launch: str = "token-1") -> Delivery:
    return Delivery(launch=launch, start_ms=start_ms, end_ms=start_ms + 10, sent_ms=sent_ms)


async def test_a_repeated_record_keeps_its_earliest_sending(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        assert await store.add_deliveries("inst", [part(20), part(0)], 1) == 2
        assert await store.add_deliveries("inst", [part(0, sent_ms=60)], 2) == 0, "a later sending changes nothing"
        assert await store.unused_deliveries("inst", "token-1", 9) == [part(0), part(20)]
        assert await store.add_deliveries("inst", [part(0, sent_ms=40)], 3) == 1
        assert await store.unused_deliveries("inst", "token-1", 1) == [part(0, sent_ms=40)]


async def test_a_used_record_is_used_again_only_where_it_was_sent_earlier(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_deliveries("inst", [part(0), part(20)], 1)
        await store.note_deliveries_used("inst", [part(0), part(20, sent_ms=49)])
        assert await store.unused_deliveries("inst", "token-1", 9) == [part(20)], "another sending was not used"
        await store.add_deliveries("inst", [part(0, sent_ms=50)], 2)
        assert len(await store.unused_deliveries("inst", "token-1", 9)) == 1
        await store.add_deliveries("inst", [part(0, sent_ms=30)], 2)
        assert await store.unused_deliveries("inst", "token-1", 9) == [part(0, sent_ms=30), part(20)]


async def test_a_launch_with_too_many_records_keeps_none_of_the_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_deliveries, "LAUNCH_MAX", 2)
    async with open_store(tmp_path, inline=True) as store:
        await store.add_deliveries("inst", [part(0), part(20)], 1)
        with pytest.raises(NotAllowed, match=r"delivery\.too_many"):
            await store.add_deliveries("inst", [part(40)], 1)
        assert await store.add_deliveries("inst", [part(0, launch="token-2")], 1) == 1
        assert len(await store.unused_deliveries("inst", "token-1", 9)) == 2


async def test_launches_wait_once_their_session_has_an_event(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_deliveries("inst", [part(), part(launch="token-9")], 1)
        await store.open_session(row(1))
        assert await store.launches_waiting(9) == []
        await store.append(events(0, b"e"))
        assert await store.launches_waiting(9) == [("inst", "token-1")]
        await store.note_deliveries_used("inst", [part()])
        assert await store.launches_waiting(9) == []


async def test_a_record_that_waits_for_the_end_waits_once_its_session_is_closed(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_deliveries("inst", [part(), part(20)], 1)
        await store.open_session(row(1))
        await store.append(events(0, b"e"))
        await store.note_deliveries_used("inst", [part()], until_the_end=True)
        await store.note_deliveries_used("inst", [part(20)])
        assert await store.unused_deliveries("inst", "token-1", 9) == []
        assert await store.launches_waiting(9) == []
        assert await store.unused_deliveries("inst", "token-1", 9, after_the_end=True) == [part()]
        await store.append(events(1, b"f", closed_ms=9))
        assert await store.launches_waiting(9) == [("inst", "token-1")]
        await store.note_deliveries_used("inst", [part()])
        assert await store.launches_waiting(9) == []
        assert await store.unused_deliveries("inst", "token-1", 9, after_the_end=True) == []


async def test_old_records_are_forgotten(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_deliveries("inst", [part(0)], 10)
        await store.add_deliveries("inst", [part(20)], 20)
        assert await store.forget_deliveries(20) == 1
        assert await store.unused_deliveries("inst", "token-1", 9) == [part(20)]
