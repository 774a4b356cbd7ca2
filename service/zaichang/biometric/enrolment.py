"""Checks of enrolment photos: do they show one person, and does a living head hold the ordered pose?

The reference is the mean of its photos (docs/accuracy.md, "Several reference poses"), so one photo of another person
would make a reference for two people, the aim of an account shared with a proxy. So a core of photos
must match each with each, and every other photo must match the core as a capture would have to.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.challenge import Mesh, judge
from zaichang.biometric.comparison import similarity_bp
from zaichang.biometric.movement import Action, Outcome, as_shown
from zaichang.core.reasons import ReasonCode
from zaichang.core.units import to_bp

FRAMES_EACH: Final = 2
"""Pictures of one pose. One alone may be noise, so all must agree."""

FRONT_FREE_DEG: Final = 20.0
"""How far a head that looks ahead may stand off: cameras sit above, below and beside screens."""


class Pose(StrEnum):
    """How the head is held for a photo."""

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"


_ACTIONS: Final = {Pose.LEFT: Action.TURN_LEFT, Pose.RIGHT: Action.TURN_RIGHT, Pose.UP: Action.LOOK_UP}
_REASONS: Final = {
    Outcome.NO_RESPONSE: ReasonCode.LIVENESS_NO_RESPONSE,
    Outcome.WRONG_ACTION: ReasonCode.LIVENESS_WRONG_ACTION,
    Outcome.MIRRORED: ReasonCode.LIVENESS_WRONG_ACTION,
    Outcome.FLAT: ReasonCode.LIVENESS_FLAT,
}


def one_person(vectors: NDArray[np.float32], threshold_bp: int) -> list[int]:
    """Return the indices of the photos that show one person, in order.

    The core is the largest set that matches each with each (greedy from every photo; of two sets of one size the more
    alike one). A core of two or more takes in all that match its mean: a strong pose may fail against one photo and not
    against several. Where no two photos match, the set is a single one: the caller sees that the others are not in it.

    Args:
        vectors: ``(n, d)``, each of length 1, n >= 1.
        threshold_bp: At or above is the same person.
    """
    alike = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    same = np.array([[to_bp(float(value)) >= threshold_bp for value in row] for row in alike])
    core: list[int] = []
    strength = 0.0
    for first in range(len(vectors)):
        kept = [first]
        for other in np.argsort(-alike[first], kind="stable").tolist():
            if other != first and all(same[other, each] for each in kept):
                kept.append(other)
        sure = round(float(alike[np.ix_(kept, kept)].mean()), 6)
        if (len(kept), sure) > (len(core), strength):
            core, strength = kept, sure
    if len(core) == 1:
        return core
    rest = [at for at in range(len(vectors)) if at not in core]
    return sorted(core + [at for at in rest if similarity_bp(vectors[at], vectors[core]) >= threshold_bp])


def pose_held(
    pose: Pose, front: Sequence[Mesh], shown: Sequence[Mesh], off_deg: Sequence[float], *, mirrored: bool = False
) -> ReasonCode | None:
    """Return the problem of the frames of one pose, or None.

    Left, right and up are judged like a liveness movement, against the frames that look ahead: far enough, in the
    right direction, and with the parallax of a solid head.

    Args:
        pose: The ordered pose.
        front: Meshes of the frames that look ahead (not used for ``FRONT``).
        shown: Meshes of this pose's frames.
        off_deg: Per frame, the larger of turn and nod in degrees; judged for ``FRONT``.
        mirrored: Whether this camera shows turns as ones to the other side.
    """
    if len(shown) < FRAMES_EACH:
        return ReasonCode.NO_FACE
    if pose is Pose.FRONT:
        return ReasonCode.POSE_TOO_FAR if max(off_deg) > FRONT_FREE_DEG else None
    outcome = judge(as_shown(_ACTIONS[pose], mirrored=mirrored), front, shown).outcome
    return None if outcome is Outcome.PASSED else _REASONS.get(outcome, ReasonCode.LIVENESS_FAILED)
