"""A learner at the gateway: real runtime, store and log, a clock that the test moves, an analysis that it sets."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.core.assessment import FaceFinding, FrameAssessment
from zaichang.core.enums import Proof
from zaichang.core.frames import Frame, PhotoResult
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId
from zaichang.main.service import Services, build
from zaichang.protocol import messages as m
from zaichang.protocol.codec import decode_server, encode, encode_capture
from zaichang.session.policy import Policy
from zaichang.session.schedule import client_commitment
from zaichang.settings import load_settings

INST, COURSE, LESSON = InstitutionId("inst"), CourseId("course"), LessonId("lesson")
T0_MS = 1_700_000_000_000
POLICY = Policy(name="test", proofs=(Proof.PRESENCE, Proof.IDENTITY), challenge_kinds=(), segment_ms=60_000)
NONCE = "ab" * 16
PICTURE = b"\xff\xd8\xff a picture"
WAIT_S = 20
_M = TypeVar("_M")


class ManualClock:
    """Stands still until the test moves it."""

    def __init__(self, now_ms: int = T0_MS) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms


class FixedVision:
    """Answers every picture with the same face, or as ``answer`` says; ``hold`` makes it wait. No geometry."""

    def __init__(self) -> None:
        self.embedder_id = ""
        self.answer: Callable[[bytes], FrameAssessment] = good_frame
        self.hold: asyncio.Event | None = None
        self.seen: list[Frame] = []

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        self.seen += frames
        if self.hold is not None:
            await self.hold.wait()
        return [self.answer(frame.data) for frame in frames]

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        return not_seen()

    async def enrol(self, image: bytes) -> PhotoResult:
        return PhotoResult(
            template=b"template of " + image, quality_bp=9_000, reasons=(), assessment=good_frame(image), thresholds="t"
        )

    def capacity(self) -> int:
        return 8

    async def close(self) -> None:
        return None


def good_frame(picture: bytes) -> FrameAssessment:
    digest = hashlib.sha256(picture).hexdigest()[:16]
    face = FaceFinding(box_px=(100, 80, 200, 240), score_bp=9_900, quality_bp=9_000, similarity_bp=8_000, pad_bp=9_900)
    return FrameAssessment(
        width_px=480, height_px=360, faces=(face,), phash=digest, content=digest, luma_bp=5_000, models="0" * 16
    )


class Pipe:
    """A ``Channel`` of two queues."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.outbox: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue()
        self.closed: tuple[int, str] | None = None

    async def receive(self) -> str | bytes | None:
        return await self.inbox.get()

    async def send(self, text: str) -> None:
        if self.closed is None:
            self.outbox.put_nowait(text)

    async def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (int(code), reason)
            self.outbox.put_nowait((int(code), reason))
            self.inbox.put_nowait(None)


