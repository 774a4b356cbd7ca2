"""The timer of an open session."""

import asyncio

from zaichang.live.alarm import Alarm


async def test_it_rings_once_after_the_delay_set_last() -> None:
    rung = asyncio.Event()
    rings: list[bool] = []

    def ring() -> None:
        rings.append(alarm.is_set)
        rung.set()

    alarm = Alarm(ring)
    alarm.set(3_600_000)
    alarm.set(0)
    assert alarm.is_set
    await rung.wait()
    await asyncio.sleep(0)
    assert rings == [False] and not alarm.is_set


async def test_a_cancelled_one_stays_silent_and_may_be_cancelled_again() -> None:
    rings: list[int] = []
    after = asyncio.Event()
    alarm = Alarm(lambda: rings.append(1))
    alarm.set(0)
    alarm.cancel()
    alarm.cancel()
    asyncio.get_running_loop().call_later(0, after.set)
    await after.wait()
    assert rings == [] and not alarm.is_set
