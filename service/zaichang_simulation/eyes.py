"""The simulated camera as the client sees it: the scenario's pictures, or the pictures that a cheat sends instead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from zaichang_client import Picture, Unavailable
from zaichang_client.protocol.limits import CAPTURE_QUALITY_PCT, CAPTURE_WIDTH_PX
from zaichang_client.protocol.messages import CaptureOrder, LivenessStepOrder
from zaichang_simulation.camera.rig import Act
from zaichang_simulation.camera.timeline import IDLE_MS, CameraTimeline
from zaichang_simulation.format import camera as say
from zaichang_simulation.format.cheats import Captures

SHUTTER_S = 0.08
"""From the order to the picture: a frame and its compression."""

NOT_ABOUT_THE_CAMERA = frozenset(
    {
        "PAGE_HIDDEN",
        "PAGE_UNFOCUSED",
        "PICTURE_IN_PICTURE",
        "SECOND_SCREEN",
        "CHALLENGE_UNANSWERED",
        "CHALLENGE_WRONG",
        "SESSION_FINISHED",
        "NETWORK_GAP",
    }
)
"""Reasons for a pause that ask no one to face the camera."""


class SimCamera:
    """``zaichang_client.Camera`` after the scenario's ``[[camera]]`` and ``captures`` cheats."""

    def __init__(
        self,
        timeline: CameraTimeline,
        *,
        now_ms: Callable[[], int],
        cheat: Callable[[], Captures | None],
        ignored: Callable[[str], bool],
        visible: Callable[[], bool],
    ) -> None:
        """Args are the pictures, the scenario's clock, the cheat in force, and whether the page is visible."""
        self._timeline = timeline
        self._now_ms = now_ms
        self._cheat = cheat
        self._ignored = ignored
        self._visible = visible
        self._asked_ms: int | None = None
        self._called_ms: int | None = None
        self._first: Picture | None = None
        self._previous: Picture | None = None

    def happened(self, event: str) -> None:
        """Tell the camera's pictures of an event that they may answer."""
        self._timeline.happened(event, self._now_ms())

    def asked(self, asked: bool) -> None:
        """The server asks the learner to face the camera, or is satisfied."""
        if not asked:
            self._asked_ms = None
        elif self._asked_ms is None:
            self._asked_ms = self._now_ms()

    def paused(self, reason: str) -> None:
        """The server pauses the player; some reasons ask the learner to face the camera."""
        self.asked(reason not in NOT_ABOUT_THE_CAMERA)

    def called(self, called: bool) -> None:
        """Record that a challenge opened or closed; a person who listens for it comes."""
        if not called:
            self._called_ms = None
        elif self._called_ms is None:
            self._called_ms = self._now_ms()

    def _wanted_ms(self) -> int | None:
        """Return since when the person has been called to the camera; None: not called."""
        if self._timeline.entry_at(self._now_ms()).when_asked != "called":
            return self._asked_ms
        return min((each for each in (self._asked_ms, self._called_ms) if each is not None), default=None)

    async def capture(self, order: CaptureOrder) -> Picture | Unavailable | None:
        """Return the picture that is sent for an order."""
        if self._ignored("capture"):
            return None
        if order.prompt:
            self.asked(True)
        cheat = self._cheat()
        if cheat is None and not self._visible():
            return Unavailable(cause="hidden")
        await asyncio.sleep(SHUTTER_S)
        taken = self._take(order.width_px, order.quality_pct)
        if cheat is not None:
            await asyncio.sleep(cheat.delay_s)
            if cheat.taken == "when_sent":
                taken = self._take(order.width_px, order.quality_pct)
            taken = self._instead(cheat, taken, order.width_px, order.quality_pct)
        if isinstance(taken, Picture):
            self._first = self._first or taken
            self._previous = taken
            return taken
        return None if taken.silent else Unavailable(cause=taken.cause)

    async def frame(self, order: LivenessStepOrder, act: Act | None, performer: str) -> Picture | None:
        """Return a frame of a liveness step.

        Args:
            order: The step.
            act: How far the person's movement has gone; None for a person who does nothing.
            performer: Another face that makes the movement, or empty.
        """
        if self._ignored("capture"):
            return None
        cheat = self._cheat()
        if cheat is None and not self._visible():
            return None
        await asyncio.sleep(SHUTTER_S)
        now_ms, width_px, quality_pct = self._now_ms(), order.width_px, order.quality_pct
        if act is None and not performer:
            now_ms -= now_ms % IDLE_MS
            shot = self._timeline.snapshot(now_ms, self._wanted_ms(), width_px=width_px, quality_pct=quality_pct)
        else:
            shot = self._timeline.performed(
                now_ms,
                self._wanted_ms(),
                act or Act(),
                performer=performer,
                colour=order.colour,
                width_px=width_px,
                quality_pct=quality_pct,
            )
        taken: Picture | say.Unavailable
        if isinstance(shot, say.Unavailable):
            taken = shot
        else:
            taken = Picture(data=shot.picture, camera=shot.camera, virtual_camera=shot.virtual)
        if cheat is not None:
            taken = self._instead(cheat, taken, width_px, quality_pct)
        return taken if isinstance(taken, Picture) else None

    def look(self) -> Picture | None:
        """Return a frame for the next heartbeat to pledge; a cheat pledges the pictures that it would send."""
        cheat = self._cheat()
        if self._ignored("capture") or (cheat is None and not self._visible()):
            return None
        taken = self._take(CAPTURE_WIDTH_PX, CAPTURE_QUALITY_PCT)
        if cheat is not None:
            taken = self._instead(cheat, taken, CAPTURE_WIDTH_PX, CAPTURE_QUALITY_PCT)
        return taken if isinstance(taken, Picture) else None

    def picture(self, width_px: int = 480, quality_pct: int = 80) -> Picture | None:
        """Return a picture without an order."""
        taken = self._take(width_px, quality_pct)
        return taken if isinstance(taken, Picture) else None

    def _take(self, width_px: int, quality_pct: int) -> Picture | say.Unavailable:
        shot = self._timeline.snapshot(self._now_ms(), self._wanted_ms(), width_px=width_px, quality_pct=quality_pct)
        if isinstance(shot, say.Unavailable):
            return shot
        return Picture(data=shot.picture, camera=shot.camera, virtual_camera=shot.virtual)

    def _instead(
        self, cheat: Captures, taken: Picture | say.Unavailable, width_px: int, quality_pct: int
    ) -> Picture | say.Unavailable:
        match cheat.send:
            case "camera":
                return taken
            case "first":
                return self._first or taken
            case "previous":
                return self._previous or taken
            case "garbage":
                return Picture(data=bytes(range(256)) * 8, camera="0" * 16)
            case "empty":
                return Picture(data=b"", camera="0" * 16)
            case "source":
                still = self._timeline.still(cheat.source, width_px=width_px, quality_pct=quality_pct)
                return Picture(data=still.picture, camera=still.camera)
