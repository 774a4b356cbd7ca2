"""China's midnight at the turn of a year, from the session to the statement: 23:59:59 and 00:00:00 are two days."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.core.civil import parse_moment
from zaichang.hours.feed import HourFeed
from zaichang.hours.monitoring.series import months_of
from zaichang.hours.year_view import year_view
from zaichang.main.service import Services

MIDNIGHT_MS = parse_moment("2027-01-01T00:00:00").ms
OWNER = ("inst", "learner")
STUDIED = Fraction(70_000, 45 * 60_000)


async def counted(services: Services, year: int) -> Fraction:
    view = await year_view(services.store, OWNER, "cq-pharmacist-2025", year, MIDNIGHT_MS)
    return view.statement.sums["total"]


@pytest.mark.parametrize(
    ("begins", "year", "day", "month"),
    [("2026-12-31T23:59:59", 2026, "2026-12-31", "2026-12"), ("2027-01-01T00:00:00", 2027, "2027-01-01", "2027-01")],
)
async def test_the_second_before_midnight_is_another_day_month_and_year(
    tmp_path: Path, begins: str, year: int, day: str, month: str
) -> None:
    clock = ManualClock(parse_moment(begins).ms)
    async with service(tmp_path, clock=clock) as services:
        # The outbox names its file after the day on which the lines are written.
        services.session_ports.outbox.append([b"{}\n"], clock.at_ms)
        assert [path.stem for path in services.folder.outbox.glob("*.jsonl")] == [day]
        student = Student(services, clock)
        joined = await student.begin(await token(services))
        row = await services.store.session(joined.session_id)
        assert (row.opened_ms, row.period) == (parse_moment(begins).ms, f"{year}-01-01")
        log = await services.ports.logs.log_for(row.institution_id, row.opened_ms)
        assert log.origin.endswith(f"/inst/{year}")
        view = await year_view(services.store, OWNER, "cq-pharmacist-2025", None, row.opened_ms)
        assert (view.statement.year, view.days_left) == (year, 1 if year == 2026 else 365)
        await student.play(70_000, 10_000)
        await student.finish()
        await student.closed()
        await services.hub.settle()
        await HourFeed(services.store).feed()
        # The first proof is over after midnight in both cases, so each minute began in 2027.
        assert (await counted(services, 2026), await counted(services, 2027)) == (0, STUDIED)
        [found] = [name for name, low, high in months_of(year) if await services.store.course_counts(low, high)]
        assert found == month


async def test_study_over_midnight_is_split_and_no_second_is_lost_or_doubled(tmp_path: Path) -> None:
    clock = ManualClock(MIDNIGHT_MS - 60_000)
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.study(await token(services))
        await HourFeed(services.store).feed()
        before, after = await counted(services, 2026), await counted(services, 2027)
        assert before > 0 and after > 0 and before + after == STUDIED
