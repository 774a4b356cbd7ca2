"""The changes that a cheating client makes to its messages, and its claims until then."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.protocol.codec import decode_capture, encode_capture
from zaichang.protocol.messages import CaptureHeader
from zaichang_client import Sample
from zaichang_client.codec import decode_own, encode
from zaichang_client.protocol import messages as m
from zaichang_simulation.format.cheats import (
    Captures,
    CheatEntry,
    HeartbeatEvery,
    Ignore,
    Nonce,
    Playhead,
    Report,
    Reveal,
    Segments,
)
from zaichang_simulation.tamper import Cheats, Claims, TamperingTransport

LESSON_MS = 600_000
N1, N2, N3 = ("1" * 32, "2" * 32, "3" * 32)
TRUTH = Sample(playhead_ms=30_000, playing=True)


class Clock:
    def __init__(self) -> None:
        self.ms = 0

    def now(self) -> int:
        return self.ms


def cheats(*entries: CheatEntry, at_ms: int = 0) -> tuple[Cheats, Clock]:
    clock = Clock()
    clock.ms = at_ms
    return Cheats(entries, clock.now), clock


class Wire:
    """A transport that records the messages."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.closed = False

    async def send(self, data: str | bytes) -> None:
        self.sent.append(data)

    async def receive(self) -> str:
        return "from the service"

    async def close(self) -> None:
        self.closed = True


def line(*entries: CheatEntry) -> tuple[TamperingTransport, Wire, Claims]:
    wire, claims = Wire(), Claims(LESSON_MS)
    return TamperingTransport(wire, cheats(*entries)[0], claims, 1), wire, claims


def beat(seq: int, nonce: str, playhead_ms: int = 0) -> str:
    return encode(m.Heartbeat(seq=seq, nonce=nonce, playhead_ms=playhead_ms, playing=True))


def picture(nonce: str) -> bytes:
    return encode_capture(CaptureHeader(capture_id="c1", nonce=nonce, camera="cam"), b"\xff\xd8" + bytes(600))


def test_a_cheat_is_in_force_in_its_time_and_the_last_one_counts() -> None:
    one, clock = cheats(Ignore(from_s=1, until_s=3), Ignore(from_s=2, until_s=3, orders=("capture",)))
    seen = []
    for clock.ms in (999, 1_000, 2_000, 3_000):
        seen.append((one.ignored("pause"), one.ignored("capture")))
    assert seen == [(False, False), (True, False), (False, True), (False, False)]


def test_the_pace_is_the_services_unless_a_cheat_sets_one() -> None:
    assert cheats()[0].pace_ms(5_000, 2.0) == 2_500
    assert cheats(HeartbeatEvery(every_s=1.5))[0].pace_ms(5_000, 1.0) == 1_500
    assert cheats(HeartbeatEvery(every_s=1.5), Segments(every_s=0.2))[0].pace_ms(5_000, 1.0) == 200


def test_without_a_cheat_the_truth_is_reported() -> None:
    assert cheats()[0].report(TRUTH, LESSON_MS) == TRUTH


def test_a_report_says_what_the_cheat_says_and_the_rest_as_it_is() -> None:
    entry = Report(playing=False, visible=False, rate=1.5, playhead_s=99, hints=("x",))
    said = cheats(entry)[0].report(TRUTH, LESSON_MS)
    assert (said.playing, said.visible, said.rate_bp, said.playhead_ms, said.hints) == (
        False,
        False,
        15_000,
        99_000,
        ("x",),
    )
    assert (said.focused, said.ended) == (TRUTH.focused, TRUTH.ended)


def test_an_invented_playhead_runs_from_where_it_was_and_stops_at_the_lessons_ends() -> None:
    one, clock = cheats(Playhead(from_s=0, speed=10))
    seen = []
    for clock.ms in (0, 1_000, 100_000):
        said = one.report(TRUTH, LESSON_MS)
        seen.append((said.playhead_ms, said.playing, said.ended))
    assert seen == [(30_000, True, False), (40_000, True, False), (LESSON_MS, False, True)]
    back, clock = cheats(Playhead(from_s=0, speed=-10), at_ms=60_000)
    assert back.report(TRUTH, LESSON_MS).playhead_ms == 0


