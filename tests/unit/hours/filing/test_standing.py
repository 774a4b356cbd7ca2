"""Certificates and statements ask for the amounts that a platform accepted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.filed_rows import filed
from support.stores import open_store
from zaichang.hours.filing.standing import accepted_amounts
from zaichang.ports.hours.filing import Batch

BATCH = Batch(
    institution_id="inst", batch_id="cq-2026-0001", target="cq", year=2026, number=1, made_ms=5, made_by="ren",
    cuts=(), manifest=b"note",
)  # fmt: skip


async def test_an_accepted_amount_stands_until_it_is_withdrawn(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_batch(BATCH, [filed(1, amount="2/3"), filed(1, "refused", learner="wang", case="open")])
        [(place, amount)] = (await accepted_amounts(store, "inst", "li", "cq", 2026)).items()
        assert (place.course, str(amount)) == ("law", "2/3")
        assert await accepted_amounts(store, "inst", "li", "hn", 2026) == {}
        assert await accepted_amounts(store, "inst", "wang", "cq", 2026) == {}
        second = replace(BATCH, batch_id="cq-2026-0002", number=2)
        gone = filed(2, operation="withdraw", amount=0, replaces=1)
        await store.add_batch(second, [replace(gone, batch_id=second.batch_id)])
        assert await accepted_amounts(store, "inst", "li", "cq", 2026) == {}
