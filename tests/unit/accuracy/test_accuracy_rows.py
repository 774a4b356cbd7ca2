"""Rows of the accuracy benchmarks that need no media: what they count is what they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from benchmarks.accuracy import pictures, reflected, search
from benchmarks.accuracy.identity import stranger_row
from benchmarks.accuracy.rates import Comparisons, Pairs
from support.analysers import file_analyser
from zaichang.vision.pipeline import Analyser

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return file_analyser()


@pytest.fixture(scope="module")
def portrait() -> Picture:
    return np.ascontiguousarray(data.astronaut()[0:300, 80:380, ::-1])


def pairs(values: list[float]) -> Pairs:
    nobody = np.zeros(len(values), np.int64)
    return Pairs(similarity=np.array(values), first=nobody, second=nobody + 1)


def test_the_most_alike_strangers_come_first() -> None:
    impostor = pairs([0.1, 0.65, -0.2, 0.6, 0.599, *[0.0] * 8])
    row = stranger_row("x", Comparisons(genuine=pairs([0.9]), impostor=impostor, persons=2, without_face=0))
    assert row == {"cohort": "x", "impostor": 13, "above_0.60": 2, "most": 0.65, "second": 0.6, "tenth": 0.0}


def test_light_that_a_face_reflects_passes_and_the_rest_does_not() -> None:
    assert reflected.passed(20, 0.08, 20)["passed"] == 20
    assert reflected.passed(20, 0.08, 20, wrong=True) == {
        "stream": "another sequence", "colours": 20, "strength_pct": 8.0, "tries": 20, "passed": 0,
    }  # fmt: skip
    assert reflected.passed(20, 0.0, 20)["passed"] == 0
    colours = reflected.sequence(np.random.default_rng(3), 12)
    assert len(colours) == 12 * reflected.HOLD_FRAMES
    assert int(np.any(np.diff(colours, axis=0) != 0, axis=1).sum()) == 11


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


def test_a_call_is_timed_by_itself() -> None:
    cpu_ms, wall_ms = search.call_ms(lambda: sum(range(200_000)), 10)
    assert 0.1 < wall_ms < 1_000 and 0.1 < cpu_ms < 1_000
