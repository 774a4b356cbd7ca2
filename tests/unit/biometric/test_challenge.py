from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.heads import head, seen
from zaichang.biometric.challenge import (
    eye_opening,
    eyes_open,
    fit_homography,
    judge,
    measure,
    mouth_opening,
    parallax,
)
from zaichang.biometric.movement import Action, Outcome, as_shown, foreshortening_cdeg
from zaichang.biometric.pose import MESH_POINTS

REST = [seen(head(), noise=index) for index in range(3)]
TURNS = {Action.TURN_LEFT: (28, 0), Action.TURN_RIGHT: (-28, 0), Action.LOOK_UP: (0, 20), Action.LOOK_DOWN: (0, -20)}


def move(yaw: float, pitch: float, flat: bool = False) -> list[np.ndarray]:
    steps = (0.0, 0.3, 0.7, 1.0, 1.0)
    return [seen(head(), yaw * s, pitch * s, flat, noise=9 + index) for index, s in enumerate(steps)]


@pytest.mark.parametrize("action", list(TURNS))
def test_a_solid_head_that_does_what_was_asked_passes_and_nothing_else_does(action: Action) -> None:
    after = move(*TURNS[action])
    result = judge(action, REST, after)
    assert result.outcome is Outcome.PASSED
    assert result.onset in (1, 2)
    assert result.parallax_bp > 200
    mirror = as_shown(action, mirrored=True)
    for other in Action:
        if other is not action:
            expected = (Outcome.MIRRORED,) if other is mirror else (Outcome.WRONG_ACTION, Outcome.NO_RESPONSE)
            assert judge(other, REST, after).outcome in expected


@pytest.mark.parametrize("action", list(TURNS))
def test_a_plane_that_makes_the_same_turn_is_flat(action: Action) -> None:
    # The worst case for us: a mesh that believes the turn (its z follows) though only the picture turned.
    assert judge(action, REST, move(*TURNS[action], flat=True)).outcome is Outcome.FLAT


def test_blink_and_mouth() -> None:
    shut = [seen(head(eyes=e), noise=20 + index) for index, e in enumerate((1, 0.3, 0.3, 1))]
    brief = [seen(head(eyes=e), noise=20 + index) for index, e in enumerate((1, 0.3, 1, 1))]
    opened = [seen(head(mouth=m), noise=30 + index) for index, m in enumerate((0, 0.2, 0.5, 0.5))]
    assert judge(Action.BLINK, REST, shut).outcome is Outcome.PASSED
    assert judge(Action.BLINK, REST, brief).outcome is Outcome.NO_RESPONSE  # a blink without an order
    assert judge(Action.BLINK, REST, shut).onset == 1
    assert judge(Action.OPEN_MOUTH, REST, opened).outcome is Outcome.PASSED
    assert judge(Action.BLINK, REST, opened).outcome is Outcome.WRONG_ACTION
    assert judge(Action.OPEN_MOUTH, REST, shut).outcome is Outcome.WRONG_ACTION
    assert eye_opening(shut[1]) < 0.5 * eye_opening(shut[0])
    assert mouth_opening(opened[3]) > 0.3 > mouth_opening(opened[0])


@pytest.mark.parametrize(("yaw_before", "yaw", "pitch"), [(0, 0, 55), (0, 0, -55), (55, 0, 0), (-55, 0, 0)])
def test_a_picture_that_is_nodded_or_comes_back_from_a_turn_shuts_no_eyes(
    yaw_before: int, yaw: int, pitch: int
) -> None:
    before = [seen(head(), yaw=yaw_before, flat=True, noise=index) for index in range(3)]
    after = [seen(head(), yaw, pitch, flat=True, noise=40 + index) for index in range(4)]
    # By its height over its width alone each of these eyes would be shut.
    assert eye_opening(after[0]) < 0.66 * eye_opening(before[0])
    assert eyes_open(before[0], eye_opening(before[0]), after[0]) > 0.85
    assert judge(Action.BLINK, before, after).outcome is not Outcome.PASSED


def test_eyes_that_shut_while_the_head_nods_are_shut() -> None:
    after = [seen(head(eyes=0.3), pitch=-8, noise=40 + index) for index in range(3)]
    assert judge(Action.BLINK, REST, after).outcome is Outcome.PASSED


def test_doing_it_before_the_order_does_not_count() -> None:
    early = [seen(head(mouth=0.5), noise=index) for index in range(3)]
    assert judge(Action.OPEN_MOUTH, early, early).outcome is Outcome.STARTED_EARLY


def test_no_movement_and_too_few_frames() -> None:
    assert judge(Action.TURN_LEFT, REST, move(0, 0)).outcome is Outcome.NO_RESPONSE
    assert judge(Action.TURN_LEFT, REST, move(28, 0)[:1]).outcome is Outcome.UNUSABLE
    assert judge(Action.TURN_LEFT, [np.zeros((468, 3))] * 3, move(28, 0)).outcome is Outcome.UNUSABLE


