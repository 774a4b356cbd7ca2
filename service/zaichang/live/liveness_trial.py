"""One try at an active liveness challenge, in memory: orders out, frames in, one event at the end.

For each ordered action the head first rests (for a drawn time at least, until it really is still), then the action is
shown, and the frames that come under its own nonce are judged against the rest (``biometric.challenge``). Who it is and
whether it is a living face is asked of one resting frame, drawn at random, and of one after the last action, so that
whoever moves is whoever is enrolled. The core decides what follows from the event; nothing here grants anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from zaichang.biometric.challenge import Action, Mesh, Outcome, Trial, as_shown
from zaichang.biometric.pose import HeadPose, pose_from_mesh
from zaichang.biometric.reflected_light import judge_light
from zaichang.core.frames import IDENTITY, Frame
from zaichang.core.reasons import ReasonCode
from zaichang.live.liveness_frames import Intake, Look
from zaichang.ports.vision import Vision
from zaichang.protocol.limits import CAPTURE_QUALITY_PCT, CAPTURE_WIDTH_PX
from zaichang.protocol.messages import CaptureHeader, LivenessStepOrder
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessAssessed, LivenessStep
from zaichang.session.liveness_tries import LINK_MS

INTERVAL_MS: Final = 200
REST_FRAMES: Final = 4
"""Frames of the resting head that a movement is judged against."""
REST_YAW_DEG: Final = 16.0
"""About a turn, so that coming back from one is hardly another: a camera may stand a little aside."""
REST_PITCH_DEG: Final = 30.0
LEAVE_DEG: Final = 12.0
"""A head that rested and then goes this far before the order has begun without one."""
STILL_DEG: Final = 6.0
"""Frames of a resting head differ by less than this."""
REST_MORE_MS: Final = 4_000
"""How long after its drawn time a rest may take to become one."""
RETURN_MS: Final = 3_000
"""How long the head may take to come back after the last action."""
HOME_DEG: Final = 8.0
"""So near to the try's first rest the head comes back between and after the actions."""
LATE_MS: Final = 2_000
"""Frames sent in time may arrive this much later."""
PROMPT_MS: Final = 1_000
"""On a good line the first frame under an order's nonce is here by then."""
IDENTITY_MS: Final = 8_000
ENDS: Final = (Outcome.PASSED, Outcome.STARTED_EARLY, Outcome.MIRRORED)
"""No later frame changes these; and a learner whose turn is not taken must not be left to try the other side."""
HOLD: Final = "hold"
COLOUR: Final = "colour"

Keep = Callable[[str, bytes], Awaitable[None]]
"""Stores a picture for a reviewer: which one of the try's, and the picture."""


@dataclass(slots=True)
class Window:
    """The time of one order, counted from when it reached the learner: the first frame under its nonce tells.

    Attributes:
        sent_ms: When it was sent.
        span_ms: What it allows.
        late_ms: How late the line made it; the most that is allowed until a frame has told.
    """

    sent_ms: int
    span_ms: int
    late_ms: int = LINK_MS
    told: bool = False

    @property
    def until_ms(self) -> int:
        """When it is over."""
        return self.sent_ms + self.late_ms + self.span_ms

    def since_ms(self, at_ms: int) -> int:
        """Take note of a frame of its nonce, and return how long after the order's arrival it came."""
        if not self.told:
            self.told = True
            self.late_ms = min(LINK_MS, max(0, at_ms - self.sent_ms - PROMPT_MS))
        return at_ms - self.sent_ms - self.late_ms