def test_a_jump_begins_where_it_says_and_a_pause_may_hold_it() -> None:
    one, _ = cheats(Playhead(from_s=0, jump_s=100, hold_when_paused=True), at_ms=1_000)
    assert one.report(TRUTH, LESSON_MS).playhead_ms == 101_000
    paused = Sample(playhead_ms=30_000, playing=False)
    assert one.report(paused, LESSON_MS) == paused


def test_finished_segments_are_reported_one_after_the_other() -> None:
    one, _ = cheats(Segments(length_s=250, start_s=100))
    said = [one.report(TRUTH, LESSON_MS) for _ in range(4)]
    assert [each.playhead_ms for each in said] == [100_000, 350_000, 600_000, 600_000]
    assert [each.ended for each in said] == [False, False, True, True]


async def test_what_is_no_message_of_ours_passes_unchanged() -> None:
    one, wire, claims = line(Nonce())
    for data in ("not json", b"short"):
        await one.send(data)
    assert wire.sent == ["not json", b"short"] and not claims.sent
    assert await one.receive() == "from the service"
    await one.close()
    assert wire.closed


@pytest.mark.parametrize("how", ["never", "wrong"])
async def test_a_nonce_is_not_revealed_or_another_one_is(how: Any) -> None:
    one, wire, _ = line(Reveal(how=how))
    await one.send(encode(m.Reveal(client_nonce="ab" * 16)))
    if how == "never":
        assert wire.sent == []
    else:
        told = decode_own(wire.sent[0])
        assert isinstance(told, m.Reveal) and told.client_nonce != "ab" * 16 and len(told.client_nonce) == 32


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("previous", [N1, N1, N2]), ("first", [N1, N1, N1]), ("right", [N1, N2, N3])],
)
async def test_the_chain_of_heartbeats_is_broken_as_said(kind: Any, expected: list[str]) -> None:
    one, wire, claims = line(Nonce(nonce=kind, skip=2))
    for seq, nonce in enumerate((N1, N2, N3), 1):
        await one.send(beat(seq, nonce))
    told = [decode_own(data) for data in wire.sent]
    assert [each.nonce for each in told if isinstance(each, m.Heartbeat)] == expected
    assert [each.seq for each in told if isinstance(each, m.Heartbeat)] == [3, 4, 5]
    assert claims.nonces == [N1, N2, N3]
    assert list(claims.sent) == wire.sent, "the claims are the messages that left"


async def test_a_random_nonce_is_none_of_the_services() -> None:
    one, wire, _ = line(Nonce(nonce="wrong"))
    await one.send(beat(1, N1))
    told = decode_own(wire.sent[0])
    assert isinstance(told, m.Heartbeat) and told.nonce != N1 and told.seq == 1
    honest, wire, _ = line(Nonce(nonce="wrong", share=0.0))
    await honest.send(beat(1, N1))
    assert wire.sent == [beat(1, N1)]


async def test_captures_carry_the_nonce_and_the_copies_that_the_cheat_wants() -> None:
    one, wire, _ = line(Captures(nonce="previous", copies=2))
    for nonce in (N1, N2):
        await one.send(picture(nonce))
    nonces = []
    for data in wire.sent:
        header, _ = decode_capture(data)
        assert header is not None
        nonces.append(header.nonce)
    assert nonces == [N1, N1, N1, N1], "the first has none before it"
    wrong, wire, _ = line(Captures(nonce="wrong"))
    await wrong.send(picture(N1))
    header, body = decode_capture(wire.sent[0])
    assert header is not None and header.nonce != N1 and len(body) == 602


async def test_an_honest_capture_is_noted_and_passes() -> None:
    one, wire, claims = line()
    await one.send(picture(N1))
    assert wire.sent == [picture(N1)] and claims.capture_nonces == [N1]


def test_every_second_that_a_playhead_passed_over_is_claimed_once() -> None:
    claims = Claims(LESSON_MS)
    for at_ms in (10_000, 30_000, 20_000, 25_000, LESSON_MS + 5_000):
        claims.heartbeat(m.Heartbeat(seq=1, nonce="n", playhead_ms=at_ms, playing=True), "data")
    assert claims.claimed == ((10_000, LESSON_MS),)
