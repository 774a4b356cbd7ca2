"""The study client against scripted servers, on a virtual clock, and the golden vectors of protocol 1."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from zaichang_client import (
    ClientError,
    ConnectionGone,
    NoPasskey,
    Picture,
    Sample,
    SessionRefused,
    Signature,
    StudyClient,
    Transport,
    Unavailable,
    codec,
)
from zaichang_client.protocol import messages as m
from zaichang_simulation.loop import run_virtual

VECTORS = Path(__file__).parents[2] / "vectors"
CLIENT = json.loads((VECTORS / "wire_client.json").read_text())
SERVER = json.loads((VECTORS / "wire_server.json").read_text())
DIALOGUES = json.loads((VECTORS / "dialogues.json").read_text())


class Desk:
    """Player, camera and prompter that write down what they are told."""

    def __init__(self) -> None:
        self.now = Sample(playhead_ms=0, playing=False)
        self.told: list[str] = []
        self.answers = ["here"]
        self.picture: Picture | Unavailable | None = Picture(data=b"jpeg", camera="ab")

    def sample(self) -> Sample:
        return self.now

    def joined(self, message: m.Joined) -> None:
        self.told.append(f"joined {message.frontier_ms}")

    def pause(self, reason: str, message: str) -> None:
        self.told.append(f"pause {reason}")

    def resume(self) -> None:
        self.told.append("resume")

    def seek(self, to_ms: int, reason: str, message: str) -> None:
        self.told.append(f"seek {to_ms}")

    def offline(self, away: bool) -> None:
        self.told.append(f"offline {away}")

    async def capture(self, order: m.CaptureOrder) -> Picture | Unavailable | None:
        return self.picture

    async def ask(self, order: m.ChallengeOrder, attempt: int) -> str | None:
        await asyncio.sleep(1)
        return self.answers[min(attempt, len(self.answers)) - 1]

    def judged(self, result: m.ChallengeResult) -> None:
        self.told.append(f"judged {result.accepted}")


class Wire:
    """A connection whose server is the test."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.coming: asyncio.Queue[str | int] = asyncio.Queue()
        self.open = True

    async def send(self, data: str | bytes) -> None:
        if not self.open:
            raise ConnectionGone(1006)
        self.sent.put_nowait(data)

    async def receive(self) -> str | bytes:
        item = await self.coming.get()
        if isinstance(item, int):
            self.open = False
            raise ConnectionGone(item)
        return item

    async def close(self) -> None:
        self.open = False

    def say(self, **fields: object) -> None:
        self.coming.put_nowait(json.dumps(fields))

    async def heard(self) -> Any:
        data = await self.sent.get()
        return json.loads(data) if isinstance(data, str) else data

    async def beats(self, verified_ms: int = 0) -> None:
        """Acknowledge heartbeats for ever."""
        while True:
            message = await self.heard()
            if isinstance(message, dict) and message["t"] == "heartbeat":
                self.say(t="ack", seq=message["seq"], nonce=f"{message['seq']:032x}", counting=True)
            else:
                self.others.put_nowait(message)

    others: asyncio.Queue[Any]


JOINED = {
    "t": "joined", "session_id": "s", "resumed": False, "server_ms": 1, "seq": 1, "nonce": "0" * 32,
    "heartbeat_ms": 5000, "frontier_ms": 0, "lesson_duration_ms": 60000, "schedule_commitment": "",
    "policy_name": "p", "policy_digest": "", "captures": True,
}  # fmt: skip


