import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaichang.biometric.pad_crop import PAD_FACTORS, PAD_INPUT_PX, CropWindow, pad_input, pad_window, resample
from zaichang.core.errors import UnreadableInput


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, (width, height)), dtype=np.uint8)


def test_a_face_in_the_middle_is_grown_about_its_centre() -> None:
    window = pad_window((300, 200, 40, 60), 2.7, 640, 480)
    assert window == CropWindow(left_px=266, top_px=149, right_px=374, bottom_px=311)


def test_a_window_that_does_not_fit_is_shrunk_and_shifted_never_cut() -> None:
    # 4.0 x 240 = 960 rows do not fit in 480: the factor becomes 479/240, and the columns follow it.
    window = pad_window((0, 100, 150, 240), 4.0, 640, 480)
    assert (window.top_px, window.bottom_px) == (0, 479)
    assert window.left_px == 0
    assert window.right_px == int(150 * 479 / 240)


def test_both_views_differ_and_are_in_the_documented_order() -> None:
    frame = picture(480, 640)
    box = (300.0, 200.0, 40.0, 60.0)
    views = pad_input(frame, box)
    assert views.shape == (6, PAD_INPUT_PX, PAD_INPUT_PX)
    assert views.dtype == np.float32
    for index, factor in enumerate(PAD_FACTORS):
        expected = resample(frame, pad_window(box, factor, 640, 480)).transpose(2, 0, 1)
        np.testing.assert_array_equal(views[3 * index : 3 * index + 3], expected)
    assert np.abs(views[:3] - views[3:]).mean() > 10


@pytest.mark.parametrize(("height", "width"), [(480, 640), (81, 79), (80, 80), (33, 900), (2, 2)])
def test_resampling_is_that_of_opencv(height: int, width: int) -> None:
    frame = picture(height, width)
    whole = CropWindow(left_px=0, top_px=0, right_px=width - 1, bottom_px=height - 1)
    expected = cv2.resize(frame, (PAD_INPUT_PX, PAD_INPUT_PX), interpolation=cv2.INTER_LINEAR)
    difference = np.abs(resample(frame, whole).astype(int) - np.asarray(expected).astype(int))
    assert difference.max() <= 1


@pytest.mark.parametrize("box", [(0, 0, 0, 10), (0, 0, 10, -1), (5, 5, float("nan"), 10)])
def test_a_box_without_area_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(UnreadableInput, match=r"vision\.pad_box"):
        pad_window(box, 2.7, 640, 480)


def test_a_grey_picture_is_refused() -> None:
    with pytest.raises(UnreadableInput, match=r"vision\.pad_picture"):
        pad_input(np.zeros((10, 10), np.uint8), (0, 0, 5, 5))


def test_any_window_lies_inside_also_for_boxes_over_the_border() -> None:
    over_the_border = 0

    @given(
        x=st.floats(-400, 1200),
        y=st.floats(-400, 1200),
        box_w=st.floats(1, 900),
        box_h=st.floats(1, 900),
        factor=st.sampled_from(PAD_FACTORS),
        width=st.integers(2, 900),
        height=st.integers(2, 900),
    )
    def lies_inside(x: float, y: float, box_w: float, box_h: float, factor: float, width: int, height: int) -> None:
        nonlocal over_the_border
        window = pad_window((x, y, box_w, box_h), factor, width, height)
        assert 0 <= window.left_px <= window.right_px < width
        assert 0 <= window.top_px <= window.bottom_px < height
        over_the_border += x + box_w / 2 - factor * box_w / 2 < 0 or x + box_w * (1 + factor) / 2 > width

    lies_inside()
    assert over_the_border > 10, "no generated box reached over the border"
