"""Facts in SQLite: stored once, and only a closed, anchored session waits to be fed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.stores import ROW, erase_all, events, open_store
from zaichang.core.enums import LeafKind
from zaichang.ports.ledger import HourFact
from zaichang.ports.records import StoredLeaf

FACT = HourFact(
    institution_id="inst", learner_id="learner", fact_key="study/s1", session_id="s1", verified_ms=5, first_index=0,
    last_index=1, body=b"{}",
)  # fmt: skip
LEAVES = (
    StoredLeaf(leaf_seq=0, kind=LeafKind.START, at_ms=1_000, body=b"{}"),
    StoredLeaf(leaf_seq=1, kind=LeafKind.FINAL, at_ms=1_001, body=b"{}"),
)


async def test_a_session_waits_from_its_last_checkpoint_until_it_is_fed(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a", leaves=LEAVES[:1]))
        assert await store.unfed_sessions(9) == []
        await store.append(events(1, b"b", leaves=LEAVES[1:], closed_ms=1_001))
        await store.note_anchored("s1", 0, 0)
        assert await store.unfed_sessions(9) == []
        await store.note_anchored("s1", 1, 1)
        assert await store.unfed_sessions(9, owner=("inst", "other")) == []
        [row] = await store.unfed_sessions(9, owner=("inst", "learner"))
        assert (row.session_id, row.closed_ms) == ("s1", 1_001)
        await store.add_hour_fact(FACT)
        assert await store.unfed_sessions(9) == []
        assert await store.unfed_amendments(9) == []
        [(fed, sum_ms)] = await store.fed_sessions("", 9)
        assert (fed.session_id, sum_ms) == ("s1", 5)
        assert await store.fed_sessions("s1", 9) == []


async def test_a_session_of_a_learner_who_is_erased_meanwhile_makes_no_fact(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.open_session(ROW)
        await store.append(events(0, b"a", leaves=LEAVES, closed_ms=1_001))
        await erase_all(store, "inst", "learner", "alias", 10_000)
        await store.add_hour_fact(FACT)
        assert [await store.hour_facts("inst", name) for name in ("learner", "alias")] == [[], []]
        assert await store.fed_sessions("", 9) == []


async def test_a_stored_fact_stays_as_it_is(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_hour_fact(FACT)
        await store.add_hour_fact(replace(FACT, verified_ms=6))
        await store.add_hour_fact(replace(FACT, fact_key="amend/s1/3"))
        facts = await store.hour_facts("inst", "learner")
        assert [(fact.fact_key, fact.verified_ms) for fact in facts] == [("amend/s1/3", 5), ("study/s1", 5)]
        assert await store.hour_facts("inst", "other") == []
