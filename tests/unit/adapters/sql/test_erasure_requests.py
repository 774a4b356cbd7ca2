"""Erasures in SQLite: kept as proposed, decided once, listed by institution, the newest first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erasure_of, open_store
from zaichang.core.enums import ErasureScope, ProposalState
from zaichang.core.errors import NotAllowed, NotFound

ERASURE = erasure_of(
    "inst", "learner", "", erasure_id="e1", state=ProposalState.PROPOSED, scope=ErasureScope.BIOMETRICS, note="why"
)


async def test_a_proposal_is_kept_whole_and_decided_once(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.propose_erasure(ERASURE)
        assert await store.erasure("e1") == ERASURE
        assert await store.unfinished_erasures() == []
        await store.decide_erasure("e1", ProposalState.CONFIRMED, "sun", 7)  # type: ignore[arg-type]
        decided = replace(ERASURE, state=ProposalState.CONFIRMED, decided_by="sun", decided_ms=7)  # type: ignore[arg-type]
        assert await store.unfinished_erasures() == [decided]
        for state in (ProposalState.CONFIRMED, ProposalState.REFUSED):
            with pytest.raises(NotAllowed, match=r"erasure\.decided"):
                await store.decide_erasure("e1", state, "wu", 8)  # type: ignore[arg-type]
        with pytest.raises(NotFound, match=r"erasure\.unknown"):
            await store.erasure("e2")


async def test_the_list_is_an_institution_s_own_newest_first(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        for at_ms, name in ((1, "a"), (3, "b"), (2, "c")):
            await store.propose_erasure(replace(ERASURE, erasure_id=name, proposed_ms=at_ms))
        assert [each.erasure_id for each in await store.erasures("inst", 2)] == ["b", "c"]  # type: ignore[arg-type]
        assert await store.erasures("other", 9) == []  # type: ignore[arg-type]
