"""The tasks that carry out orders for proofs: some end with their connection, some outlive it."""

from __future__ import annotations

import asyncio
from typing import Any

from zaichang_client import DECLINE, READY, ConnectionGone, NoPasskey, Picture, Signature, Unavailable, codec
from zaichang_client.proofs import ProofTasks
from zaichang_client.protocol import messages as m
from zaichang_simulation.loop import run_virtual

NONCE = "a" * 32
CAPTURE = m.CaptureOrder(capture_id="c1", nonce=NONCE, within_ms=5_000, width_px=480, quality_pct=80)
CONFIRM = m.ChallengeOrder(challenge_id="q1", kind="confirm", within_ms=60_000, options=("k1", "k2"))
LIGHT = m.ChallengeOrder(challenge_id="q2", kind="light", within_ms=60_000)
STEP = m.LivenessStepOrder(
    challenge_id="q2", nonce=NONCE, step=1, of=2, action="turn_left", within_ms=900, interval_ms=300, width_px=320,
    quality_pct=70,
)  # fmt: skip


class Wire:
    """A connection that records its messages; a lost one refuses them."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.lost = False

    async def send(self, data: str | bytes) -> None:
        if self.lost:
            raise ConnectionGone(1006)
        self.sent.append(codec.decode_own(data) if isinstance(data, str) else data)

    async def receive(self) -> str:
        raise ConnectionGone(1006)

    async def close(self) -> None:
        self.lost = True


class Person:
    """Camera, prompter and liveness in one."""

    def __init__(self, *answers: str | None, picture: Picture | Unavailable | None = None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []
        self.results: list[m.ChallengeResult] = []
        self.hints: list[m.LivenessHint] = []
        self.steps: list[int] = []
        self.frames = 0
        self.picture = picture
        self.takes_s = 0.0

    async def capture(self, order: m.CaptureOrder) -> Picture | Unavailable | None:
        await asyncio.sleep(self.takes_s)
        return self.picture

    async def ask(self, order: m.ChallengeOrder, attempt: int) -> str | None:
        self.asked.append((order.challenge_id, attempt))
        return self.answers.pop(0)

    def judged(self, result: m.ChallengeResult) -> None:
        self.results.append(result)

    def hint(self, hint: m.LivenessHint) -> None:
        self.hints.append(hint)

    def step(self, order: m.LivenessStepOrder) -> None:
        self.steps.append(order.step)

    async def frame(self, order: m.LivenessStepOrder) -> Picture | None:
        self.frames += 1
        return Picture(data=b"frame", camera="cam") if self.frames % 2 else None


class Room:
    """Tasks, a person and a connection that may be absent."""

    def __init__(self, person: Person, *, moves: bool = True) -> None:
        self.person = person
        self.wire = Wire()
        self.transport: Wire | None = self.wire
        self.tasks = ProofTasks(person, person, person if moves else None, lambda: self.transport)

    async def settle(self, seconds: float = 0.01) -> None:
        await asyncio.sleep(seconds)


def judged(*, closed: bool, challenge_id: str = "q1") -> m.ChallengeResult:
    return m.ChallengeResult(challenge_id=challenge_id, accepted=closed, closed=closed)


def test_a_capture_is_sent_with_its_nonce_and_camera() -> None:
    async def run() -> None:
        room = Room(Person(picture=Picture(data=b"jpeg", camera="cam", virtual_camera=True)))
        room.tasks.start_capture(CAPTURE, room.wire)
        await room.settle()
        [data] = room.wire.sent
        assert b'"capture_id":"c1"' in data and NONCE.encode() in data and data.endswith(b"jpeg")
        assert b'"virtual_camera":true' in data

    run_virtual(run())


def test_a_camera_that_has_no_picture_says_why_and_a_slow_one_is_busy() -> None:
    async def run() -> None:
        for picture, takes_s, cause in ((Unavailable(cause="denied"), 0.0, "denied"), (None, 9.0, "busy")):
            room = Room(Person(picture=picture))
            room.person.takes_s = takes_s
            room.tasks.start_capture(CAPTURE, room.wire)
            await room.settle(10)
            assert room.wire.sent == [m.CaptureUnavailableMessage(capture_id="c1", cause=cause)]
        silent = Room(Person(picture=None))
        silent.tasks.start_capture(CAPTURE, silent.wire)
        await silent.settle()
        assert silent.wire.sent == []

    run_virtual(run())


def test_a_repeated_order_starts_its_capture_anew_and_a_lost_connection_ends_it() -> None:
    async def run() -> None:
        room = Room(Person(picture=Picture(data=b"jpeg")))
        room.person.takes_s = 2.0
        room.tasks.start_capture(CAPTURE, room.wire)
        await room.settle(1)
        room.tasks.start_capture(CAPTURE, room.wire)
        await room.settle(1.5)
        assert room.wire.sent == [], "the first one was called off"
        await room.settle(1)
        assert len(room.wire.sent) == 1
        room.tasks.start_capture(CAPTURE, room.wire)
        await room.settle(1)
        room.tasks.connection_lost()
        await room.settle(5)
        assert len(room.wire.sent) == 1

    run_virtual(run())


def test_an_answer_is_kept_over_a_lost_connection_and_the_challenge_is_not_shown_twice() -> None:
    async def run() -> None:
        room = Room(Person("k1"))
        room.transport = None
        room.tasks.start_challenge(CONFIRM)
        await room.settle()
        room.tasks.connection_lost()
        room.transport = room.wire
        room.tasks.start_challenge(CONFIRM)
        await room.settle()
        assert room.wire.sent == [m.Answer(challenge_id="q1", answer="k1")]
        assert room.person.asked == [("q1", 1)]

    run_virtual(run())


def test_an_open_challenge_is_asked_again_after_a_wrong_answer_and_not_after_its_end() -> None:
    async def run() -> None:
        room = Room(Person("k1", "k2"))
        room.tasks.start_challenge(CONFIRM)
        await room.settle()
        room.tasks.judged(judged(closed=False))
        await room.settle()
        assert room.person.asked == [("q1", 1), ("q1", 2)]
        assert [each.answer for each in room.wire.sent] == ["k1", "k2"]
        room.tasks.judged(judged(closed=True))
        await room.settle()
        assert len(room.person.asked) == 2 and len(room.person.results) == 2

    run_virtual(run())


def test_a_person_who_stays_silent_sends_nothing() -> None:
    async def run() -> None:
        room = Room(Person(None))
        room.tasks.start_challenge(CONFIRM)
        await room.settle()
        assert room.wire.sent == []

    run_virtual(run())


def test_movements_begin_with_ready_and_light_may_be_declined() -> None:
    async def run() -> None:
        for answer, decline in ((READY, False), (DECLINE, True)):
            room = Room(Person(answer))
            room.tasks.start_challenge(LIGHT)
            await room.settle()
            assert room.wire.sent == [m.Ready(challenge_id="q2", decline=decline)]

    run_virtual(run())


def test_a_step_sends_frames_at_its_pace_until_the_result() -> None:
    async def run() -> None:
        room = Room(Person())
        room.tasks.start_step(STEP, room.wire)
        await room.settle(1.0)
        assert (room.person.steps, room.person.frames, len(room.wire.sent)) == ([1], 4, 2)
        room.tasks.judged(judged(closed=True, challenge_id="q2"))
        await room.settle(5)
        assert room.person.frames == 4

    run_virtual(run())


def test_a_step_nobody_ends_stops_by_itself_and_a_lost_line_stops_it_quietly() -> None:
    async def run() -> None:
        room = Room(Person())
        room.tasks.start_step(STEP, room.wire)
        await room.settle(20)
        frames = room.person.frames
        assert 15 < frames < 25
        room.wire.lost = True
        room.tasks.start_step(STEP, room.wire)
        await room.settle(20)
        assert room.person.frames <= frames + 2

    run_virtual(run())


def test_a_client_without_liveness_shows_neither_steps_nor_hints() -> None:
    async def run() -> None:
        room = Room(Person(), moves=False)
        room.tasks.start_step(STEP, room.wire)
        room.tasks.hint(m.LivenessHint(challenge_id="q2"))
        await room.settle(1)
        assert room.person.frames == 0 and room.person.hints == []
        other = Room(Person())
        other.tasks.hint(m.LivenessHint(challenge_id="q2"))
        assert len(other.person.hints) == 1

    run_virtual(run())


def test_stopping_ends_captures_questions_and_steps() -> None:
    async def run() -> None:
        room = Room(Person("k1", picture=Picture(data=b"jpeg")))
        room.person.takes_s = 2.0
        room.tasks.start_capture(CAPTURE, room.wire)
        room.tasks.start_step(STEP, room.wire)
        room.tasks.start_challenge(CONFIRM)
        room.tasks.stop()
        await room.settle(20)
        assert room.wire.sent == []

    run_virtual(run())


PASSKEY = m.ChallengeOrder(
    challenge_id="q3", kind="passkey", within_ms=60_000, options=("AAE",), nonce="BBE", rp_id="learn.example"
)
SIGNED = Signature(credential_id="AAE", client_data="e30", authenticator_data="AAAA", signature="c2ln")


class Device:
    """Passkeys that answer as they are told."""

    def __init__(self, *answers: Signature | NoPasskey | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def sign(self, order: m.ChallengeOrder, attempt: int) -> Signature | NoPasskey | None:
        self.asked.append((order.nonce, attempt))
        return self.answers.pop(0)


def test_a_passkey_challenge_is_signed_again_after_a_refusal_and_sent_again_after_a_lost_line() -> None:
    async def run() -> None:
        room, device = Room(Person()), Device(SIGNED, NoPasskey(), None)
        room.tasks = ProofTasks(room.person, room.person, None, lambda: room.transport, device)
        room.tasks.start_challenge(PASSKEY)
        await room.settle()
        signed = m.PasskeyAssertion(
            challenge_id="q3", credential_id="AAE", client_data="e30", authenticator_data="AAAA", signature="c2ln"
        )
        assert room.wire.sent == [signed]
        room.tasks.start_challenge(PASSKEY)  # the line was lost, and the server asks again
        await room.settle()
        assert room.wire.sent == [signed, signed] and device.asked == [("BBE", 1)]
        room.tasks.judged(judged(closed=False, challenge_id="q3"))
        await room.settle()
        assert room.wire.sent[-1] == m.PasskeyUnavailable(challenge_id="q3", cause="declined")
        room.tasks.judged(judged(closed=False, challenge_id="q3"))
        await room.settle()
        assert len(room.wire.sent) == 3 and device.asked[-1] == ("BBE", 3) and room.person.asked == []

    run_virtual(run())


def test_a_device_without_passkeys_says_so() -> None:
    async def run() -> None:
        room = Room(Person())
        room.tasks.start_challenge(PASSKEY)
        await room.settle()
        assert room.wire.sent == [m.PasskeyUnavailable(challenge_id="q3", cause="unsupported")]

    run_virtual(run())
