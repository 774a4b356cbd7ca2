"""Passkeys in SQLite: kept once, listed for their learner alone, removed, and erased with the learner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, open_store
from zaichang.core.errors import NotAllowed
from zaichang.core.passkeys import Passkey
from zaichang.ports.passkeys import StoredPasskey, UsedTicket
from zaichang.ports.records import Learner

KEY = Passkey(credential_id="AAE", public_key="MFk", at_ms=7, supervised=True)
MADE = StoredPasskey(passkey=KEY, rp_id="learn.example", cose_key=b"cose")


async def test_a_passkey_is_kept_once_for_its_learner(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        for learner in ("ann", "bob"):
            await store.ensure_learner(
                Learner(institution_id="inst", learner_id=learner, wrapped_key=b"k", created_ms=1)
            )
        await store.add_passkey("inst", "ann", MADE)
        newer = replace(MADE, passkey=replace(KEY, credential_id="AAA", at_ms=8, supervised=False, synced=True))
        await store.add_passkey("inst", "ann", newer)
        assert await store.passkeys("inst", "ann") == [MADE, newer] and await store.passkeys("inst", "bob") == []
        with pytest.raises(NotAllowed, match=r"passkey\.exists"):
            await store.add_passkey("inst", "bob", MADE)
        assert not await store.remove_passkey("inst", "bob", "AAE")
        assert await store.remove_passkey("inst", "ann", "AAE") and not await store.remove_passkey("inst", "ann", "AAE")
        await erase_all(store, "inst", "ann", "gone", 9)
        assert await store.passkeys("inst", "ann") == await store.passkeys("inst", "gone") == []


def named(credential_id: str) -> StoredPasskey:
    return replace(MADE, passkey=replace(KEY, credential_id=credential_id))


async def test_a_ticket_is_used_with_the_passkey_that_it_registers_or_not_at_all(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.ensure_learner(Learner(institution_id="inst", learner_id="ann", wrapped_key=b"k", created_ms=1))
        ticket = UsedTicket(ticket_id="t-1", until_ms=900, at_ms=100)
        await store.add_passkey("inst", "ann", named("AAE"), ticket)
        assert await store.ticket_used("t-1") and not await store.ticket_used("t-2")
        with pytest.raises(NotAllowed, match=r"passkey\.ticket_used"):
            await store.add_passkey("inst", "ann", named("AAI"), ticket)
        with pytest.raises(NotAllowed, match=r"passkey\.exists"):
            await store.add_passkey("inst", "ann", named("AAE"), replace(ticket, ticket_id="t-2"))
        assert not await store.ticket_used("t-2")
        assert [each.passkey.credential_id for each in await store.passkeys("inst", "ann")] == ["AAE"]
        later = UsedTicket(ticket_id="t-3", until_ms=1_800, at_ms=900)
        await store.add_passkey("inst", "ann", named("AAM"), later)
        assert await store.ticket_used("t-3") and not await store.ticket_used("t-1"), "t-1 has ended anyway"
