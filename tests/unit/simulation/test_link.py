"""The simulated network: late, lost, cut and repeated messages, in the order that TCP keeps."""

from __future__ import annotations

import asyncio

import pytest

from zaichang_client import ConnectionGone
from zaichang_simulation.format.network import (
    Bandwidth,
    Delay,
    Drop,
    Duplicate,
    Flap,
    Lose,
    Move,
    NetworkEntry,
    Reorder,
)
from zaichang_simulation.link import Network, Pipe, message_kind

BEAT = '{"t":"heartbeat","seq":1}'


class Clock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.ms = 0

    def now(self) -> int:
        return self.ms


def network(*entries: NetworkEntry, at_ms: int = 0) -> tuple[Network, Clock]:
    clock = Clock()
    clock.ms = at_ms
    return Network(entries, clock.now, 1), clock


@pytest.mark.parametrize(
    ("entry", "down", "up"),
    [
        (Drop(from_s=1, until_s=3), (1_000, 2_999), (999, 3_000)),
        (Flap(from_s=10, every_s=20, down_s=2), (10_000, 11_999, 30_000), (9_999, 12_000, 29_999)),
        (Move(from_s=5, down_s=2, address="192.0.2.9"), (5_000, 6_999), (4_999, 7_000)),
    ],
)
def test_when_there_is_no_network(entry: NetworkEntry, down: tuple[int, ...], up: tuple[int, ...]) -> None:
    one, clock = network(entry)
    for moments, expected in ((down, False), (up, True)):
        for clock.ms in moments:
            assert one.up is expected, clock.ms


def test_a_move_changes_the_address_to_the_newest_one() -> None:
    one, clock = network(Move(from_s=9, address="192.0.2.9"), Move(from_s=5, address="192.0.2.5"))
    seen = []
    for clock.ms in (4_999, 5_000, 9_000):
        seen.append(one.address("192.0.2.1"))
    assert seen == ["192.0.2.1", "192.0.2.5", "192.0.2.9"]


def test_every_cut_is_known_beforehand_in_its_order() -> None:
    one, _ = network(
        Flap(from_s=10, every_s=20, until_s=50, down_s=1), Drop(from_s=4, notice_s=2), Move(from_s=1, address="a")
    )
    assert one.cuts_ms() == [(1_000, 0), (4_000, 2_000), (10_000, 0), (30_000, 0)]


def test_a_message_that_is_lost_takes_the_connection_with_it_as_often_as_said() -> None:
    one, clock = network(Lose(from_s=0, message="heartbeat", count=1, down_s=3))
    assert not one.loses('{"t":"answer"}') and one.up
    assert one.loses(BEAT) and not one.up
    clock.ms = 3_000
    assert one.up and not one.loses(BEAT)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (BEAT, "heartbeat"), ("not json", "unknown"), ("[]", "unknown"), ('{"t":7}', "unknown"),
        (b'{"capture_id":"q1-0"}', "frame"), (b'{"capture_id":"c1"}', "capture"),
    ],
)  # fmt: skip
def test_messages_are_told_apart(data: str | bytes, kind: str) -> None:
    assert message_kind(data) == kind


def test_delays_add_up_by_direction_and_a_slow_uplink_counts_bytes() -> None:
    one, _ = network(
        Delay(from_s=0, delay_s=0.2), Delay(from_s=0, delay_s=0.3, direction="down"), Bandwidth(from_s=0, up_kbit_s=8)
    )
    assert one.delay_ms("up", 100) == 200 + 100
    assert one.delay_ms("down", 100) == 500
    assert network(Delay(from_s=5))[0].delay_ms("up", 9) == 0, "not in force yet"
    assert network(Delay(from_s=0, share=0.0))[0].delay_ms("up", 9) == 0


def test_shares_of_messages_are_repeated_and_held_back() -> None:
    one, _ = network(Duplicate(from_s=0, share=1.0, delay_s=0.5), Reorder(from_s=0, share=1.0, delay_s=0.4))
    assert (one.again_ms(), one.held_ms()) == ([500], 400)
    none, _ = network(Duplicate(from_s=0, share=0.0), Reorder(from_s=0, share=0.0))
    assert (none.again_ms(), none.held_ms()) == ([], 0)


async def test_a_pipe_carries_both_ways_and_ends_both_ways() -> None:
    one, clock = network()
    pipe = Pipe(one, clock.now)
    await pipe.client.send(BEAT)
    assert await pipe.server.receive() == BEAT
    await pipe.server.send("ack")
    assert await pipe.client.receive() == "ack"
    await pipe.client.close()
    assert await pipe.server.receive() is None and not pipe.server_open
    with pytest.raises(ConnectionGone):
        await pipe.client.send(BEAT)


async def test_the_services_close_code_reaches_the_client() -> None:
    one, clock = network()
    pipe = Pipe(one, clock.now)
    await pipe.server.close(4008, "superseded")
    with pytest.raises(ConnectionGone) as gone:
        await pipe.client.receive()
    assert gone.value.close_code == 4008 and not pipe.client_open


async def test_a_cut_lets_nothing_through_and_both_ends_notice() -> None:
    one, clock = network()
    pipe = Pipe(one, clock.now)
    pipe.cut()
    await pipe.client.send(BEAT)
    assert await pipe.server.receive() is None
    with pytest.raises(ConnectionGone) as gone:
        await pipe.client.receive()
    assert gone.value.close_code == 1006


async def test_a_lost_message_cuts_the_line_and_does_not_arrive() -> None:
    one, clock = network(Lose(from_s=0, message="heartbeat"))
    pipe = Pipe(one, clock.now)
    await pipe.client.send(BEAT)
    assert await pipe.server.receive() is None


async def test_a_late_message_does_not_let_a_quick_one_overtake_it() -> None:
    one, clock = network(Bandwidth(from_s=0, up_kbit_s=8))
    pipe = Pipe(one, clock.now)
    long = "x" * 20
    for data in (long, "y"):
        await pipe.client.send(data)
    assert [await pipe.server.receive(), await pipe.server.receive()] == [long, "y"]


async def test_a_message_that_is_held_back_is_overtaken() -> None:
    one, clock = network(Reorder(from_s=0, until_s=1, share=1.0, delay_s=0.03))
    pipe = Pipe(one, clock.now)
    await pipe.client.send("first")
    clock.ms = 1_000
    await pipe.client.send("second")
    async with asyncio.timeout(5):
        assert [await pipe.server.receive(), await pipe.server.receive()] == ["second", "first"]
