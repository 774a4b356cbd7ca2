from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zaichang.biometric.injection import (
    REASONS,
    Finding,
    Indicator,
    near_copy,
    repetitions,
    sensor_noise,
)
from zaichang.core.assessment import FaceFinding, FrameAssessment, not_analysed
from zaichang.core.reasons import ReasonCode


def live(index: int) -> FrameAssessment:
    """A capture of a person who sits and moves a little: hash, box and pose all drift."""
    rng = np.random.default_rng(index)
    x, y = (int(value) for value in rng.integers(90, 140, 2))
    yaw, pitch, roll = (int(value) for value in rng.integers(-900, 900, 3))
    face = FaceFinding(box_px=(x, y, 120, 150), score_bp=9000, yaw_cdeg=yaw, pitch_cdeg=pitch, roll_cdeg=roll)
    return FrameAssessment(
        width_px=640, height_px=480, faces=(face,), phash=f"{int(rng.integers(2**62)):016x}", content=f"{index:016x}"
    )


def resent(frame: FrameAssessment, index: int) -> FrameAssessment:
    """The same still with changed low bits: other pixels, the face a hair away."""
    face = frame.faces[0]
    moved = replace(face, box_px=(face.box_px[0] + 1, *face.box_px[1:]), yaw_cdeg=face.yaw_cdeg + 30)
    phash = f"{int(frame.phash, 16) ^ 1:016x}"
    return replace(frame, faces=(moved,), phash=phash, content=f"{index + 5000:016x}")


SESSION = [live(index) for index in range(30)]


def kinds(findings: list[Finding]) -> list[Indicator]:
    return [finding.indicator for finding in findings]


def test_a_live_session_has_no_indicator() -> None:
    assert repetitions(SESSION) == []
    assert repetitions([*SESSION[:5], not_analysed(), not_analysed(), *SESSION[5:]]) == []


def test_a_frozen_camera_repeats_pixels() -> None:
    findings = repetitions([*SESSION[:3], SESSION[2], SESSION[2]])
    assert kinds(findings) == [Indicator.SAME_PIXELS] * 2
    assert (findings[0].frame, findings[0].earlier) == (3, 2)
    assert findings[0].reason is ReasonCode.CAMERA_FROZEN


def test_a_still_with_changed_low_bits_is_a_near_copy_also_across_sessions() -> None:
    findings = repetitions([*SESSION, resent(SESSION[4], 4)])
    assert findings == [Finding(indicator=Indicator.NEAR_COPY, frame=30, earlier=4)]
    assert findings[0].reason is ReasonCode.DUPLICATE_FRAME


def test_a_looped_clip_repeats_frames_in_order() -> None:
    again = [resent(frame, index) for index, frame in enumerate(SESSION[10:14])]
    assert Indicator.LOOP in kinds(repetitions([*SESSION, *again]))
    shuffled = [again[2], again[0], again[3], again[1]]
    assert Indicator.LOOP not in kinds(repetitions([*SESSION, *shuffled]))
    assert Indicator.NEAR_COPY in kinds(repetitions([*SESSION, *shuffled]))


def test_an_empty_room_is_not_a_copy() -> None:
    empty = replace(SESSION[0], faces=())
    assert not near_copy(empty, replace(empty, content="1" * 16))
    assert not near_copy(SESSION[0], SESSION[1])


def test_another_picture_size_is_noticed() -> None:
    assert kinds(repetitions([SESSION[0], replace(SESSION[1], width_px=1280)])) == [Indicator.SIZE_CHANGED]


def test_a_sensor_has_noise_even_when_a_person_moves_and_a_still_has_none() -> None:
    rng = np.random.default_rng(0)
    scene = rng.integers(40, 200, (30, 40)).repeat(8, 0).repeat(8, 1).astype(np.float32)
    moving = scene.copy()
    moving[60:180, 100:220] = np.roll(scene, 13, axis=1)[60:180, 100:220]
    noisy = [np.clip(each + rng.normal(0, 2, scene.shape), 0, 255).astype(np.uint8) for each in (scene, moving)]
    assert 1.5 < sensor_noise(*noisy) < 4.5
    assert sensor_noise(scene.astype(np.uint8), moving.astype(np.uint8)) < 0.35
    with pytest.raises(ValueError, match="one size"):
        sensor_noise(noisy[0], noisy[1][1:])


def test_every_indicator_has_a_reason() -> None:
    assert set(REASONS) == set(Indicator)