class Student:
    """One page: sends the given messages, and looks for the expected ones in order of arrival."""

    def __init__(self, services: Services, clock: ManualClock, origin: str = "") -> None:
        self.services = services
        self.clock = clock
        self.origin = origin
        self.pipe = Pipe()
        self.task = asyncio.ensure_future(services.gateway.serve(self.pipe, "", origin))
        self.got: list[m.ServerMessage] = []
        self.seq = 1
        self.nonce = ""
        self.playhead_ms = 0
        self.session_id = ""
        self.pictures = 0
        self.reveals = True

    def send(self, message: m.ClientMessage | str | bytes) -> None:
        self.pipe.inbox.put_nowait(message if isinstance(message, str | bytes) else encode(message))

    async def expect(self, kind: type[_M] | tuple[type[_M], ...], where: Callable[[_M], bool] = lambda _: True) -> _M:
        """Return the next message of this kind; captures ordered meanwhile are taken, acks followed."""
        async with asyncio.timeout(WAIT_S):
            while True:
                item = await self.pipe.outbox.get()
                if isinstance(item, tuple):
                    raise AssertionError(f"closed with {item} while waiting for {kind}; got {self.got[-3:]}")
                message = decode_server(item)
                self.got.append(message)
                match message:
                    case m.Joined():
                        self.seq, self.nonce, self.session_id = message.seq, message.nonce, message.session_id
                        if message.reveal and self.reveals:
                            self.send(m.Reveal(client_nonce=NONCE))
                    case m.Ack():
                        self.seq, self.nonce = message.seq + 1, message.nonce
                    case m.CaptureOrder() if kind is not m.CaptureOrder:
                        self.take(message)
                    case _:
                        pass
                if isinstance(message, kind) and where(message):
                    return message

    async def closed(self) -> tuple[int, str]:
        """Return the close code and reason; earlier messages are kept in ``got``."""
        async with asyncio.timeout(WAIT_S):
            while True:
                item = await self.pipe.outbox.get()
                if isinstance(item, tuple):
                    await self.task
                    return item
                message = decode_server(item)
                self.got.append(message)
                if isinstance(message, m.CaptureOrder):
                    self.take(message)

    def take(self, order: m.CaptureOrder, picture: bytes = b"") -> None:
        self.pictures += 1
        header = m.CaptureHeader(capture_id=order.capture_id, nonce=order.nonce, camera="cam")
        unique = f"{self.session_id}{self.pictures}".encode()
        self.send(encode_capture(header, picture or PICTURE + unique))

    async def join(self, token: str, resume: str = "") -> m.Joined:
        commitment = client_commitment(NONCE)
        self.send(
            m.Join(
                protocol=1,
                token=token,
                client_nonce_c=commitment,
                locale="en",
                resume=resume,
                passkey=bool(self.origin),
            )
        )
        return await self.expect(m.Joined)

    async def begin(self, token: str) -> m.Joined:
        """Join and pass the first proof."""
        joined = await self.join(token)
        await self.prove()
        return joined

    async def prove(self) -> None:
        """Pass the first proof."""
        for _ in range(30):
            self.clock.at_ms += 1_000
            self.beat(playing=False)
            await self.expect(m.Ack)
            await self.services.hub.settle()
            if any(isinstance(message, m.Resume) for message in self.got):
                return
        raise AssertionError(f"the first proof did not pass: {self.got[-5:]}")

    def beat(self, *, playing: bool = True, **more: Any) -> None:
        self.send(m.Heartbeat(seq=self.seq, nonce=self.nonce, playhead_ms=self.playhead_ms, playing=playing, **more))

    async def play(self, ms: int, step_ms: int = 5_000) -> m.Ack:
        """Play on, in heartbeats of ``step_ms`` of the clock."""
        self.beat()
        ack = await self.expect(m.Ack)
        for _ in range(0, ms, step_ms):
            self.clock.at_ms += step_ms
            self.playhead_ms += step_ms
            self.beat()
            ack = await self.expect(m.Ack)
            await self.services.hub.settle()
        return ack

    async def finish(self) -> m.Closed:
        """Ask for the end and stay for the closing proof."""
        self.send(m.Finish())
        # A round that the draw of this session has just begun runs to its end first.
        for _ in range(90):
            self.clock.at_ms += 1_000
            self.beat(playing=False)
            message = await self.expect((m.Ack, m.Closed))
            if isinstance(message, m.Closed):
                return message
            await self.services.hub.settle()
        raise AssertionError(f"the session did not end: {self.got[-5:]}")

    async def study(self, token: str, ms: int = 70_000, step_ms: int = 10_000) -> None:
        """Begin, play, finish, and wait until the service has done all that follows from it."""
        await self.begin(token)
        await self.play(ms, step_ms)
        await self.finish()
        await self.closed()
        await self.services.hub.settle()

    async def leave(self) -> None:
        """Vanish without a word."""
        self.pipe.inbox.put_nowait(None)
        await self.task


def numbered(seed: str) -> Callable[[int], str]:
    """Return a source of ids and seeds that repeats: a test must not depend on luck."""
    count = itertools.count()
    return lambda size: hashlib.shake_256(f"{seed}{next(count)}".encode()).hexdigest(size)


@asynccontextmanager
async def service(
    data: Path,
    *,
    seed: str = "first",
    clock: ManualClock | None = None,
    vision: FixedVision | None = None,
    policy: Policy = POLICY,
    enrol_first: bool = True,
    **more: Any,
) -> AsyncIterator[Services]:
    """A running service on ``data`` with an institution ``inst``, a lesson and (by default) an enrolled learner."""
    settings = load_settings(None, {"data": data, "log_flush_ms": 10, "log_hold_back": False, **more}, {})
    services = await build(
        settings, clock=clock or ManualClock(), vision=vision or FixedVision(), token_hex=numbered(seed)
    )
    async with services:
        await services.institutions.add(INST, "机构", "Institution")
        await services.lessons.add(
            INST, COURSE, LESSON, title_zh="课", title_en="Lesson", duration_ms=1_800_000, policy=policy
        )
        if enrol_first:
            await services.enrolling.from_photos(INST, LearnerId("learner"), [PICTURE])
        yield services


async def token(services: Services, learner: str = "learner", **more: Any) -> str:
    return await services.launches.issue(INST, LearnerId(learner), COURSE, LESSON, **more)
