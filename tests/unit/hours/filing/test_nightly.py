"""The nightly job: due once a day in China's time, after a restart too, and never by two."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.filing_side import write_files
from support.filing_world import INST, filing_world
from zaichang.core.civil import DAY_MS, date_text, parse_moment
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import ReviewerId
from zaichang.hours.filing.nightly import DIFFERENCES, WAIT_S, DueBatch, Nightly, NightPorts, due_ms
from zaichang.hours.filing.nights import LEASE_MS
from zaichang.hours.filing.targets import Target, read_target
from zaichang.ledger.filing.reconcile import Listed

TWO = 120
DAY = "2026-11-30"
AT_MS = parse_moment("2026-11-30T02:00:00").ms


class Stop(Exception):
    """Ends a job that runs for ever."""


@dataclass
class Side:
    """The service, the exchange and the platform of a nightly run, which note what is asked of them."""

    claims: list[str] = field(default_factory=list)
    batches: tuple[DueBatch, ...] = ()
    differences: int = 0
    fails: dict[str, Exception] = field(default_factory=dict)
    met: list[str] = field(default_factory=list)
    ended: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def _do(self, step: str) -> None:
        self.met.append(step)
        if step in self.fails:
            raise self.fails[step]

    async def claim(self, target: str, day: str) -> str:
        self._do("claim")
        return self.claims.pop(0) if self.claims else ("done" if day in self.ended else "ours")

    async def prepare(self, target: str, year: int, rules: str) -> bool:
        self._do(f"prepare {year}")
        return True

    async def due(self, target: str, year: int) -> Sequence[DueBatch]:
        return self.batches

    async def compare(self, target: str, year: int, style: str, listed: Sequence[Listed]) -> int:
        self._do(f"compare {year} {style}")
        return self.differences

    async def end(self, target: str, day: str, faults: Sequence[str]) -> None:
        self._do("end")
        self.ended[day] = tuple(faults)

    async def send(self, batch_id: str, people: Any) -> None:
        self._do(f"send {batch_id} {len(people)}")

    async def poll(self, batch_id: str) -> None:
        self._do(f"poll {batch_id}")

    async def listing(self, year: int) -> Sequence[Listed]:
        self._do(f"list {year}")
        return ()


@pytest.fixture
def target(tmp_path: Any) -> Target:
    return read_target(write_files(tmp_path))


def job(side: Side, target: Target, clock: list[int] | None = None, naps: list[float] | None = None) -> Nightly:
    now, slept = clock or [AT_MS], naps if naps is not None else []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise Stop
        now[0] += int(seconds * 1000)

    ports = NightPorts(
        service=side,
        exchange=side,  # type: ignore[arg-type]
        platform=side,  # type: ignore[arg-type]
        people=lambda: {"li": {"name": "李明"}},
        now_ms=lambda: now[0],
        sleep=sleep,
    )
    return Nightly(ports, target, TWO)


BATCHES = (DueBatch(batch_id="a", prepared=True), DueBatch(batch_id="b", prepared=False))


async def test_a_night_prepares_sends_asks_and_compares(target: Target) -> None:
    side = Side(batches=BATCHES)
    assert await job(side, target).night(DAY) == []
    steps = ["claim", "prepare 2026", "claim", "send a 1", "poll a", "claim", "poll b", "list 2026"]
    assert side.met == [*steps, "compare 2026 tenths", "end"]
    assert side.ended == {DAY: ()}


async def test_a_day_that_is_done_or_held_is_left_alone(target: Target) -> None:
    side = Side(claims=["done", "held"])
    assert await job(side, target).night(DAY) == ()
    assert await job(side, target).night(DAY) is None
    assert side.met == ["claim", "claim"]


async def test_a_run_that_another_computer_has_taken_over_stops_in_its_middle(target: Target) -> None:
    side = Side(claims=["ours", "ours", "held"], batches=BATCHES)
    with pytest.raises(NotAllowed, match=r"filing\.run_held"):
        await job(side, target).night(DAY)
    assert "poll b" not in side.met and side.ended == {}


async def test_a_fault_of_one_batch_keeps_no_other_and_is_told(target: Target) -> None:
    side = Side(batches=BATCHES, differences=2)
    side.fails = {
        "prepare 2026": NotAllowed("service.refused", "x"),
        "send a 1": PeerViolation("filing.unreachable", "x"),
        "poll b": PeerViolation("filing.answer", "x"),
    }
    told = ["service.refused", "filing.unreachable", "filing.answer", DIFFERENCES]
    assert await job(side, target).night(DAY) == told
    assert "poll a" not in side.met and side.ended == {DAY: tuple(told)}


async def test_a_year_whose_window_is_closed_is_not_filed(target: Target) -> None:
    side = Side(batches=BATCHES)
    assert await job(side, target).night("2025-12-31") == []
    assert side.met == ["claim", "end"]


async def test_the_job_runs_once_a_day_and_at_once_after_a_stop(target: Target) -> None:
    side, naps = Side(), list[float]()
    clock = [AT_MS + 9 * 3_600_000]
    with pytest.raises(Stop):
        await job(side, target, clock, naps).run()
    assert list(side.ended) == [DAY, "2026-12-01", "2026-12-02"], "the run of 02:00 is made up for at 11:00"
    assert naps == [15 * 3600, 24 * 3600, 24 * 3600]
    side.met, naps = [], []
    with pytest.raises(Stop):
        await job(side, target, [AT_MS + 9 * 3_600_000], naps).run()
    assert set(side.met) == {"claim"}, "after a restart each day is done already"


async def test_what_cannot_be_done_now_is_tried_again(target: Target) -> None:
    side, naps = Side(fails={"claim": PeerViolation("service.unreachable", "x")}), list[float]()
    with pytest.raises(Stop):
        await job(side, target, [AT_MS], naps).run()
    assert naps == [WAIT_S] * 3 and side.ended == {}
    held = Side(claims=["held", "held", "held"])
    naps = []
    with pytest.raises(Stop):
        await job(held, target, [AT_MS + DAY_MS - 60_000], naps).run()
    assert naps[0] == 60, "the next day's run is not slept through"


@dataclass
class DeskSide(Side):
    """A side that asks the real desk whose the run is."""

    nights: Any = None
    holder: str = ""

    async def claim(self, target: str, day: str) -> str:
        found = await self.nights.claim(INST, target, day, self.holder)
        return "done" if found.done_ms is not None else "ours" if found.holder == self.holder else "held"

    async def end(self, target: str, day: str, faults: Sequence[str]) -> None:
        await self.nights.end(INST, ReviewerId("ren"), (target, day, self.holder), faults)


async def test_of_two_computers_one_makes_the_run_and_the_other_takes_over_when_it_is_silent(
    target: Target, tmp_path: Path
) -> None:
    async with filing_world(tmp_path / "world") as world:
        nights, day = world.services.filing.nights, date_text(world.clock.at_ms)
        first, second = (DeskSide(batches=BATCHES, nights=nights, holder=name) for name in ("a", "b"))
        told = await asyncio.gather(job(first, target).night(day), job(second, target).night(day))
        assert sorted(map(str, told)) == ["None", "[]"] and sorted((len(first.met), len(second.met))) == [0, 6]
        for side in (first, second):
            side.met.clear()
            assert await job(side, target).night(day) == () and side.met == [], "a restart makes no second run"

        world.clock.at_ms += DAY_MS
        day = date_text(world.clock.at_ms)
        first.fails = {"list 2026": Stop()}
        with pytest.raises(Stop):
            await job(first, target).night(day)
        assert await job(second, target).night(day) is None, "the first may come back"
        world.clock.at_ms += LEASE_MS
        assert await job(second, target).night(day) == []
        first.fails = {}
        assert await job(first, target).night(day) == ()


def test_the_run_is_due_at_a_minute_of_china_s_day() -> None:
    for text, due in (
        ("2026-11-30T01:59:59", "2026-11-29T02:00:00"),
        ("2026-11-30T02:00:00", "2026-11-30T02:00:00"),
        ("2026-11-30T23:59:59", "2026-11-30T02:00:00"),
        ("2026-12-01T00:00:00", "2026-11-30T02:00:00"),
    ):
        assert due_ms(parse_moment(text).ms, TWO) == parse_moment(due).ms
