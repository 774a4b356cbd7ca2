"""``zaichang enrol`` with the real models: several photos of one person, the bad one named, the list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from zaichang.cli import main


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, str]:
    """Write three views of one portrait, and a covered camera."""
    portrait = np.asarray(data.astronaut()[:, :, ::-1])
    pictures = {
        "whole": portrait,
        "nearer": portrait[:320, 60:380],
        "dimmer": (portrait * 0.7).astype(np.uint8),
        "covered": np.zeros((300, 300, 3), np.uint8),
    }
    return {name: _written(tmp_path / f"{name}.jpg", picture) for name, picture in pictures.items()}


def _written(path: Path, picture: np.ndarray) -> str:
    path.write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
    return str(path)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("ZAICHANG_DATA", "ZAICHANG_CONFIG"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str, code: int = 0) -> dict[str, Any]:
        assert main([*words, "--json", "--data", str(tmp_path / "data")]) == code
        return dict(json.loads(capsys.readouterr().out))

    call("manage", "institution", "inst", "--name-zh", "机构", "--name-en", "Institution")
    return call


def test_several_photos_the_bad_one_named_and_the_list(run: Any, photos: dict[str, str]) -> None:
    good = [photos[name] for name in ("whole", "nearer", "dimmer")]
    made = run("enrol", "inst", "p", *good)
    assert (made["version"], made["photos"], made["left_out"]) == (1, 3, [])
    refused = run("enrol", "inst", "p", good[0], photos["covered"], code=2)["error"]
    assert refused["code"] == "enrol.unfit"
    assert "covered.jpg: CAMERA_COVERED" in refused["message"]
    assert "whole.jpg" not in refused["message"]
    made = run("enrol", "inst", "q", good[0], photos["covered"], "--at-least", "1")
    assert (made["photos"], made["left_out"]) == (1, [{"photo": photos["covered"], "reasons": ["CAMERA_COVERED"]}])
    listed = run("manage", "references", "inst")
    assert listed["outdated"] == []
    assert [(each["learner"], each["version"], each["photos"], each["current"]) for each in listed["references"]] == [
        ("p", 1, 3, True),
        ("q", 1, 1, True),
    ]
    assert {each["embedder"] for each in listed["references"]} == {listed["embedder"]}


def test_people_read_it_as_sentences(
    run: Any, photos: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["enrol", "inst", "p", photos["whole"], photos["covered"], "--at-least", "1"]
    assert main([*words, "--data", str(tmp_path / "data")]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Reference 1 of p: 1 photo, quality ")
    assert second == f"Left out: {photos['covered']} (CAMERA_COVERED)."
    assert main(["enrol", "inst", "p", photos["whole"], "--at-least", "2", "--data", str(tmp_path / "data")]) == 2
    assert "enrol.count" in capsys.readouterr().err
