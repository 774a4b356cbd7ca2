"""The demo's simulated learner: a generated face before a camera, studying over the service's real websocket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import NotAllowed, UnreadableInput
from zaichang.live.challenges.confirm_text import right_option
from zaichang_client import Picture, Sample, SessionRefused, StudyClient, websocket
from zaichang_client.protocol import messages as m
from zaichang_simulation.camera.faces import builtin_face
from zaichang_simulation.camera.head import Head, pose_at

FACE = "builtin:astronaut"
WIDTH_PX, HEIGHT_PX = 480, 360
ANSWER_AFTER_S = 2.5
LOOK_EVERY_S = 0.5


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
        """Return the camera's picture at a moment, as a JPEG."""
        self._taken += 1
        drawn = self._head.draw(pose_at(11, at_s, 1.0)).astype(np.int16)
        noise = np.random.default_rng(self._taken).normal(0, 2.5, drawn.shape)
        return _jpeg(np.clip(drawn + noise, 0, 255).astype(np.uint8), 85)

    async def capture(self, order: m.CaptureOrder) -> Picture:
        """See ``zaichang_client.Camera``."""
        return Picture(data=self.picture(asyncio.get_running_loop().time()), camera="demo-camera")


def _jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise UnreadableInput("demo.no_jpeg", "OpenCV cannot write JPEG pictures here.")
    return bytes(data)


class Player:
    """A lesson that plays in real time, and obeys (``zaichang_client.Player``)."""

    def __init__(self) -> None:
        """Stand at the beginning, paused."""
        self.changed: Callable[[], None] = lambda: None
        self._lesson_ms = 0
        self._playing = False
        self._position_ms = 0.0
        self._moved_s = asyncio.get_running_loop().time()

    def position_ms(self) -> int:
        """Return where the lesson is now."""
        now_s = asyncio.get_running_loop().time()
        if self._playing:
            self._position_ms = min(self._lesson_ms, self._position_ms + (now_s - self._moved_s) * 1000)
        self._moved_s = now_s
        return int(self._position_ms)

    def sample(self) -> Sample:
        """Report honestly."""
        return Sample(playhead_ms=self.position_ms(), playing=self._playing)

    def joined(self, message: m.Joined) -> None:
        """Learn the lesson's length."""
        self._lesson_ms = message.lesson_duration_ms

    def pause(self, reason: str, message: str) -> None:
        """Pause."""
        self._set(False)

    def resume(self) -> None:
        """Play on."""
        self._set(True)

    def seek(self, to_ms: int, reason: str, message: str) -> None:
        """Go back to where the server wants it."""
        self.position_ms()
        self._position_ms = to_ms
        self.changed()

    def offline(self, away: bool) -> None:
        """Pause while the service is away."""
        self._set(not away)

    def _set(self, playing: bool) -> None:
        self.position_ms()
        self._playing = playing
        self.changed()


class Prompter:
    """Answers like a present learner (``zaichang_client.Prompter``); the demo uses *confirm* only."""

    async def ask(self, order: m.ChallengeOrder, attempt: int) -> str | None:
        """Choose the right button after a moment."""
        await asyncio.sleep(ANSWER_AFTER_S)
        return right_option(order.options, order.labels) if order.kind == "confirm" else None

    def judged(self, result: m.ChallengeResult) -> None:
        """Nothing to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """What came of it."""

    session_id: str
    verified_ms: int
    minutes: int
    reason: str


async def study(url: str, token: str, study_s: float, tell: Callable[[m.MinuteSealed], None]) -> Studied:
    """Watch a lesson from its beginning for some seconds, then finish.

    Args:
        url: The service's websocket.
        token: Launch token.
        study_s: How far to watch.
        tell: Called with every anchored minute, once.

    Raises:
        NotAllowed: ``demo.refused`` where the service does not let the learner go on.
    """
    minutes: set[int] = set()

    def observe(message: m.ServerMessage) -> None:
        if isinstance(message, m.MinuteSealed) and message.index not in minutes:
            minutes.add(message.index)
            tell(message)

    player = Player()
    client = StudyClient(
        websocket(url), token=token, player=player, camera=Camera(), prompter=Prompter(), observe=observe
    )
    player.changed = client.changed
    running = asyncio.ensure_future(client.run())
    try:
        while not running.done() and player.position_ms() < study_s * 1000:
            await asyncio.wait({running}, timeout=LOOK_EVERY_S)
        client.finish()
        ended = await running
    except SessionRefused as error:
        raise NotAllowed("demo.refused", f"The service ended the simulated session: {error}.") from error
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return Studied(
        session_id=client.session_id, verified_ms=ended.verified_ms, minutes=len(minutes), reason=ended.reason
    )
