"""The demo's simulated learner: a generated face before a camera, studying over the service's real websocket."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import websockets

from zaichang.core.errors import StorageError
from zaichang.simulation.camera.faces import builtin_face
from zaichang.simulation.camera.head import Head, pose_at
from zaichang.wire.codec import decode_server, encode, encode_capture
from zaichang.wire.limits import PROTOCOL_VERSION
from zaichang.wire.messages import (
    Ack,
    Answer,
    CaptureHeader,
    CaptureOrder,
    ChallengeOrder,
    Closed,
    Finish,
    Heartbeat,
    Join,
    Joined,
    MinuteSealed,
    Pause,
    Resume,
    Seek,
)

FACE = "builtin:astronaut"
WIDTH_PX, HEIGHT_PX = 480, 360
ANSWER_AFTER_S = 2.5
CLOSING_TIMEOUT_S = 60.0


def portrait() -> bytes:
    """Return the learner's enrolment photo (public domain) as a JPEG."""
    return _jpeg(builtin_face(FACE).image, 95)


class Camera:
    """A head that moves a little, with sensor noise: no two pictures are the same."""

    def __init__(self) -> None:
        """Prepare the face."""
        self._head = Head(builtin_face(FACE), WIDTH_PX, HEIGHT_PX)
        self._taken = 0

    def picture(self, at_s: float) -> bytes:
        """Return what the camera sees at a moment, as a JPEG."""
        import numpy as np

        self._taken += 1
        drawn = self._head.draw(pose_at(11, at_s, 1.0)).astype(np.int16)
        noise = np.random.default_rng(self._taken).normal(0, 2.5, drawn.shape)
        return _jpeg(np.clip(drawn + noise, 0, 255).astype(np.uint8), 85)


def _jpeg(image: object, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])  # type: ignore[call-overload]
    if not done:
        raise StorageError("demo.no_jpeg", "OpenCV cannot write JPEG pictures here.")
    return bytes(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """What came of it."""

    session_id: str
    verified_ms: int
    minutes: int
    reason: str


class Learner:
    """Studies one lesson from its beginning for some seconds of counted time."""

    def __init__(self, url: str, token: str, study_s: float, tell: Callable[[MinuteSealed], None]) -> None:
        """Prepare; ``tell`` is shown every sealed minute."""
        self._url = url
        self._token = token
        self._study_s = study_s
        self._tell = tell
        self._camera = Camera()
        self._seq = 0
        self._nonce = ""
        self._beat_s = 5.0
        self._playing = False
        self._position_ms = 0.0
        self._moved_s = time.monotonic()
        self._lesson_ms = 0
        self._changed = asyncio.Event()

    async def study(self) -> Studied:
        """Join, watch, answer, finish.

        Raises:
            StorageError: ``demo.session_ended`` where the service closed the session without an end.
        """
        session_id, minutes, closed = "", 0, None
        async with websockets.connect(self._url, max_size=2**20, compression=None) as socket:
            join = Join(protocol=PROTOCOL_VERSION, token=self._token, client_nonce=_nonce(), sdk="zaichang-demo")
            await socket.send(encode(join))
            tasks = [asyncio.create_task(self._beat(socket)), asyncio.create_task(self._finish(socket))]
            try:
                async for data in socket:
                    message = decode_server(data)
                    match message:
                        case Joined():
                            session_id = message.session_id
                            self._seq, self._nonce = message.seq, message.nonce
                            self._beat_s = message.heartbeat_ms / 1000
                            self._lesson_ms = message.lesson_duration_ms
                            self._changed.set()
                        case Ack():
                            self._seq, self._nonce = message.seq + 1, message.nonce
                        case CaptureOrder():
                            await self._capture(socket, message)
                        case ChallengeOrder():
                            tasks.append(asyncio.create_task(self._answer(socket, message)))
                        case Resume():
                            self._play(True)
                        case Pause():
                            self._play(False)
                        case Seek():
                            self._position_ms = message.to_ms
                        case MinuteSealed():
                            minutes += 1
                            self._tell(message)
                        case Closed():
                            closed = message
                        case _:
                            pass
            except websockets.ConnectionClosed:
                pass  # a private close code is not a clean end to the library; what was said before it counts
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if closed is None:
            raise StorageError("demo.session_ended", "The service ended the simulated session without a result.")
        return Studied(session_id=session_id, verified_ms=closed.verified_ms, minutes=minutes, reason=closed.reason)

    def _position(self) -> int:
        now_s = time.monotonic()
        if self._playing:
            self._position_ms = min(self._lesson_ms, self._position_ms + (now_s - self._moved_s) * 1000)
        self._moved_s = now_s
        return int(self._position_ms)

    def _play(self, playing: bool) -> None:
        self._position()
        self._playing = playing
        self._changed.set()

    async def _beat(self, socket: websockets.ClientConnection) -> None:
        sent = 0
        await self._changed.wait()
        while True:
            self._changed.clear()
            if self._seq != sent:
                sent = self._seq
                playhead_ms = self._position()
                await socket.send(
                    encode(Heartbeat(seq=sent, nonce=self._nonce, playhead_ms=playhead_ms, playing=self._playing))
                )
            try:
                async with asyncio.timeout(self._beat_s):
                    await self._changed.wait()
                    await asyncio.sleep(0.3)  # the acknowledgement of the last one comes first
            except TimeoutError:
                continue

    async def _capture(self, socket: websockets.ClientConnection, order: CaptureOrder) -> None:
        picture = self._camera.picture(time.monotonic())
        header = CaptureHeader(capture_id=order.capture_id, nonce=order.nonce, camera="demo-camera")
        await socket.send(encode_capture(header, picture))

    async def _answer(self, socket: websockets.ClientConnection, order: ChallengeOrder) -> None:
        if order.kind == "confirm":
            await asyncio.sleep(ANSWER_AFTER_S)
            await socket.send(encode(Answer(challenge_id=order.challenge_id, answer="here")))

    async def _finish(self, socket: websockets.ClientConnection) -> None:
        while self._position() < self._study_s * 1000:
            await asyncio.sleep(0.5)
        await socket.send(encode(Finish()))


def _nonce() -> str:
    return hashlib.sha256(str(time.monotonic_ns()).encode()).hexdigest()
