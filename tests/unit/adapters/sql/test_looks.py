"""Looks of captures in SQLite: chosen by place, size and pose through one index, counted, and forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, erasure_of, open_store, row
from zaichang.adapters.sql.looks import NEAR
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.enums import ErasureScope
from zaichang.core.ids import CaptureId, InstitutionId, LearnerId, SessionId
from zaichang.ports.captures import Look
from zaichang.ports.records import Learner

LOOK = Look(
    institution_id=InstitutionId("inst"), learner_id=LearnerId("ann"), session_id=SessionId("s1"),
    capture_id=CaptureId("c1-0"), at_ms=1_000_000, phash=2**64 - 1, box=(100, 80, 200, 240), place=(500, 500),
    width_permille=300, pose=(0, -30, 0),
)  # fmt: skip
LATER = replace(LOOK, session_id=SessionId("s2"), learner_id=LearnerId("bob"), at_ms=1_001_000)


@asynccontextmanager
async def studied(path: Path) -> AsyncIterator[SqliteStore]:
    """Open a store with the sessions of these looks."""
    async with open_store(path, inline=True) as store:
        for number, look in enumerate((LOOK, LATER), start=1):
            learner = Learner(
                institution_id=look.institution_id, learner_id=look.learner_id, wrapped_key=b"w", created_ms=1
            )
            await store.ensure_learner(learner)
            await store.open_session(row(number, learner_id=look.learner_id))
        yield store


@pytest.mark.parametrize(
    ("change", "chosen"),
    [
        ({}, True),
        ({"place": (540, 460)}, True),
        ({"place": (541, 500)}, False),
        ({"place": (500, 459)}, False),
        ({"width_permille": 268}, True),
        ({"width_permille": 260}, False),
        ({"pose": (250, -280, 250)}, True),
        ({"pose": (251, -30, 0)}, False),
        ({"pose": (0, 221, 0)}, False),
        ({"pose": (0, -30, 251)}, False),
        ({"session_id": "s1", "at_ms": 1_009_999}, False),
        ({"session_id": "s1", "at_ms": 1_010_000}, True),
        ({"institution_id": "other"}, False),
    ],
)
async def test_place_size_and_pose_choose(tmp_path: Path, change: dict[str, object], chosen: bool) -> None:
    async with studied(tmp_path) as store:
        await store.add_look(LOOK, copy=False, before_ms=0)
        now = replace(LATER, **change)  # type: ignore[arg-type]  # one field each
        assert await store.looks_near(now, 0, across=False, limit=9) == ([LOOK] if chosen else [])


async def test_the_newest_come_first_up_to_a_limit_and_from_other_institutions_where_wanted(tmp_path: Path) -> None:
    async with studied(tmp_path) as store:
        looks = [replace(LOOK, capture_id=CaptureId(f"c{n}"), at_ms=1_000 * n) for n in range(5)]
        for each in looks:
            await store.add_look(each, copy=False, before_ms=0)
        assert await store.looks_near(LATER, 1_000, across=False, limit=2) == [looks[4], looks[3]]
        assert await store.looks_near(LATER, 3_500, across=False, limit=9) == [looks[4]]
        elsewhere = replace(LATER, institution_id=InstitutionId("other"))
        assert await store.looks_near(elsewhere, 3_500, across=False, limit=9) == []
        assert await store.looks_near(elsewhere, 3_500, across=True, limit=9) == [looks[4]]


async def test_one_index_finds_them(tmp_path: Path) -> None:
    async with studied(tmp_path) as store:
        plan = await store._db.read(
            lambda db: db.execute(f"EXPLAIN QUERY PLAN {NEAR}", (0,) * NEAR.count("?")).fetchall()
        )
        assert [row["detail"] for row in plan if "looks" in row["detail"]] == [
            "SEARCH looks USING PRIMARY KEY (cell=? AND at_ms>?)"
        ]


async def test_copies_are_counted_and_looks_are_forgotten_by_age_and_with_their_learner(tmp_path: Path) -> None:
    async with studied(tmp_path) as store:
        await store.add_look(LOOK, copy=True, before_ms=0)
        await store.add_look(replace(LOOK, capture_id=CaptureId("c2-0"), at_ms=1_500_000), copy=False, before_ms=0)
        await store.add_look(LATER, copy=True, before_ms=0)
        assert [await store.copies_of(SessionId(name)) for name in ("s1", "s2", "s3")] == [1, 1, 0]
        newest = replace(LATER, capture_id=CaptureId("c9-0"), at_ms=2_000_000)
        await store.add_look(newest, copy=True, before_ms=1_000_500)
        assert await store.copies_of(SessionId("s1")) == 0 and await store.copies_of(SessionId("s2")) == 2
        assert await store.forget_looks(1_500_001) == 2
        assert await store.looks_near(replace(LOOK, at_ms=3_000_000), 0, across=False, limit=9) == [newest]


@pytest.mark.parametrize("how", ["learner", "faces", "picture"])
async def test_a_search_that_ends_after_an_erasure_or_deletion_leaves_no_look(tmp_path: Path, how: str) -> None:
    async with studied(tmp_path) as store:
        await store.add_capture(LOOK.session_id, LOOK.capture_id, LOOK.at_ms, 9)
        await store.add_look(LOOK, copy=False, before_ms=0)
        if how == "picture":
            await store.note_capture_deleted(LOOK.session_id, LOOK.capture_id, 2_000_000)
            await store.forget_looks(2_000_000)
        else:
            await store._db.write(lambda db: db.execute("UPDATE sessions SET state = 'closed'").rowcount)
            if how == "learner":
                await erase_all(store, "inst", "ann", "alias", 2_000_000)
            else:
                erasure = erasure_of("inst", "ann", "alias", scope=ErasureScope.BIOMETRICS)
                await store.erase_biometrics(erasure, await store.learner(LOOK.institution_id, LOOK.learner_id), (), 2)
        await store.add_look(LOOK, copy=False, before_ms=0)
        another = replace(LOOK, capture_id=CaptureId("c2-0"))
        await store.add_look(another, copy=False, before_ms=0)
        left = await store.looks_near(LATER, 0, across=True, limit=9)
        assert left == ([another] if how == "picture" else [])
