"""Monitors close to the camera: their sub-pixels follow optics, and judging and training use different monitors."""

from dataclasses import replace

import numpy as np
import pytest
from pad_training import screens, shards
from pad_training.camera import Grain
from pad_training.frames import Base, make_close_frame, views
from pad_training.screens import OTHER, TRAINED, Make, close_up, near_person, screen, shown_on, sub_pixels

FACE = (90.0, 60.0, 60.0, 80.0)
SIZE = (160, 120)


@pytest.fixture(scope="module")
def grain() -> Grain:
    return Grain(1)


def marked() -> Base:
    """A grey picture whose face is green."""
    picture = np.full((260, 260, 3), 70, np.uint8)
    x, y, w, h = (int(v) for v in FACE)
    picture[y : y + h, x : x + w] = (40, 220, 40)
    return Base(picture=picture, box_px=FACE)


@pytest.mark.parametrize("is_shown", [True, False])
@pytest.mark.parametrize("make", [TRAINED, OTHER])
def test_a_close_frame_is_a_function_of_its_seed(make: Make, is_shown: bool, grain: Grain) -> None:
    first, other = (
        make_close_frame(np.random.default_rng(seed), marked(), [marked().picture], grain, make, is_shown=is_shown)
        for seed in (5, 6)
    )
    again = make_close_frame(np.random.default_rng(5), marked(), [marked().picture], grain, make, is_shown=is_shown)
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1] != other[1]
    assert views(*first).shape == (6, 80, 80)


@pytest.mark.parametrize("is_shown", [True, False])
def test_the_box_follows_the_face_which_is_large(is_shown: bool) -> None:
    person = (marked().picture, marked().box_px)
    hits = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        room = np.full((480, 640, 3), 30, np.float32)
        light, box = screen(rng, TRAINED, person, room) if is_shown else near_person(rng, person, room)
        green = light[..., 1] > 1.25 * np.maximum(light[..., 0], light[..., 2])
        rows, columns = np.nonzero(green)
        if len(rows) < 50:
            continue
        away = np.array([np.median(columns) - box[0] - box[2] / 2, np.median(rows) - box[1] - box[3] / 2])
        hits += bool(np.abs(away / box[2:]).max() < 0.12)
        assert box[2] > 0.2 * 480
    assert hits >= 17


def test_the_portrait_reaches_the_borders_where_it_is_large_enough() -> None:
    """Nothing is filled up: a picture within a frame would be told by its edge."""
    picture = np.full((260, 260, 3), 70, np.uint8)
    picture[[0, -1]] = picture[:, [0, -1]] = 255  # what a filled border would be made of
    for seed in range(10):
        light, box = close_up(np.random.default_rng(seed), (picture, (110.0, 100.0, 30.0, 40.0)), SIZE)
        assert float((light > 200).mean()) < 0.12
        assert 0 < box[0] < SIZE[0] - box[2]


def test_sub_pixels_are_lost_where_they_are_fine_or_out_of_focus_and_else_beat() -> None:
    plain = np.eye(3)
    spread = {}
    for name, pitch, blur in (("fine", 0.31, 0.3), ("blurred", 1.3, 2.0), ("sharp", 1.3, 0.0), ("large", 3.3, 0.0)):
        gain = sub_pixels(np.random.default_rng(1), TRAINED, plain, pitch, blur, SIZE)
        assert gain.shape == (120, 160, 3)
        assert float(gain.mean()) == pytest.approx(1, abs=0.06), "it takes no light away on the whole"
        assert float(gain.min()) >= 0
        spread[name] = float(gain.std())
    assert spread["fine"] < 0.01
    assert spread["blurred"] < 0.01
    assert spread["sharp"] > 0.1
    assert spread["large"] > spread["sharp"]


def test_sub_pixels_that_lie_above_each_other_colour_rows_and_not_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "chance", lambda _rng, _probability: False)  # a sensor without a colour mosaic
    for make, axis in ((TRAINED, 0), (OTHER, 1)):
        stripes = replace(make, orders=TRAINED.orders)
        gain = sub_pixels(np.random.default_rng(3), stripes, np.eye(3), 3.3, 0.0, SIZE)
        blue_over_red = gain[..., 0] - gain[..., 2]
        along = blue_over_red.mean(axis=axis)
        across = blue_over_red.mean(axis=1 - axis)
        assert float(along.std()) > 3 * float(across.std())


def test_a_screen_shines_in_its_own_white_and_clips() -> None:
    content = np.full((60, 60, 3), 250, np.float32)
    shown = [shown_on(np.random.default_rng(seed), OTHER, content)[30, 30] for seed in range(30)]
    assert all(colour[0] > colour[2] for colour in shown), "cold"
    brightest = [float(colour.max()) for colour in shown]
    assert max(brightest) > 300 > 240 > min(brightest), "some burn out and some do not"


def test_what_is_judged_on_is_not_what_is_trained_on() -> None:
    assert TRAINED.turned != OTHER.turned
    for name in ("mirrored", "uneven", "banded", "camera"):
        assert getattr(TRAINED, name) is not getattr(OTHER, name)
    for low, high in OTHER.curves:
        assert all(high <= other_low or low >= other_high for other_low, other_high in TRAINED.curves)
    beats = [pitch for pitch in OTHER.pitches_px if pitch[1] > 0.9]
    assert beats
    for low, high in beats:
        assert all(high <= other_low or low >= other_high for other_low, other_high in TRAINED.pitches_px)


def test_the_shards_hold_people_and_monitors_of_the_right_make(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Make] = []

    def kept(*args: object, is_shown: bool) -> tuple[np.ndarray, tuple[float, float, float, float]]:
        seen.append(args[4])
        return np.zeros((90, 90, 3), np.uint8), (30.0, 30.0, 20.0, 20.0)

    monkeypatch.setattr(shards, "make_close_frame", kept)
    monkeypatch.setattr(shards, "SHARD_FRAMES", 40)
    shot = shards.Shot(path="a.jpg", use="unlabelled", species="", source="lfw/x", subject="lfw:a", is_clip=False)
    maker = shards.ShardMaker([shards.Subject(shot=shot, base=marked())], seed=1, threads=1, pools=("lfw",))
    trained = maker.make(shards.CLOSE_SHARD)
    assert set(trained.treatment) == {0, shards.TREATMENTS.index("replay_screen")}
    assert all(make is TRAINED for make in seen)
    seen.clear()
    maker.make(shards.HELD_OUT_CLOSE)
    assert len(seen) == 40
    assert all(make is OTHER for make in seen)
