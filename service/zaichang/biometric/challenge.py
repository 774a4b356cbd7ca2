"""Active challenge: did a solid head do what was asked, after it was asked?

A flat picture or a screen can be rotated, bent, tilted and shifted, but two views of a plane always differ by a
homography (Hartley & Zisserman, 2nd ed., 13.1). A head does not: when it turns, the nose moves against the eyes and
the mouth. So the plane through eyes, brows and mouth is fitted between the views, and what the nose does beyond it is
the *parallax*. The mesh itself follows parallax: of a picture that is turned by 30 degrees it reports about 3. Where a
strongly turned or bent picture does reach the limit, its face is *foreshortened* far more than such a turn explains.
Playing back a clip of a real head shows both rightly; it is the order and its moment that it cannot know.

Time stays outside: the caller gives frames before and after the order, and gets the index at which the response began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.pose import pose_from_mesh
from zaichang.core.units import to_bp

Mesh = NDArray[np.float64]
Points = NDArray[np.float64]

# Points that lie nearly in one plane and hardly move with expression: eye corners, brow ends, the bridge between the
# eyes, and cheeks beside the nose; then the nose, which stands out of it.
_PLANE: Final = np.array([33, 133, 362, 263, 70, 107, 336, 300, 116, 345, 50, 280, 61, 291, 205, 425])
_NOSE: Final = np.array([1, 4, 5, 19, 195])
_EYES: Final = ((33, 133, (160, 158), (144, 153)), (362, 263, (385, 387), (380, 373)))
_MOUTH: Final = (61, 291, 13, 14)


class Action(StrEnum):
    """What can be asked."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"


class Outcome(StrEnum):
    """What came of it; ``MIRRORED`` is a turn to the other side, right in all else, as a mirroring camera shows it."""

    PASSED = "passed"
    NO_RESPONSE = "no_response"
    WRONG_ACTION = "wrong_action"
    MIRRORED = "mirrored"
    STARTED_EARLY = "started_early"
    FLAT = "flat"
    UNUSABLE = "unusable"


_OTHER_SIDE: Final = MappingProxyType(
    {Action.TURN_LEFT: Action.TURN_RIGHT, Action.TURN_RIGHT: Action.TURN_LEFT},
)


def as_shown(action: Action, *, mirrored: bool) -> Action:
    """Return what a camera shows of an action: one that mirrors shows each turn as one to the other side."""
    return _OTHER_SIDE.get(action, action) if mirrored else action


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeLimits:
    """How much movement counts.

    Attributes:
        yaw_deg: A turn counts from here.
        pitch_deg: Looking up or down counts from here.
        parallax: Movement of the nose beyond the face plane, in eye distances, that a solid head reaches in a turn.
        nod_parallax: The same for looking up or down.
        flat_deg: A picture is turned by at least this much more (by its foreshortening) than the mesh reports.
        eye_closed: Eye opening against the person's own open eye below which it is closed. With the lids of the eye
            network, 132 of 135 shut frames of the development clips (eight people) are below it, and none of 3,633 open
            ones (docs/accuracy.md); the mesh's own lids hardly move, with them it finds fewer.
        mouth_open: Lip distance over mouth width from which the mouth is open.
        begun: Part of a limit at which the response has begun.
        frames: Frames that must agree; one may be noise, and one frame of shut eyes a blink that nobody asked for.
        still: Part of a limit that the frames before the order may reach.
    """

    yaw_deg: float = 15.0
    pitch_deg: float = 10.0
    parallax: float = 0.05
    nod_parallax: float = 0.025
    flat_deg: float = 16.0
    eye_closed: float = 0.66
    mouth_open: float = 0.3
    begun: float = 0.4
    frames: int = 2
    still: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The result of one challenge.

    Attributes:
        outcome: Passed, or why not.
        onset: Index of the response frame in which the movement began; None without a response.
        parallax_bp: Largest movement of the nose beyond the plane, in eye distances; 0 where none is asked for.
    """

    outcome: Outcome
    onset: int | None
    parallax_bp: int


def eye_opening(mesh: Mesh) -> float:
    """Return height over width of the eyes, the mean of both: about 0.3 open, below 0.15 closed."""
    ratios = []
    for inner, outer, upper, lower in _EYES:
        width = float(np.linalg.norm(mesh[inner, :2] - mesh[outer, :2]))
        height = float(np.linalg.norm(mesh[list(upper), :2] - mesh[list(lower), :2], axis=1).mean())
        ratios.append(height / max(width, 1e-6))
    return float(np.mean(ratios))


def eyes_open(reference: Mesh, open_eye: float, mesh: Mesh) -> float:
    """Return how far the eyes are open against the person's own open eye: 1 as at rest, 0 shut.

    A flat picture that is nodded lowers the eyes as it lowers the face, and one that comes back from a turn widens
    both; as much of it as the face's own foreshortening shows is no blink.

    Args:
        reference: ``(468, 3)`` at rest.
        open_eye: ``eye_opening`` at rest.
        mesh: ``(468, 3)``.
    """
    lower = np.cos(np.radians(foreshortening_deg(reference, mesh)[1]))
    return eye_opening(mesh) / max(open_eye * float(lower), 1e-6)


def mouth_opening(mesh: Mesh) -> float:
    """Return the distance of the inner lips over the mouth's width."""
    right, left, upper, lower = _MOUTH
    width = float(np.linalg.norm(mesh[right, :2] - mesh[left, :2]))
    return float(np.linalg.norm(mesh[upper, :2] - mesh[lower, :2])) / max(width, 1e-6)