@settings(max_examples=60)
@given(values=st.lists(st.floats(-0.3, 0.3), min_size=8, max_size=8))
def test_any_homography_of_the_picture_shows_no_parallax(values: list[float]) -> None:
    """Rotating, tilting and shifting a still are homographies: none of them moves the nose beyond the plane."""
    matrix = np.eye(3) + np.array([*values[:2], 100 * values[2], *values[3:5], 100 * values[5], 0, 0, 0]).reshape(3, 3)
    matrix[2, :2] = np.array(values[6:]) / 700
    still = seen(head())
    mapped = np.hstack([still[:, :2], np.ones((MESH_POINTS, 1))]) @ matrix.T
    moved = np.hstack([mapped[:, :2] / mapped[:, 2:], still[:, 2:]])
    assert np.abs(parallax(still, moved)).max() < 1e-6
    solid = seen(head(), yaw=20)
    assert parallax(still, solid)[0] > 0.05


def test_foreshortening_of_a_plane_is_its_angle() -> None:
    frontal, turned = seen(head(), flat=True), seen(head(), yaw=50, flat=True)
    nodded = seen(head(), pitch=40, flat=True)
    shapes_bp = [measure(mesh).shape_bp for mesh in (frontal, turned, nodded)]
    assert foreshortening_cdeg(shapes_bp[0], shapes_bp[1])[0] == pytest.approx(5_000, abs=500)
    assert foreshortening_cdeg(shapes_bp[0], shapes_bp[2])[1] == pytest.approx(4_000, abs=800)


def test_homographies_need_four_points_that_differ() -> None:
    with pytest.raises(ValueError, match="n >= 4"):
        fit_homography(np.zeros((3, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="coincide"):
        fit_homography(np.zeros((5, 2)), np.ones((5, 2)))


def test_a_smile_before_the_order_is_not_where_the_opening_of_the_mouth_begins() -> None:
    smiling = [seen(head(mouth=0.12), noise=index) for index in range(3)]
    opened = [seen(head(mouth=m), noise=30 + index) for index, m in enumerate((0.12, 0.12, 0.12, 0.5, 0.6))]
    assert mouth_opening(smiling[0]) > 0.4 * 0.3  # part of the way already
    found = judge(Action.OPEN_MOUTH, smiling, opened)
    assert found.outcome is Outcome.PASSED
    assert found.onset == 3


def test_another_movement_first_is_the_wrong_answer_even_if_the_right_one_follows() -> None:
    away = move(*TURNS[Action.LOOK_UP])
    back = [seen(head(), noise=50 + index) for index in range(2)]
    after = [*away, *back, *move(*TURNS[Action.TURN_LEFT])]
    assert judge(Action.LOOK_UP, REST, after).outcome is Outcome.PASSED
    assert judge(Action.TURN_LEFT, REST, after).outcome is Outcome.WRONG_ACTION
    together = [seen(head(), 28 * s, 14 * s, noise=60 + index) for index, s in enumerate((0, 0.3, 0.7, 1, 1))]
    assert judge(Action.TURN_LEFT, REST, together).outcome is Outcome.PASSED  # chin up while turning is one movement


LEFT, RIGHT = Action.TURN_LEFT, Action.TURN_RIGHT


def test_a_mirror_changes_turns_and_nothing_else() -> None:
    assert [as_shown(action, mirrored=False) for action in Action] == list(Action)
    changed = {action: as_shown(action, mirrored=True) for action in Action}
    assert changed == {action: action for action in Action} | {LEFT: RIGHT, RIGHT: LEFT}


def test_a_turn_to_the_other_side_is_a_mirrors_only_if_all_else_is_right() -> None:
    right = move(*TURNS[RIGHT])
    found = judge(LEFT, REST, right)
    assert found == replace(judge(RIGHT, REST, right), outcome=Outcome.MIRRORED)
    assert found.onset is not None and found.parallax_bp > 200
    flat = judge(LEFT, REST, move(*TURNS[RIGHT], flat=True))
    assert flat.outcome is Outcome.WRONG_ACTION
    turned = [seen(head(), -24, noise=index) for index in range(3)]
    assert judge(LEFT, turned, turned).outcome is not Outcome.MIRRORED
    up = move(*TURNS[Action.LOOK_UP])
    assert judge(LEFT, REST, up).outcome is Outcome.WRONG_ACTION
    assert judge(Action.LOOK_DOWN, REST, up).outcome is Outcome.WRONG_ACTION, "no camera stands on its head"


def test_turns_to_both_sides_show_no_mirror() -> None:
    back = [seen(head(), noise=50 + index) for index in range(2)]
    both = [*move(*TURNS[RIGHT]), *back, *move(*TURNS[LEFT])]
    assert judge(LEFT, REST, both).outcome is Outcome.WRONG_ACTION
