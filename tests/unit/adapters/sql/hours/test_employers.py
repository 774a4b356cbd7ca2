"""Employers in SQLite: a new key replaces the old one, and a revoked one is found no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores import open_store
from zaichang.core.errors import NotFound
from zaichang.ports.hours.activities import Employer

HOSPITAL = Employer(institution_id="inst", unit_id="hospital", name_zh="医院", name_en="Hospital", created_ms=1)


async def test_keys_are_replaced_and_revoked(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.put_employer(HOSPITAL, "d1")
        await store.put_employer(HOSPITAL, "d2")
        assert await store.employer_of_key("d1") is None
        assert await store.employer_of_key("d2") == HOSPITAL
        await store.revoke_employer("inst", "hospital", 5)
        assert await store.employer_of_key("d2") is None and await store.employer_of_key("") is None
        [shown] = await store.employers("inst")
        assert shown.revoked_ms == 5
        with pytest.raises(NotFound, match=r"employer\.unknown"):
            await store.revoke_employer("inst", "none", 5)
