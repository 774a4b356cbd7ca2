"""Mean colours of skin and room, in the order red, green, blue."""

from __future__ import annotations

import numpy as np
import pytest

from zaichang.vision.geometry import room_colour, skin_colour


def test_skin_is_measured_inside_the_cheeks_and_brow_only() -> None:
    pixels = np.full((100, 100, 3), (10, 20, 30), np.uint8)
    pixels[40:61, 40:61] = (50, 100, 200)
    mesh = np.zeros((468, 3), np.float32)
    angles = np.linspace(0, 2 * np.pi, 468)
    mesh[:, 0], mesh[:, 1] = 50 + 9 * np.cos(angles), 50 + 9 * np.sin(angles)
    assert skin_colour(pixels, mesh) == pytest.approx((200, 100, 50))


def test_the_room_is_the_two_upper_corners() -> None:
    pixels = np.full((90, 140, 3), (1, 2, 3), np.uint8)
    pixels[:30, :20] = (0, 0, 100)
    pixels[:30, -20:] = (0, 0, 200)
    assert room_colour(pixels) == pytest.approx((150, 0, 0))
    tiny = np.full((1, 1, 3), 7, np.uint8)
    assert room_colour(tiny) == pytest.approx((7, 7, 7))
