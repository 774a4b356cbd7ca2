"""The frames of one liveness try: limits of the transport, analysis of each frame, guidance for the learner.

Frames stay in memory. This file does not judge a try: the geometry of each frame goes to ``liveness.trial``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.core.reasons import ReasonCode
from zaichang.ports.vision import Vision
from zaichang.protocol.limits import LIVENESS_FRAME_MAX_BYTES
from zaichang.session.policy import Policy

HINT_MS: Final = 1_000
"""Least time between two hints to the learner."""

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
"""The guidance that the learner gets while a try runs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """A frame with its geometry.

    Attributes:
        nonce: The nonce of the order that it answers.
        at_ms: Server time of its arrival.
        data: The encoded picture.
        seen: The result of its analysis.
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
    """Takes the arriving frames and analyses them in order."""

    def __init__(
        self,
        vision: Vision,
        policy: Policy,
        now_ms: Callable[[], int],
        hint: Callable[[ReasonCode | None], None],
    ) -> None:
        """Begin without frames.

        Args:
            vision: Analyses the frames.
            policy: The session's policy, with the limits of a try.
            now_ms: Returns server time.
            hint: Shows guidance to the learner; None means that all is well.
        """
        self._vision = vision
        self._policy = policy
        self._now_ms = now_ms
        self._hint = hint
        self._waiting: deque[_Frame] = deque()
        self._skipped: deque[_Frame] = deque()
        self._arrived = asyncio.Event()
        self._tokens_milli = policy.liveness_burst_frames * 1000
        self._refilled_ms = now_ms()
        self._hinted_ms = -HINT_MS
        self._hinted: ReasonCode | None = None
        self.cameras: set[str] = set()
        self.virtual_camera = False
        self.models = ""
        self.taken = 0
        self.unseen = 0

    def put(self, nonce: str, data: bytes, camera: str, virtual_camera: bool) -> None:
        """Take a frame that arrived now. A frame above the limits is dropped, at no cost for the learner.

        Args:
            nonce: The nonce in the frame's header.
            data: The encoded picture.
            camera: Digest of the camera's label and settings.
            virtual_camera: Whether the client reports a virtual camera.
        """
        now_ms, burst = self._now_ms(), self._policy.liveness_burst_frames
        gained = max(0, now_ms - self._refilled_ms) * self._policy.liveness_frames_per_s
        self._tokens_milli = min(burst * 1000, self._tokens_milli + gained)
        self._refilled_ms = now_ms
        full = self.taken >= self._policy.liveness_frames_max
        if len(data) > LIVENESS_FRAME_MAX_BYTES or full or self._tokens_milli < 1000:
            return
        self._tokens_milli -= 1000
        self.taken += 1
        self.cameras.add(camera)
        self.virtual_camera = self.virtual_camera or virtual_camera
        if len(self._waiting) >= burst:
            self._skipped.append(self._waiting.popleft())  # analysis is slower than sending: the service's fault
            self.unseen += 1
        self._waiting.append(_Frame(nonce, now_ms, data))
        self._arrived.set()

    def skipped(self) -> Look | None:
        """Return the next frame that is left out because too many wait; None where there is none."""
        if not self._skipped:
            return None
        frame = self._skipped.popleft()
        return Look(nonce=frame.nonce, at_ms=frame.at_ms, data=frame.data, seen=not_seen())

    async def next(self, until_ms: int) -> Look | None:
        """Return the next frame with its geometry; None once ``until_ms`` has passed and no frame waits."""
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
        seen = await self._vision.geometry(frame.data, self._policy.liveness_look_ms)
        self.models = seen.models or self.models
        return Look(nonce=frame.nonce, at_ms=frame.at_ms, data=frame.data, seen=seen)

    def guide(self, look: Look, *, still: bool, frontal: bool) -> None:
        """Tell the learner about a problem, at most once a second, and once when the problem is gone.

        Args:
            look: The newest frame.
            still: Whether the head should face the camera now.
            frontal: Whether it does.
        """
        # During an order the head is turned away as ordered, so only covering problems matter.
        wanted = [code for code in _GUIDE if code in look.seen.reasons] if still or look.seen.mesh is None else []
        if still and look.seen.mesh is not None and not frontal:
            wanted.append(ReasonCode.POSE_TOO_FAR)
        reason = wanted[0] if wanted else None
        now_ms = self._now_ms()
        if now_ms - self._hinted_ms < HINT_MS or (reason is None and self._hinted is None):
            return
        self._hinted, self._hinted_ms = reason, now_ms
        self._hint(reason)
