"""Employers have one key each; a new one ends the old one, and a revoked one opens nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.activities import office
from zaichang.core.errors import NotFound, PeerViolation


async def test_a_key_opens_until_it_is_replaced_or_revoked(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        employers = page.parts.employers
        old = await employers.add("inst", "clinic", "诊所", "Clinic")  # type: ignore[arg-type]
        new = await employers.add("inst", "clinic", "诊所二", "Clinic 2")  # type: ignore[arg-type]
        found = await employers.of_key(new)
        assert found is not None and (found.unit_id, found.name_zh) == ("clinic", "诊所二")
        assert await employers.of_key(old) is None and await employers.of_key("") is None
        await employers.revoke("inst", "clinic")  # type: ignore[arg-type]
        assert await employers.of_key(new) is None
        [clinic, _] = await employers.all("inst")  # type: ignore[arg-type]
        assert clinic.revoked_ms == page.clock.at_ms
        with pytest.raises(NotFound, match=r"employer\.unknown"):
            await employers.revoke("inst", "none")  # type: ignore[arg-type]
        for name in ("", "\x07", "x" * 201):
            with pytest.raises(PeerViolation, match=r"employer\.name"):
                await employers.add("inst", "clinic", name, "Clinic")  # type: ignore[arg-type]
