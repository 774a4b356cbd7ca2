"""Nightly runs in SQLite: one holder at a time, taken over only once it is silent, and each day done once."""

from __future__ import annotations

from pathlib import Path

from support.filing_world import INST, RULES, filing_world
from support.stores import open_store
from zaichang.core.ids import ReviewerId
from zaichang.ledger.filing.rows import RowState

DAY = ("cq", "2026-11-30")


async def test_a_silent_holder_is_followed_by_another_and_a_done_day_is_taken_by_none(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        first = await store.claim_night("inst", *DAY, "a", 1_000, 2_000)
        assert (first.holder, first.begun_ms, first.done_ms, first.faults) == ("a", 1_000, None, ())
        assert (await store.claim_night("inst", *DAY, "b", 1_999, 3_000)).holder == "a"
        kept = await store.claim_night("inst", *DAY, "a", 1_999, 3_000)
        assert (kept.until_ms, kept.begun_ms) == (3_000, 1_000)
        assert (await store.claim_night("inst", *DAY, "b", 2_999, 4_000)).holder == "a"
        assert (await store.claim_night("inst", *DAY, "b", 3_000, 4_000)).holder == "b"
        lost = await store.end_night("inst", *DAY, "a", 3_500, [])
        assert lost is not None and (lost.holder, lost.done_ms) == ("b", None)
        done = await store.end_night("inst", *DAY, "b", 3_600, ["filing.count", "filing.differences"])
        assert done is not None and (done.done_ms, done.faults) == (3_600, ("filing.count", "filing.differences"))
        again = await store.end_night("inst", *DAY, "b", 9_000, [])
        assert again == done
        assert await store.claim_night("inst", *DAY, "c", 9_000, 9_999) == done
        assert await store.end_night("inst", "cq", "2026-12-01", "b", 9_000, []) is None
        await store.claim_night("inst", "cq", "2026-12-01", "b", 9_000, 9_999)
        assert [night.day for night in await store.nights("inst", 9)] == ["2026-12-01", "2026-11-30"]
        assert [night.day for night in await store.nights("inst", 1)] == ["2026-12-01"]
        assert await store.nights("other", 9) == []


async def test_rows_of_batches_are_counted_by_state(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        for learner in ("li", "wang"):
            await world.learn(learner, "law", 45)
        made = await world.services.filing.preparing.prepare(INST, ReviewerId("ren"), "cq", 2026, RULES)
        store = world.services.store
        assert await store.batch_states(INST, [made.batch_id, "none"]) == {made.batch_id: {RowState.PREPARED: 2}}
        assert await store.batch_states(INST, []) == {}
