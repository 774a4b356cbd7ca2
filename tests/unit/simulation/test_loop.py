"""Virtual time jumps, waits for threads, and notices when nothing can happen any more."""

import asyncio
import time

import pytest

from zaichang_simulation.loop import Stuck, run_virtual


def test_an_hour_passes_at_once_and_in_order() -> None:
    async def work() -> list[float]:
        loop = asyncio.get_running_loop()
        seen: list[float] = []
        for delay_s in (3600, 1, 60):
            loop.call_later(delay_s, lambda: seen.append(loop.time()))
        await asyncio.sleep(4000)
        return seen

    begun_s = time.monotonic()
    assert run_virtual(work()) == pytest.approx([1, 60, 3600])
    assert time.monotonic() - begun_s < 60


def test_time_stands_still_while_a_thread_works() -> None:
    async def work() -> tuple[float, str]:
        loop = asyncio.get_running_loop()
        ticker = asyncio.ensure_future(asyncio.sleep(100))
        done = await asyncio.to_thread(lambda: time.sleep(0.05) or "done")
        ticker.cancel()
        return loop.time(), done

    assert run_virtual(work()) == (0.0, "done")


def test_waiting_for_ever_is_an_error() -> None:
    with pytest.raises(Stuck):
        run_virtual(asyncio.Event().wait())
