"""The judgement of one movement from measurements: did a solid head move as ordered, after the order?

Measurements are integers (``biometric.challenge`` takes them from meshes), so that a stored try can be judged again
without any picture. Time stays outside: the caller gives frames before and after the order, and gets the index at
which the response began.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from zaichang.core.enums import StepOutcome
from zaichang.core.units import BP_ONE as BP


class Action(StrEnum):
    """The movements that can be asked for."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"


Outcome = StepOutcome

_OTHER_SIDE: Final = MappingProxyType(
    {Action.TURN_LEFT: Action.TURN_RIGHT, Action.TURN_RIGHT: Action.TURN_LEFT},
)
_TURNS: Final = frozenset(_OTHER_SIDE)


def as_shown(action: Action, *, mirrored: bool) -> Action:
    """Return the action as a camera shows it. A mirroring camera shows each turn as one to the other side."""
    return _OTHER_SIDE.get(action, action) if mirrored else action


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The measurements of one frame's face.

    Attributes:
        yaw_cdeg: Turned to its left is positive.
        pitch_cdeg: Raised is positive.
        eye_bp: Height over width of the eyes, the mean of both.
        mouth_bp: Distance of the inner lips over the mouth's width.
        shape_bp: Eye distance over the distance from eyes to mouth, in any unit that one try keeps; above 0.
        sideways_bp: How far the nose moved beyond the face's plane since the rest, in eye distances; positive for a
            head that turned to its left. 0 where there is no rest to compare with.
        down_bp: The same, positive for a head that lowered.
    """

    yaw_cdeg: int
    pitch_cdeg: int
    eye_bp: int
    mouth_bp: int
    shape_bp: int
    sideways_bp: int = 0
    down_bp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementLimits:
    """The limits of a movement. A session's limits are its policy's ``liveness_*`` fields, which describe each."""

    yaw_cdeg: int = 1_500
    pitch_cdeg: int = 1_000
    parallax_bp: int = 500
    nod_parallax_bp: int = 250
    flat_cdeg: int = 1_600
    eye_closed_bp: int = 6_600
    mouth_open_bp: int = 3_000
    begun_bp: int = 4_000
    at_rest_bp: int = 8_000
    agree_frames: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The result of one movement.

    Attributes:
        outcome: Passed, or why not.
        onset: Index of the response frame in which the movement began; None without a response.
        parallax_bp: Largest movement of the nose beyond the plane, in eye distances; 0 where none is asked for.
    """

    outcome: Outcome
    onset: int | None
    parallax_bp: int


