"""Passkeys in SQLite: kept once, listed for their learner alone, removed, and erased with the learner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, open_store
from zaichang.core.errors import NotAllowed
from zaichang.core.passkeys import Passkey
from zaichang.ports.passkeys import StoredPasskey
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
