"""Reviewers, allowances and the trail of actions in SQLite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import open_store
from zaichang.core.enums import LivenessAction, Route
from zaichang.core.errors import NotFound, StorageError
from zaichang.ports.records import Allowance


async def test_a_reviewers_key_opens_until_it_is_replaced_or_revoked(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.put_reviewer("inst", "ren", "a", 10)
        assert await store.reviewer_of_key("a") == ("inst", "ren")
        await store.put_reviewer("inst", "ren", "b", 20)
        assert await store.reviewer_of_key("a") is None
        await store.revoke_reviewer("inst", "ren", 30)
        await store.revoke_reviewer("inst", "ren", 40)
        assert await store.reviewer_of_key("b") is None
        assert await store.reviewers("inst") == [("ren", 10, 30)], "the first end holds"
        await store.put_reviewer("inst", "ren", "c", 50)
        assert await store.reviewers("inst") == [("ren", 10, None)]
        with pytest.raises(NotFound, match=r"reviewer\.unknown"):
            await store.revoke_reviewer("inst", "li", 1)


async def test_allowances_keep_every_version_and_refuse_a_raced_one(tmp_path: Path) -> None:
    first = Allowance(version=1, at_ms=5, set_by="ren")
    second = Allowance(
        version=2, at_ms=6, set_by="li", route=Route.CHALLENGE, extra_time_pct=50,
        liveness_excluded=(LivenessAction.BLINK, LivenessAction.LOOK_UP),
    )  # fmt: skip
    async with open_store(tmp_path, inline=True) as store:
        for each in (first, second):
            await store.put_allowance("inst", "learner", each)
        found = await store.allowances("inst", "learner")
        assert list(found) == [second, first]
        assert isinstance(found[0].route, Route) and found[1].route is None
        for version in (2, 4):
            with pytest.raises(StorageError, match=r"allowance\.raced"):
                await store.put_allowance("inst", "learner", replace(second, version=version))
        assert await store.allowances("inst", "other") == []


async def test_the_trail_is_read_from_its_newest_entry_in_pages(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        for number in range(3):
            await store.note_audit("inst", number, "ren", "picture.view", f"c{number}")
        await store.note_audit("other", 9, "li", "x", "y")
        newest = await store.audit("inst", 2**53 - 1, 2)
        assert [(each.actor, each.action, each.target, each.at_ms) for each in newest] == [
            ("ren", "picture.view", "c2", 2), ("ren", "picture.view", "c1", 1),
        ]  # fmt: skip
        assert [each.target for each in await store.audit("inst", newest[-1].n, 9)] == ["c0"]
