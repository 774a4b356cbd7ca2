"""Rows of the picture benchmark, on one built-in portrait."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from benchmarks.accuracy import pictures
from support.analysers import file_analyser
from zaichang.vision.pipeline import Analyser

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return file_analyser()


@pytest.fixture(scope="module")
def portrait() -> Picture:
    return np.ascontiguousarray(data.astronaut()[0:300, 80:380, ::-1])


def test_turned_faces_are_counted_apart_from_standing_ones(analyser: Analyser, portrait: Picture) -> None:
    row = pictures.turned_row(analyser, "astronaut", [portrait, np.zeros_like(portrait)], 1.0)
    assert row["turned"] == 6 and row["standing_found"] == 1 and row["standing_refused"] == 0
    assert row["hanging_found"] == 1 and row["told"] == row["found"] and 1 <= int(str(row["found"])) <= 3
    hung = pictures.turned_row(analyser, "hung", [np.ascontiguousarray(np.rot90(portrait, 2))], 1.0)
    assert (hung["standing_found"], hung["standing_refused"]) == (1, 1)


def test_what_cannot_be_enrolled_is_counted_by_reason(analyser: Analyser, portrait: Picture) -> None:
    row = pictures.gate_row(analyser, "mixed", [portrait, np.zeros_like(portrait), np.zeros_like(portrait)])
    assert row["pictures"] == 3 and row["refused"] == 2
    assert str(row["why"]).startswith("2 ")
    assert pictures.gate_row(analyser, "good", [portrait])["why"] == "-"


def test_the_blurred_face_has_the_size_that_is_said(analyser: Analyser, portrait: Picture) -> None:
    sharp, blurred = pictures.blurred(analyser, portrait)
    face = analyser._detector.detect(sharp, careful=True)[0]
    assert max(face.box_px[2:]) == pytest.approx(pictures.FACE_PX, rel=0.1)
    assert sharp.shape == blurred.shape
    assert np.abs(np.diff(blurred.astype(int), axis=0)).mean() < 0.5 * np.abs(np.diff(sharp.astype(int), axis=0)).mean()


def test_pictures_are_spaced_over_the_whole_set() -> None:
    paths = list(range(101))
    assert pictures.spaced(paths, 5) == [0, 25, 50, 75, 100]  # type: ignore[arg-type, comparison-overlap]
    assert pictures.spaced(paths[:3], 5) == [0, 1, 2]  # type: ignore[arg-type, comparison-overlap]