class LivenessTry:
    """Runs one ``OrderLiveness``."""

    def __init__(
        self,
        order: OrderLiveness,
        *,
        vision: Vision,
        reference: bytes | None,
        now_ms: Callable[[], int],
        send: Callable[[LivenessStepOrder], None],
        hint: Callable[[ReasonCode | None], None],
        pick: Callable[[int], int],
        keep: Keep,
    ) -> None:
        """Nothing is sent before ``run``.

        Args:
            order: From the core.
            vision: Analyses the frames.
            reference: The learner's encoded template.
            now_ms: Server time.
            send: To the learner.
            hint: Guidance; None says that all is well.
            pick: Draws a number below its argument, unpredictably.
            keep: See ``Keep``.
        """
        self.order = order
        self._vision = vision
        self._reference = reference
        self._now_ms = now_ms
        self._send = send
        self._pick = pick
        self._keep = keep
        self._intake = Intake(vision, now_ms, hint)
        self._rests: list[Look] = []
        self._last: list[Look] = []
        self._peak: Look | None = None
        self._home: HeadPose | None = None
        self._late_ms = 0

    def frame(self, header: CaptureHeader, data: bytes) -> None:
        """Take a frame that arrived under this try's challenge."""
        self._intake.put(header.nonce, data, header.camera, header.virtual_camera)

    async def run(self) -> LivenessAssessed:
        """Order and judge every action; ends with the first that does not pass. ``at_ms`` is for the caller to set."""
        steps: list[LivenessStep] = []
        if self.order.colours:
            steps += await self._light(self._intake)
        else:
            for number, action in enumerate(self.order.actions):
                steps.append(await self._action(self._intake, number, Action(action)))
                if steps[-1].outcome != Outcome.PASSED:
                    break
        return await self._assessed(steps)

    # Orders

    def _show(self, step: int, action: str, nonce: str, within_ms: int, colour: str = "") -> None:
        self._send(
            LivenessStepOrder(
                challenge_id=self.order.challenge_id,
                step=step + 1,
                of=2 * len(self.order.actions),
                action=action,
                nonce=nonce,
                within_ms=within_ms,
                interval_ms=INTERVAL_MS,
                width_px=CAPTURE_WIDTH_PX,
                quality_pct=CAPTURE_QUALITY_PCT,
                colour=colour,
            )
        )

    async def _action(self, intake: Intake, number: int, action: Action) -> LivenessStep:
        rest = await self._rest(intake, number)
        if isinstance(rest, Outcome):
            return LivenessStep(action=action.value, outcome=rest.value)
        nonce = self.order.nonces[2 * number + 1]
        window = Window(self._now_ms(), self.order.step_ms + LATE_MS)
        self._show(2 * number + 1, action.value, nonce, self.order.step_ms)
        self._last = []
        trial = Trial(as_shown(action, mirrored=self.order.mirrored), rest)
        found = trial.judgement()
        looks: list[Look] = []
        while (look := await intake.next(window.until_ms)) is not None:
            if look.nonce != nonce:
                continue
            window.since_ms(look.at_ms)
            self._last.append(look)
            intake.guide(look, still=False, frontal=True)
            if look.seen.mesh is None:
                continue
            looks.append(look)
            trial.add(look.seen.mesh)
            found = trial.judgement()
            if found.outcome in ENDS:
                break
        self._peak = looks[-1] if looks else self._peak
        self._late_ms = window.late_ms
        if found.outcome is Outcome.PASSED and number == len(self.order.actions) - 1:
            await self._return(intake, nonce)
        return LivenessStep(
            action=action.value,
            outcome=found.outcome.value,
            onset_ms=window.since_ms(looks[found.onset].at_ms) if found.onset is not None else -1,
            parallax_bp=found.parallax_bp,
            frames=len(looks),
        )

    async def _rest(self, intake: Intake, number: int) -> list[Mesh] | Outcome:
        """Wait until the head faces the camera and is still; return its last frames, or why there are none."""
        nonce = self.order.nonces[2 * number]
        window = Window(self._now_ms(), self.order.holds_ms[number] + REST_MORE_MS)
        self._show(2 * number, HOLD, nonce, window.span_ms)
        facing: list[tuple[Mesh, HeadPose]] = []
        settled: HeadPose | None = None
        while (look := await intake.next(window.until_ms)) is not None:
            if look.nonce != nonce:
                continue
            since_ms = window.since_ms(look.at_ms)
            mesh = look.seen.mesh
            pose = pose_from_mesh(mesh) if mesh is not None else None
            frontal = pose is not None and self._frontal(pose)
            intake.guide(look, still=True, frontal=frontal)
            if settled is None and len(facing) >= 2 and _still([each for _, each in facing[-2:]]):
                settled = facing[-1][1]
            if settled is not None and pose is not None and _away_deg(pose, settled) >= LEAVE_DEG:
                return Outcome.STARTED_EARLY  # waiting on would let a recording meet its order
            if mesh is None or pose is None or not frontal:
                continue
            facing.append((mesh, pose))
            self._rests.append(look)
            rested = since_ms >= self.order.holds_ms[number]
            if rested and len(facing) >= REST_FRAMES and _still([pose for _, pose in facing[-REST_FRAMES:]]):
                self._home = self._home or pose
                return [mesh for mesh, _ in facing[-REST_FRAMES:]]
        return Outcome.STARTED_EARLY if len(facing) >= REST_FRAMES else Outcome.UNUSABLE

    def _frontal(self, pose: HeadPose) -> bool:
        """Whether the head faces the camera: after the first rest, as it did then."""
        if self._home is not None:
            return _away_deg(pose, self._home) < HOME_DEG
        return abs(pose.yaw_deg) < REST_YAW_DEG and abs(pose.pitch_deg) < REST_PITCH_DEG

    async def _return(self, intake: Intake, nonce: str) -> None:
        """Let the head come back, so that the last frame can say whose it is."""
        until_ms = self._now_ms() + self._late_ms + RETURN_MS
        self._show(2 * len(self.order.actions) - 1, HOLD, nonce, RETURN_MS)
        while (look := await intake.next(until_ms)) is not None:
            self._last.append(look)
            if look.seen.mesh is not None and self._frontal(pose_from_mesh(look.seen.mesh)):
                return

    async def _light(self, intake: Intake) -> list[LivenessStep]:
        """Let the screen shine in one colour after the other, and compare what the face took on."""
        rest = await self._rest(intake, 0)
        if isinstance(rest, Outcome):
            return [LivenessStep(action=COLOUR, outcome=rest.value)]
        shown_by: dict[str, tuple[int, ...]] = {}
        for number, colour in enumerate(self.order.colours):
            nonce = self.order.nonces[2 * number + 1]
            shown_by[nonce] = tuple(bytes.fromhex(colour[1:]))
            until_ms = self._now_ms() + self.order.step_ms
            self._show(2 * number + 1, COLOUR, nonce, self.order.step_ms, colour)
            while (look := await intake.next(until_ms)) is not None:
                self._last.append(look)
        until_ms = self._now_ms() + LATE_MS
        while (look := await intake.next(until_ms)) is not None:
            self._last.append(look)
        rows = [
            (shown_by[look.nonce], look.seen.face_rgb, look.seen.room_rgb)
            for look in self._last
            if look.nonce in shown_by and look.seen.face_rgb is not None and look.seen.room_rgb is not None
        ]
        self._peak = next((look for look in reversed(self._last) if look.seen.mesh is not None), None)
        outcome = Outcome.UNUSABLE
        if rows:
            shown, face, room = (np.array(part, dtype=np.float64) for part in zip(*rows, strict=True))
            found = judge_light(shown, face, room)
            if found.usable:
                outcome = Outcome.PASSED if found.passed else Outcome.NO_RESPONSE
        return [LivenessStep(action=COLOUR, outcome=outcome.value, frames=len(rows)) for _ in self.order.actions]

    # The result

    async def _assessed(self, steps: list[LivenessStep]) -> LivenessAssessed:
        intake = self._intake
        complete = len(steps) == len(self.order.actions) and all(step.outcome == Outcome.PASSED for step in steps)
        rest = self._rests[self._pick(len(self._rests))] if self._rests else None
        for name, look in (("rest", rest), ("peak", self._peak)):
            if look is not None:
                await self._keep(name, look.data)
        reasons: list[ReasonCode] = []
        similarity_bp: int | None = None
        pad_bp: int | None = None
        if complete and rest is not None and self._peak is not None:
            similarity_bp, pad_bp, reasons = await self._who(rest, self._facing())
        elif intake.overloaded:
            reasons = [ReasonCode.NOT_ANALYSED]
        else:
            reasons = [code for code, _ in intake.hindered.most_common(2)]
        cameras = intake.cameras
        return LivenessAssessed(
            at_ms=0,
            challenge_id=self.order.challenge_id,
            attempt=self.order.attempt,
            steps=tuple(steps),
            similarity_bp=similarity_bp,
            pad_bp=pad_bp,
            camera=next(iter(cameras)) if len(cameras) == 1 else "",
            virtual_camera=intake.virtual_camera,
            models=intake.models,
            reasons=tuple(reasons),
        )

    def _facing(self) -> Look:
        """Return the frame of the last action, or after it, that faces the camera most."""
        home = self._home or HeadPose(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0)
        shown = [(look, look.seen.mesh) for look in self._last if look.seen.mesh is not None]
        return min(shown, key=lambda each: _away_deg(pose_from_mesh(each[1]), home))[0]

    async def _who(self, *looks: Look) -> tuple[int | None, int | None, list[ReasonCode]]:
        """Return the least similarity and PAD score of the frames; None where one of them has none."""
        frames = [
            Frame(data=look.data, want=IDENTITY, reference=self._reference, deadline_ms_from_now=IDENTITY_MS)
            for look in looks
        ]
        found = await self._vision.analyse(frames)
        if any(ReasonCode.NOT_ANALYSED in each.reasons for each in found):
            return None, None, [ReasonCode.NOT_ANALYSED]
        similarities = [each.main.similarity_bp if each.main is not None else None for each in found]
        scores = [each.main.pad_bp if each.main is not None else None for each in found]
        return _least(similarities), _least(scores), []


def _least(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return min(known) if len(known) == len(values) else None


def _still(poses: Sequence[HeadPose]) -> bool:
    yaws, pitches = [pose.yaw_deg for pose in poses], [pose.pitch_deg for pose in poses]
    return max(yaws) - min(yaws) < STILL_DEG and max(pitches) - min(pitches) < STILL_DEG


def _away_deg(pose: HeadPose, home: HeadPose) -> float:
    return max(abs(pose.yaw_deg - home.yaw_deg), abs(pose.pitch_deg - home.pitch_deg))
