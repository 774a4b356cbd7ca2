"""The audit of the hour ledger; ``test_feed.py`` runs it on real sessions."""

from __future__ import annotations

from pathlib import Path

from support.stores import open_store
from zaichang.hours.audit import audit


async def test_nothing_to_compare(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        found = await audit(store, lambda *_: b"")
        assert (found.sessions, found.facts_ms, found.log_ms, found.waiting, found.findings) == (0, 0, 0, 0, ())
