"""Logs are opened on demand, one for each institution and year; a failed one is reported, a busy one tried again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from support.log_media import LogMedium
from zaichang.core.enums import LeafKind
from zaichang.core.errors import FatalLogError, StorageError
from zaichang.log import shelf
from zaichang.log.reader import LogReader
from zaichang.log.shelf import LogShelf, SequencedLog, log_origin, log_year
from zaichang.log.witnessing import Cosigned
from zaichang.ports.log.open_logs import Beacon
from zaichang.ports.log.places import LogPlace
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.leaf import Anchor, record

DOMAIN = "hours.example.org"
NOW_MS = 1_790_000_000_000


class Clock:
    def now_ms(self) -> int:
        return NOW_MS


@dataclass
class Places:
    """One medium for the one log of these tests."""

    medium: LogMedium
    asked: list[tuple[str, int]] = field(default_factory=list)

    def place(self, institution_id: str, year: int) -> LogPlace:
        self.asked.append((institution_id, year))
        return self.medium.place

    def all(self) -> list[LogPlace]:
        return [self.medium.place]


def leaf(name: str) -> bytes:
    return record(LeafKind.POLICY, log_origin(DOMAIN, "inst-1", 2026), NOW_MS, name=name, digest=b"\x01" * 32)


@pytest.mark.parametrize(
    ("at_ms", "year"),
    [(1_767_196_799_999, 2025), (1_767_196_800_000, 2026), (0, 1970)],
    ids=["a millisecond before midnight in China", "midnight in China", "epoch"],
)
def test_the_year_is_china_s(at_ms: int, year: int) -> None:
    assert log_year(at_ms) == year


async def test_a_log_is_opened_once_and_its_leaves_are_kept(medium: LogMedium) -> None:
    places, fatal = Places(medium), list[FatalLogError]()
    logs = LogShelf(places, DOMAIN, Clock(), fatal.append, flush_ms=5)
    first, second = await asyncio.gather(*(logs.log_for("inst-1", NOW_MS) for _ in range(2)))
    assert first is second and places.asked == [("inst-1", 2026)]
    assert first.origin == "hours.example.org/inst-1/2026"
    index = await first.submit(("a", 0), leaf("a"))
    assert await first.submit(("a", 0), leaf("a")) == index, "the same key again is the same leaf"
    assert first.anchor() is not None
    await logs.close()
    assert LogReader(medium.place.published).entry(index) == leaf("a")
    assert fatal == []


async def test_a_log_that_cannot_be_opened_is_reported_as_fatal(medium: LogMedium) -> None:
    fatal: list[FatalLogError] = []
    logs = LogShelf(Places(medium), DOMAIN, Clock(), fatal.append, flush_ms=5)
    await logs.log_for("inst-1", NOW_MS)
    await logs.close()
    medium.lose_head()
    again = LogShelf(Places(medium), DOMAIN, Clock(), fatal.append, flush_ms=5)
    with pytest.raises(FatalLogError) as caught:
        await again.log_for("inst-1", NOW_MS)
    assert fatal == [caught.value]
    await again.close()


class Busy:
    """A sequencer whose storage refuses some batches, and then closes."""

    def __init__(self, refused: int, closed: bool = False) -> None:
        self.left = refused
        self.closed = closed

    async def submit(self, key: tuple[str, int], data: bytes) -> object:
        if self.left:
            self.left -= 1
            raise StorageError("log.busy", "busy")
        if self.closed:
            raise StorageError("log.closed", "closed")

        class Placed:
            index = 7

        return Placed()


async def test_a_busy_store_is_tried_again_and_a_closed_log_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "RETRY_S", 0)
    assert await SequencedLog("o", Busy(3)).submit(("a", 0), b"") == 7  # type: ignore[arg-type]  # the part that is used
    with pytest.raises(StorageError) as caught:
        await SequencedLog("o", Busy(1, closed=True)).submit(("a", 0), b"")  # type: ignore[arg-type]  # as above
    assert caught.value.code == "log.closed"


async def test_a_beacon_is_the_first_that_covers_the_leaf_and_is_waited_for() -> None:
    log = SequencedLog("o", Busy(0))  # type: ignore[arg-type]  # not asked

    def cosigned(size: int, with_beacon: bool = True) -> Cosigned:
        checkpoint = Checkpoint(origin="o", size=size, root=bytes(32))
        beacon = Beacon(size=size, value="ab" * 32, note=f"note {size}") if with_beacon else None
        return Cosigned(checkpoint=checkpoint, beacon=beacon)

    waiting = asyncio.create_task(log.beacon(5))
    log.note_witnessed(cosigned(5))
    log.note_witnessed(cosigned(6, with_beacon=False))
    assert log.anchor() == Anchor(size=6, root=bytes(32))
    await asyncio.sleep(0)
    assert not waiting.done(), "size 5 covers leaves 0 to 4"
    log.note_witnessed(cosigned(8))
    log.note_witnessed(cosigned(9))
    assert (await waiting).size == 8
    assert (await log.beacon(0)).size == 5