def fit_homography(source: Points, target: Points) -> NDArray[np.float64]:
    """Return the ``(3, 3)`` homography that best takes ``source`` to ``target`` (normalised DLT, Hartley 1997).

    Args:
        source: ``(n, 2)``, n >= 4, not on one line.
        target: ``(n, 2)``.

    Raises:
        ValueError: Where there are too few points or they coincide.
    """
    if source.shape != target.shape or source.ndim != 2 or len(source) < 4:
        raise ValueError(f"a homography needs two equal (n, 2) arrays, n >= 4, got {source.shape}, {target.shape}")
    (a, to_a), (b, to_b) = _conditioned(source), _conditioned(target)
    zero, one = np.zeros(len(a)), np.ones(len(a))
    x, y, u, v = a[:, 0], a[:, 1], b[:, 0], b[:, 1]
    rows_u = np.stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u], axis=1)
    rows_v = np.stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v], axis=1)
    solution = np.linalg.svd(np.concatenate([rows_u, rows_v]))[2][-1].reshape(3, 3)
    result: NDArray[np.float64] = np.linalg.inv(to_b) @ solution @ to_a
    return result


def _conditioned(points: Points) -> tuple[Points, NDArray[np.float64]]:
    """Shift to the mean and scale to mean distance sqrt(2), which makes the fit well-conditioned."""
    mean = points.mean(axis=0)
    distance = float(np.linalg.norm(points - mean, axis=1).mean())
    if not np.isfinite(distance) or distance < 1e-6:
        raise ValueError("points coincide or are not finite")
    scale = np.sqrt(2) / distance
    matrix = np.array([[scale, 0, -scale * mean[0]], [0, scale, -scale * mean[1]], [0, 0, 1]])
    return (points - mean) * scale, matrix


def parallax(reference: Mesh, moved: Mesh) -> tuple[float, float]:
    """Return how far the nose moved beyond the face plane, (sideways, down) in eye distances of the reference.

    Sideways is positive for a head that turned to its left, down positive for one that lowered.

    Args:
        reference: ``(468, 3)``, about frontal.
        moved: ``(468, 3)``.

    Raises:
        ValueError: As ``fit_homography``.
    """
    homography = fit_homography(reference[_PLANE, :2], moved[_PLANE, :2])
    nose = np.hstack([reference[_NOSE, :2], np.ones((len(_NOSE), 1))]) @ homography.T
    beyond = (moved[_NOSE, :2] - nose[:, :2] / nose[:, 2:]).mean(axis=0)
    across = moved[263, :2] - moved[33, :2]
    size = float(np.linalg.norm(reference[263, :2] - reference[33, :2]))
    angle = np.arctan2(across[1], across[0])
    sideways = beyond[0] * np.cos(angle) + beyond[1] * np.sin(angle)
    down = -beyond[0] * np.sin(angle) + beyond[1] * np.cos(angle)
    return float(sideways) / max(size, 1e-6), float(down) / max(size, 1e-6)