def median(values: Sequence[int]) -> int:
    """Return the middle value; of an even number the mean of the two in the middle, rounded down."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) // 2


def reference_of(rest: Sequence[Face]) -> int:
    """Return the index of the most typical resting frame; parallax is measured against it."""
    yaw, pitch = median([face.yaw_cdeg for face in rest]), median([face.pitch_cdeg for face in rest])
    away = [abs(face.yaw_cdeg - yaw) + abs(face.pitch_cdeg - pitch) for face in rest]
    return away.index(min(away))


def foreshortening_cdeg(reference_bp: int, moved_bp: int) -> tuple[int, int]:
    """Return how far a *flat* face would have turned and nodded to look as narrow or as low as this one.

    Args:
        reference_bp: ``shape_bp`` of a face that is about frontal.
        moved_bp: ``shape_bp`` of this one.
    """
    ratio = moved_bp / max(reference_bp, 1)
    turn, nod = math.acos(min(ratio, 1.0)), math.acos(min(1 / max(ratio, 1e-6), 1.0))
    return round(100 * math.degrees(turn)), round(100 * math.degrees(nod))


def eyes_open_bp(reference: Face, open_eye_bp: int, face: Face) -> int:
    """Return how far the eyes are open against the person's own open eye: 10000 as at rest, 0 shut.

    A flat picture that is nodded lowers the eyes as it lowers the face, and one that comes back from a turn widens
    both. The part that the face's own foreshortening explains is not counted as a blink.
    """
    low = max(open_eye_bp * reference.shape_bp, 1)
    return face.eye_bp * max(face.shape_bp, reference.shape_bp) * BP // low


def judge_movement(
    action: Action, rest: Sequence[Face], faces: Sequence[Face], limits: MovementLimits | None = None
) -> Judgement:
    """Judge the frames that followed an order.

    Args:
        action: The ordered action.
        rest: At least ``agree_frames`` frames before the order, the head at rest.
        faces: The frames after it, in order, measured against ``rest[reference_of(rest)]``.
        limits: By default ``MovementLimits()``.
    """
    limits = limits or MovementLimits()
    if min(len(rest), len(faces)) < limits.agree_frames:
        return Judgement(outcome=Outcome.UNUSABLE, onset=None, parallax_bp=0)
    measured = _Measured(rest, faces, limits)
    found = measured.judge(action)
    other = as_shown(action, mirrored=True)
    # Only if no turn to the right side followed: turns to both sides do not show a mirrored camera.
    if found.outcome is Outcome.WRONG_ACTION and found.onset is None and other is not action:
        seen = measured.judge(other)
        return replace(seen, outcome=Outcome.MIRRORED) if seen.outcome is Outcome.PASSED else found
    return found


class _Measured:
    """All frames of one movement against its rest."""

    def __init__(self, rest: Sequence[Face], faces: Sequence[Face], limits: MovementLimits) -> None:
        self._limits = limits
        self._faces = faces
        self._yaw_cdeg = median([face.yaw_cdeg for face in rest])
        self._pitch_cdeg = median([face.pitch_cdeg for face in rest])
        self._open_eye_bp = median([face.eye_bp for face in rest])
        self._reference = rest[reference_of(rest)]
        self._rest = {action: [self._extent_bp(action, face) for face in rest] for action in Action}
        self._own = {action: [self._extent_bp(action, face) for face in faces] for action in Action}

    def _extent_bp(self, action: Action, face: Face) -> int:
        """Return how far a frame went in a movement, 10000 being the limit."""
        limits = self._limits
        match action:
            case Action.TURN_LEFT | Action.TURN_RIGHT:
                yaw = face.yaw_cdeg - self._yaw_cdeg
                return (yaw if action is Action.TURN_LEFT else -yaw) * BP // limits.yaw_cdeg
            case Action.LOOK_UP | Action.LOOK_DOWN:
                pitch = face.pitch_cdeg - self._pitch_cdeg
                return (pitch if action is Action.LOOK_UP else -pitch) * BP // limits.pitch_cdeg
            case Action.BLINK:
                shut = BP - eyes_open_bp(self._reference, self._open_eye_bp, face)
                return shut * BP // (BP - limits.eye_closed_bp)
            case Action.OPEN_MOUTH:
                return face.mouth_bp * BP // limits.mouth_open_bp

    def judge(self, action: Action) -> Judgement:
        limits, own = self._limits, self._own[action]
        shown = self._parallax_bp(action)
        parallax_bp = max(0, *shown) if shown is not None else 0

        def ended(outcome: Outcome, onset: int | None = None) -> Judgement:
            return Judgement(outcome=outcome, onset=onset, parallax_bp=parallax_bp)

        # 1. A rest that already is the movement proves nothing.
        if self._rests_at(action) >= limits.agree_frames:
            return ended(Outcome.STARTED_EARLY)
        # 2. Was it done at all?
        if self._done_at(action) == len(own):
            others = [a for a in Action if a is not action and self._done_at(a) < len(own)]
            return ended(Outcome.WRONG_ACTION if others else Outcome.NO_RESPONSE)
        # 3. The first movement is the answer: a clip that shows every movement in turn shows the right one sooner or
        # later. Counted from where this head rests: a smile is part of the way to an open mouth already.
        resting_bp = min(max(median(self._rest[action]), 0), limits.at_rest_bp)
        begun_bp = resting_bp + limits.begun_bp * (BP - resting_bp) // BP
        onset = next(place for place, extent in enumerate(own) if extent >= begun_bp)
        others = [a for a in Action if a is not action and self._rests_at(a) < limits.agree_frames]
        if any(self._done_at(other) < onset for other in others):
            return ended(Outcome.WRONG_ACTION, onset)
        # 4. Was it a solid head, or a moved picture?
        if shown is not None and self._solid(action, own, shown) < limits.agree_frames:
            return ended(Outcome.FLAT, onset)
        return ended(Outcome.PASSED, onset)

    def _solid(self, action: Action, own: Sequence[int], shown: Sequence[int]) -> int:
        """Return the number of frames in which the movement was complete and the face solid."""
        turning = action in _TURNS
        least_bp = self._limits.parallax_bp if turning else self._limits.nod_parallax_bp
        count = 0
        for face, extent_bp, beyond_bp in zip(self._faces, own, shown, strict=True):
            turn, nod = foreshortening_cdeg(self._reference.shape_bp, face.shape_bp)
            moved = abs(face.yaw_cdeg - self._yaw_cdeg) if turning else abs(face.pitch_cdeg - self._pitch_cdeg)
            excess_cdeg = (turn if turning else nod) - moved
            count += extent_bp >= BP and beyond_bp >= least_bp and excess_cdeg < self._limits.flat_cdeg
        return count

    def _rests_at(self, action: Action) -> int:
        """Return the number of resting frames that were already so far that this movement proves nothing."""
        return sum(extent >= self._limits.at_rest_bp for extent in self._rest[action])

    def _done_at(self, action: Action) -> int:
        """Return the frame at which a movement was complete; after the last one where it was not."""
        there = [place for place, extent in enumerate(self._own[action]) if extent >= BP]
        return there[self._limits.agree_frames - 1] if len(there) >= self._limits.agree_frames else len(self._faces)

    def _parallax_bp(self, action: Action) -> list[int] | None:
        """Return the parallax in the asked direction, or None for actions that show none."""
        match action:
            case Action.TURN_LEFT:
                return [face.sideways_bp for face in self._faces]
            case Action.TURN_RIGHT:
                return [-face.sideways_bp for face in self._faces]
            case Action.LOOK_UP:
                return [-face.down_bp for face in self._faces]
            case Action.LOOK_DOWN:
                return [face.down_bp for face in self._faces]
            case Action.BLINK | Action.OPEN_MOUTH:
                return None
