"""The check value of the master key is stored once."""

from __future__ import annotations

from pathlib import Path

from support.stores import open_store


async def test_the_first_check_value_stays(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        assert await store.key_check() is None
        await store.keep_key_check(b"a" * 32)
        await store.keep_key_check(b"b" * 32)
        assert await store.key_check() == b"a" * 32


async def test_an_erased_learner_s_key_is_none(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        found = await store.learner_with_key()
        assert found is not None
        assert (found.learner_id, found.wrapped_key) == ("learner", b"wrapped")
        await store._db.write(lambda db: db.execute("UPDATE learners SET wrapped_key = NULL"))
        assert await store.learner_with_key() is None
