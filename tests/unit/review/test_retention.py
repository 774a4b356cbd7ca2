"""Pictures go when they are too old, and no sooner."""

from __future__ import annotations

from pathlib import Path

from support.study import ManualClock, Student, service, token
from zaichang.core.civil import DAY_MS
from zaichang.review.retention import Retention


async def test_pictures_go_at_their_age_and_records_stay(tmp_path: Path) -> None:
    clock = ManualClock()
    # The days that the session's start stated stand, also where the setting was changed since.
    async with service(tmp_path, clock=clock, capture_days=30) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.finish()
        await student.closed()
        kept = [path for path in (tmp_path / "captures").rglob("*") if path.is_file()]
        assert kept
        retention = Retention(services.ports, 90)
        clock.at_ms += 29 * DAY_MS
        assert await retention.sweep() == 0
        assert all(path.exists() for path in kept)
        clock.at_ms += 2 * DAY_MS
        assert await retention.sweep() == len(kept)
        assert await retention.sweep() == 0
        assert list((tmp_path / "captures").iterdir()) == []
        rows = await services.store.captures(student.session_id)
        assert len(rows) == len(kept) and all(row.deleted_ms is not None for row in rows)
        assert await services.store.events(student.session_id)
