"""The service gives a day's run to one holder, and believes only the holder that it is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_world import INST, filing_world
from zaichang.core.civil import DAY_MS, date_text
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import ReviewerId
from zaichang.hours.filing.nights import FAULTS_MAX, LEASE_MS

REN = ReviewerId("ren")


async def test_a_run_is_of_today_or_yesterday_and_kept_by_word(tmp_path: Path) -> None:
    async with filing_world(tmp_path) as world:
        nights, now_ms = world.services.filing.nights, world.clock.at_ms
        today = date_text(now_ms)
        for day in (date_text(now_ms + DAY_MS), date_text(now_ms - 2 * DAY_MS)):
            with pytest.raises(PeerViolation, match=r"filing\.invalid"):
                await nights.claim(INST, "cq", day, "a")
        assert (await nights.claim(INST, "cq", date_text(now_ms - DAY_MS), "a")).holder == "a"
        assert (await nights.claim(INST, "cq", today, "a")).until_ms == now_ms + LEASE_MS
        world.clock.at_ms += LEASE_MS - 1
        assert (await nights.claim(INST, "cq", today, "b")).holder == "a"
        world.clock.at_ms += 1
        assert (await nights.claim(INST, "cq", today, "b")).holder == "b"
        with pytest.raises(NotAllowed, match=r"filing\.run_held"):
            await nights.end(INST, REN, ("cq", today, "a"), [])
        for faults in (["李明"], [""], ["x"] * (FAULTS_MAX + 1)):
            with pytest.raises(PeerViolation, match=r"filing\.invalid"):
                await nights.end(INST, REN, ("cq", today, "b"), faults)
        done = await nights.end(INST, REN, ("cq", today, "b"), ["filing.count"])
        assert (done.done_ms, done.faults) == (world.clock.at_ms, ("filing.count",))
        world.clock.at_ms += 1
        assert await nights.end(INST, REN, ("cq", today, "b"), []) == done, "said again, it is the same"
        assert [night.day for night in await nights.listed(INST, 1)] == [today]
