"""The state of one try, and the limits that its policy sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from zaichang.biometric.movement import Face, MovementLimits
from zaichang.biometric.reflected_light import Colour, LightLimits
from zaichang.core.reasons import ReasonCode
from zaichang.liveness.messages import Verdict
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessStep
from zaichang.session.policy import Policy


class Phase(StrEnum):
    """Where a try is: rest and movement alternate, then comes the return; or rest, colours, and late frames."""

    REST = "rest"
    MOVE = "move"
    RETURN = "return"
    SHINE = "shine"
    FADE = "fade"
    COMPARE = "compare"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time of one order, counted from when it reached the learner: the first frame that answers it tells.

    Attributes:
        sent_ms: When it was sent.
        span_ms: What it allows.
        late_ms: How late the line made it; the most that is allowed until a frame has told.
        told: Whether a frame has told.
    """

    sent_ms: int
    span_ms: int
    late_ms: int = 0
    told: bool = False

    @property
    def until_ms(self) -> int:
        """When it is over."""
        return self.sent_ms + self.late_ms + self.span_ms

    def answered(self, at_ms: int, policy: Policy) -> Window:
        """Return the window as the order's first frame leaves it: that tells how long the line takes."""
        if self.told:
            return self
        late_ms = min(policy.liveness_link_ms, max(0, at_ms - self.sent_ms - policy.liveness_prompt_ms))
        return replace(self, late_ms=late_ms, told=True)

    def since_ms(self, at_ms: int) -> int:
        """Return how long after the order's arrival something came."""
        return at_ms - self.sent_ms - self.late_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame with a face, as far as a try remembers it.

    Attributes:
        number: Which of the try's frames, from 0.
        at_ms: When it arrived.
        face: Its measurements.
    """

    number: int
    at_ms: int
    face: Face


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One try.

    Attributes:
        order: What the core ordered.
        policy: The limits.
        pick: A number that was drawn for this try: which resting frame is compared.
        phase: Where it is.
        number: Which action (or colour), from 0.
        window: The time of the order that was given last.
        frames: Frames that came.
        unseen: Frames of them that the service did not look at.
        hindered: What hindered in each frame without a face.
        facing: Frames of the current rest in which the head faces the camera.
        settled: The first frame of this rest at which the head was still.
        home: How the head was held at the end of the try's first rest.
        rest: The still frames that the movement is measured against.
        reference: Number of the frame that parallax is measured against.
        moved: Frames of the current action with a face.
        rests: Numbers of all resting frames.
        last: Frames with a face since the last action (or the first colour) was ordered.
        peak: Number of the last frame of the newest movement; -1 before there is one.
        lit: Colour shown, colour of the face, colour of the room, for each frame under a colour.
        steps: Actions that are over.
        verdict: The result, once there is one.
    """

    order: OrderLiveness
    policy: Policy
    pick: int
    window: Window
    phase: Phase = Phase.REST
    number: int = 0
    frames: int = 0
    unseen: int = 0
    hindered: tuple[ReasonCode, ...] = ()
    facing: tuple[Frame, ...] = ()
    settled: Face | None = None
    home: Face | None = None
    rest: tuple[Face, ...] = ()
    reference: int = -1
    moved: tuple[Frame, ...] = ()
    rests: tuple[int, ...] = ()
    last: tuple[Frame, ...] = ()
    peak: int = -1
    lit: tuple[tuple[Colour, Colour, Colour], ...] = ()
    steps: tuple[LivenessStep, ...] = ()
    verdict: Verdict | None = None


def movement_limits(policy: Policy) -> MovementLimits:
    """Return how much movement counts under a policy."""
    return MovementLimits(
        yaw_cdeg=policy.liveness_yaw_cdeg,
        pitch_cdeg=policy.liveness_pitch_cdeg,
        parallax_bp=policy.liveness_parallax_bp,
        nod_parallax_bp=policy.liveness_nod_parallax_bp,
        flat_cdeg=policy.liveness_flat_cdeg,
        eye_closed_bp=policy.liveness_eye_closed_bp,
        mouth_open_bp=policy.liveness_mouth_open_bp,
        begun_bp=policy.liveness_begun_bp,
        at_rest_bp=policy.liveness_at_rest_bp,
        agree_frames=policy.liveness_agree_frames,
    )


def light_limits(policy: Policy) -> LightLimits:
    """Return how well light must be answered under a policy."""
    return LightLimits(
        correlation_bp=policy.liveness_light_correlation_bp,
        lag_frames=policy.liveness_light_lag_frames,
        changes=policy.liveness_light_changes,
        floor_centi=policy.liveness_light_floor_centi,
    )


def away_cdeg(face: Face, home: Face) -> int:
    """Return the larger of the turn and the nod between two faces."""
    return max(abs(face.yaw_cdeg - home.yaw_cdeg), abs(face.pitch_cdeg - home.pitch_cdeg))


def still(frames: Sequence[Frame], policy: Policy) -> bool:
    """Return whether a head that rests made these frames."""
    yaws, pitches = [each.face.yaw_cdeg for each in frames], [each.face.pitch_cdeg for each in frames]
    return max(max(yaws) - min(yaws), max(pitches) - min(pitches)) < policy.liveness_still_cdeg


def frontal(state: State, face: Face) -> bool:
    """Return whether the head faces the camera: after the first rest, as it did then."""
    if state.home is not None:
        return away_cdeg(face, state.home) < state.policy.liveness_home_cdeg
    rest_yaw, rest_pitch = state.policy.liveness_rest_yaw_cdeg, state.policy.liveness_rest_pitch_cdeg
    return abs(face.yaw_cdeg) < rest_yaw and abs(face.pitch_cdeg) < rest_pitch
