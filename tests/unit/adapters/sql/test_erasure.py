"""Erasing a learner's rows: the session stays under an alias, the key and all records of the person go."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores import events, open_store, row
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.ports.records import Enrolment, StoredMinute


async def test_an_unknown_learner_and_one_with_an_open_session_are_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        with pytest.raises(NotFound, match=r"learner\.unknown"):
            await store.sessions_to_erase("inst", "other")
        assert await store.sessions_to_erase("inst", "learner") == 0
        await store.open_session(row(1))
        await store.append(events(0, b"e"))
        with pytest.raises(NotAllowed, match=r"erase\.open_session"):
            await store.sessions_to_erase("inst", "learner")
        await store.append(events(1, b"f", closed_ms=9_000))
        assert await store.sessions_to_erase("inst", "learner") == 1


async def test_the_sessions_row_remains_under_the_alias_and_the_rest_is_gone(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(
            events(0, b"e", minutes=(StoredMinute(minute=0, body=b"m", credited=((0, 5),)),), closed_ms=9_000)
        )
        await store.add_enrolment("inst", "learner", Enrolment(version=1, at_ms=1, models="m", encrypted=b"x"))
        await store.add_capture("s1", "c0", 1, 7)
        assert not await store.is_erased("inst", "alias")
        await store.erase("inst", "learner", "alias", 10_000)
        assert await store.is_erased("inst", "alias")
        kept = await store.session("s1")
        assert (kept.learner_id, kept.token_id) == ("alias", "erased-s1")
        assert await store.events("s1") == [] and await store.minutes("s1") == []
        assert await store.captures("s1") == []
        for name in ("learner", "alias"):
            assert await store.credited("inst", name, "course", "lesson") == ()
            assert await store.enrolment("inst", name) is None
        with pytest.raises(NotFound, match=r"learner\.unknown"):
            await store.sessions_to_erase("inst", "learner")


async def test_another_learner_of_the_same_name_elsewhere_is_untouched(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.erase("other", "learner", "alias", 1)
        assert (await store.learner("inst", "learner")).wrapped_key == b"wrapped"
        assert not await store.is_erased("inst", "alias")
