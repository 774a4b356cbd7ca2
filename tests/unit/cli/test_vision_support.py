"""Picture files for ``assess`` and ``compare``: read within a limit, embedded, or refused with the file's name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from support.desk import frame, good_face
from zaichang.cli.vision_support import embed_file, file_bytes, read_template
from zaichang.core.assessment import FrameAssessment
from zaichang.core.errors import UnreadableInput
from zaichang.core.reasons import ReasonCode

VECTOR = np.eye(1, 128, dtype=np.float32)[0]


@dataclass
class Analyser:
    """Finds what the test says in every picture."""

    found: FrameAssessment
    embedder_id: str = "e" * 16

    def embed_main(self, pixels: Any) -> tuple[FrameAssessment, Any]:
        assert pixels.shape == (32, 32, 3)
        return self.found, VECTOR if self.found.main else None


def analyser(found: FrameAssessment) -> Any:
    return Analyser(found)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))[1].tobytes())
    return path


def test_a_file_is_read_up_to_one_byte_more_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert file_bytes(path, 5) == b"12345" and file_bytes(path, 3) == b"1234"


def test_a_pipe_a_folder_and_an_absent_file_are_refused_by_name(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, tmp_path / "absent"):
        with pytest.raises(UnreadableInput, match=r"file\.unreadable") as refused:
            file_bytes(path, 5)
        assert str(path) in str(refused.value)


def test_one_face_is_embedded_with_its_quality_and_every_reason(picture: Path) -> None:
    found = frame(good_face(reasons=(ReasonCode.TOO_DARK,)), reasons=(ReasonCode.BLURRED,))
    got = embed_file(analyser(found), picture)
    assert got.embedding is VECTOR and got.quality_bp == 8_000
    assert got.reasons == (ReasonCode.BLURRED, ReasonCode.TOO_DARK)


def test_several_faces_or_none_give_no_embedding(picture: Path) -> None:
    several = frame(good_face(), good_face(), reasons=(ReasonCode.MULTIPLE_FACES,))
    assert embed_file(analyser(several), picture).embedding is None
    nobody = embed_file(analyser(frame(reasons=(ReasonCode.NO_FACE,))), picture)
    assert (nobody.embedding, nobody.quality_bp, nobody.reasons) == (None, 0, (ReasonCode.NO_FACE,))


def test_bytes_that_are_no_picture_are_refused_with_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_bytes(b"no picture")
    with pytest.raises(UnreadableInput, match=r"frame\.unreadable") as refused:
        embed_file(analyser(frame()), path)
    assert str(path) in str(refused.value)
    with pytest.raises(UnreadableInput, match=r"file\.unreadable"):
        embed_file(analyser(frame()), tmp_path / "absent.png")


def test_a_reference_needs_exactly_one_face(picture: Path) -> None:
    template = read_template(analyser(frame(good_face())), picture)
    assert template.embedder == "e" * 16 and (template.vectors == VECTOR[None]).all()
    with pytest.raises(UnreadableInput, match=r"reference\.unusable.*NO_FACE"):
        read_template(analyser(frame(reasons=(ReasonCode.NO_FACE,))), picture)
