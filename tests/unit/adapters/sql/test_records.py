"""Minutes, leaves, captures and fingerprints in SQLite: how far each has come, and that it comes no further twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores import events, open_store, row
from zaichang.core.enums import LeafKind
from zaichang.core.errors import StorageError
from zaichang.ports.records import StoredLeaf, StoredMinute

MINUTES = (StoredMinute(minute=0, body=b"m0", credited=((0, 5),)), StoredMinute(minute=1, body=b"m1"))
LEAVES = (
    StoredLeaf(leaf_seq=0, kind=LeafKind.START, at_ms=1, body=b"l0"),
    StoredLeaf(leaf_seq=1, kind=LeafKind.SEGMENT, at_ms=2, body=b"l1", first_minute=0, n_minutes=2),
)


async def test_leaves_and_minutes_come_back_as_they_were_written(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e", minutes=MINUTES, leaves=LEAVES))
        assert list(await store.leaves("s1")) == list(LEAVES)
        found = await store.minutes("s1")
        assert [(each.minute, each.body, each.leaf_seq, each.published) for each in found] == [
            (0, b"m0", 1, False), (1, b"m1", 1, False),
        ]  # fmt: skip
        assert await store.leaves("s2") == [] and await store.minutes("s2") == []


async def test_a_leaf_is_anchored_once_at_one_index(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e", minutes=MINUTES, leaves=LEAVES))
        assert [(session, leaf.leaf_seq) for session, leaf in await store.unanchored()] == [("s1", 0), ("s1", 1)]
        await store.note_anchored("s1", 0, 40)
        await store.note_anchored("s1", 0, 40)
        for where in (("s1", 0, 41), ("s1", 9, 40), ("other", 0, 40)):
            with pytest.raises(StorageError, match=r"storage\.conflict"):
                await store.note_anchored(*where)
        assert [leaf.leaf_seq for _, leaf in await store.unanchored()] == [1]
        assert [leaf.entry_index for leaf in await store.leaves("s1")] == [40, None]


async def test_minutes_are_published_after_their_leaf_is_anchored_and_once(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e", minutes=MINUTES, leaves=LEAVES))
        assert await store.unpublished() == [], "no checkpoint covers the segment"
        await store.note_anchored("s1", 1, 41)
        assert [(session, minute.minute) for session, minute in await store.unpublished()] == [("s1", 0), ("s1", 1)]
        await store.note_published("s1", [0])
        assert [minute.minute for _, minute in await store.unpublished()] == [1]
        assert [minute.published for minute in await store.minutes("s1")] == [True, False]


async def test_captures_are_listed_by_session_age_and_learner_until_they_are_deleted(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e"))
        for name, at_ms in (("c1", 20), ("c0", 10), ("c1", 99)):
            await store.add_capture("s1", name, at_ms, 7)
        kept = await store.captures("s1")
        assert [(each.capture_id, each.at_ms, each.size, each.deleted_ms) for each in kept] == [
            ("c0", 10, 7, None), ("c1", 20, 7, None),
        ]  # fmt: skip
        day_ms = 86_400_000
        assert [each.capture_id for each in await store.captures_due(day_ms + 20, 1, 9)] == ["c0"]
        assert [each.capture_id for each in await store.captures_due(day_ms + 99, 1, 1)] == ["c0"]
        assert await store.captures_due(day_ms + 99, 2, 9) == []
        await store.note_capture_deleted("s1", "c0", 50)
        assert [each.capture_id for each in await store.captures_due(day_ms + 99, 1, 9)] == ["c1"]
        assert [each.capture_id for each in await store.captures_of_learner("inst", "learner")] == ["c1"]
        assert await store.captures_of_learner("inst", "other") == []
        assert [each.deleted_ms for each in await store.captures("s1")] == [50, None]


async def test_a_picture_is_seen_elsewhere_only_in_another_session(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e"))
        await store.add_picture("aa", "ph", "s1", "c0")
        await store.add_picture("aa", "ph", "s1", "c0")
        assert not await store.seen_elsewhere("aa", "s1")
        assert await store.seen_elsewhere("aa", "s2")
        assert not await store.seen_elsewhere("bb", "s2")


async def test_a_capture_is_due_after_the_days_that_its_session_promised(tmp_path: Path) -> None:
    day_ms = 86_400_000
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e"))
        await store.add_capture("s1", "c0", 5, 7, 30)
        assert await store.captures_due(5 + 30 * day_ms, 1, 9) == [], "today's shorter rule does not hold for it"
        assert [each.keep_days for each in await store.captures_due(6 + 30 * day_ms, 99, 9)] == [30]
