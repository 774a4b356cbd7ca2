"""A receipt proves a session's start and end to the newest checkpoint, and exists only once the end is logged."""

from __future__ import annotations

import asyncio

import pytest

from support.evidence_folder import Recorded, record_session
from zaichang.adapters.keys.vault import Vault, load_key
from zaichang.adapters.sql.store import SqliteStore
from zaichang.audit.check import exit_code
from zaichang.audit.receipt import verify_receipt
from zaichang.core.errors import NotFound
from zaichang.log.bundles import place_of
from zaichang.log.reader import LogReader
from zaichang.log.receipts import session_receipt
from zaichang.main.logs import FolderLogs
from zaichang.tlog.trust import parse_trust


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_session(tmp_path_factory.mktemp("data"), minutes=2)


def receipt(recorded: Recorded, note: bytes | None = None) -> bytes:
    async def run() -> bytes:
        store = SqliteStore(recorded.folder, inline=True)
        try:
            row = await store.session(recorded.session_id)
            reader = LogReader(place_of(FolderLogs(recorded.folder), row).published, note)
            return await session_receipt(store, Vault(load_key(recorded.folder, "master.key")), reader, row)
        finally:
            store.close()

    return asyncio.run(run())


def test_a_receipt_is_verified_with_the_log_s_key(recorded: Recorded) -> None:
    data = receipt(recorded)
    assert exit_code(verify_receipt(data, parse_trust(recorded.trust))) == 0
    place = data.index(rb"\"verified_ms\":") + len(rb"\"verified_ms\":")
    changed = data[:place] + b"9" + data[place + 1 :]
    assert exit_code(verify_receipt(changed, parse_trust(recorded.trust))) == 1


def test_there_is_none_before_a_checkpoint_covers_the_end(recorded: Recorded) -> None:
    class Shorter(LogReader):
        @property
        def size(self) -> int:
            return super().size - 1

    async def run() -> None:
        store = SqliteStore(recorded.folder, inline=True)
        try:
            row = await store.session(recorded.session_id)
            reader = Shorter(place_of(FolderLogs(recorded.folder), row).published)
            await session_receipt(store, Vault(load_key(recorded.folder, "master.key")), reader, row)
        finally:
            store.close()

    with pytest.raises(NotFound) as caught:
        asyncio.run(run())
    assert caught.value.code == "receipt.not_ended"
