import numpy as np
import pytest
from pad_training.camera import Grain
from pad_training.frames import Base, make_held_frame, views
from pad_training.held import around_face, before_wall, in_hands, sitter

FACE = (90.0, 60.0, 60.0, 80.0)


@pytest.fixture(scope="module")
def grain() -> Grain:
    return Grain(1)


def sitting(body: tuple[int, int, int]) -> Base:
    """A person of one colour, head and shoulders, in front of a dark wall."""
    picture = np.full((260, 260, 3), 25, np.uint8)
    x, y, w, h = (int(v) for v in FACE)
    picture[y - 15 : y + h, x : x + w] = body
    picture[y + h :, x - 50 : x + w + 50] = body
    return Base(picture=picture, box_px=FACE)


@pytest.mark.parametrize("behind", [None, sitting((30, 60, 190))])
def test_a_held_frame_is_a_function_of_its_seed(behind: Base | None, grain: Grain) -> None:
    first, box = make_held_frame(np.random.default_rng(5), sitting((40, 220, 40)), behind, grain)
    again, same_box = make_held_frame(np.random.default_rng(5), sitting((40, 220, 40)), behind, grain)
    np.testing.assert_array_equal(first, again)
    assert box == same_box


def test_the_box_follows_the_printed_face_and_not_the_one_behind(grain: Grain) -> None:
    marked = np.full((260, 260, 3), 60, np.uint8)
    x, y, w, h = (int(v) for v in FACE)
    marked[y : y + h, x : x + w] = (40, 230, 40)
    hits = seen_behind = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        person = Base(picture=marked, box_px=FACE)
        frame, box = make_held_frame(rng, person, sitting((30, 60, 190)), grain)
        blue, green, red = np.moveaxis(frame.astype(int), 2, 0)
        rows, columns = np.nonzero(green > 1.25 * np.maximum(blue, red))
        middle = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
        if len(rows) > 50:
            away = np.abs(np.array([np.median(columns), np.median(rows)]) - middle) / (box[2], box[3])
            hits += bool(away.max() < 0.2)
        seen_behind += ((red > 1.4 * green) & (red > 1.4 * blue)).mean() > 0.02
        assert views(frame, box).shape == (6, 80, 80)
    assert hits >= 19  # fingers and sheen hide the mark at times
    assert seen_behind >= 15  # the body behind the print is in view


def test_the_sitter_is_cut_out_and_the_wall_replaced() -> None:
    base = sitting((40, 220, 40))
    cover = sitter(base.picture, base.box_px)
    assert cover[80:120, 105:135].min() > 0.9
    assert cover[:40, :40].max() < 0.1
    pale = 0
    for seed in range(10):
        out = before_wall(np.random.default_rng(seed), base.picture, base.box_px)
        assert abs(float(out[100, 120, 1]) - 220) < 5
        pale += float(out[:30, :30].mean()) > 110
    assert pale >= 6


def test_a_face_is_put_where_it_is_wanted() -> None:
    base = sitting((40, 220, 40))
    light, box = around_face(base.picture.astype(np.float32), base.box_px, 90.0, np.array([300.0, 200.0]), (640, 480))
    assert light.shape == (480, 640, 3)
    assert box == pytest.approx((255.0, 140.0, 90.0, 120.0))
    assert light[200, 300] == pytest.approx((40, 220, 40), abs=3)


def test_hands_reach_before_the_sheet_and_beside_it() -> None:
    shown = np.full((120, 100, 3), 1000, np.float32)  # no hand is as bright
    before = beside = 0
    for seed in range(20):
        medium = in_hands(np.random.default_rng(seed), shown, (30.0, 30.0, 40.0, 50.0))
        pad = (medium.mask.shape[0] - 120) // 2
        sheet = medium.surface[pad : pad + 120, pad : pad + 100, 1]
        assert medium.mask[pad : pad + 120, pad : pad + 100].min() == 1
        before += bool((sheet < 300).mean() > 0.005)
        outside = medium.mask.copy()
        outside[pad : pad + 120, pad : pad + 100] = 0
        beside += bool((outside > 0.5).sum() > 100)
    assert before >= 15
    assert beside == 20
