from __future__ import annotations

import numpy as np
import pytest

from support.heads import head, seen
from support.studio import vector
from zaichang.biometric.enrolment import Pose, one_person, pose_held
from zaichang.core.reasons import ReasonCode

FRONT = [seen(head(), noise=index) for index in range(2)]
TURNS = {Pose.LEFT: (28, 0), Pose.RIGHT: (-28, 0), Pose.UP: (0, 20)}


def rows(*people: tuple[str, int]) -> np.ndarray:
    return np.stack([vector(who, drift) for who, drift in people])


@pytest.mark.parametrize(
    ("people", "kept"),
    [
        ([("a", 0)], [0]),
        ([("a", 0), ("a", 30)], [0, 1]),
        ([("b", 0), ("a", 0), ("a", 30), ("a", 10)], [1, 2, 3]),
        ([("a", 0), ("b", 0), ("a", 20), ("b", 60)], [0, 2]),
        # The last one matches neither of the first two alone enough, but their mean ...
        ([("a", 0), ("a", 20), ("a", 78)], [0, 1, 2]),
        # ... and a chain whose end is too far from the middle of the others loses it.
        ([("a", 0), ("a", 10), ("a", 100)], [0, 1]),
    ],
)
def test_the_photos_of_one_person_are_those_that_all_match(people: list[tuple[str, int]], kept: list[int]) -> None:
    assert one_person(rows(*people), 3_900) == kept


def test_where_no_two_match_only_one_is_left() -> None:
    assert len(one_person(rows(("a", 0), ("b", 0), ("c", 0)), 3_900)) == 1


def test_of_two_sets_of_one_size_the_more_alike_one_is_kept() -> None:
    assert one_person(rows(("a", 0), ("a", 60), ("b", 0), ("b", 5)), 3_900) == [2, 3]


def held(pose: Pose, yaw: float, pitch: float, *, flat: bool = False) -> ReasonCode | None:
    shown = [seen(head(), yaw, pitch, flat, noise=9 + index) for index in range(2)]
    return pose_held(pose, FRONT, shown, [max(abs(yaw), abs(pitch))] * 2)


@pytest.mark.parametrize("pose", list(TURNS))
def test_a_pose_is_held_by_a_head_that_turns_and_by_nothing_else(pose: Pose) -> None:
    assert held(pose, *TURNS[pose]) is None
    assert held(pose, 0, 0) is ReasonCode.LIVENESS_NO_RESPONSE
    assert held(pose, *TURNS[pose], flat=True) is ReasonCode.LIVENESS_FLAT
    for other, turn in TURNS.items():
        if other is not pose:
            assert held(pose, *turn) is ReasonCode.LIVENESS_WRONG_ACTION


def test_looking_ahead_allows_for_a_camera_above_the_screen() -> None:
    assert held(Pose.FRONT, 0, -18) is None
    assert held(Pose.FRONT, 24, 0) is ReasonCode.POSE_TOO_FAR
    assert pose_held(Pose.FRONT, [], FRONT[:1], [0.0]) is ReasonCode.NO_FACE
