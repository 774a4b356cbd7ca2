from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from zaichang.cli import assess, compare
from zaichang.core.errors import UnreadableInput
from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import load_catalog
from zaichang.vision.fetch import fetch_all


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face, the same face cropped, a black picture, a broken file, and a clip of the face."""
    fetch_all(load_catalog(), ModelCache())
    path = tmp_path_factory.mktemp("pictures")
    face = np.ascontiguousarray(data.astronaut()[:, :, ::-1])
    cv2.imwrite(str(path / "face.png"), face)
    cv2.imwrite(str(path / "again.jpg"), face[5:420, 40:470])
    cv2.imwrite(str(path / "black.png"), np.zeros((200, 200, 3), np.uint8))
    (path / "broken.jpg").write_bytes((path / "again.jpg").read_bytes()[:900])
    writer = cv2.VideoWriter(str(path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (512, 512))
    for index in range(5):
        writer.write(np.roll(face, 3 * index, axis=1))
    writer.release()
    return path


def run(*arguments: str) -> int:
    parser = ArgumentParser()
    commands = parser.add_subparsers()
    assess.add_parser(commands)
    compare.add_parser(commands)
    args = parser.parse_args(arguments)
    code: int = args.func(args)
    return code


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_assess_prints_a_line_per_picture_with_the_documented_fields(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("assess", str(folder / "face.png"), "--reference", str(folder / "again.jpg"), "--json") in (0, 1)
    (line,) = lines(capsys)
    assert line["reasons"] == []
    face = line["faces"][0]  # type: ignore[index]  # JSON
    for key in ("box_px", "score_bp", "yaw_cdeg", "pitch_cdeg", "roll_cdeg", "quality_bp", "quality_parts_bp"):
        assert key in face
    assert face["similarity_bp"] > 8000
    assert face["pad_bp"] is None or 0 <= face["pad_bp"] <= 10_000


def test_assess_says_what_is_wrong_and_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(folder / "black.png"), "--json") == 1
    assert lines(capsys)[0]["reasons"] == ["CAMERA_COVERED"]
    assert run("assess", str(folder / "broken.jpg"), str(folder / "absent.jpg"), "--json") == 2
    assert [line["reasons"] for line in lines(capsys)] == [["FRAME_UNREADABLE"]] * 2


def test_assess_samples_a_clip(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("assess", str(folder / "clip.avi"), "--every", "2", "--json")
    found = lines(capsys)
    assert [line["frame"] for line in found] == [0, 2, 4]
    assert len({line["content"] for line in found if "content" in line} | {line["phash"] for line in found}) > 1


@pytest.mark.parametrize("every", ["0", "-1", "x"])
def test_assess_refuses_a_wrong_step(folder: Path, every: str) -> None:
    with pytest.raises(SystemExit):
        run("assess", str(folder / "clip.avi"), "--every", every)


def test_compare_decides(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compare", str(folder / "face.png"), str(folder / "again.jpg"), "--json") == 0
    (result,) = lines(capsys)
    assert result["decision"] == "same"
    assert result["threshold_bp"] == 4100
    assert result["reasons"] == []
    assert run("compare", str(folder / "face.png"), str(folder / "black.png"), "--json") == 2
    (result,) = lines(capsys)
    assert (result["decision"], result["similarity_bp"]) == ("uncertain", None)
    assert result["reasons"] == ["CAMERA_COVERED"]


def test_compare_names_the_broken_file(folder: Path) -> None:
    with pytest.raises(UnreadableInput, match="broken"):
        run("compare", str(folder / "face.png"), str(folder / "broken.jpg"))


def test_what_is_no_file_is_said_at_once_and_never_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "turn.jpg").symlink_to(tmp_path / "round.jpg")
    (tmp_path / "round.jpg").symlink_to(tmp_path / "turn.jpg")
    (tmp_path / "empty").mkdir()
    names = ("pipe.jpg", "pipe.mp4", "turn.jpg", "none.jpg", "empty")
    assert run("assess", *(str(tmp_path / name) for name in names), "--json") == 2
    found = lines(capsys)
    assert [line["error"]["code"] for line in found] == [  # type: ignore[index]  # JSON
        "file.unreadable",
        "video.unreadable",
        "file.unreadable",
        "file.unreadable",
        "file.none_found",
    ]
    # A folder passes over what is no file in it.
    assert run("assess", str(tmp_path), "--json") == 2
    assert [line["error"]["code"] for line in lines(capsys)] == ["file.none_found"]  # type: ignore[index]  # JSON
    with pytest.raises(UnreadableInput, match="pipe or a device"):
        run("compare", str(tmp_path / "pipe.jpg"), str(tmp_path / "pipe.jpg"))


def test_a_file_s_name_cannot_draw_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\nface.jpg: 1 face(s).jpg").write_bytes(b"x")
    assert run("assess", str(tmp_path)) == 2
    assert len(capsys.readouterr().out.splitlines()) == 1
