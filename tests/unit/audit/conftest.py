"""One recorded session for the tests that replay it."""

import asyncio
from collections import Counter

import pytest

from support.evidence_folder import Recorded, record_session
from zaichang.adapters.sql.store import SqliteStore
from zaichang.audit.replay.replaying import End, ReplayInput
from zaichang.core.canonical import parse_canonical_object
from zaichang.session.codec import decode_minute


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
            reveal = final["sched"]
            assert isinstance(reveal, dict)
            records = tuple(m.body for m in await store.minutes(recorded.session_id))
            codes = Counter(code for body in records for code in decode_minute(parse_canonical_object(body)).reasons)
            return ReplayInput(
                sid=recorded.session_id,
                policy=await store.policy(row.policy_digest),
                events=tuple(await store.events(recorded.session_id)),
                records=records,
                end=End(
                    reason=str(final["reason"]),
                    codes={code.value: n for code, n in codes.items()},
                    client_nonce=str(reveal["r"]),
                ),
            )
        finally:
            store.close()

    return asyncio.run(read())
