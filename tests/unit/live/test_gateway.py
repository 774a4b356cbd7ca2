"""Connections: joining, resuming, superseding, and everything a client may get wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from support.study import NONCE, PICTURE, ManualClock, Student, service, token
from zaichang.launch.tokens import LaunchTokens
from zaichang.main.service import Services
from zaichang.protocol import messages as m
from zaichang.protocol.close_codes import CloseCode
from zaichang.protocol.codec import encode, encode_capture
from zaichang.protocol.limits import MESSAGES_PER_S, TEXT_MAX_BYTES, VIOLATIONS_MAX
from zaichang.session.schedule import client_commitment

COMMITMENT = client_commitment(NONCE)


@asynccontextmanager
async def at_gateway(tmp_path: Path, **settings: Any) -> AsyncIterator[tuple[Services, ManualClock]]:
    """A running service and the clock that its test moves."""
    clock = ManualClock()
    async with service(tmp_path, clock=clock, **settings) as services:
        yield services, clock


async def begun(services: Services, clock: ManualClock) -> Student:
    """Return a learner whose session has passed its first proof."""
    student = Student(services, clock)
    await student.begin(await token(services))
    return student


async def test_a_session_from_join_to_close_is_verified_and_anchored(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = Student(services, clock)
        joined = await student.begin(await token(services))
        assert not joined.resumed and joined.captures
        ack = await student.play(70_000)
        assert ack.counting
        closed = await student.finish()
        assert closed.verified_ms >= 65_000
        assert await student.closed() == (CloseCode.FINISHED, "SESSION_FINISHED")
        minutes = [message for message in student.got if isinstance(message, m.MinuteSealed)]
        assert [minute.verdict for minute in minutes] == ["V", "V"]
        assert sum(minute.verified_ms for minute in minutes) == closed.verified_ms
        leaves = await services.store.leaves(student.session_id)
        assert all(leaf.entry_index is not None for leaf in leaves)
        assert (leaves[0].kind, leaves[-1].kind) == ("session.start", "session.final")
        lines = b"".join(path.read_bytes() for path in (tmp_path / "outbox").iterdir()).splitlines()
        assert [line["t"] for line in map(json.loads, lines)] == ["minute", "minute", "end"]
        assert json.loads(lines[-1])["proofs"]["capture"] >= 2 and json.loads(lines[-1])["mode"] == "recorded"


@pytest.mark.parametrize(
    ("route", "more", "days"),
    [
        ("face", {"capture_days": 90}, 90),
        ("face", {"capture_days": 90, "keep_captures": False}, 0),
        ("challenge", {"capture_days": 90}, 0),
    ],
)
async def test_the_learner_is_told_how_long_pictures_are_kept(
    tmp_path: Path, route: str, more: dict[str, object], days: int
) -> None:
    async with at_gateway(tmp_path, **more) as (services, clock):
        student = Student(services, clock)
        joined = await student.join(await token(services, route=route))
        assert (joined.captures, joined.pictures_days) == (route == "face", days)
        await student.leave()


async def test_nothing_is_called_verified_before_a_checkpoint_covers_it(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = await begun(services, clock)
        await student.play(200_000)
        anchored_ms, said_ms = 0, []
        for message in student.got:
            if isinstance(message, m.MinuteSealed):
                anchored_ms += message.verified_ms
            elif isinstance(message, m.Ack):
                said_ms.append(message.verified_ms)
                assert message.verified_ms <= anchored_ms
        assert said_ms[-1] > 0
        await student.leave()


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("not json", "wire.not_json"),
        ('{"t":"nonsense"}', "wire.unknown_type"),
        ('{"t":"finish"}', "wire.join_first"),
        (b"\x00\x00\x00\x02{}picture", "wire.join_first"),
        ('{"t":"join","protocol":9,"token":"x","client_nonce_c":"' + COMMITMENT + '"}', "wire.protocol"),
        ('{"t":"join","protocol":1,"token":"x","client_nonce_c":"' + COMMITMENT + '","locale":"fr"}', "wire.locale"),
        ('{"t":"join","protocol":1,"token":"x","client_nonce_c":"zz"}', "wire.invalid"),
        ('{"t":"join","protocol":1,"token":"x","client_nonce_c":"' + COMMITMENT + '","extra":1}', "wire.invalid"),
        ("x" * (TEXT_MAX_BYTES + 1), "wire.too_large"),
        ("\ud800", "wire.not_json"),
    ],
)
async def test_a_wrong_first_message_is_answered_and_closed(tmp_path: Path, first: str | bytes, code: str) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = Student(services, clock)
        student.send(first)
        close, reason = await student.closed()
        assert (close, reason) == (CloseCode.BAD_MESSAGE, code)
        [error] = student.got
        assert isinstance(error, m.ErrorMessage) and error.code == code and error.fatal
        await _still_serves(services, clock)


async def test_silence_before_the_join_is_closed(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        object.__setattr__(services.session_ports.config, "join_timeout_ms", 1)
        student = Student(services, clock)
        assert (await student.closed())[0] == CloseCode.JOIN_TIMEOUT


async def _still_serves(services: Services, clock: ManualClock) -> None:
    await (await begun(services, clock)).leave()


@pytest.mark.parametrize("kind", ["expired", "forged", "malformed"])
async def test_a_bad_token_is_refused_with_its_code(tmp_path: Path, kind: str) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        good = await token(services)
        if kind == "expired":
            clock.at_ms += 241 * 60_000
        bad = {
            "expired": good,
            "forged": LaunchTokens(bytes(32)).issue(services.tokens.verify(good, 0)),
            "malformed": good[:-10] + ".",
        }[kind]
        student = Student(services, clock)
        student.send(m.Join(protocol=1, token=bad, client_nonce_c=COMMITMENT))
        assert await student.closed() == (CloseCode.TOKEN_REFUSED, f"token.{kind}")


async def test_the_same_token_twice_at_once_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        launch = await token(services)
        first, second = Student(services, clock), Student(services, clock)
        await first.begin(launch)
        second.send(m.Join(protocol=1, token=launch, client_nonce_c=COMMITMENT))
        assert await second.closed() == (CloseCode.TOKEN_REFUSED, "token.in_use")
        await first.play(10_000)
        await first.leave()


async def test_a_reload_goes_on_with_the_same_session(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        launch = await token(services)
        first = Student(services, clock)
        await first.begin(launch)
        await first.play(20_000)
        await first.leave()
        second = Student(services, clock)
        joined = await second.join(launch)
        assert joined.resumed and joined.session_id == first.session_id
        assert joined.seq == first.seq


async def test_resuming_takes_over_from_a_dead_connection(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        launch = await token(services)
        first, second = Student(services, clock), Student(services, clock)
        await first.begin(launch)
        joined = await second.join(launch, resume=first.session_id)
        assert joined.resumed
        assert await first.closed() == (CloseCode.SUPERSEDED, "taken_over")
        second.playhead_ms = first.playhead_ms
        assert (await second.play(5_000)).counting
        await second.leave()


async def test_a_session_of_another_token_cannot_be_resumed(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        first, second = Student(services, clock), Student(services, clock)
        await first.begin(await token(services))
        other = await token(services, "learner-2")
        second.send(m.Join(protocol=1, token=other, client_nonce_c=COMMITMENT, resume=first.session_id))
        assert await second.closed() == (CloseCode.NOT_FOUND, "session.unknown")
        await first.leave()


async def test_a_later_start_supersedes_the_earlier_one(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        first, second = Student(services, clock), Student(services, clock)
        await first.begin(await token(services))
        await first.play(30_000)
        await second.begin(await token(services))
        assert (await first.closed())[0] == CloseCode.SUPERSEDED
        assert isinstance(first.got[-1], m.Closed)
        assert (await services.store.session(first.session_id)).state == "closed"
        assert (await services.store.session(second.session_id)).state == "open"
        credited = await services.store.credited("inst", "learner", "course", "lesson")
        joined = next(message for message in second.got if isinstance(message, m.Joined))
        assert joined.frontier_ms == max((end for _, end in credited), default=0)
        await second.leave()


async def test_a_token_of_an_ended_session_is_used_up(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        launch = await token(services)
        first, second, third = (Student(services, clock) for _ in range(3))
        await first.begin(launch)
        await first.finish()
        await first.closed()
        second.send(m.Join(protocol=1, token=launch, client_nonce_c=COMMITMENT))
        assert await second.closed() == (CloseCode.TOKEN_REFUSED, "token.used")
        await third.join(launch, resume=first.session_id)
        assert (await third.expect(m.Closed)).reason == "SESSION_FINISHED"
        assert (await third.closed())[0] == CloseCode.FINISHED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nonce": "0" * 32}, "heartbeat.nonce"),
        ({"seq": 1}, "heartbeat.replayed"),
        ({"seq": 40}, "heartbeat.out_of_order"),
    ],
)
async def test_a_broken_heartbeat_chain_is_answered_and_not_used(
    tmp_path: Path, change: dict[str, object], code: str
) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = await begun(services, clock)
        await student.play(10_000)
        values = {"seq": student.seq, "nonce": student.nonce, "playhead_ms": 15_000, "playing": True, **change}
        student.send(m.Heartbeat(**values))  # type: ignore[arg-type]
        error = await student.expect(m.ErrorMessage)
        assert (error.code, error.expected_seq, error.fatal) == (code, student.seq, False)
        assert (await student.play(5_000)).counting
        await student.leave()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "wire.capture_short"),
        (b"\x00\x00", "wire.capture_short"),
        (b"\xff\xff\xff\xff{}", "wire.capture_header"),
        (b"\x00\x00\x00\x02{}", "wire.capture_empty"),
        (b"\x00\x00\x00\x02{}x", "wire.capture_header"),
        (b"\x00\x00\x00\x02" + b"x" * 300_000, "wire.too_large"),
        ('{"t":"answer","challenge_id":1}', "wire.invalid"),
        ('{"t":"capture_unavailable","capture_id":"c0-0","cause":"tired"}', "wire.cause"),
        ('{"t":"join","protocol":1,"token":"x","client_nonce_c":"' + COMMITMENT + '"}', "wire.joined_twice"),
        ('{"t":"heartbeat","seq":0,"nonce":"' + NONCE + '","playhead_ms":0,"playing":true}', "wire.invalid"),
        ('{"t":"finish"', "wire.not_json"),
        ('{"t":"finish","deep":' + "[" * 5_000 + "]" * 5_000 + "}", "wire.invalid"),
    ],
)
async def test_bad_messages_are_answered_and_the_session_goes_on(tmp_path: Path, data: str | bytes, code: str) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = await begun(services, clock)
        student.send(data)
        error = await student.expect(m.ErrorMessage)
        assert (error.code, error.fatal) == (code, False)
        assert (await student.play(5_000)).counting
        await student.leave()


async def test_a_capture_that_answers_no_order_is_thrown_away(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = await begun(services, clock)
        before = list((tmp_path / "captures").rglob("*"))
        student.send(encode_capture(m.CaptureHeader(capture_id="c9-9", nonce="0" * 32), PICTURE))
        error = await student.expect(m.ErrorMessage)
        assert error.code.startswith("capture.") and not error.fatal
        assert list((tmp_path / "captures").rglob("*")) == before
        await student.leave()


async def test_too_many_violations_close_the_connection_and_keep_the_session(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        launch = await token(services)
        student = Student(services, clock)
        await student.begin(launch)
        for _ in range(VIOLATIONS_MAX + 1):
            clock.at_ms += 1_000
            student.send("rubbish")
        assert (await student.closed())[0] == CloseCode.BAD_MESSAGE
        again = Student(services, clock)
        assert (await again.join(launch, resume=student.session_id)).resumed
        await again.leave()


async def test_too_many_messages_at_once_close_the_connection(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = await begun(services, clock)
        for _ in range(MESSAGES_PER_S + 5):
            student.send(encode(m.Answer(challenge_id="q0", answer="here")))
        assert (await student.closed())[0] == CloseCode.TOO_FAST


async def test_draining_sends_everybody_away_with_1012(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student, late = Student(services, clock), Student(services, clock)
        await student.begin(await token(services))
        await late.leave()
        services.gateway.drain()
        assert (await student.closed())[0] == CloseCode.RESTARTING
        assert (await Student(services, clock).closed())[0] == CloseCode.RESTARTING


async def test_more_connections_than_allowed_are_told_to_come_back(tmp_path: Path) -> None:
    async with at_gateway(tmp_path, connections_max=1) as (services, clock):
        student = await begun(services, clock)
        assert (await Student(services, clock).closed())[0] == CloseCode.OVERLOADED
        await student.leave()


async def test_a_clock_that_is_set_back_stops_nothing(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = await begun(services, clock)
        await student.play(20_000)
        clock.at_ms -= 3_600_000
        student.beat()
        assert (await student.expect(m.Ack)).seq > 0
        clock.at_ms += 3_600_000
        assert (await student.play(10_000)).counting
        await student.leave()


async def test_storage_that_refuses_closes_with_come_back_and_loses_nothing(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        launch = await token(services)
        student = Student(services, clock)
        await student.begin(launch)
        await student.play(10_000)
        stored = len(await services.store.events(student.session_id))
        await services.store._db.write(lambda db: db.execute("PRAGMA query_only = ON").fetchall())
        student.beat()
        assert (await student.closed())[0] == CloseCode.OVERLOADED
        assert any(isinstance(message, m.ErrorMessage) and message.fatal for message in student.got)
        assert len(await services.store.events(student.session_id)) == stored
        services.store._db._writer.execute("PRAGMA query_only = OFF")  # type: ignore[union-attr]
        again = Student(services, clock)
        joined = await again.join(launch, resume=student.session_id)
        assert joined.seq == student.seq
        await again.leave()


async def test_two_sessions_do_not_wait_for_each_other(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        students = [Student(services, clock) for _ in range(3)]
        launches = [await token(services, f"learner-{i}") for i in range(3)]
        await asyncio.gather(*(student.join(launch) for student, launch in zip(students, launches, strict=True)))
        assert len({student.session_id for student in students}) == 3
        for student in students:
            await student.leave()


async def test_nothing_that_names_or_shows_a_learner_lies_open_on_disk(tmp_path: Path) -> None:
    async with at_gateway(tmp_path) as (services, clock):
        student = await begun(services, clock)
        await student.play(30_000)
        await student.finish()
        await student.closed()
        assert (await services.store.captures(student.session_id))[0].size > len(PICTURE)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    everything = b"".join(path.read_bytes() for path in files)
    assert PICTURE not in everything and b"template of" not in everything
    published = b"".join(path.read_bytes() for path in files if "public" in path.parts)
    assert published and b"learner" not in published
    assert all(path.stat().st_mode & 0o077 == 0 for path in files if "keys" in path.parts)


async def test_no_token_and_no_pseudonym_is_ever_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    pseudonym = "pseudonym-4711"
    async with at_gateway(tmp_path) as (services, clock):
        launch = await token(services, pseudonym)
        student = Student(services, clock)
        await student.begin(launch)
        student.send("rubbish " + launch)
        await student.expect(m.ErrorMessage)
        second = Student(services, clock)
        second.send(m.Join(protocol=1, token=launch, client_nonce_c=COMMITMENT))
        await second.closed()
        third = Student(services, clock)
        third.send(m.Join(protocol=1, token=launch[:-4], client_nonce_c=COMMITMENT))
        await third.closed()
        services.store.close()
        student.beat()
        await student.closed()
    assert "storage.closed" in caplog.text
    assert pseudonym not in caplog.text
    assert launch[:40] not in caplog.text and launch[-40:] not in caplog.text