def foreshortening_deg(reference: Mesh, moved: Mesh) -> tuple[float, float]:
    """Return how far a *flat* face would have turned and nodded to look as narrow or as low as this one.

    Args:
        reference: ``(468, 3)``, about frontal.
        moved: ``(468, 3)``.
    """

    def shape(mesh: Mesh) -> float:
        width = float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))
        eyes, mouth = mesh[[33, 263], :2].mean(axis=0), mesh[[61, 291], :2].mean(axis=0)
        return width / max(float(np.linalg.norm(mouth - eyes)), 1e-6)

    ratio = shape(moved) / max(shape(reference), 1e-6)
    turn = float(np.degrees(np.arccos(min(ratio, 1.0))))
    nod = float(np.degrees(np.arccos(min(1 / max(ratio, 1e-6), 1.0))))
    return turn, nod


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signals:
    """Of one frame: per action how far it went, 1 being the limit; its parallax and excess foreshortening."""

    extent: dict[Action, float]
    sideways: float
    down: float
    excess_turn_deg: float
    excess_nod_deg: float


class _Rest:
    """What the head is measured against."""

    def __init__(self, before: Sequence[Mesh], limits: ChallengeLimits) -> None:
        poses = [pose_from_mesh(mesh) for mesh in before]
        self._limits = limits
        self._yaw = float(np.median([pose.yaw_deg for pose in poses]))
        self._pitch = float(np.median([pose.pitch_deg for pose in poses]))
        away = [abs(pose.yaw_deg - self._yaw) + abs(pose.pitch_deg - self._pitch) for pose in poses]
        self._reference = before[int(np.argmin(away))]
        self._open_eye = float(np.median([eye_opening(mesh) for mesh in before]))

    def signals(self, mesh: Mesh) -> _Signals:
        limits, pose = self._limits, pose_from_mesh(mesh)
        yaw, pitch = pose.yaw_deg - self._yaw, pose.pitch_deg - self._pitch
        closed = (1 - eyes_open(self._reference, self._open_eye, mesh)) / (1 - limits.eye_closed)
        sideways, down = parallax(self._reference, mesh)
        flat_turn, flat_nod = foreshortening_deg(self._reference, mesh)
        return _Signals(
            extent={
                Action.TURN_LEFT: yaw / limits.yaw_deg,
                Action.TURN_RIGHT: -yaw / limits.yaw_deg,
                Action.LOOK_UP: pitch / limits.pitch_deg,
                Action.LOOK_DOWN: -pitch / limits.pitch_deg,
                Action.BLINK: closed,
                Action.OPEN_MOUTH: mouth_opening(mesh) / limits.mouth_open,
            },
            sideways=sideways,
            down=down,
            excess_turn_deg=flat_turn - abs(yaw),
            excess_nod_deg=flat_nod - abs(pitch),
        )


