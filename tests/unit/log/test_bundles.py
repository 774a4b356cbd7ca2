"""A bundle opens as much of a session as was asked for, and none of a session that still runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from support.evidence_folder import Recorded, record_session
from zaichang.adapters.keys.vault import Vault, load_key
from zaichang.adapters.sql.store import SqliteStore
from zaichang.audit.bundle import Bundle, write_bundle
from zaichang.audit.check import exit_code
from zaichang.audit.verify import verify_bundle
from zaichang.core.enums import SessionState
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.log.bundles import EVERYTHING, NOTHING, RECORDS, export_sessions, log_trust, place_of
from zaichang.log.reader import LogReader
from zaichang.main.logs import FolderLogs
from zaichang.tlog.trust import parse_trust


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_session(tmp_path_factory.mktemp("data"), minutes=3)


def exported(recorded: Recorded, openings: str, state: SessionState = SessionState.CLOSED) -> Bundle:
    async def run() -> Bundle:
        store = SqliteStore(recorded.folder, inline=True)
        try:
            row = replace(await store.session(recorded.session_id), state=state)
            reader = LogReader(place_of(FolderLogs(recorded.folder), row).published)
            vault = Vault(load_key(recorded.folder, "master.key", create=False))
            return await export_sessions(store, vault, reader, [row], openings)
        finally:
            store.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("openings", "kinds", "code"), [(NOTHING, set(), 2), (RECORDS, {"record"}, 0), (EVERYTHING, {"record", "event"}, 0)]
)
def test_each_opening_is_verified(recorded: Recorded, openings: str, kinds: set[str], code: int) -> None:
    bundle = exported(recorded, openings)
    assert {opening.kind for opening in bundle.openings} == kinds
    assert (bool(bundle.fields), bool(bundle.policies)) == (openings == EVERYTHING,) * 2
    assert exit_code(verify_bundle(write_bundle(bundle), parse_trust(recorded.trust))) == code


def test_a_running_session_shows_no_event(recorded: Recorded) -> None:
    with pytest.raises(NotAllowed) as caught:
        exported(recorded, EVERYTHING, state=SessionState.OPEN)
    assert caught.value.code == "export.open_session"
    assert {opening.kind for opening in exported(recorded, RECORDS, state=SessionState.OPEN).openings} == {"record"}


def test_the_trust_file_is_the_log_s_own_key(recorded: Recorded) -> None:
    place = FolderLogs(recorded.folder).place("inst-1", 2023)
    assert parse_trust(log_trust(place)) == parse_trust(recorded.trust)
    with pytest.raises(NotFound) as caught:
        log_trust(FolderLogs(recorded.folder).place("inst-1", 2024))
    assert caught.value.code == "log.none"
