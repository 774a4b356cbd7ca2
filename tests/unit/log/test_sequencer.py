import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from support.log_faults import Faults, check_log, open_writer
from support.log_media import LogMedium
from zaichang.core.errors import EvidenceError, FatalLogError, IllegalEvent, StorageError
from zaichang.log.sequencer import Sequencer, SequencerConfig


class Timer:
    """A pool deadline that passes when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.waiting = asyncio.Event()
        self._ring = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        self.waiting.set()
        await self._ring.wait()
        self._ring.clear()

    async def ring(self) -> None:
        await self.waiting.wait()
        self.waiting.clear()
        self._ring.set()


@asynccontextmanager
async def running(
    medium: LogMedium,
    config: SequencerConfig | None = None,
    faults: Faults | None = None,
    sleep: Callable | None = None,
) -> AsyncIterator[Sequencer]:
    sequencer = await Sequencer.start(
        lambda: open_writer(medium, faults), config or SequencerConfig(flush_ms=0), sleep or asyncio.sleep
    )
    try:
        yield sequencer
    finally:
        await sequencer.close()


async def test_a_submission_is_acknowledged_when_a_published_checkpoint_covers_it(medium: LogMedium) -> None:
    async with running(medium) as sequencer:
        assert sequencer.checkpoint.checkpoint.size == 0
        result = await sequencer.submit(("s", 0), b"leaf")
        assert check_log(medium) == [b"leaf"]
        assert result.index == 0
        assert medium.place.published.get("checkpoint") == result.checkpoint


async def test_the_pool_is_written_at_its_deadline(medium: LogMedium) -> None:
    timer = Timer()
    async with running(medium, SequencerConfig(flush_ms=250), sleep=timer) as sequencer:
        tasks = [asyncio.create_task(sequencer.submit(("s", n), b"%d" % n)) for n in range(5)]
        await timer.ring()
        assert [task.index for task in await asyncio.gather(*tasks)] == [0, 1, 2, 3, 4]
        assert timer.asked == [0.25]


async def test_a_full_pool_does_not_wait_and_a_flush_does_not_either(medium: LogMedium) -> None:
    never = Timer()
    async with running(medium, SequencerConfig(pool_size=4, flush_ms=250), sleep=never) as sequencer:
        results = await asyncio.gather(*(sequencer.submit(("s", n), b"%d" % n) for n in range(8)))
        assert sorted(result.index for result in results) == list(range(8))
        single = asyncio.create_task(sequencer.submit(("s", 8), b"8"))
        await never.waiting.wait()
        sequencer.flush()
        assert (await single).index == 8


async def test_the_same_submission_in_flight_is_one_leaf_and_other_bytes_are_refused(medium: LogMedium) -> None:
    timer = Timer()
    async with running(medium, sleep=timer) as sequencer:
        twice = [asyncio.create_task(sequencer.submit(("s", 0), b"leaf")) for _ in range(2)]
        await timer.waiting.wait()
        with pytest.raises(IllegalEvent) as caught:
            await sequencer.submit(("s", 0), b"other")
        assert caught.value.code == "log.submission_conflict"
        await timer.ring()
        assert [task.index for task in await asyncio.gather(*twice)] == [0, 0]
        sequencer.flush()
        assert (await sequencer.submit(("s", 0), b"leaf")).duplicate
        sequencer.flush()
        with pytest.raises(IllegalEvent):
            await sequencer.submit(("s", 0), b"other")
        assert check_log(medium) == [b"leaf"]


async def test_a_submitter_that_gives_up_takes_nothing_from_the_other(medium: LogMedium) -> None:
    timer = Timer()
    async with running(medium, sleep=timer) as sequencer:
        first, second = (asyncio.create_task(sequencer.submit(("s", 0), b"leaf")) for _ in range(2))
        await timer.waiting.wait()
        first.cancel()
        await timer.ring()
        assert (await second).index == 0


async def test_too_many_waiting_are_pushed_back(medium: LogMedium) -> None:
    timer = Timer()
    async with running(medium, SequencerConfig(max_pending=2), sleep=timer) as sequencer:
        waiting = [asyncio.create_task(sequencer.submit(("s", n), b"x")) for n in range(2)]
        await timer.waiting.wait()
        with pytest.raises(StorageError) as caught:
            await sequencer.submit(("s", 2), b"x")
        assert caught.value.code == "log.busy"
        await timer.ring()
        await asyncio.gather(*waiting)


@pytest.mark.parametrize("leaf", [b"", b"x" * 65_536])
async def test_leaves_that_fit_no_bundle_are_refused(medium: LogMedium, leaf: bytes) -> None:
    async with running(medium) as sequencer:
        with pytest.raises(EvidenceError):
            await sequencer.submit(("s", 0), leaf)


async def test_a_full_disk_refuses_the_batch_and_the_next_one_gets_in(medium: LogMedium) -> None:
    faults = Faults()
    async with running(medium, faults=faults) as sequencer:
        faults.step = "stage"
        with pytest.raises(StorageError):
            await sequencer.submit(("s", 0), b"leaf")
        assert (await sequencer.submit(("s", 0), b"leaf")).index == 0


async def test_a_fatal_error_stops_the_log_for_everyone_and_is_told(medium: LogMedium) -> None:
    faults = Faults()
    async with running(medium, faults=faults) as sequencer:
        await sequencer.submit(("s", 0), b"leaf")
        failed = asyncio.create_task(sequencer.wait_failed())
        await asyncio.sleep(0)
        faults.step, faults.fatal = "publish", True
        for call in (sequencer.submit(("s", 1), b"x"), sequencer.submit(("s", 2), b"x")):
            with pytest.raises(FatalLogError):
                await call
        assert (await failed).code == "log.fsync"
    async with running(medium) as sequencer:
        assert (await sequencer.submit(("s", 1), b"x")).duplicate
        assert check_log(medium) == [b"leaf", b"x"]


async def test_closing_writes_what_waits_and_refuses_what_comes_later(medium: LogMedium) -> None:
    timer = Timer()
    async with running(medium, sleep=timer) as sequencer:
        task = asyncio.create_task(sequencer.submit(("s", 0), b"leaf"))
        await timer.waiting.wait()
        await asyncio.sleep(0)
    assert (await task).index == 0
    with pytest.raises(StorageError) as caught:
        await sequencer.submit(("s", 1), b"x")
    assert caught.value.code == "log.closed"


async def test_a_log_that_may_not_be_signed_on_does_not_start(medium: LogMedium) -> None:
    async with running(medium) as sequencer:
        await sequencer.submit(("s", 0), b"leaf")
    medium.delete("tile/0/000.p/1")
    with pytest.raises(FatalLogError):
        await Sequencer.start(lambda: open_writer(medium))