class Trial:
    """Judges one challenge frame by frame; each frame is measured once."""

    def __init__(self, action: Action, before: Sequence[Mesh], limits: ChallengeLimits | None = None) -> None:
        """Measure the rest.

        Args:
            action: What was asked.
            before: Meshes of at least ``frames`` frames before the order, the head at rest.
            limits: By default ``ChallengeLimits()``.
        """
        self._action = action
        self._limits = limits or ChallengeLimits()
        self._seen: list[_Signals] = []
        self._rest: _Rest | None = None
        self._resting: list[_Signals] = []
        if len(before) >= self._limits.frames:
            try:
                self._rest = _Rest(before, self._limits)
                self._resting = [self._rest.signals(mesh) for mesh in before]
            except ValueError:
                self._rest = None

    def add(self, mesh: Mesh) -> None:
        """Measure the next frame after the order."""
        if self._rest is not None:
            try:
                self._seen.append(self._rest.signals(mesh))
            except ValueError:
                self._rest = None

    def judgement(self) -> Judgement:
        """Return what the frames up to now show."""
        found = self._judge(self._action)
        other = as_shown(self._action, mirrored=True)
        # Only where no turn to the right side followed: whoever turns to both sides shows no mirror.
        if found.outcome is Outcome.WRONG_ACTION and found.onset is None and other is not self._action:
            seen = self._judge(other)
            return replace(seen, outcome=Outcome.MIRRORED) if seen.outcome is Outcome.PASSED else found
        return found

    def _judge(self, action: Action) -> Judgement:
        limits = self._limits
        if self._rest is None or len(self._seen) < limits.frames:
            return Judgement(outcome=Outcome.UNUSABLE, onset=None, parallax_bp=0)
        own = self._extent(action)
        shown = self._parallax(action)
        parallax_bp = max(0, to_bp(float(shown.max()))) if shown is not None else 0
        if self._rests_at(action) >= limits.frames:
            return Judgement(outcome=Outcome.STARTED_EARLY, onset=None, parallax_bp=parallax_bp)
        if int((own >= 1).sum()) < limits.frames:
            others = [a for a in Action if a is not action and int((self._extent(a) >= 1).sum()) >= limits.frames]
            outcome = Outcome.WRONG_ACTION if others else Outcome.NO_RESPONSE
            return Judgement(outcome=outcome, onset=None, parallax_bp=parallax_bp)
        # What comes first is the answer: a clip that shows every movement in turn shows the right one sooner or later.
        # From where this head rests: a smile is part of the way to an open mouth before anything was asked.
        resting = min(max(float(np.median([each.extent[action] for each in self._resting])), 0.0), limits.still)
        onset = int(np.argmax(own >= resting + limits.begun * (1 - resting)))
        others = [a for a in Action if a is not action and self._rests_at(a) < limits.frames]
        if any(self._done_at(other) < onset for other in others):
            return Judgement(outcome=Outcome.WRONG_ACTION, onset=onset, parallax_bp=parallax_bp)
        if shown is not None:
            turning = action in (Action.TURN_LEFT, Action.TURN_RIGHT)
            least = limits.parallax if turning else limits.nod_parallax
            excess = np.array([each.excess_turn_deg if turning else each.excess_nod_deg for each in self._seen])
            solid = (own >= 1) & (shown >= least) & (excess < limits.flat_deg)
            if int(solid.sum()) < limits.frames:
                return Judgement(outcome=Outcome.FLAT, onset=onset, parallax_bp=parallax_bp)
        return Judgement(outcome=Outcome.PASSED, onset=onset, parallax_bp=parallax_bp)

    def _rests_at(self, action: Action) -> int:
        """Return in how many frames the resting head was so far already that this movement says nothing."""
        return sum(each.extent[action] >= self._limits.still for each in self._resting)

    def _done_at(self, action: Action) -> int:
        """Return the frame at which a movement was complete; after the last one where it was not."""
        there = np.flatnonzero(self._extent(action) >= 1)
        return int(there[self._limits.frames - 1]) if len(there) >= self._limits.frames else len(self._seen)

    def _extent(self, action: Action) -> NDArray[np.float64]:
        return np.array([each.extent[action] for each in self._seen])

    def _parallax(self, action: Action) -> NDArray[np.float64] | None:
        """Return the parallax in the asked direction, or None for actions that show none."""
        match action:
            case Action.TURN_LEFT:
                return np.array([each.sideways for each in self._seen])
            case Action.TURN_RIGHT:
                return np.array([-each.sideways for each in self._seen])
            case Action.LOOK_UP:
                return np.array([-each.down for each in self._seen])
            case Action.LOOK_DOWN:
                return np.array([each.down for each in self._seen])
            case Action.BLINK | Action.OPEN_MOUTH:
                return None


def judge(
    action: Action, before: Sequence[Mesh], after: Sequence[Mesh], limits: ChallengeLimits | None = None
) -> Judgement:
    """Judge one challenge at once; see ``Trial``.

    Args:
        action: What was asked.
        before: Meshes of at least ``frames`` frames before the order, the head at rest.
        after: Meshes of the frames after it, in order.
        limits: By default ``ChallengeLimits()``.
    """
    trial = Trial(action, before, limits)
    for mesh in after:
        trial.add(mesh)
    return trial.judgement()
