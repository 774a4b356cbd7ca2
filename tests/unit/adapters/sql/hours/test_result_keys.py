"""An institution has one key for results; a new one stands in its place."""

from __future__ import annotations

from pathlib import Path

from support.stores import open_store


async def test_the_newest_key_stands(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        assert await store.result_key("inst") == ""
        for key in ("a", "b"):
            await store.put_result_key("inst", key, 1)
        assert await store.result_key("inst") == "b"
