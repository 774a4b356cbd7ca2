"""The frames of one liveness try: limits, the look at each, and live guidance. Frames stay in memory."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from zaichang.biometric.frame_geometry import Geometry
from zaichang.core.reasons import ReasonCode
from zaichang.ports.vision import Vision
from zaichang.protocol.limits import LIVENESS_FRAME_MAX_BYTES, LIVENESS_FRAMES_MAX, LIVENESS_FRAMES_PER_S

FRAMES_PER_S: Final = LIVENESS_FRAMES_PER_S
FRAMES_MAX: Final = LIVENESS_FRAMES_MAX
FRAME_MAX_BYTES: Final = LIVENESS_FRAME_MAX_BYTES
BURST: Final = 32
"""Frames that may come at once, as after a hiccup of the network."""
LOOK_MS: Final = 2_000
"""Longest wait for the look at one frame."""
HINT_MS: Final = 1_000

_GUIDE: Final = (
    ReasonCode.NO_FACE,
    ReasonCode.CAMERA_COVERED,
    ReasonCode.MULTIPLE_FACES,
    ReasonCode.FACE_CUT_OFF,
    ReasonCode.FACE_TOO_SMALL,
    ReasonCode.TOO_DARK,
    ReasonCode.TOO_BRIGHT,
    ReasonCode.FACE_MASKED,
    ReasonCode.FACE_OCCLUDED,
    ReasonCode.BLURRED,
    ReasonCode.POSE_TOO_FAR,
)
"""What the learner is told about while a try runs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """A frame and what it shows.

    Attributes:
        nonce: The step it was sent for.
        at_ms: Server time of arrival.
        data: The picture.
        seen: The look at it.
    """

    nonce: str
    at_ms: int
    data: bytes = field(repr=False)
    seen: Geometry


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    nonce: str
    at_ms: int
    data: bytes


class Intake:
    """Takes what arrives, looks at it in order, and counts what went wrong."""

    def __init__(
        self,
        vision: Vision,
        now_ms: Callable[[], int],
        hint: Callable[[ReasonCode | None], None],
    ) -> None:
        """Args are where frames are looked at, the server's clock, and how the learner is guided."""
        self._vision = vision
        self._now_ms = now_ms
        self._hint = hint
        self._waiting: deque[_Frame] = deque()
        self._arrived = asyncio.Event()
        self._tokens_milli = BURST * 1000
        self._refilled_ms = now_ms()
        self._hinted_ms = -HINT_MS
        self._hinted: ReasonCode | None = None
        self.cameras: set[str] = set()
        self.virtual_camera = False
        self.models = ""
        self.taken = 0
        self.unseen = 0
        self.hindered: Counter[ReasonCode] = Counter()

    def put(self, nonce: str, data: bytes, camera: str, virtual_camera: bool) -> None:
        """Take a frame that arrived now; one beyond the limits is dropped, and nobody is blamed."""
        now_ms = self._now_ms()
        gained = max(0, now_ms - self._refilled_ms) * FRAMES_PER_S
        self._tokens_milli = min(BURST * 1000, self._tokens_milli + gained)
        self._refilled_ms = now_ms
        if len(data) > FRAME_MAX_BYTES or self.taken >= FRAMES_MAX or self._tokens_milli < 1000:
            return
        self._tokens_milli -= 1000
        self.taken += 1
        self.cameras.add(camera)
        self.virtual_camera = self.virtual_camera or virtual_camera
        if len(self._waiting) >= BURST:
            self._waiting.popleft()  # looking is slower than sending: that is ours, not the learner's
            self.unseen += 1
        self._waiting.append(_Frame(nonce, now_ms, data))
        self._arrived.set()

    @property
    def overloaded(self) -> bool:
        """Whether so many frames were not looked at that a failure may be the service's."""
        return self.unseen * 3 > self.taken

    async def next(self, until_ms: int) -> Look | None:
        """Return the next frame with its look; None once ``until_ms`` has come."""
        while not self._waiting:
            left_ms = until_ms - self._now_ms()
            if left_ms <= 0:
                return None
            self._arrived.clear()
            try:
                async with asyncio.timeout(left_ms / 1000):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        frame = self._waiting.popleft()
        seen = await self._vision.geometry(frame.data, LOOK_MS)
        self.models = seen.models or self.models
        if ReasonCode.NOT_ANALYSED in seen.reasons:
            self.unseen += 1
        elif seen.mesh is None:
            self.hindered.update(seen.reasons[:1])
        return Look(nonce=frame.nonce, at_ms=frame.at_ms, data=frame.data, seen=seen)

    def guide(self, look: Look, *, still: bool, frontal: bool) -> None:
        """Tell the learner what hinders, at most once a second; that all is well, once.

        Args:
            look: At the newest frame.
            still: Whether the head should face the camera now.
            frontal: Whether it does.
        """
        # While an order is carried out the head is away from the camera by right: only what hides it matters.
        wanted = [code for code in _GUIDE if code in look.seen.reasons] if still or look.seen.mesh is None else []
        if still and look.seen.mesh is not None and not frontal:
            wanted.append(ReasonCode.POSE_TOO_FAR)
        reason = wanted[0] if wanted else None
        now_ms = self._now_ms()
        if now_ms - self._hinted_ms < HINT_MS or (reason is None and self._hinted is None):
            return
        self._hinted, self._hinted_ms = reason, now_ms
        self._hint(reason)
