"""Revocations in storage: kept as proposed, decided once, with the sum of their changes at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import open_store
from zaichang.core.enums import ProposalState, RevocationScope
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records_review import Revocation

ONE = Revocation(
    revocation_id="r1",
    institution_id="inst",  # type: ignore[arg-type]
    learner_id="learner",  # type: ignore[arg-type]
    scope=RevocationScope.INTERVALS,
    session_id="s1",  # type: ignore[arg-type]
    year="",
    intervals=((0, 5_000), (7_000, 9_000)),
    reason=ReasonCode.REVOKED_PROXY,
    note="看过",
    case_id="c1",  # type: ignore[arg-type]
    proposed_by="ren",  # type: ignore[arg-type]
    proposed_ms=10,
)


async def test_a_proposal_is_kept_and_listed_the_newest_first(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        later = replace(ONE, revocation_id="r2", proposed_ms=20)
        await store.propose_revocation(ONE)
        await store.propose_revocation(later)
        assert await store.revocation("r1") == ONE
        assert await store.revocations(ONE.institution_id, 9) == [later, ONE]
        assert await store.revocations(ONE.institution_id, 1) == [later]
        with pytest.raises(NotFound, match=r"revocation\.unknown"):
            await store.revocation("r3")


async def test_a_proposal_is_decided_once_and_carried_out(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.propose_revocation(ONE)
        assert await store.unfinished_revocations() == []
        await store.decide_revocation("r1", ProposalState.CONFIRMED, "sun", 30)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed, match=r"revocation\.decided"):
            await store.decide_revocation("r1", ProposalState.REFUSED, "li", 40)  # type: ignore[arg-type]
        [waiting] = await store.unfinished_revocations()
        assert (waiting.state, waiting.decided_by, waiting.decided_ms) == (ProposalState.CONFIRMED, "sun", 30)
        await store.finish_revocation("r1")
        done = await store.revocation("r1")
        assert (done.state, done.revoked_ms) == (ProposalState.DONE, 0)
        assert await store.unfinished_revocations() == []


async def test_a_word_of_a_newer_version_is_named(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.propose_revocation(replace(ONE, scope="all"))  # type: ignore[arg-type]
        with pytest.raises(StorageError, match=r"storage\.unknown_word"):
            await store.revocation("r1")
