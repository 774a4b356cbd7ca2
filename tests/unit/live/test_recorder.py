"""Records reach log and outbox whatever storage does in between, and each exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.core.errors import StorageError
from zaichang.live import recorder as recorder_module
from zaichang.protocol import messages as m


@pytest.mark.parametrize("refuses", ["note_anchored", "note_published", "append"])
async def test_a_full_disk_delays_a_record_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: str
) -> None:
    monkeypatch.setattr(recorder_module, "RETRY_S", 0.01)
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        owner = services.recorder._outbox if refuses == "append" else services.store
        real, calls = getattr(owner, refuses), []

        def full(*arguments: object) -> object:
            calls.append(arguments)
            if len(calls) <= 2:
                raise StorageError("storage.disk_full", "There is no room left.")
            return real(*arguments)

        student = Student(services, clock)
        await student.begin(await token(services))
        monkeypatch.setattr(owner, refuses, full)
        await student.play(70_000)
        closed = await student.finish()
        await student.closed()
        assert len(calls) > 2
        told = [message for message in student.got if isinstance(message, m.MinuteSealed)]
        assert sum(minute.verified_ms for minute in told) == closed.verified_ms > 0
        lines = b"".join(path.read_bytes() for path in (tmp_path / "outbox").iterdir()).splitlines()
        assert sum(b'"t":"minute"' in line for line in lines) == len(told)
        assert sum(b'"t":"end"' in line for line in lines) == 1 and await services.store.unpublished_ends() == []
        assert await services.store.unpublished() == []


async def test_the_line_of_an_end_that_a_crash_prevented_is_written_at_the_next_start(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.finish()
        await student.closed()
        await services.hub.settle()
        await services.store._db.write(lambda db: db.execute("UPDATE sessions SET end_published = 0").rowcount)
    [path] = (tmp_path / "outbox").iterdir()
    before = path.read_bytes()
    path.write_bytes(b"".join(line for line in before.splitlines(keepends=True) if b'"t":"end"' not in line))
    async with service(tmp_path, clock=clock, seed="after", enrol_first=False) as services:
        assert await services.store.unpublished_ends() == []
    assert path.read_bytes() == before