class Server:
    """Hands out connections."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []
        self.opened: asyncio.Queue[Wire] = asyncio.Queue()
        self.down = False
        self.gate = asyncio.Semaphore(1_000)

    async def connect(self) -> Transport:
        await self.gate.acquire()
        if self.down:
            raise ConnectionGone(1006)
        wire = Wire()
        wire.others = asyncio.Queue()
        self.wires.append(wire)
        self.opened.put_nowait(wire)
        return wire

    async def next(self, **joined: object) -> Wire:
        wire = await self.opened.get()
        wire.join = await wire.heard()  # type: ignore[attr-defined]  # for the test to look at
        wire.say(**{**JOINED, **joined})
        return wire


def client_of(server: Server, desk: Desk) -> StudyClient:
    return StudyClient(
        server.connect,
        token="token-1",
        player=desk,
        camera=desk,
        prompter=desk,
        token_hex=lambda length: "00" * length,
        jitter=lambda: 1.0,
    )


def drive(script: Callable[[Server, Desk, StudyClient], Awaitable[None]]) -> Desk:
    async def run() -> Desk:
        server, desk = Server(), Desk()
        client = client_of(server, desk)
        running = asyncio.ensure_future(client.run())
        try:
            async with asyncio.timeout(300):
                await script(server, desk, client)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return desk

    return run_virtual(run())


def test_a_join_says_whether_passkeys_can_be_asked_for() -> None:
    class Device:
        async def sign(self, order: m.ChallengeOrder, attempt: int) -> Signature | NoPasskey | None:
            return None

    async def run(passkeys: Device | None) -> Any:
        server, desk = Server(), Desk()
        client = StudyClient(server.connect, token="t", player=desk, camera=desk, prompter=desk, passkeys=passkeys)
        running = asyncio.ensure_future(client.run())
        wire = await server.next()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return wire.join.get("passkey", False)  # type: ignore[attr-defined]  # kept by the server above

    assert [run_virtual(run(each)) for each in (Device(), None)] == [True, False]


@pytest.mark.parametrize("vector", CLIENT["messages"], ids=lambda vector: vector["name"])
def test_client_messages_have_exactly_the_text_of_the_vectors(vector: dict[str, Any]) -> None:
    message = codec.decode_own(json.dumps(vector["fields"]))
    assert codec.encode(message) == vector["text"]


@pytest.mark.parametrize("vector", CLIENT["captures"], ids=lambda vector: vector["name"])
def test_captures_have_exactly_the_bytes_of_the_vectors(vector: dict[str, Any]) -> None:
    header = msgspec.convert(vector["header"], m.CaptureHeader)
    assert codec.encode_capture(header, bytes.fromhex(vector["picture_hex"])).hex() == vector["frame_hex"]


@pytest.mark.parametrize("vector", SERVER["messages"], ids=lambda vector: vector["fields"]["t"])
def test_server_messages_decode_to_the_fields_of_the_vectors(vector: dict[str, Any]) -> None:
    message = codec.decode(vector["text"])
    fields = {"t": message.__struct_config__.tag, **msgspec.structs.asdict(message)}
    assert json.loads(json.dumps(fields)) == vector["fields"]


@pytest.mark.parametrize("vector", SERVER["left_out"], ids=lambda vector: vector["text"] or "empty")
def test_what_a_client_must_leave_out_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ClientError):
        codec.decode(vector["text"])


@pytest.mark.parametrize("dialogue", DIALOGUES["dialogues"], ids=lambda dialogue: dialogue["name"])
def test_the_dialogues_of_the_vectors(dialogue: dict[str, Any]) -> None:
    async def script(server: Server, desk: Desk, client: StudyClient) -> None:
        wire = Wire()
        server.gate = asyncio.Semaphore(0)
        expected: list[dict[str, Any]] = []
        heard: list[dict[str, Any]] = []
        for step in dialogue["steps"]:
            expected += step["expect"]
            await asyncio.sleep(step.get("wait_ms", 0) / 1000)
            if step.get("opened"):
                server.gate.release()
                wire = await server.opened.get()
            if "sample" in step:
                desk.now = replace(desk.now, **step["sample"])
                client.changed()
            if "server" in step:
                wire.say(**step["server"])
            if "lost" in step:
                wire.coming.put_nowait(step["lost"])
            await asyncio.sleep(0.001)
            while not wire.sent.empty():
                heard.append(await wire.heard())
        # A heartbeat is sent at once when the session opens; the vectors' own one follows the first sample.
        joins = [message for message in heard if message["t"] == "join"]
        beats = {message["seq"]: message for message in heard if message["t"] == "heartbeat"}
        wanted_joins = [message for message in expected if message["t"] == "join"]
        assert len(joins) == len(wanted_joins)
        for message, wanted in zip(joins, wanted_joins, strict=True):
            assert {name: message.get(name) for name in wanted} == wanted
        reveals = [[one for one in messages if one["t"] == "reveal"] for messages in (heard, expected)]
        assert reveals[0] == reveals[1]
        for wanted in expected:
            if wanted["t"] == "heartbeat":
                chained = {name: beats[wanted["seq"]][name] for name in ("seq", "nonce")}
                assert chained == {name: wanted[name] for name in ("seq", "nonce")}

    drive(script)


def test_orders_reach_the_player_and_captures_and_answers_come_back() -> None:
    async def script(server: Server, desk: Desk, client: StudyClient) -> None:
        desk.answers = ["away", "here"]
        wire = await server.next(frontier_ms=7)
        acks = asyncio.ensure_future(wire.beats())
        wire.say(t="capture", capture_id="c0-0", nonce="1" * 32, within_ms=5000, width_px=480, quality_pct=80)
        frame = await wire.others.get()
        assert b'"capture_id":"c0-0"' in frame and frame.endswith(b"jpeg")
        desk.picture = Unavailable(cause="denied")
        wire.say(t="capture", capture_id="c0-1", nonce="1" * 32, within_ms=5000, width_px=480, quality_pct=80)
        assert (await wire.others.get())["cause"] == "denied"
        wire.say(t="challenge", challenge_id="q0", kind="confirm", within_ms=60000, options=["away", "here"])
        assert (await wire.others.get())["answer"] == "away"
        wire.say(t="challenge_result", challenge_id="q0", accepted=False, closed=False, reason="CHALLENGE_WRONG")
        assert (await wire.others.get())["answer"] == "here"
        wire.say(t="challenge_result", challenge_id="q0", accepted=True, closed=True)
        wire.say(t="pause", reason="NO_FACE", message="m")
        wire.say(t="seek", to_ms=3, reason="SEEK_FORWARD", message="m")
        wire.say(t="resume")
        await asyncio.sleep(1)
        acks.cancel()

    told = drive(script).told
    assert told == ["joined 7", "judged False", "judged True", "pause NO_FACE", "seek 3", "resume"]


def test_finish_sends_a_last_report_and_the_end_comes_back() -> None:
    async def run() -> None:
        server, desk = Server(), Desk()
        client = client_of(server, desk)
        running = asyncio.ensure_future(client.run())
        wire = await server.next()
        acks = asyncio.ensure_future(wire.beats())
        await asyncio.sleep(1)
        client.finish()
        assert (await wire.others.get())["t"] == "finish"
        wire.say(t="closed", reason="SESSION_FINISHED", message="m", verified_ms=5, undecided_ms=0)
        wire.coming.put_nowait(4000)
        ended = await running
        acks.cancel()
        assert (ended.reason, ended.verified_ms) == ("SESSION_FINISHED", 5)

    run_virtual(run())


def test_offline_for_ten_seconds_pauses_and_a_new_connection_resumes() -> None:
    async def script(server: Server, desk: Desk, client: StudyClient) -> None:
        wire = await server.next()
        await wire.heard()
        server.down = True
        wire.coming.put_nowait(1006)
        await asyncio.sleep(9.9)
        assert "offline True" not in desk.told
        await asyncio.sleep(0.2)
        assert desk.told[-1] == "offline True"
        server.down = False
        wire = await server.next(resumed=True)
        assert wire.join["resume"] == "s"  # type: ignore[attr-defined]  # set above
        await asyncio.sleep(0.1)
        assert desk.told[-2:] == ["offline False", "joined 0"]

    drive(script)


def test_a_silent_connection_is_given_up() -> None:
    async def script(server: Server, desk: Desk, client: StudyClient) -> None:
        wire = await server.next()
        await wire.heard()  # a heartbeat that is never acknowledged
        again = await server.next(resumed=True)
        assert not wire.open and again is not wire

    drive(script)


def test_a_broken_chain_joins_anew() -> None:
    async def script(server: Server, desk: Desk, client: StudyClient) -> None:
        wire = await server.next()
        await wire.heard()
        wire.say(t="error", code="heartbeat.nonce", message="m", expected_seq=4)
        again = await server.next(resumed=True, seq=4, nonce="7" * 32)
        beat = await again.heard()
        assert (beat["seq"], beat["nonce"]) == (4, "7" * 32)

    drive(script)


def test_a_challenge_outlives_the_connection_and_its_answer_is_sent_again() -> None:
    async def script(server: Server, desk: Desk, client: StudyClient) -> None:
        order = {"t": "challenge", "challenge_id": "q0", "kind": "confirm", "within_ms": 60000, "options": ["here"]}
        wire = await server.next()
        wire.say(**order)
        await asyncio.sleep(0.5)
        wire.coming.put_nowait(1006)
        wire = await server.next(resumed=True)
        acks = asyncio.ensure_future(wire.beats())
        await asyncio.sleep(2)  # answered while nothing asked
        wire.say(**order)
        assert (await wire.others.get())["answer"] == "here"
        acks.cancel()

    drive(script)


@pytest.mark.parametrize("code", [4000, 4400, 4401, 4403, 4409])
def test_who_is_sent_away_does_not_come_back(code: int) -> None:
    async def run() -> None:
        server, desk = Server(), Desk()
        running = asyncio.ensure_future(client_of(server, desk).run())
        wire = await server.next()
        wire.say(t="error", code="token.in_use", message="m", fatal=True)
        wire.coming.put_nowait(code)
        with pytest.raises(SessionRefused) as caught:
            await running
        assert (caught.value.close_code, caught.value.code) == (code, "token.in_use")
        assert len(server.wires) == 1

    run_virtual(run())


def test_an_overloaded_service_is_left_alone_for_longer() -> None:
    async def script(server: Server, desk: Desk, client: StudyClient) -> None:
        wire = await server.opened.get()
        begun_s = asyncio.get_running_loop().time()
        wire.coming.put_nowait(4503)
        await server.opened.get()
        assert asyncio.get_running_loop().time() - begun_s >= 20

    drive(script)
