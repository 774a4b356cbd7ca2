"""One recorded session for the tests that replay it."""

import asyncio

import pytest

from support.evidence_folder import Recorded, record_session
from zaichang.adapters.sql.store import SqliteStore
from zaichang.audit.replay.replaying import End, ReplayInput
from zaichang.core.canonical import parse_canonical_object


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_session(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def honest(recorded: Recorded) -> ReplayInput:
    async def read() -> ReplayInput:
        store = SqliteStore(recorded.folder, inline=True)
        try:
            row = await store.session(recorded.session_id)
            leaves = await store.leaves(recorded.session_id)
            final = parse_canonical_object(leaves[-1].body)
            codes, reveal = final["codes"], final["sched"]
            assert isinstance(codes, dict) and isinstance(reveal, dict)
            return ReplayInput(
                sid=recorded.session_id,
                policy=await store.policy(row.policy_digest),
                events=tuple(await store.events(recorded.session_id)),
                records=tuple(m.body for m in await store.minutes(recorded.session_id)),
                end=End(
                    reason=str(final["reason"]),
                    codes={c: n for c, n in codes.items() if isinstance(n, int)},
                    client_nonce=str(reveal["r"]),
                ),
            )
        finally:
            store.close()

    return asyncio.run(read())
