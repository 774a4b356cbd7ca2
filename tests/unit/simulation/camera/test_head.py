"""A head moves only the part of the picture that it reaches; the background stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from zaichang_simulation.camera.faces import builtin_face
from zaichang_simulation.camera.head import Head, Pose, pose_at

FACE = builtin_face("builtin:colleague")
SIZES = ((160, 120), (120, 160), (90, 90))
POSES = (
    *(pose_at(seed, 37.3 * seed, 1.5) for seed in range(8)),
    Pose(roll_deg=90.0, scale=1.4),
    Pose(roll_deg=-35.0, yaw_deg=45.0, pitch_deg=-30.0, closed=1.0),
    Pose(right=3.0, down=-2.0, scale=0.4),
    Pose(right=-40.0),
)


class Whole(Head):
    """A head that is taken to reach everywhere, so that all of the picture is computed."""

    def _reached(self, pose: Pose) -> tuple[slice, slice]:
        return slice(None), slice(None)


@pytest.mark.parametrize("size", SIZES)
def test_the_part_that_is_drawn_anew_is_all_that_changes(size: tuple[int, int]) -> None:
    part, whole = Head(FACE, *size), Whole(FACE, *size)
    for pose in POSES:
        assert np.array_equal(part.draw(pose), whole.draw(pose)), pose


def test_a_head_that_left_the_picture_leaves_the_background() -> None:
    head = Head(FACE, 160, 120)
    gone, there = head.draw(Pose(right=-40.0)), head.draw(Pose(yaw_deg=25.0))
    assert np.array_equal(gone, head.draw(Pose(right=40.0)))
    assert not np.array_equal(gone[30:90, 50:110], there[30:90, 50:110])


def test_a_moving_head_leaves_the_corners_alone() -> None:
    head = Head(FACE, 640, 480)
    still, turned = head.draw(Pose()), head.draw(Pose(yaw_deg=25.0))
    assert np.array_equal(still[:40, :40], turned[:40, :40])
    assert not np.array_equal(still, turned)


def test_the_same_moment_is_drawn_alike_and_another_is_not() -> None:
    assert pose_at(7, 12.5, 1.0) == pose_at(7, 12.5, 1.0)
    assert pose_at(7, 12.5, 1.0) != pose_at(7, 13.5, 1.0)
    assert pose_at(7, 12.5, 0.0) == Pose()


def test_eyes_close_within_each_four_seconds_and_only_for_a_moment() -> None:
    for slot in range(5):
        closed = [pose_at(3, 4 * slot + step / 50, 1.0).closed for step in range(200)]
        assert max(closed) > 0.9
        assert 5 <= sum(value > 0 for value in closed) <= 12
