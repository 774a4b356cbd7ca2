"""Runs one try of an active liveness challenge: gives ``liveness.trial`` its input and carries out its orders.

This file judges nothing. Each frame is analysed; its geometry and the times go to the pure trial and into the record.
The
trial's orders go to the learner, to storage and to the comparison with the reference.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from zaichang.biometric.challenge import Mesh, face_shape, measure
from zaichang.biometric.frame_geometry import Geometry
from zaichang.biometric.movement import Face
from zaichang.biometric.reflected_light import Colour
from zaichang.core.frames import IDENTITY, Frame
from zaichang.core.reasons import ReasonCode
from zaichang.live.liveness_frames import Intake, Look
from zaichang.liveness import trial
from zaichang.liveness.messages import Compare, Compared, Deadline, Event, FrameSeen, Guide, Keep, Order, Show, Verdict
from zaichang.liveness.record import Row, geometry_of
from zaichang.liveness.state import Phase, State
from zaichang.ports.vision import Vision
from zaichang.protocol.limits import CAPTURE_QUALITY_PCT, CAPTURE_WIDTH_PX
from zaichang.protocol.messages import CaptureHeader, LivenessStepOrder
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import KeptCapture, LivenessAssessed
from zaichang.session.policy import Policy

PICKS: Final = 1 << 32
"""A try's drawn number is below this."""
KeepPicture = Callable[[str, bytes], Awaitable[KeptCapture | None]]
"""Stores a picture for a reviewer, given its name and bytes; returns its digests, None where none are kept."""


