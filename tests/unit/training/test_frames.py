import numpy as np
import pytest
from pad_training.camera import Grain
from pad_training.frames import Base, make_frame, views
from pad_training.recapture import MEDIA, halftone, moire

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
