"""Waiting for a session's running tasks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from support.study import ManualClock, Student, service, token


async def test_waiting_ends_also_where_the_work_has_ended_but_was_not_taken_out_yet(tmp_path: Path) -> None:
    """Gathering what is done does not yield from Python 3.12 on, so nothing else would take it out."""
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.join(await token(services))
        session = services.hub.find(student.session_id)
        assert session is not None
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ended.set_result(None)
        session._tasks.add(ended)
        async with asyncio.timeout(10):
            await session.settle()
        assert ended not in session._tasks