class LivenessTry:
    """Runs one ``OrderLiveness`` order."""

    def __init__(
        self,
        order: OrderLiveness,
        policy: Policy,
        *,
        vision: Vision,
        reference: bytes | None,
        now_ms: Callable[[], int],
        send: Callable[[LivenessStepOrder], None],
        hint: Callable[[ReasonCode | None], None],
        pick: Callable[[int], int],
        keep: KeepPicture,
    ) -> None:
        """Prepare the try; nothing is sent before ``run``.

        Args:
            order: From the session core.
            policy: The session's policy, with the limits of a try.
            vision: Analyses the frames.
            reference: The learner's encoded template.
            now_ms: Returns server time.
            send: Sends a message to the learner.
            hint: Shows guidance; None means that all is well.
            pick: Returns an unpredictable number below its argument.
            keep: Stores a picture; see ``KeepPicture``.
        """
        self.order = order
        self._policy = policy
        self._vision = vision
        self._reference = reference
        self._now_ms = now_ms
        self._send = send
        self._pick = pick
        self._keep = keep
        self._intake = Intake(vision, policy, now_ms, hint)
        self._looks: list[Look] = []
        self._rows: list[Row] = []
        self._to_keep: list[Keep] = []
        self._unit: float | None = None
        self._began_ms = 0

    def frame(self, header: CaptureHeader, data: bytes) -> None:
        """Take a frame that arrived under this try's challenge."""
        self._intake.put(header.nonce, data, header.camera, header.virtual_camera)

    async def run(self) -> LivenessAssessed:
        """Run the try to its end and return the result; the caller sets its ``at_ms``."""
        pick = self._pick(PICKS)
        self._began_ms = self._now_ms()
        state, orders = trial.begin(self.order, self._policy, pick)
        compared = await self._carry_out(orders)
        while state.verdict is None:
            event = compared or await self._next(state)
            state, orders = trial.step(state, event)
            compared = await self._carry_out(orders)
        return self._assessed(state.verdict, pick, await self._kept())

    # Events

    async def _next(self, state: State) -> Event:
        """Return the next event: a waiting frame, or the time at which the current order ends."""
        over_ms = trial.until_ms(state) or 0
        look = self._intake.skipped() or await self._intake.next(self._began_ms + over_ms)
        done_ms = max(self._now_ms() - self._began_ms, self._rows[-1].done_ms if self._rows else 0)
        row: Row = Deadline(done_ms=done_ms) if look is None else self._seen(look, state, done_ms)
        self._rows.append(row)
        return row

    def _seen(self, look: Look, state: State, done_ms: int) -> FrameSeen:
        self._looks.append(look)
        nonces, seen = self.order.nonces, look.seen
        moving = state.phase is Phase.MOVE
        against = self._looks[state.reference].seen.mesh if moving and state.reference >= 0 else None
        face = None if seen.mesh is None else self._measured(seen.mesh, against)
        return FrameSeen(
            at_ms=min(done_ms, max(0, look.at_ms - self._began_ms)),
            done_ms=done_ms,
            order=nonces.index(look.nonce) + 1 if look.nonce in nonces else 0,
            face=face,
            reason=_hindrance(seen),
            lit=_lit(seen) if self.order.colours else None,
        )

    def _measured(self, mesh: Mesh, against: Mesh | None) -> Face | None:
        try:
            if self._unit is None:
                self._unit = face_shape(mesh)
            return measure(mesh, against, self._unit)
        except ValueError:
            return None  # points that coincide or are not finite are no face

    # Orders

    async def _carry_out(self, orders: tuple[Order, ...]) -> Compared | None:
        compared = None
        for order in orders:
            match order:
                case Show():
                    self._show(order)
                case Guide():
                    self._intake.guide(self._looks[-1], still=order.still, frontal=order.frontal)
                case Keep():
                    self._to_keep.append(order)
                case Compare():
                    compared = await self._compare(order)
        return compared

    def _show(self, order: Show) -> None:
        self._send(
            LivenessStepOrder(
                challenge_id=self.order.challenge_id,
                step=order.order,
                of=2 * len(self.order.actions),
                action=order.action,
                nonce=self.order.nonces[order.order - 1],
                within_ms=order.within_ms,
                interval_ms=self._policy.liveness_interval_ms,
                width_px=CAPTURE_WIDTH_PX,
                quality_pct=CAPTURE_QUALITY_PCT,
                colour=order.colour,
            )
        )

    async def _compare(self, order: Compare) -> Compared:
        frames = [
            Frame(
                data=self._looks[number].data,
                want=IDENTITY,
                reference=self._reference,
                deadline_ms_from_now=self._policy.liveness_compare_ms,
            )
            for number in order.frames
        ]
        found = await self._vision.analyse(frames)
        return Compared(
            similarities_bp=tuple(each.main.similarity_bp if each.main is not None else None for each in found),
            pads_bp=tuple(each.main.pad_bp if each.main is not None else None for each in found),
            analysed=not any(ReasonCode.NOT_ANALYSED in each.reasons for each in found),
        )

    # The result

    async def _kept(self) -> tuple[KeptCapture, ...] | None:
        """Store the pictures for a reviewer, now that an event will commit to them.

        Until here they are in memory alone: a try that is cut short ends without an event, so it leaves no picture that
        nothing commits to.
        """
        kept = [await self._keep(each.name, self._looks[each.frame].data) for each in self._to_keep]
        return tuple(each for each in kept if each is not None) or None

    def _assessed(self, verdict: Verdict, pick: int, kept: tuple[KeptCapture, ...] | None) -> LivenessAssessed:
        intake = self._intake
        cameras = intake.cameras
        return LivenessAssessed(
            at_ms=0,
            challenge_id=self.order.challenge_id,
            attempt=self.order.attempt,
            steps=verdict.steps,
            similarity_bp=verdict.similarity_bp,
            pad_bp=verdict.pad_bp,
            camera=next(iter(cameras)) if len(cameras) == 1 else "",
            virtual_camera=intake.virtual_camera,
            models=intake.models,
            reasons=verdict.reasons,
            geometry=geometry_of(pick, self._rows),
            kept=kept,
        )


def _hindrance(seen: Geometry) -> ReasonCode | None:
    if ReasonCode.NOT_ANALYSED in seen.reasons:
        return ReasonCode.NOT_ANALYSED
    return seen.reasons[0] if seen.mesh is None and seen.reasons else None


def _lit(seen: Geometry) -> tuple[Colour, Colour] | None:
    if seen.face_rgb is None or seen.room_rgb is None:
        return None
    return _centi(seen.face_rgb), _centi(seen.room_rgb)


def _centi(rgb: tuple[float, float, float]) -> Colour:
    red, green, blue = (round(100 * channel) for channel in rgb)
    return red, green, blue
