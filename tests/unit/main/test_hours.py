"""The log's entries by session, as the audit of the hour ledger reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores import ROW
from support.study import ManualClock, Student, service, token
from zaichang.core.errors import NotFound
from zaichang.main.hours import log_entries


async def test_entries_of_a_session_s_own_log(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(20_000, 10_000)
        await student.finish()
        await student.closed()
        entry = log_entries(services.settings)
        row = await services.store.session(student.session_id)
        leaves = await services.store.leaves(student.session_id)
        assert [entry(row, leaf.entry_index or 0) for leaf in leaves] == [leaf.body for leaf in leaves]
        with pytest.raises(NotFound):
            entry(ROW, 0)
