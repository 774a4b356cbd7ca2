"""Movements judged from integers: turns in a mirror, the frame of the rest, and the foreshortening of a flat face."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaichang.biometric.movement import (
    Action,
    Face,
    MovementLimits,
    Outcome,
    as_shown,
    eyes_open_bp,
    foreshortening_cdeg,
    judge_movement,
    median,
    reference_of,
)

REST = Face(yaw_cdeg=0, pitch_cdeg=0, eye_bp=3_000, mouth_bp=500, shape_bp=10_000)
LEFT = replace(REST, yaw_cdeg=2_500, shape_bp=9_000, sideways_bp=1_200)


def test_a_mirror_changes_turns_only() -> None:
    assert as_shown(Action.TURN_LEFT, mirrored=True) is Action.TURN_RIGHT
    assert as_shown(Action.TURN_RIGHT, mirrored=True) is Action.TURN_LEFT
    for action in Action:
        assert as_shown(action, mirrored=False) is action
        assert as_shown(as_shown(action, mirrored=True), mirrored=True) is action


@pytest.mark.parametrize(("values", "middle"), [([3], 3), ([9, 1, 5], 5), ([4, 1, 2, 9], 3), ([1, 2], 1)])
def test_the_median_is_a_whole_number(values: list[int], middle: int) -> None:
    assert median(values) == middle


def test_the_reference_is_the_frame_nearest_to_how_the_head_was_held() -> None:
    held = [replace(REST, yaw_cdeg=yaw, pitch_cdeg=pitch) for yaw, pitch in ((900, 0), (100, 50), (90, -900))]
    assert reference_of(held) == 1


def test_foreshortening_is_the_angle_of_a_flat_face() -> None:
    assert foreshortening_cdeg(10_000, 10_000) == (0, 0)
    assert foreshortening_cdeg(10_000, 5_000) == (6_000, 0)
    assert foreshortening_cdeg(5_000, 10_000) == (0, 6_000)
    assert foreshortening_cdeg(0, 0)[1] == 0, "no division by zero"


def test_eyes_are_open_against_the_persons_own() -> None:
    assert eyes_open_bp(REST, 3_000, REST) == 10_000
    assert eyes_open_bp(REST, 3_000, replace(REST, eye_bp=1_500)) == 5_000
    nodded_picture = replace(REST, eye_bp=1_500, shape_bp=20_000)
    assert eyes_open_bp(REST, 3_000, nodded_picture) == 10_000, "a picture that is nodded shuts no eyes"


def test_a_turn_passes_its_mirror_is_named_and_too_few_frames_are_unusable() -> None:
    rest, faces = [REST] * 3, [REST, *[LEFT] * 4]
    passed = judge_movement(Action.TURN_LEFT, rest, faces)
    assert (passed.outcome, passed.parallax_bp) == (Outcome.PASSED, 1_200)
    assert passed.onset == 1
    assert judge_movement(Action.TURN_RIGHT, rest, faces).outcome is Outcome.MIRRORED
    assert judge_movement(Action.TURN_LEFT, rest[:1], faces).outcome is Outcome.UNUSABLE
    strict = MovementLimits(yaw_cdeg=2_600)
    assert judge_movement(Action.TURN_LEFT, rest, faces, strict).outcome is not Outcome.PASSED


def test_a_turn_without_parallax_is_no_solid_head() -> None:
    flat = replace(LEFT, sideways_bp=0)
    assert judge_movement(Action.TURN_LEFT, [REST] * 3, [REST, *[flat] * 4]).outcome is Outcome.FLAT
