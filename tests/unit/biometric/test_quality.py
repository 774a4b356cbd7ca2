from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zaichang.biometric.pose import HeadPose
from zaichang.biometric.quality import (
    PARTS,
    FaceMeasures,
    assess_quality,
    camera_covered,
    lower_face_covered,
    sharpness,
)
from zaichang.core.reasons import ReasonCode

FRONTAL = HeadPose(yaw_deg=0, pitch_deg=0, roll_deg=0)
GOOD = FaceMeasures(eye_distance_px=60, pose=FRONTAL, inside=1.0)
TEXTURE = np.clip(np.random.default_rng(0).normal(128, 40, (112, 112)), 0, 255).astype(np.uint8)


def test_a_good_face_is_full_in_every_part() -> None:
    quality = assess_quality(GOOD, TEXTURE)
    assert quality.parts_bp == tuple((name, 10_000) for name in PARTS)
    assert (quality.quality_bp, quality.reasons) == (10_000, ())


@pytest.mark.parametrize(
    ("measures", "part", "reason"),
    [
        (replace(GOOD, eye_distance_px=12), "size", ReasonCode.FACE_TOO_SMALL),
        (replace(GOOD, pose=replace(FRONTAL, yaw_deg=-55)), "pose", ReasonCode.POSE_TOO_FAR),
        (replace(GOOD, pose=replace(FRONTAL, pitch_deg=45)), "pose", ReasonCode.POSE_TOO_FAR),
        (replace(GOOD, mesh_presence=0.25), "occlusion", ReasonCode.FACE_OCCLUDED),
        (replace(GOOD, lower_face_covered=0.9), "occlusion", ReasonCode.FACE_MASKED),
        (replace(GOOD, inside=0.5), "framing", ReasonCode.FACE_CUT_OFF),
    ],
)
def test_each_measure_lowers_its_part_and_names_it(measures: FaceMeasures, part: str, reason: ReasonCode) -> None:
    quality = assess_quality(measures, TEXTURE)
    low = [name for name, value in quality.parts_bp if value < 2500]
    assert low == [part]
    assert quality.reasons == (reason,)
    assert quality.quality_bp == dict(quality.parts_bp)[part]


@pytest.mark.parametrize("shape", [(112, 112), (3, 3), (40, 17)])
def test_sharpness_is_the_mean_laplacian_over_the_spread(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)
    v = grey.astype(np.float64)
    laplacian = 4 * v[1:-1, 1:-1] - v[:-2, 1:-1] - v[2:, 1:-1] - v[1:-1, :-2] - v[1:-1, 2:]
    assert sharpness(grey, float(v.std())) == pytest.approx(np.abs(laplacian).mean() / (4 * v.std()), rel=1e-9)


@pytest.mark.parametrize(
    ("grey", "reason"),
    [
        (TEXTURE // 12, ReasonCode.TOO_DARK),
        ((232 + TEXTURE // 12).clip(0, 255).astype(np.uint8), ReasonCode.TOO_BRIGHT),
        (np.where(TEXTURE > 128, 255, TEXTURE).astype(np.uint8), ReasonCode.TOO_BRIGHT),
    ],
)
def test_light(grey: np.ndarray, reason: ReasonCode) -> None:
    assert reason in assess_quality(GOOD, grey.astype(np.uint8)).reasons


def test_the_worst_reason_comes_first() -> None:
    quality = assess_quality(replace(GOOD, eye_distance_px=10, inside=0.75), TEXTURE)
    assert quality.reasons == (ReasonCode.FACE_TOO_SMALL, ReasonCode.FACE_CUT_OFF)


def test_sharpness_falls_with_blur_and_not_with_brightness() -> None:
    blurred = (TEXTURE[:-2].astype(int) + TEXTURE[1:-1] + TEXTURE[2:]) // 3

    def relative(grey: np.ndarray) -> float:
        return sharpness(grey.astype(np.uint8), float(grey.std()))

    assert relative(blurred) < 0.8 * relative(TEXTURE)
    assert relative(TEXTURE // 2) == pytest.approx(relative(TEXTURE), rel=0.05)
    assert relative(np.full((112, 112), 90)) == 0


def test_a_covered_camera_is_flat() -> None:
    assert camera_covered(np.full((32, 32), 7, np.uint8))
    assert not camera_covered(TEXTURE[:32, :32])


@pytest.mark.parametrize("skin", [(120, 150, 210), (60, 80, 120), (30, 40, 66)])
@pytest.mark.parametrize("cloth", [(235, 235, 235), (200, 150, 90), (90, 140, 90)])
def test_cloth_over_the_mouth_is_seen_on_any_skin(skin: tuple[int, int, int], cloth: tuple[int, int, int]) -> None:
    face = np.full((112, 112, 3), skin, np.uint8)
    assert lower_face_covered(face) == 0
    face[72:] = cloth
    assert lower_face_covered(face) >= 0.5


def test_a_grey_picture_and_red_lips_are_no_mask() -> None:
    assert lower_face_covered(np.dstack([TEXTURE] * 3)) == 0
    face = np.full((112, 112, 3), (120, 150, 210), np.uint8)
    face[85:98, 42:70] = (70, 60, 190)
    assert lower_face_covered(face) == 0
