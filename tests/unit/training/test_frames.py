import numpy as np
import pytest
from pad_training.camera import Grain, back_light
from pad_training.frames import Base, make_frame, views
from pad_training.recapture import MEDIA, halftone, moire, raster

TREATMENTS = ("as_is", *MEDIA)
FACE = (90.0, 60.0, 60.0, 80.0)


@pytest.fixture(scope="module")
def grain() -> Grain:
    return Grain(1)


def marked_base() -> Base:
    """A dim grey picture whose face box is bright green, so that the box can be found again."""
    picture = np.full((220, 260, 3), 60, np.uint8)
    x, y, w, h = (int(v) for v in FACE)
    picture[y : y + h, x : x + w] = (40, 230, 40)
    return Base(picture=picture, box_px=FACE)


def rooms() -> list[np.ndarray]:
    return [np.full((100, 140, 3), 90, np.uint8)]


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_frame_is_a_function_of_its_seed(treatment: str, grain: Grain) -> None:
    first, box = make_frame(np.random.default_rng(5), marked_base(), rooms(), treatment, grain)
    again, same_box = make_frame(np.random.default_rng(5), marked_base(), rooms(), treatment, grain)
    other, _ = make_frame(np.random.default_rng(6), marked_base(), rooms(), treatment, grain)
    np.testing.assert_array_equal(first, again)
    assert box == same_box
    assert first.shape != other.shape or not np.array_equal(first, other)


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_the_box_follows_the_face(treatment: str, grain: Grain) -> None:
    hits = 0
    for seed in range(25):
        frame, (x, y, w, h) = make_frame(np.random.default_rng(seed), marked_base(), rooms(), treatment, grain)
        core = frame[
            max(0, int(y + 0.25 * h)) : max(1, int(y + 0.75 * h)), max(0, int(x + 0.25 * w)) : max(1, int(x + 0.75 * w))
        ].astype(int)
        assert core.size
        blue, green, red = core.reshape(-1, 3).mean(axis=0)
        hits += green > 1.3 * max(blue, red) or max(abs(green - blue), abs(green - red)) < 3  # the latter: grey prints
        assert views(frame, (x, y, w, h)).shape == (6, 80, 80)
    # glare and colour casts may hide the mark at times; a box that did not follow would find it hardly ever
    assert hits >= 20


@pytest.mark.parametrize("treatment", tuple(MEDIA))
def test_a_recapture_changes_what_surrounds_the_face(treatment: str, grain: Grain) -> None:
    def rim(name: str) -> float:
        frame, box = make_frame(np.random.default_rng(11), marked_base(), rooms(), name, grain)
        return float(views(frame, box)[3:, :8].astype(float).std())

    assert abs(rim(treatment) - rim("as_is")) > 1


def test_moire_and_halftone_are_gains_around_one() -> None:
    for make in (moire, halftone):
        gain = make(np.random.default_rng(3), 120, 160)
        assert gain.shape == (120, 160, 3)
        assert abs(float(gain.mean()) - 1) < 0.05
        assert float(gain.std()) > 0.005


def test_pixels_finer_than_the_sensor_fold_back_as_coarse_moire() -> None:
    coarse = []
    for seed in range(40):
        gain = raster(np.random.default_rng(seed), np.diag([1.3, 1.3, 1.0]), 1.3, 128, 160)
        assert gain.shape == (128, 160, 3)
        assert abs(float(gain.mean()) - 1) < 0.1
        waves = np.abs(np.fft.rfft2(gain[..., 1] - gain[..., 1].mean()))
        coarse.append(float(waves[:10, :10].sum() / waves.sum()))
    assert max(coarse) > 0.25  # energy at periods of 13 px and more, from a grid of 4.5 px at most
    assert min(coarse) < 0.02


def test_back_light_darkens_the_face_against_its_surroundings() -> None:
    picture = np.full((240, 320, 3), 110, np.float32)
    darker = 0
    for seed in range(30):
        lit = back_light(np.random.default_rng(seed), picture, (130.0, 70.0, 60.0, 80.0))
        assert lit.shape == picture.shape
        assert lit.dtype == np.float32
        darker += lit[90:130, 145:175].mean() < lit[:60, :80].mean() - 10
    assert darker >= 18
