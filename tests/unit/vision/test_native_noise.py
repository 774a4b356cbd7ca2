from __future__ import annotations

import os

import pytest

from zaichang.vision.native_noise import HARMLESS, without_native_noise


def test_harmless_lines_are_dropped_and_all_others_come_through(capfd: pytest.CaptureFixture[str]) -> None:
    with without_native_noise():
        os.write(2, b"OpenCV: tag 'VP80' " + HARMLESS[1] + b" 139\n")
        os.write(2, HARMLESS[0] + b"\nERROR: the disk is on fire\n")
    assert capfd.readouterr().err == "ERROR: the disk is on fire\n"


def test_the_descriptor_is_given_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="inside"), without_native_noise():
        os.write(2, b"why it failed\n")
        raise ValueError("inside")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "why it failed\nafterwards\n"
